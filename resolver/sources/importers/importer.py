"""The base class of the importers: one process cuts a file into records, any process makes entities of them."""

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

SourceRecord = tuple[int, Any]
"""A line number, and the record that begins there or its error."""

CLASS = regex.compile(rf"Q[1-9][0-9]*=({'|'.join(TYPES)})")
"""A Wikidata class with its type of entity, such as Q4022=place."""


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """Options for importing: which entities and names to import, and how to read the files."""

    format: str = ""
    """The format of all files; "": detect the format of each."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Column names of plain tables, by field: id, name, type, aliases, weight."""
    types: tuple[str, ...] = ()
    """Types of entity to import (person, org, place, other); empty: all. For Wikidata also classes with types, such as
    Q4022=place."""
    langs: tuple[str, ...] = ()
    """Languages of the names to import, the preferred one for canonical names first; empty: all."""
    prefix: bool = False
    """Whether numeric ids are prefixed with the name of their authority, e.g. geonames:2950159."""
    licence: str = ""
    url: str = ""
    version: str = ""
    """Descriptions of sources whose files do not state them."""

    def __post_init__(self) -> None:
        """Raise SettingError for an unknown type."""
        for type in self.types:
            if type not in TYPES and not CLASS.fullmatch(type):
                known = ", ".join(TYPES)
                raise SettingError(
                    f"a type must be one of {known}, or a class with its type, such as Q4022=place, not {type!r}"
                )

    def wants(self, type: str) -> bool:
        """Whether to import entities of a type."""
        return not self.types or any(type == wanted.rpartition("=")[2] for wanted in self.types)

    def wants_language(self, lang: str) -> bool:
        """Whether to import names in a language. Names without a language are always imported."""
        return not self.langs or not lang or any(lang == own or lang.startswith(own + "-") for own in self.langs)


class SourceEntity(NamedTuple):
    """An entity of a source, with its other ids."""

    entity: Entity
    replaces: tuple[str, ...] = ()
    """Former ids of this entity, and ids of entities merged into it."""
    other_ids: tuple[str, ...] = ()
    """Its ids in other sources."""
    modified: str = ""
    """The day of its last change (ISO 8601); the latest one is the version of the source."""


class Supplement(NamedTuple):
    """A further name or id of an entity in another file."""

    id: str
    alias: Alias | None
    other_id: str = ""


