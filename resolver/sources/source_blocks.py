"""Blocks of sources: parts of a file that are parsed, checked and normalised independently, on several cores.

Blocks and prepared blocks are sent between processes, so they hold plain values, which are fast to pickle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from resolver.sources.importers.importer import SourceEntity, SourceOptions, SourceRecord, Supplement
from resolver.sources.prepared_entities import PreparedEntity, PreparedName, prepare_entity
from resolver.sources.supplements import Supplements

TAIL_BYTES = 16
"""Number of bytes at the end of a file by which an importer checks that it is complete."""

ISO_DAY = regex.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""A day in ISO 8601."""

DEFAULTS = SourceOptions()


@dataclass(frozen=True, slots=True)
class BlockLimits:
    """The sizes of blocks, and the size from which a source is prepared by several processes."""

    line_bytes: int = 1 << 18
    """Size of a block of lines in bytes; the last line is completed."""
    records: int = 2_000
    """Number of records in a block of a file that is not read line by line."""
    parallel_bytes: int = 1 << 21
    """Minimum size in bytes of a source that several processes prepare."""


LIMITS = BlockLimits()


class OtherId(NamedTuple):
    """Another id of an entity: its former id (which it `replaces`), or its id in another source."""

    line: int
    id: str
    other: str
    replaces: bool


class Block(NamedTuple):
    """A part of a source: the bytes of some lines, or some records of a file that is not read line by line."""

    first: int
    """The number of the first line, from 1."""
    header: list[str] | None
    """The columns, if the file has a header."""
    lines: bytes
    rows: list[SourceRecord]
    size: int
    """Size of the block in bytes of the (compressed) file."""
    supplements: Mapping[str, list[Supplement]] = {}
    """Supplements from other sources to its entities, by id."""


class PreparedBlock(NamedTuple):
    """The contents of a block, checked and normalised."""

    entities: list[PreparedEntity]
    errors: list[RecordError]
    """The errors of the rejected records."""
    unknown_kinds: Counter[str]
    """Number of aliases of each unknown kind."""
    size: int
    """As `Block.size`."""
    other_ids: list[OtherId]
    supplements: list[tuple[int, Supplement]]
    """Supplements to entities of other sources, each with its line."""
    modified: str
    """The latest day on which an entity was changed (ISO 8601), or ""."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle names and entities as plain tuples, in half the time."""
        entities = [(*entity[:-1], [*map(tuple, entity.names)]) for entity in self.entities]
        return _unpickled_block, (entities, *self[1:])


def _unpickled_block(entities: list[tuple[Any, ...]], *others: Any) -> PreparedBlock:  # noqa: ANN401
    name = PreparedName._make
    return PreparedBlock([PreparedEntity._make((*facts, [*map(name, names)])) for *facts, names in entities], *others)


