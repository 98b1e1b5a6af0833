"""CSV (RFC 4180) and TSV (without quoting) with a header: the cells of one or several columns.

The cells of a row are one document. A row with more or fewer cells than the header, or with invalid CSV, stays
unchanged. If a quote is never closed, only its line is rejected. A row of more than 1 MB is read in pieces, and its
texts are rewritten in blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import regex

from resolver.corpus.formats.delimited_records import (
    CsvRecords,
    DelimitedRecord,
    csv_spans,
    tsv_records,
    tsv_spans,
    whole_records,
)
from resolver.corpus.formats.file_format import (
    LIMITS,
    ConcatenatedFormat,
    Part,
    Rewritten,
    RewrittenText,
    SizeLimits,
    TextPlace,
)
from resolver.corpus.formats.jsonl import document_name
from resolver.corpus.formats.large_records import (
    LineReader,
    Spool,
    TextChanges,
    decoded,
    large_parts,
    rejected_parts,
    rewrite_large,
)
from resolver.corpus.formats.plain_text import lines_of, refuse_utf16
from resolver.corpus.formats.text_blocks import edits_of_several
from resolver.corpus.record_segments import CellSegments
from resolver.errors import InputError, RecordError
from resolver.infra.tabular import BOM, header_of
from resolver.records import Edit, Rewrite
from resolver.text.edit_composition import apply_edits

MAX_CSV_RECORD = 1 << 30
"""Maximum size of a CSV record in bytes; beyond it a quote counts as never closed."""

_SURROGATE = regex.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class DelimitedFormat(ConcatenatedFormat):
    """The format of the table in `path` (the name in messages), whose `columns` are text."""

    path: str
    columns: tuple[str, ...] = ("text",)
    name: str = "csv"
    """Or "tsv"."""
    limits: SizeLimits = LIMITS

    def parts(self, file: BinaryIO) -> Iterator[Part]:
        """The header, which is the head of all parts, and then some rows at a time, or a part of a large row."""
        source = LineReader(file, self.limits)
        head, cells = next(self._records(source), (b"", "the file is empty: there is no header"))
        refuse_utf16(head, self.path)
        if isinstance(cells, str) or len(head) >= self.limits.max_record:
            limit = f"{self.limits.max_record >> 20} MB"
            problem = cells if isinstance(cells, str) else f"the first line has more than {limit}"
            raise InputError(f"no header: {problem}", self.path, 1)
        header = header_of(self.path, cells, self.columns)
        yield Part(head, 1, 0, head)
        line = 1 + head.count(b"\n")
        while (lines := source.take(self.limits.batch)) is not None:
            if self.name == "csv" and b'"' in lines:
                lines = whole_records(lines, source)
            if lines:
                yield Part(lines, line, 0, head)
                line += lines.count(b"\n")
            else:
                for part in self._large(source, header, line):
                    yield part
                    line += part.raw.count(b"\n")

    def _large(self, source: LineReader, header: Sequence[str], line: int) -> Iterator[Part]:
        """The parts of a large row, or of the line with a quote that is never closed."""
        is_csv = self.name == "csv"
        with Spool(source) as spool:
            row = self._segments(spool.copied(MAX_CSV_RECORD) if is_csv else spool.copied_line(), header)
            size, problem = 0, ""
            try:
                for segment in row:
                    size += len(segment.raw.encode("utf-8", "surrogateescape"))
                    if segment.text is not None and _SURROGATE.search(segment.text):
                        problem = f"not valid UTF-8 in column {segment.field!r}"
            except ValueError as error:
                size, problem = spool.first_line(), f"not a CSV record: {error}"
            else:
                if row.cells != len(header):
                    problem = f"{row.cells} cells, but the header has {len(header)}"
            if problem:
                yield from rejected_parts(spool.again(size), RecordError(problem, self.path, line))
            else:
                doc, again = document_name(row.id, f"{self.path}:{line}"), self._segments(spool.again(size), header)
                yield from large_parts(again, CellSyntax(is_csv), doc, line, self.limits)
            source.push_back_file(spool.rest(size))

    def _segments(self, chunks: Iterable[bytes], header: Sequence[str]) -> CellSegments:
        return CellSegments(decoded(chunks, "surrogateescape"), header, self.columns, self.name == "csv")

    def rewrite(self, part: Part, rewrite: Rewrite) -> list[Rewritten]:
        """The rows, each as a unit."""
        if part.within is not None:
            return [rewrite_large(self.path, part, CellSyntax(self.name == "csv"), rewrite, self.limits)]
        if part.line == 1:
            return [Rewritten(part.raw, part.raw, line=1)]
        _, cells = next(self._records([part.head]))
        header = header_of(self.path, list(cells), self.columns)
        done = []
        line = part.line
        for raw, record in self._records(lines_of(part.raw)):
            done.append(self._rewrite(raw, record, header, line, rewrite))
            line += raw.count(b"\n")
        return done

    def _records(self, lines: Iterable[bytes]) -> Iterator[DelimitedRecord]:
        return iter(CsvRecords(lines, self.limits.max_record)) if self.name == "csv" else tsv_records(lines)

    def _rewrite(
        self, raw: bytes, cells: list[str] | str, header: Sequence[str], line: int, rewrite: Rewrite
    ) -> Rewritten:
        if not raw.strip(b"\r\n") and len(header) > 1:
            return Rewritten(raw, raw, line=line)
        try:
            row = self._row(cells, header, line)
            doc = document_name(row.get("id"), f"{self.path}:{line}")
            edits = edits_of_several([row[column] for column in self.columns], doc, rewrite, self.limits)
            after = raw
            if any(edits):
                by_place = {header.index(column): own for column, own in zip(self.columns, edits, strict=True)}
                after = self._replaced(raw, list(row.values()), by_place, line)
        except RecordError as error:
            error.record = raw.decode(errors="backslashreplace").rstrip("\r\n")
            return Rewritten(raw, raw, error=error, line=line)
        searched = tuple(
            RewrittenText(doc, column, row[column], 0, tuple(own))
            for column, own in zip(self.columns, edits, strict=True)
        )
        return Rewritten(raw, after, searched, line=line)

    def _row(self, cells: list[str] | str, header: Sequence[str], line: int) -> dict[str, str]:
        """The cells by column. Raises RecordError if they do not match the header or cannot be decoded."""
        if isinstance(cells, str):
            raise RecordError(f"not a CSV record: {cells}", self.path, line)
        cells = cells or [""]  # an empty line in a table of one column
        if len(cells) != len(header):
            raise RecordError(f"{len(cells)} cells, but the header has {len(header)}", self.path, line)
        row = dict(zip(header, cells, strict=True))
        broken = next((column for column in self.columns if _SURROGATE.search(row[column])), None)
        if broken is not None:
            raise RecordError(f"not valid UTF-8 in column {broken!r}", self.path, line)
        return row

    def _replaced(self, raw: bytes, cells: list[str], edits: dict[int, list[Edit]], line: int) -> bytes:
        """The row with edits made in its cells, which are given by number."""
        bom = BOM if raw.startswith(BOM) else b""
        text = raw[len(bom) :].decode("utf-8", "surrogateescape")
        spans = csv_spans(text, cells) if self.name == "csv" else tsv_spans(cells)
        if spans is None:
            raise RecordError("its cells cannot be located", self.path, line)
        written, place = [], 0
        for number, own in sorted(edits.items()):
            start, end = spans[number]
            after = apply_edits(cells[number], own)
            added = "".join(edit.after for edit in own)
            if self.name == "tsv" and regex.search(r"[\t\r\n]", added):
                raise RecordError(f"a TSV cell cannot hold {after!r}", self.path, line)
            if self.name == "csv" and (text.startswith('"', start) or regex.search(r'[",\r\n]', added)):
                after = '"' + after.replace('"', '""') + '"'
            written += [text[place:start], after]
            place = end
        return bom + "".join([*written, text[place:]]).encode("utf-8", "surrogateescape")


class CellSyntax:
    """The notation of texts in the cells of a large row; a cell without quotes stays unquoted."""

    def __init__(self, is_csv: bool) -> None:
        """Use the notation of CSV, or of TSV."""
        self._special = regex.compile(r'[",\r\n]' if is_csv else r"[\t\r\n]")

    def value(self, raw: str, placed: TextPlace) -> str:
        """The text at a place."""
        written = raw[placed.start : placed.end]
        return written.replace('""', '"') if placed.quoted else written

    def size(self, raw: str, placed: TextPlace, points: int) -> int:
        """The number of characters that write the first `points` code points of the text at a place."""
        return points + (self.value(raw, placed).count('"', 0, points) if placed.quoted else 0)

    def replaced(self, raw: str, changes: TextChanges) -> str:
        """The row with edits made in its texts. Raises ValueError for an edit that needs quotes."""
        written, place = [], 0
        for placed, text, edits in changes:
            for edit in edits:
                if not placed.quoted and self._special.search(edit.after):
                    raise ValueError(f"a cell without quotes, in a row of more than 1 MB, cannot hold {edit.after!r}")
            after = apply_edits(text, edits)
            written += [raw[place : placed.start], after.replace('"', '""') if placed.quoted else after]
            place = placed.end
        return "".join([*written, raw[place:]])
