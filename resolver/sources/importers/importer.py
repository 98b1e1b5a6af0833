"""What the formats have in common: a file is cut in pieces in one process, and its entities are made in any."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, NamedTuple

import regex

from resolver.errors import InputError, RecordError, SettingError
from resolver.infra.tabular import BOM
from resolver.records import TYPES, WEAK, Alias, Entity
from resolver.sources.entity_rows import check_characters

Record = tuple[int, Any]
"""A line number, and the record that begins there or the RecordError that says what is wrong with it."""

CLASS = regex.compile(rf"Q[1-9][0-9]*=({'|'.join(TYPES)})")
"""A class of Wikidata and the type of entity that it is of."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is to be read of sources, and how."""

    format: str = ""
    """The format of all of them; "" to tell it of each file."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """The columns of plain tables by what they hold: id, name, type, aliases, weight."""
    types: tuple[str, ...] = ()
    """The types of entity that are wanted (person, org, place, other), all of them if empty; of Wikidata also classes
    with the type that they are of, as Q4022=place."""
    langs: tuple[str, ...] = ()
    """The languages whose names are wanted, those for canonical names first; all of them if empty."""
    prefix: bool = False
    """Whether ids that are mere numbers get the name of who gives them, as geonames:2950159."""
    licence: str = ""
    url: str = ""
    version: str = ""
    """What is known of sources that do not say it themselves."""

    def __post_init__(self) -> None:
        """Raises SettingError for a type that there is not."""
        for type in self.types:
            if type not in TYPES and not CLASS.fullmatch(type):
                known = ", ".join(TYPES)
                raise SettingError(f"a type must be one of {known}, or a class with one as Q4022=place, not {type!r}")

    def wants(self, type: str) -> bool:
        """Whether entities of a type are wanted."""
        return not self.types or any(type == wanted.rpartition("=")[2] for wanted in self.types)

    def wants_language(self, lang: str) -> bool:
        """Whether names in a language are wanted; those of no language are."""
        return not self.langs or not lang or any(lang == own or lang.startswith(own + "-") for own in self.langs)


class Found(NamedTuple):
    """An entity of a source, and what else is known of it."""

    entity: Entity
    replaces: tuple[str, ...] = ()
    """Ids that it had before it became one with others."""
    same: tuple[str, ...] = ()
    """Ids that others give it."""
    dated: str = ""
    """When it was last changed: the latest of these is the version of its source."""


class MoreName(NamedTuple):
    """A name of an entity that stands in another file than the entity, or an id that others give it."""

    id: str
    alias: Alias | None
    same: str = ""


class Importer:
    """A format, and a file in it. What it cannot be, an InputError says; a record that it cannot be, a ValueError."""

    format: ClassVar[str]
    """What users call it."""
    expects: ClassVar[str]
    """What its files look like, for messages."""
    by_lines: ClassVar[bool] = True
    """Whether a record is a line, so that any process can read it; else one process reads all of them."""
    has_header: ClassVar[bool] = False
    """Whether the first line is not a record, but says what is in the others."""
    has_entities: ClassVar[bool] = True
    """Whether there are entities in it; else there is more of those in another file of the same `authority`."""
    is_part: ClassVar[bool] = False
    """Whether all that it speaks of must be in that other file."""
    authority: ClassVar[str] = ""
    """Who gives the ids, where these are mere numbers that could also be another's."""
    licence: ClassVar[str] = ""
    url: ClassVar[str] = ""

    def __init__(self, path: Path, options: Options) -> None:
        """Name the file."""
        self.path = path
        self.options = options
        self._prefix = f"{self.authority}:" if options.prefix and self.authority else ""

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        """Whether a file that begins so may be in the format."""
        raise NotImplementedError

    def begin(self, head: bytes) -> None:
        """Look at the first bytes of the file. Raises InputError when they cannot be of the format."""
        if not self.recognises(head):
            raise self.unlike(f"it begins with {head[:60]!r}" if head else "it is empty")

    def unlike(self, problem: str, line: int | None = None) -> InputError:
        """The error that says that the file is not in the format."""
        return InputError(f"not in the format {self.format}: {problem}; expected is {self.expects}", self.path, line)

    def with_columns(self, head: bytes, needed: Iterable[str]) -> list[str]:
        """The header of a CSV file that begins so. Raises InputError when it lacks a column."""
        header = first_row(head)
        missing = next((column for column in needed if column not in header), None)
        if missing is not None:
            raise self.unlike(f"no column {missing!r}", 1)
        return header

    def header(self, line: bytes) -> list[str]:
        """What the first line says. Raises InputError."""
        raise NotImplementedError

    def records(self, file: BinaryIO) -> Iterator[Record]:
        """The records of the file, when they are not read by lines."""
        raise NotImplementedError

    def read_lines(self, lines: Iterable[bytes], first: int, header: list[str] | None) -> Iterator[Record]:
        """The records in some lines, of which the first has the number `first`."""
        raise NotImplementedError

    def ends_well(self, tail: bytes) -> bool:
        """Whether a file that ends so is whole."""
        return True

    def id_of(self, record: Any) -> str:  # noqa: ANN401
        """The id of the entity in a record (if it is a line, its bytes), where other files may have more of it."""
        return ""

    def joined(self, entity: Entity, more: Iterable[Alias]) -> tuple[Alias, ...]:
        """The aliases of an entity, with those of another file."""
        return distinct(entity.name, [*more, *entity.known_aliases])

    def entity(self, record: Any) -> Found | None:  # noqa: ANN401
        """The entity of a record; None when it is none, or not wanted. Raises ValueError."""
        raise NotImplementedError

    def more(self, record: Any) -> MoreName | None:  # noqa: ANN401
        """What a record says of an entity in another file; None when nothing is wanted. Raises ValueError."""
        raise NotImplementedError


