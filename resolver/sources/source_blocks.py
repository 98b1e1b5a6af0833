"""Sources in blocks: pieces of a file that are read, checked and normalised each by itself, on several cores.

A block goes from process to process, so that what it is made of and becomes are plain values, soon packed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import regex

from resolver.errors import InputError, RecordError
from resolver.records import KINDS
from resolver.sources.archives import Archive
from resolver.sources.entity_rows import check_characters
from resolver.sources.importers.format_detection import importer_of
from resolver.sources.importers.importer import Found, MoreName, Options, Record
from resolver.sources.prepared_entities import PreparedEntity, PreparedName, prepare_entity
from resolver.sources.supplements import Extras

BLOCK = 1 << 18
"""Bytes of a file that is read by lines in one block, and the rest of a line."""

ROWS = 2_000
"""Records of other files in one block."""

TAIL = 16
"""So many last bytes say whether a file is whole."""

DAY = regex.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""A day in ISO 8601."""

DEFAULTS = Options()


class Link(NamedTuple):
    """Another id of an entity: one that it had before (it `replaces` that), or that others give it."""

    line: int
    id: str
    other: str
    replaces: bool


class Block(NamedTuple):
    """A piece of a source: lines from line `first` on and the header they stand under, or records; its size in bytes.

    `more` is what other sources say of its entities, by id.
    """

    first: int
    header: list[str] | None
    lines: bytes
    rows: list[Record]
    size: int
    more: Mapping[str, list[MoreName]] = {}