class Importer:
    """An importer of a file in one format.

    Raises InputError for a file that is not in the format, ValueError for a bad record.
    """

    format: ClassVar[str]
    """The name of the format for --format."""
    expects: ClassVar[str]
    """A description of its files, for error messages."""
    by_lines: ClassVar[bool] = True
    """Whether each line is a record, so that several processes can parse; otherwise one process reads all records."""
    has_header: ClassVar[bool] = False
    """Whether the first line names the columns."""
    has_entities: ClassVar[bool] = True
    """Whether it has entities; otherwise it supplements those of another file of the same `authority`."""
    is_part: ClassVar[bool] = False
    """Whether all entities that it supplements must be in that file."""
    authority: ClassVar[str] = ""
    """The authority that assigns the ids if these are plain numbers; otherwise ""."""
    licence: ClassVar[str] = ""
    url: ClassVar[str] = ""

    def __init__(self, path: Path, options: SourceOptions) -> None:
        """Set the path and the options."""
        self.path = path
        self.options = options
        self._prefix = f"{self.authority}:" if options.prefix and self.authority else ""

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        """Whether a file that begins with `head` may be in the format."""
        raise NotImplementedError

    def check_head(self, head: bytes) -> None:
        """Check the first bytes of the file. Raises InputError if they are not in the format."""
        if not self.recognises(head):
            raise self.unlike(f"it begins with {head[:60]!r}" if head else "it is empty")

    def unlike(self, problem: str, line: int | None = None) -> InputError:
        """The error for a file that is not in the format."""
        return InputError(f"not in the format {self.format}: {problem}; expected: {self.expects}", self.path, line)

    def with_columns(self, head: bytes, needed: Iterable[str]) -> list[str]:
        """The header of a CSV file that begins with `head`. Raises InputError if it lacks a `needed` column."""
        header = first_row(head)
        missing = next((column for column in needed if column not in header), None)
        if missing is not None:
            raise self.unlike(f"no column {missing!r}", 1)
        return header

    def header(self, line: bytes) -> list[str]:
        """The columns in the first line. Raises InputError if one is missing or repeated."""
        raise NotImplementedError

    def records(self, file: BinaryIO) -> Iterator[SourceRecord]:
        """The records of a file that is not read line by line."""
        raise NotImplementedError

    def read_lines(self, lines: Iterable[bytes], first: int, header: list[str] | None) -> Iterator[SourceRecord]:
        """The records in some lines; `first` is the number of the first line."""
        raise NotImplementedError

    def is_complete(self, tail: bytes) -> bool:
        """Whether a file that ends with `tail` is complete."""
        return True

    def id_of(self, record: Any) -> str:  # noqa: ANN401
        """The id of the entity in a record (bytes if read line by line), by which its supplements are found."""
        return ""

    def joined(self, entity: Entity, more: Iterable[Alias]) -> tuple[Alias, ...]:
        """The aliases of an entity, including those from other files."""
        return distinct(entity.name, [*more, *entity.known_aliases])

    def entity(self, record: Any) -> SourceEntity | None:  # noqa: ANN401
        """The entity of a record; None if it is not to be imported. Raises ValueError for a bad record."""
        raise NotImplementedError

    def supplement(self, record: Any) -> Supplement | None:  # noqa: ANN401
        """The supplement in a record to an entity of another file, or None. Raises ValueError for a bad record."""
        raise NotImplementedError


class TabbedImporter(Importer):
    """A format of tab-separated lines without header or quoting."""

    columns: ClassVar[tuple[int, ...]]
    """The possible numbers of columns."""

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        """Whether the number and contents of the columns in the first line fit."""
        cells = head.removeprefix(BOM).split(b"\n", 1)[0].rstrip(b"\r").decode(errors="replace").split("\t")
        return len(cells) in cls.columns and not cls.misplaced(cells)

    @classmethod
    def misplaced(cls, cells: list[str]) -> str:
        """The problem with the cells of a line, which names the column; "" if there is none."""
        raise NotImplementedError

    def check_head(self, head: bytes) -> None:
        """Check the columns of the first line. Raises InputError that names the first invalid one."""
        line = head.removeprefix(BOM).split(b"\n", 1)[0].rstrip(b"\r")
        cells = line.decode(errors="replace").split("\t")
        if len(cells) not in self.columns:
            raise self.unlike(f"the first line has {len(cells)} columns", 1)
        problem = self.misplaced(cells)
        if problem:
            raise self.unlike(problem, 1)

    def read_lines(self, lines: Iterable[bytes], first: int, header: list[str] | None) -> Iterator[SourceRecord]:
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
    """A text of a source without surrounding spaces. Raises ValueError for any other value."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{column} is missing or empty")
    text = value.strip() if value.isprintable() else " ".join(value.split())
    check_characters(column, text)
    return text


def first_row(head: bytes) -> list[str]:
    """The cells of the first line of a CSV file that begins with `head`; empty if it is not CSV."""
    line = head.removeprefix(BOM).split(b"\n", 1)[0].decode(errors="replace")
    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return []


def distinct(name: str, aliases: Iterable[Alias]) -> tuple[Alias, ...]:
    """Aliases without repetitions of the canonical name or of each other; a repeated name is weak if one of them is."""
    kept: dict[str, Alias] = {}
    for alias in aliases:
        known = kept.get(alias.name)
        if known is None or alias.kind == WEAK != known.kind:
            kept[alias.name] = alias
    kept.pop(name, None)
    return tuple(kept.values())