class Lines(Importer):
    """A format without a header, of records that are lines of some number of columns between tabs."""

    columns: ClassVar[tuple[int, ...]]
    """How many columns there may be."""

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        """By the number of columns and what is in them."""
        cells = head.removeprefix(BOM).split(b"\n", 1)[0].rstrip(b"\r").decode(errors="replace").split("\t")
        return len(cells) in cls.columns and not cls.misplaced(cells)

    @classmethod
    def misplaced(cls, cells: list[str]) -> str:
        """Which of the columns cannot be what it should be; "" if none."""
        raise NotImplementedError

    def begin(self, head: bytes) -> None:
        """Look at the columns of the first line, and name the one that is not what it should be."""
        line = head.removeprefix(BOM).split(b"\n", 1)[0].rstrip(b"\r")
        cells = line.decode(errors="replace").split("\t")
        if len(cells) not in self.columns:
            raise self.unlike(f"the first line has {len(cells)} columns", 1)
        problem = self.misplaced(cells)
        if problem:
            raise self.unlike(problem, 1)

    def read_lines(self, lines: Iterable[bytes], first: int, header: list[str] | None) -> Iterator[Record]:
        """The cells of each line."""
        for number, line in enumerate(lines, first):
            text = line.removeprefix(BOM).decode("utf-8", "surrogateescape").rstrip("\r\n")
            if not text:
                continue
            cells = text.split("\t")
            if len(cells) in self.columns:
                yield number, cells
            else:
                problem = f"{len(cells)} columns where {' or '.join(map(str, self.columns))} are expected"
                yield number, RecordError(problem, self.path, number, text)


def clean(column: str, value: object) -> str:
    """A text of a source without spaces around it; ValueError when it is none, empty, or has characters of no text."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{column} is missing or empty")
    text = value.strip() if value.isprintable() else " ".join(value.split())
    check_characters(column, text)
    return text


def first_row(head: bytes) -> list[str]:
    """The cells of the first line of a CSV file that begins so."""
    line = head.removeprefix(BOM).split(b"\n", 1)[0].decode(errors="replace")
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return []


def distinct(name: str, aliases: Iterable[Alias]) -> tuple[Alias, ...]:
    """Aliases without those that repeat the canonical name or an earlier one; a name that is weak once is weak."""
    kept: dict[str, Alias] = {}
    for alias in aliases:
        known = kept.get(alias.name)
        if known is None or alias.kind == WEAK != known.kind:
            kept[alias.name] = alias
    kept.pop(name, None)
    return tuple(kept.values())
