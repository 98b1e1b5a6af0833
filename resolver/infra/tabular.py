"""Readers of tables, row by row: TSV without quoting, CSV (RFC 4180) and JSON lines, in UTF-8.

A row that cannot be read is yielded as a RecordError; reading goes on with the next row.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import orjson

from resolver.errors import InputError, RecordError

if TYPE_CHECKING:
    from _csv import Reader as CsvReader  # the type of csv.reader(); it has a name for type checkers only

BOM = b"\xef\xbb\xbf"

Row = tuple[int, dict[str, Any] | RecordError]
"""The line number at which a row begins, and its values by column, or the error in it."""


def read_rows(
    name: str,
    lines: Iterable[bytes],
    format: str,
    columns: Iterable[str],
    first: int = 1,
    header: list[str] | None = None,
) -> Iterator[Row]:
    """The rows of a table in the format tsv, csv or jsonl; `name` names it in errors.

    The lines of TSV and JSON lines may be a part of the file, beginning at line `first`; for TSV, `header` is then the
    result of `read_header`. Raises InputError if a TSV or CSV file is empty, or its header lacks one of `columns` or
    repeats one. Bytes that are not UTF-8 become lone surrogates, which the caller rejects where they matter.
    """
    if format == "jsonl":
        return _jsonl_rows(name, lines, first)
    text = (line.removeprefix(BOM).decode("utf-8", "surrogateescape") for line in lines)
    cells = csv_cells(name, csv_reader(text)) if format == "csv" else _tsv_cells(text, first)
    return _cell_rows(name, cells, tuple(columns), header)


def read_header(name: str, line: bytes, columns: Iterable[str]) -> list[str]:
    """The header in the first line of a TSV table. Raises InputError as `read_rows` does."""
    ((_, cells),) = _tsv_cells([line.removeprefix(BOM).decode("utf-8", "surrogateescape")], 1)
    if not line:
        raise InputError(_EMPTY, name)
    return header_of(name, cells, tuple(columns))


_RETURNS = "its lines end in bare carriage returns; save it with Unix or Windows line endings"
_EMPTY = "the file is empty: there is no header"


def _cell_rows(
    name: str,
    found: Iterable[tuple[int, list[str] | RecordError]],
    columns: tuple[str, ...],
    header: list[str] | None,
) -> Iterator[Row]:
    for number, cells in found:
        if isinstance(cells, RecordError):
            if header is None:
                raise InputError(f"the header cannot be read: {cells.reason}", name, number)
            yield number, cells
        elif header is None:
            header = header_of(name, cells, columns)
        elif len(cells) > len(header):
            problem = f"{len(cells)} cells, but the header has {len(header)}"
            yield number, RecordError(problem, name, number, "\t".join(cells))
        elif cells not in ([], [""]) or len(header) == 1:
            yield number, dict(zip(header, cells or [""], strict=False))
    if header is None:
        raise InputError(_EMPTY, name)


def header_of(name: str, cells: list[str], columns: tuple[str, ...]) -> list[str]:
    """The column names in the first row of a table. Raises InputError if it lacks one of `columns` or repeats one."""
    if any("\r" in cell.strip() for cell in cells):
        raise InputError(f"the header cannot be read: {_RETURNS}", name, 1)
    header = [cell.strip() for cell in cells]
    missing = [column for column in columns if column not in header]
    if missing:
        other = next((mark for mark in ",;\t|" if len(header) == 1 and mark in header[0]), "")
        hint = f": are its cells separated by {other!r}?" if other else ""
        problem = f"no column {' and no column '.join(map(repr, missing))} in the header {header}"
        raise InputError(problem + hint, name, 1)
    repeated = sorted({column for column in header if header.count(column) > 1})
    if repeated:
        raise InputError(f"the header names column {repeated[0]!r} twice", name, 1)
    return header


def _tsv_cells(lines: Iterable[str], first: int) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(lines, first):
        yield number, line.rstrip("\r\n").split("\t")


def csv_reader(lines: Iterable[str]) -> CsvReader:
    """A reader of CSV records by RFC 4180. It raises csv.Error for a malformed record."""
    csv.field_size_limit(2**31 - 1)
    return csv.reader(lines, strict=True)


def csv_cells(name: str, reader: CsvReader) -> Iterator[tuple[int, list[str] | RecordError]]:
    """The line number at which each record begins, and its cells or the error in it."""
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reason = _RETURNS if str(error).startswith("new-line character") else f"not a CSV record: {error}"
            yield number, RecordError(reason, name, number)
            continue
        yield number, cells


def _jsonl_rows(name: str, lines: Iterable[bytes], first: int) -> Iterator[Row]:
    for number, line in enumerate(lines, first):
        if not line.strip():
            continue
        try:
            yield number, parse_object(line, name, number)
        except RecordError as error:
            yield number, error


def parse_object(line: bytes, name: str, number: int) -> dict[str, Any]:
    """The JSON object of a line. Raises RecordError."""
    data = line.removeprefix(BOM)
    loaders: tuple[Callable[[bytes], Any], ...] = (orjson.loads, _load_lenient)
    problem: Exception | None = None
    for load in loaders:
        try:
            value = load(data)
        except (ValueError, RecursionError) as error:
            problem = problem or error
            continue
        if isinstance(value, dict):
            return value
        raise RecordError(f"not a JSON object: {_shown(line)[:60]!r}", name, number, _shown(line))
    raise RecordError(f"no JSON: {problem}", name, number, _shown(line)) from problem


def _load_lenient(data: bytes) -> Any:  # noqa: ANN401
    """The value of a JSON text with escaped lone surrogates, which orjson rejects."""
    return json.loads(data.decode())


def _shown(line: bytes) -> str:
    return line.strip().decode(errors="backslashreplace")
