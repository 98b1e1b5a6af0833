"""Files in, files out: mentions to resolve, and texts to rewrite, record by record.

A record that cannot be used is reported and, in a rewritten file, left as it was; the others are done.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from resolver.corpus.jsontext import find_string, replace_in_string
from resolver.errors import InputError, RecordError
from resolver.records import Edit

STDIN = "-"
BOM = b"\xef\xbb\xbf"

Rewrite = Callable[[str, str], tuple[str, list[Edit]]]
"""From a text and the name of its document to the new text and the edits."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A record before and after: its bytes, its edits, and what was wrong with it, if anything."""

    before: bytes
    after: bytes
    edits: tuple[Edit, ...] = ()
    error: RecordError | None = None


def display_name(path: str) -> str:
    """The name of an input in messages and in `doc`."""
    return "<stdin>" if path == STDIN else path


@contextmanager
def open_input(path: str) -> Iterator[BinaryIO]:
    """The bytes of a file, or of standard input for "-"; InputError when they cannot be read."""
    if path == STDIN:
        yield sys.stdin.buffer
        return
    try:
        with Path(path).open("rb") as file:
            yield file
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path) from error


@contextmanager
def open_output(path: str | None) -> Iterator[BinaryIO]:
    """Bytes to a file that appears, or changes, only when all is written; to standard output for None or "-"."""
    if path is None or path == STDIN:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    target = Path(path)
    try:
        handle, aside = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", path) from error
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        umask = os.umask(0)
        os.umask(umask)
        Path(aside).chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~umask)
        Path(aside).replace(target)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", path) from error
    finally:
        Path(aside).unlink(missing_ok=True)


def json_line(value: Mapping[str, Any]) -> bytes:
    """A value as one line of JSON; lone surrogates, which UTF-8 cannot hold, are written as escapes."""
    try:
        return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
    except (TypeError, orjson.JSONEncodeError):
        return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def rewrite_records(path: str, file: BinaryIO, rewrite: Rewrite, field: str) -> Iterator[Rewritten]:
    """The records of a file, rewritten: each line of a .jsonl file, or a text file as a whole."""
    if Path(path).suffix.lower() in (".jsonl", ".ndjson"):
        return _rewrite_jsonl(path, file, rewrite, field)
    return iter([_rewrite_text(path, file.read(), rewrite)])


def _rewrite_text(path: str, data: bytes, rewrite: Rewrite) -> Rewritten:
    name = display_name(path)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return Rewritten(data, data, error=_not_utf8(data, error, name, line))
    new, edits = rewrite(text, f"{name}:1")
    return Rewritten(data, new.encode() if edits else data, tuple(edits))


def _not_utf8(data: bytes, error: UnicodeDecodeError, name: str, line: int) -> RecordError:
    return RecordError(f"not valid UTF-8: byte 0x{data[error.start]:02x} at byte {error.start} of it", name, line)


def _rewrite_jsonl(path: str, file: BinaryIO, rewrite: Rewrite, field: str) -> Iterator[Rewritten]:
    name = display_name(path)
    for number, line in enumerate(file, 1):
        if not line.strip():
            yield Rewritten(line, line)
            continue
        try:
            yield _rewrite_json_line(line, rewrite, field, name, number)
        except RecordError as error:
            yield Rewritten(line, line, error=error)


def _rewrite_json_line(line: bytes, rewrite: Rewrite, field: str, name: str, number: int) -> Rewritten:
    record = parse_object(line, name, number)
    try:
        raw = line.decode("utf-8-sig" if line.startswith(BOM) else "utf-8")
        string = find_string(raw, field.split("."))
    except ValueError as error:
        raise RecordError(f"no JSON object: {error}", name, number) from error
    if string is None:
        raise RecordError(f"no string in the field {field!r}", name, number)
    identifier = record.get("id")
    doc = str(identifier) if isinstance(identifier, str | int) and identifier != "" else f"{name}:{number}"
    _, edits = rewrite(string.value, doc)
    if not edits:
        return Rewritten(line, line)
    after = replace_in_string(raw, string, edits).encode()
    return Rewritten(line, BOM + after if line.startswith(BOM) else after, tuple(edits))