class EntitySource:
    """A file of entities, read once, block by block."""

    def __init__(self, path: str | Path, options: SourceOptions = DEFAULTS) -> None:
        """Detect the format. Raises InputError if it is unknown, or not that of `options`."""
        self.path = Path(path)
        self.options = options
        self.archive = Archive(self.path)
        self.importer = importer_of(self.archive, options)
        self.modified = ""
        """The latest day on which an entity read so far was changed, or ""."""

    @property
    def size(self) -> int:
        """Size of the file in bytes; 0 if unknown before it is read."""
        return self.archive.size

    @property
    def name(self) -> str:
        """The name of the source in the database."""
        return self.path.name

    @property
    def sha256(self) -> str:
        """The SHA-256 of the bytes read so far."""
        return self.archive.sha256

    @property
    def licence(self) -> str:
        """The licence of the data, or ""."""
        return self.importer.licence or self.options.licence

    @property
    def url(self) -> str:
        """The web address of the data, or ""."""
        return self.importer.url or self.options.url

    @property
    def version(self) -> str:
        """The latest day on which an entity was changed, or the version in `options`."""
        return self.modified or self.options.version

    def blocks(
        self, supplements: Supplements | None = None, limits: BlockLimits = LIMITS
    ) -> Generator[Block, None, None]:
        """The blocks of the file, each with the `supplements` to its entities.

        Raises InputError if the file cannot be read, is truncated, or lacks a required column.
        """
        importer, seen = self.importer, 0
        with self.archive.open() as file:
            for block in self._line_blocks(file, limits) if importer.by_lines else self._row_blocks(file, limits):
                size = self.archive.bytes_read - seen
                seen += size
                more = {}
                if supplements and importer.authority:
                    more = supplements.for_records(importer, block.lines, block.rows)
                yield block._replace(size=size, supplements=more)

    def _line_blocks(self, file: BinaryIO, limits: BlockLimits) -> Iterator[Block]:
        first, header, tail = 1, None, b""
        if self.importer.has_header:
            header = self.importer.header(file.readline())
            first = 2
        while data := file.read(limits.line_bytes):
            if not data.endswith(b"\n"):
                data += file.readline()
            yield Block(first, header, data, [], 0)
            first += data.count(b"\n")
            tail = (tail + data[-TAIL_BYTES:])[-TAIL_BYTES:]
        if not self.importer.is_complete(tail):
            raise InputError("cannot be read: the file is truncated", self.path, first)

    def _row_blocks(self, file: BinaryIO, limits: BlockLimits) -> Iterator[Block]:
        records = self.importer.records(file)
        while rows := list(islice(records, limits.records)):
            yield Block(0, None, b"", rows, 0)

    def prepare(self, block: Block) -> PreparedBlock:
        """The entities of a block with their names normalised. May run in any process."""
        importer = self.importer
        records: Iterable[SourceRecord] = block.rows
        if importer.by_lines:
            records = importer.read_lines(BytesIO(block.lines), block.first, block.header)
        made = PreparedBlock([], [], Counter(), block.size, [], [], "")
        modified = ""
        for line, record in records:
            try:
                if isinstance(record, RecordError):
                    made.errors.append(record)
                elif not importer.has_entities:
                    if (supplement := importer.supplement(record)) is not None:
                        made.supplements.append((line, supplement))
                elif (found := importer.entity(record)) is not None and self.options.wants(found.entity.type):
                    self._add(made, line, found, block.supplements.get(found.entity.id, []))
                    modified = max(modified, found.modified if ISO_DAY.fullmatch(found.modified) else "")
            except ValueError as error:
                made.errors.append(RecordError(str(error), self.path, line, repr(record)))
            except (AttributeError, IndexError, KeyError, TypeError) as error:
                reason = f"not in the expected form ({error!r})"
                made.errors.append(RecordError(reason, self.path, line, repr(record)))
        return made._replace(modified=modified)

    def _add(self, made: PreparedBlock, line: int, found: SourceEntity, supplements: Sequence[Supplement]) -> None:
        """Add an entity to a prepared block.

        Raises ValueError if a text has characters that a database cannot hold, or no name has a letter or digit.
        """
        entity = found.entity
        aliases = [supplement.alias for supplement in supplements if supplement.alias is not None]
        if aliases:
            entity = replace(entity, aliases=self.importer.joined(entity, aliases))
        if self.options.langs:
            aliases = [alias for alias in entity.known_aliases if self.options.wants_language(alias.lang)]
            entity = replace(entity, aliases=tuple(aliases))
        other_ids = (*found.other_ids, *(supplement.other_id for supplement in supplements if supplement.other_id))
        languages = [alias.lang for alias in entity.known_aliases]
        check_characters("another id or a language", "".join([*found.replaces, *other_ids, *languages]))
        prepared = prepare_entity(entity, line)
        if not any(name.exact for name in prepared.names):
            raise ValueError(f"no name of {entity.id!r} has a letter or digit: {entity.name!r}")
        made.entities.append(prepared)
        made.unknown_kinds.update([alias.kind for alias in entity.known_aliases if alias.kind not in KINDS])
        made.other_ids.extend([OtherId(line, entity.id, other, True) for other in found.replaces if other != entity.id])
        made.other_ids.extend([OtherId(line, entity.id, other, False) for other in other_ids if other != entity.id])


def supplements_first(sources: Sequence[EntitySource]) -> list[tuple[int, EntitySource]]:
    """The sources with their numbers; those that only supplement others come first.

    Raises InputError for one of these if the source that it supplements is missing.
    """
    for source in sources:
        own = source.importer
        others = [other.importer for other in sources if other.importer.has_entities]
        if not own.has_entities and all(other.authority != own.authority for other in others):
            raise InputError(
                f"supplements the entities of another file, which must be given too: {own.expects}", source.path
            )
    return sorted(enumerate(sources), key=lambda numbered: numbered[1].importer.has_entities)
