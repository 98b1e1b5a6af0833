"""The records of CSV (RFC 4180) and TSV (without quoting), each with its lines and the spans of its cells."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import regex

from resolver.corpus.formats.large_records import LineReader
from resolver.corpus.formats.plain_text import lines_of
from resolver.infra.tabular import BOM, csv_reader

DelimitedRecord = tuple[bytes, list[str] | str]
"""The lines of a record, and its cells or its error."""

_CELL = regex.compile(r'(?:"((?:[^"]|"")*+)"|([^,\r\n]*+))(?=[,\r\n]|$)')


def whole_records(lines: bytes, more: LineReader) -> bytes:
    """The complete records in some lines, with the further lines of the last one; up to the first large record."""
    left = len(lines)
    waiting = iter(lines_of(lines))
    records = CsvRecords(chain(waiting, more), more.limits.max_record)
    taken: list[bytes] = []
    for raw, _ in records:
        if records.is_large:
            records.waiting.appendleft(raw)
            break
        taken.append(raw)
        left -= len(raw)
        if left <= 0:
            break
    more.push_back(b"".join([*records.waiting, *waiting]))
    return b"".join(taken)


class CsvRecords:
    """The CSV records in some lines, each with its lines."""

    def __init__(self, lines: Iterable[bytes], max_record: int) -> None:
        self._max_record = max_record
        self._lines = iter(lines)
        self._taken: list[bytes] = []
        self._size = 0
        self.waiting: deque[bytes] = deque()
        """Lines that were read ahead but are not part of the record."""
        self.is_large = False
        """Whether the last record, as far as it was read, is large."""

    def __iter__(self) -> Iterator[DelimitedRecord]:
        reader = csv_reader(self._feed())
        while True:
            self._taken, self._size = [], 0
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self.is_large = self._size >= self._max_record
                first, *others = self._taken
                self.waiting.extendleft(reversed(others))
                reader = csv_reader(self._feed())
                yield first, str(error)
            else:
                self.is_large = self._size >= self._max_record
                yield b"".join(self._taken), cells

    def _feed(self) -> Iterator[str]:
        while self._size < self._max_record:
            line = self.waiting.popleft() if self.waiting else next(self._lines, b"")
            if not line:
                return
            text = line.removeprefix(BOM) if not self._taken else line
            self._taken.append(line)
            self._size += len(line)
            yield text.decode("utf-8", "surrogateescape")


def tsv_records(lines: Iterable[bytes]) -> Iterator[DelimitedRecord]:
    """The TSV records in some lines: each line is one."""
    for line in lines:
        yield line, line.removeprefix(BOM).decode("utf-8", "surrogateescape").rstrip("\r\n").split("\t")


def csv_spans(text: str, cells: Sequence[str]) -> list[tuple[int, int]] | None:
    """The spans of the cells, including quotes, in the text of a record; None if they are not found."""
    spans: list[tuple[int, int]] = []
    place = 0
    for cell in cells:
        match = _CELL.match(text, place)
        if match is None or cell != (match[2] if match[1] is None else match[1].replace('""', '"')):
            return None
        spans.append(match.span())
        place = match.end() + 1
    return spans


def tsv_spans(cells: Sequence[str]) -> list[tuple[int, int]]:
    """The spans of the cells in the text of a TSV record."""
    spans = []
    place = 0
    for cell in cells:
        spans.append((place, place + len(cell)))
        place += len(cell) + 1
    return spans