def parse_object(line: bytes, name: str, number: int) -> dict[str, Any]:
    """The JSON object of a line; RecordError says what is wrong with it."""
    try:
        value = orjson.loads(line.removeprefix(BOM))
    except orjson.JSONDecodeError as error:
        try:
            value = json.loads(line.removeprefix(BOM))  # takes lone surrogates, which orjson refuses
        except ValueError:
            raise RecordError(f"no JSON: {error}", name, number) from error
    if not isinstance(value, dict):
        raise RecordError(f"not a JSON object: {line.strip()[:60].decode(errors='replace')!r}", name, number)
    return value


Mention = tuple[int, str | RecordError]
"""The number of the first line of a record, and its mention or what is wrong with it."""


def read_mentions(path: str, file: BinaryIO, column: str, format: str | None = None) -> Iterator[Mention]:
    """The mentions of a table: the column of a TSV or CSV file, or that field of the objects of a JSONL file.

    `format` is tsv, csv or jsonl; without it the file's extension tells, and standard input is TSV. Raises InputError
    when the format is unknown or the header lacks the column.
    """
    format = format or ("tsv" if path == STDIN else Path(path).suffix.lower().lstrip(".").replace("ndjson", "jsonl"))
    name = display_name(path)
    if format == "jsonl":
        return _jsonl_mentions(name, file, column)
    if format in ("tsv", "csv"):
        # Bytes that are no UTF-8 come through as lone surrogates, so that one bad row costs one row.
        lines = (line.removeprefix(BOM).decode("utf-8", "surrogateescape") for line in file)
        return (_csv_mentions if format == "csv" else _tsv_mentions)(name, lines, column)
    raise InputError(f"the format must be tsv, csv or jsonl, not {format!r}; give it with --format", name)


def _jsonl_mentions(name: str, file: Iterable[bytes], column: str) -> Iterator[Mention]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            mention = parse_object(line, name, number).get(column)
        except RecordError as error:
            yield number, error
            continue
        wrong = RecordError(f"no string in the field {column!r}", name, number)
        yield number, mention if isinstance(mention, str) else wrong


def _tsv_mentions(name: str, lines: Iterator[str], column: str) -> Iterator[Mention]:
    place = -1
    for number, line in enumerate(lines, 1):
        cells = line.rstrip("\r\n").split("\t")
        if number == 1:
            place = _column(cells, column, name)
        elif cells != [""] or place == 0:
            yield number, _cell(cells, place, column, name, number)
    if place < 0:
        raise InputError("the file is empty: there is no header", name)


def _csv_mentions(name: str, lines: Iterator[str], column: str) -> Iterator[Mention]:
    csv.field_size_limit(2**31 - 1)
    reader = csv.reader(lines, strict=True)
    place = -1
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            yield number, RecordError(f"no CSV record: {error}", name, number)
            continue
        if place < 0:
            place = _column(cells, column, name)
        elif cells:
            yield number, _cell(cells, place, column, name, number)
    if place < 0:
        raise InputError("the file is empty: there is no header", name)


def _column(header: list[str], column: str, name: str) -> int:
    if column not in header:
        raise InputError(f"no column {column!r} in the header {header}; give another with --column", name, 1)
    return header.index(column)


def _cell(cells: list[str], place: int, column: str, name: str, number: int) -> str | RecordError:
    if place >= len(cells):
        return RecordError(f"no cell in the column {column!r}: {cells}", name, number)
    try:
        cells[place].encode()
    except UnicodeEncodeError:
        return RecordError(f"not valid UTF-8: {cells[place]!r}", name, number)
    return cells[place]
