"""Files in, files out: mentions to resolve, and texts to rewrite, record by record.

A record that cannot be used is reported and, in a rewritten file, left as it was; the others are done.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from resolver.aside import written_aside
from resolver.corpus.jsontext import find_string, replace_in_string
from resolver.errors import InputError, RecordError
from resolver.gazetteer.sources import FORMATS
from resolver.records import Edit, Query
from resolver.tables import BOM, parse_object, read_rows

STDIN = "-"

Rewrite = Callable[[str, str], tuple[str, list[Edit]]]
"""From a text and the name of its document to the new text and the edits."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A record before and after: its bytes, its edits, what was wrong with it, and its line in a file of records."""

    before: bytes
    after: bytes
    edits: tuple[Edit, ...] = ()
    error: RecordError | None = None
    line: int = 0


def display_name(path: str) -> str:
    """The name of an input in messages and in `doc`."""
    return "<stdin>" if path == STDIN else path


@contextmanager
def open_input(path: str) -> Iterator[BinaryIO]:
    """The bytes of a file, or of standard input for "-"; InputError when they cannot be read."""
    if path == STDIN:
        if sys.stdin is None:
            raise InputError("standard input is closed")
        yield sys.stdin.buffer
        return
    try:
        file = Path(path).open("rb")  # noqa: SIM115
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path) from error
    with file:
        yield file


@contextmanager
def open_output(path: str | None) -> Iterator[BinaryIO]:
    """Bytes to a file that appears, or changes, only when all is written; to standard output for None or "-"."""
    if path is None or path == STDIN:
        if sys.stdout is None:
            raise InputError("standard output is closed")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    target = Path(path).resolve()
    if target.exists() and not target.is_file():  # a device, a pipe: nothing to put in its place
        try:
            with target.open("wb") as file:
                yield file
        except (IsADirectoryError, PermissionError) as error:
            raise InputError(f"cannot be written: {error.strerror}", path) from error
        return
    try:
        with written_aside(target) as aside, aside.open("wb") as file:
            yield file
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", path) from error


def json_line(value: Mapping[str, Any]) -> bytes:
    """A value as one line of JSON; lone surrogates, which UTF-8 cannot hold, are written as escapes."""
    try:
        return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
    except (TypeError, orjson.JSONEncodeError):
        return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def is_jsonl(path: str, field: str | None) -> bool:
    """Whether an input is JSON lines: by its extension, or on standard input when a field is asked for."""
    return field is not None if path == STDIN else FORMATS.get(Path(path).suffix.lower()) == "jsonl"


def rewrite_records(path: str, file: BinaryIO, rewrite: Rewrite, field: str | None) -> Iterator[Rewritten]:
    """The records of a file, rewritten: each line of a JSON-lines file, or a text file as a whole.

    Raises InputError for a CSV or TSV file, whose columns are not rewritten yet, and for a field of a text.
    """
    if is_jsonl(path, field):
        return _rewrite_jsonl(path, file, rewrite, field or "text")
    if FORMATS.get(Path(path).suffix.lower()):
        raise InputError("tables are not rewritten; make it JSON lines (.jsonl)", path)
    if field is not None:
        raise InputError(f"only JSON lines have fields such as {field!r}, and by its extension this is text", path)
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
            error.record = error.record or line.decode(errors="backslashreplace").strip()
            yield Rewritten(line, line, error=error, line=number)


def _rewrite_json_line(line: bytes, rewrite: Rewrite, field: str, name: str, number: int) -> Rewritten:
    record = parse_object(line, name, number)
    try:
        raw = line.decode("utf-8-sig" if line.startswith(BOM) else "utf-8")
        string = find_string(raw, field.split("."))
    except (ValueError, RecursionError) as error:
        raise RecordError(f"no JSON object: {error}", name, number) from error
    if string is None:
        raise RecordError(f"no string in the field {field!r}", name, number)
    identifier = record.get("id")
    doc = str(identifier) if isinstance(identifier, str | int) and identifier != "" else f"{name}:{number}"
    _, edits = rewrite(string.value, doc)
    if not edits:
        return Rewritten(line, line)
    after = replace_in_string(raw, string, edits).encode()
    return Rewritten(line, BOM + after if line.startswith(BOM) else after, tuple(edits), line=number)


Mention = tuple[int, Query | RecordError]
"""The number of the first line of a record, and its mention or what is wrong with it."""


def read_mentions(
    path: str, lines: Iterable[bytes], column: str, format: str | None = None, context_column: str | None = None
) -> Iterator[Mention]:
    """The mentions of a table: the column of a TSV or CSV file, or that field of the objects of a JSONL file.

    With `context_column` each is a pair with what that column has, which may be lacking in a record.
    `format` is tsv, csv or jsonl; without it the file's extension tells, and standard input is TSV. Raises InputError
    when the format is unknown or the header lacks the column.
    """
    format = format or ("tsv" if path == STDIN else FORMATS.get(Path(path).suffix.lower()))
    name = display_name(path)
    if format is None:
        raise InputError(f"the extension must be one of {', '.join(FORMATS)}; or give --format", name)
    columns = [column] if context_column is None else [column, context_column]
    rows = read_rows(name, lines, format, columns)
    if context_column is None:
        return ((number, _string(row, column, name, number)) for number, row in rows)
    return ((number, _with_context(row, column, context_column, name, number)) for number, row in rows)


def _with_context(
    row: dict[str, Any] | RecordError, column: str, context_column: str, name: str, number: int
) -> Query | RecordError:
    mention = _string(row, column, name, number)
    if isinstance(mention, RecordError) or isinstance(row, RecordError) or row.get(context_column) is None:
        return mention
    context = _string(row, context_column, name, number)
    return context if isinstance(context, RecordError) else (mention, context)


def _string(row: dict[str, Any] | RecordError, column: str, name: str, number: int) -> str | RecordError:
    if isinstance(row, RecordError):
        return row
    value = row.get(column)
    if not isinstance(value, str):
        return RecordError(f"no string in the field {column!r}: {str(row)[:80]}", name, number, repr(row))
    if any("\udc80" <= char <= "\udcff" for char in value):  # bytes that are no UTF-8, in a TSV or CSV file
        return RecordError(f"not valid UTF-8: {value[:80]!r}", name, number, repr(row))
    return value
