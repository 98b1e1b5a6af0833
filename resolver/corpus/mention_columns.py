"""Mentions to resolve, read from a column of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from resolver.corpus.byte_streams import STDIN, display_name
from resolver.errors import InputError, RecordError
from resolver.infra.compression import COMPRESSED
from resolver.infra.tabular import read_rows
from resolver.records import Query
from resolver.sources.entity_rows import FORMATS

Mention = tuple[int, Query | RecordError]
"""The number of the first line of a record, and its mention or its error."""


def read_mentions(
    path: str, lines: Iterable[bytes], column: str, format: str | None = None, context_column: str | None = None
) -> Iterator[Mention]:
    """The mentions of a table: a column of a TSV or CSV file, or a field of the objects of a JSONL file.

    With `context_column`, each is a pair of the mention and the text in that column, which a record may lack. `format`
    is tsv, csv or jsonl; by default it follows from the extension, and standard input is TSV. Raises InputError if the
    format is unknown or the header lacks the column.
    """
    format = format or ("tsv" if path == STDIN else FORMATS.get(_extension(Path(path))))
    name = display_name(path)
    if format is None:
        raise InputError(f"the extension must be one of {', '.join(FORMATS)}, or give --format", name)
    columns = [column] if context_column is None else [column, context_column]
    rows = read_rows(name, lines, format, columns)
    if context_column is None:
        return ((number, _string(row, column, name, number)) for number, row in rows)
    return ((number, _with_context(row, column, context_column, name, number)) for number, row in rows)


def _extension(path: Path) -> str:
    """The format of a file by its extension, before that of compression."""
    return (path.with_suffix("") if path.suffix.lower() in COMPRESSED else path).suffix.lower()


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
    if any("\udc80" <= char <= "\udcff" for char in value):  # bytes that are not UTF-8, in a TSV or CSV file
        return RecordError(f"not valid UTF-8: {value[:80]!r}", name, number, repr(row))
    return value