class PreparedBlock(NamedTuple):
    """What a block holds: entities, errors in place of others, and how many aliases are of kinds that are not known.

    Also other ids of its entities, what it says of entities in other sources, line by line, and the latest day that it
    names.
    """

    entities: list[PreparedEntity]
    errors: list[RecordError]
    unknown_kinds: Counter[str]
    size: int
    links: list[Link]
    more: list[tuple[int, MoreName]]
    dated: str

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickles names and entities as plain tuples, in half the time that records take."""
        entities = [(*entity[:-1], [*map(tuple, entity.names)]) for entity in self.entities]
        return _unpickled_block, (entities, *self[1:])


def _unpickled_block(entities: list[tuple[Any, ...]], *others: Any) -> PreparedBlock:  # noqa: ANN401
    name = PreparedName._make
    return PreparedBlock([PreparedEntity._make((*facts, [*map(name, names)])) for *facts, names in entities], *others)


class Source:
    """A file of entities, read once and block by block."""

    def __init__(self, path: str | Path, options: Options = DEFAULTS) -> None:
        """Name the file. Raises InputError when its format is not known, or not the one that was asked for."""
        self.path = Path(path)
        self.options = options
        self.archive = Archive(self.path)
        self.importer = importer_of(self.archive, options)
        self.dated = ""
        """The latest day that was found in it."""

    @property
    def size(self) -> int:
        """How many bytes the file has, as far as is known before it is read."""
        return self.archive.size

    @property
    def name(self) -> str:
        """What it is called in the database."""
        return self.path.name

    @property
    def sha256(self) -> str:
        """The SHA-256 of the bytes read so far."""
        return self.archive.sha256

    @property
    def licence(self) -> str:
        """Under what conditions it may be used, as far as is known."""
        return self.importer.licence or self.options.licence

    @property
    def url(self) -> str:
        """Where its makers give it out."""
        return self.importer.url or self.options.url

    @property
    def version(self) -> str:
        """What its makers call it, or the latest day that was found in it."""
        return self.dated or self.options.version

    def blocks(self, extras: Extras | None = None) -> Generator[Block, None, None]:
        """The blocks of the file, with what `extras` has on their entities.

        Raises InputError when it cannot be read or ends too early, or lacks the columns that it must have.
        """
        importer, seen = self.importer, 0
        with self.archive.open() as file:
            for block in self._line_blocks(file) if importer.by_lines else self._row_blocks(file):
                size = self.archive.bytes_read - seen
                seen += size
                more = extras.of(importer, block.lines, block.rows) if extras and importer.authority else {}
                yield block._replace(size=size, more=more)

    def _line_blocks(self, file: BinaryIO) -> Iterator[Block]:
        first, header, tail = 1, None, b""
        if self.importer.has_header:
            header = self.importer.header(file.readline())
            first = 2
        while data := file.read(BLOCK):
            if not data.endswith(b"\n"):
                data += file.readline()
            yield Block(first, header, data, [], 0)
            first += data.count(b"\n")
            tail = (tail + data[-TAIL:])[-TAIL:]
        if not self.importer.ends_well(tail):
            raise InputError("cannot be read: the file ends too early", self.path, first)

    def _row_blocks(self, file: BinaryIO) -> Iterator[Block]:
        records = self.importer.records(file)
        while rows := list(islice(records, ROWS)):
            yield Block(0, None, b"", rows, 0)

    def prepare(self, block: Block) -> PreparedBlock:
        """The entities of a block; in any process."""
        importer = self.importer
        records: Iterable[Record] = block.rows
        if importer.by_lines:
            records = importer.read_lines(BytesIO(block.lines), block.first, block.header)
        made = PreparedBlock([], [], Counter(), block.size, [], [], "")
        dated = ""
        for line, record in records:
            try:
                if isinstance(record, RecordError):
                    made.errors.append(record)
                elif not importer.has_entities:
                    if (more := importer.more(record)) is not None:
                        made.more.append((line, more))
                elif (found := importer.entity(record)) is not None and self.options.wants(found.entity.type):
                    self._take(made, line, found, block.more.get(found.entity.id, []))
                    dated = max(dated, found.dated if DAY.fullmatch(found.dated) else "")
            except ValueError as error:
                made.errors.append(RecordError(str(error), self.path, line, repr(record)))
            except (AttributeError, IndexError, KeyError, TypeError) as error:
                reason = f"not of the form that is expected ({error!r})"
                made.errors.append(RecordError(reason, self.path, line, repr(record)))
        return made._replace(dated=dated)

    def _take(self, made: PreparedBlock, line: int, found: Found, more: Sequence[MoreName]) -> None:
        """Add an entity to those of a block. Raises ValueError when no database could hold what is known of it, or none
        of its names has a letter or digit."""
        entity = found.entity
        added = [name.alias for name in more if name.alias is not None]
        if added:
            entity = replace(entity, aliases=self.importer.joined(entity, added))
        if self.options.langs:
            aliases = [alias for alias in entity.known_aliases if self.options.wants_language(alias.lang)]
            entity = replace(entity, aliases=tuple(aliases))
        same = (*found.same, *(name.same for name in more if name.same))
        check_characters(
            "another id or a language", "".join([*found.replaces, *same, *[a.lang for a in entity.known_aliases]])
        )
        prepared = prepare_entity(entity, line)
        if not any(name.exact for name in prepared.names):
            raise ValueError(f"no name of {entity.id!r} has a letter or digit: {entity.name!r}")
        made.entities.append(prepared)
        made.unknown_kinds.update([alias.kind for alias in entity.known_aliases if alias.kind not in KINDS])
        made.links.extend([Link(line, entity.id, other, True) for other in found.replaces if other != entity.id])
        made.links.extend([Link(line, entity.id, other, False) for other in same if other != entity.id])


def parts_first(sources: Sequence[Source]) -> list[tuple[int, Source]]:
    """Sources with their numbers, those first that only say more of entities in others.

    Raises InputError for one of these without a source that it could speak of.
    """
    for source in sources:
        own = source.importer
        others = [other.importer for other in sources if other.importer.has_entities]
        if not own.has_entities and all(other.authority != own.authority for other in others):
            raise InputError(
                f"says more of entities in another file, which must be given too: {own.expects}", source.path
            )
    return sorted(enumerate(sources), key=lambda numbered: numbered[1].importer.has_entities)
