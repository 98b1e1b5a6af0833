"""Sources in blocks: pieces of a table that are read, checked and normalised each by itself, on several cores.

A block goes from process to process, so that what it is made of and becomes are plain values, soon packed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeAlias

from resolver.errors import InputError, RecordError
from resolver.gazetteer.schema import CANONICAL
from resolver.gazetteer.sources import COLUMNS, format_of, source_row
from resolver.names.normal import normal_form
from resolver.records import KINDS, Entity
from resolver.tables import Row, read_header, read_rows

BLOCK = 1 << 18
"""Bytes of a TSV or JSON-lines file in one block, and the rest of a line."""

ROWS = 2_000
"""Rows of a CSV file in one block."""

PreparedName: TypeAlias = tuple[str, str, str, str, str]
"""A name of an entity: as written, its language, its kind, its normal form, and that in Latin letters."""

PreparedEntity: TypeAlias = tuple[int, str, str, str, float, list[PreparedName]]
"""An entity ready for the tables: its line, id, canonical name, type, weight, and all names, the canonical first."""


class Block(NamedTuple):
    """A piece of a source: lines from line `first` on and the header they stand under, or rows; its size in bytes."""

    first: int
    header: list[str] | None
    lines: bytes
    rows: list[Row]
    size: int


class PreparedBlock(NamedTuple):
    """What a block holds: entities, errors in place of others, and how many aliases are of kinds that are not known."""

    entities: list[PreparedEntity]
    errors: list[RecordError]
    unknown_kinds: Counter[str]
    size: int


class Source:
    """A table, read once and block by block."""

    def __init__(self, path: str | Path) -> None:
        """Name the file. Raises InputError for an extension that is not known."""
        self.path = Path(path)
        self._format = format_of(self.path)
        self._digest = hashlib.sha256()

    @property
    def size(self) -> int:
        """How many bytes the file has, as far as is known before it is read."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    @property
    def sha256(self) -> str:
        """The SHA-256 of the bytes read so far."""
        return self._digest.hexdigest()

    def blocks(self) -> Iterator[Block]:
        """The blocks of the file. Raises InputError when it cannot be read, or lacks the columns that it must have."""
        try:
            with self.path.open("rb") as file:
                yield from self._row_blocks(file) if self._format == "csv" else self._line_blocks(file)
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror}", self.path) from error

    def _line_blocks(self, file: BinaryIO) -> Iterator[Block]:
        first, header = 1, None
        if self._format == "tsv":
            line = file.readline()
            self._digest.update(line)
            header = read_header(str(self.path), line, COLUMNS)
            first = 2
        while data := file.read(BLOCK):
            if not data.endswith(b"\n"):
                data += file.readline()
            self._digest.update(data)
            yield Block(first, header, data, [], len(data))
            first += data.count(b"\n")

    def _row_blocks(self, file: BinaryIO) -> Iterator[Block]:
        size = 0

        def lines() -> Iterator[bytes]:
            nonlocal size
            for line in file:
                self._digest.update(line)
                size += len(line)
                yield line

        rows = read_rows(str(self.path), lines(), self._format, COLUMNS)
        while block := list(islice(rows, ROWS)):
            yield Block(0, None, b"", block, size)
            size = 0

    def prepare(self, block: Block) -> PreparedBlock:
        """The entities of a block; in any process."""
        rows = iter(block.rows)
        if self._format != "csv":
            rows = read_rows(str(self.path), BytesIO(block.lines), self._format, COLUMNS, block.first, block.header)
        entities, errors, unknown = [], [], Counter[str]()
        for line, record in rows:
            row = source_row(self.path, line, record)
            if row.entity is None:
                errors.append(row.error or RecordError("no entity", self.path, line))
                continue
            entities.append(prepare(row.entity, line))
            unknown.update([alias.kind for alias in row.entity.aliases if alias.kind not in KINDS])
        return PreparedBlock(entities, errors, unknown, block.size)


def prepare(entity: Entity, line: int = 0) -> PreparedEntity:
    """An entity ready for the tables; `line` is where it stands in its source."""
    names = [_prepare_name(entity.name, "", CANONICAL)]
    names += [_prepare_name(alias.name, alias.lang, alias.kind) for alias in entity.aliases]
    return line, entity.id, entity.name, entity.type, entity.weight, names


def _prepare_name(name: str, lang: str, kind: str) -> PreparedName:
    normal = normal_form(name)
    return name, lang, kind, normal.exact, normal.exact if normal.exact.isascii() else " ".join(normal.tokens)
