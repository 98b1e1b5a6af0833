"""Plain tables: TSV, CSV and JSON lines, whose columns --columns can name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from resolver.errors import SettingError
from resolver.infra.tabular import BOM, read_header, read_rows
from resolver.sources.entity_rows import COLUMNS, entity_from
from resolver.sources.importers.importer import Importer, SourceEntity, SourceRecord

FIELDS = ("id", "name", "type", "aliases", "weight")
"""The fields of a row."""


class _PlainTable(Importer):
    expects = "a table with the columns id and name"

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        """False: plain tables are detected by extension only."""
        return False

    def check_head(self, head: bytes) -> None:
        """Find the columns of the fields. Raises SettingError for an unknown field."""
        unknown = next((held for held in self.options.columns if held not in FIELDS), None)
        if unknown is not None:
            raise SettingError(f"a column holds one of {', '.join(FIELDS)}, not {unknown!r}")
        self._columns = {held: self.options.columns.get(held, held) for held in FIELDS}
        self._needed = dict.fromkeys([self._columns[held] for held in COLUMNS] + list(self.options.columns.values()))

    def entity(self, record: dict[str, Any]) -> SourceEntity | None:
        """The entity of a row."""
        if not self.options.columns:
            return SourceEntity(entity_from(record))
        values = {held: record.get(column) for held, column in self._columns.items()}
        return SourceEntity(entity_from(values))


class TsvTable(_PlainTable):
    """TSV: cells separated by tabs, without quoting."""

    format = "tsv"
    has_header = True

    def header(self, line: bytes) -> list[str]:
        """The columns. Raises InputError if one is missing or repeated."""
        return read_header(str(self.path), line, self._needed)

    def read_lines(self, lines: Iterable[bytes], first: int, header: list[str] | None) -> Iterator[SourceRecord]:
        """The rows in some lines."""
        return read_rows(str(self.path), lines, "tsv", self._needed, first, header)


class JsonLinesTable(_PlainTable):
    """JSON lines: one object per line."""

    format = "jsonl"
    expects = "one object per line with the keys id and name"

    def check_head(self, head: bytes) -> None:
        """Check that the file holds JSON objects if --format says so. Raises InputError."""
        if self.options.format and not head.removeprefix(BOM).lstrip().startswith(b"{"):
            raise self.unlike(f"it begins with {head[:60]!r}" if head else "it is empty")
        super().check_head(head)

    def read_lines(self, lines: Iterable[bytes], first: int, header: list[str] | None) -> Iterator[SourceRecord]:
        """The objects in some lines."""
        return read_rows(str(self.path), lines, "jsonl", (), first)


class CsvTable(_PlainTable):
    """CSV by RFC 4180."""

    format = "csv"
    by_lines = False

    def records(self, file: BinaryIO) -> Iterator[SourceRecord]:
        """The rows."""
        return read_rows(str(self.path), file, "csv", self._needed)
