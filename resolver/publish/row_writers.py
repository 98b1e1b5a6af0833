"""Writers of SQL rows: as a table for people, as CSV or as JSON."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TextIO

MAX_SHOWN_BLOB_BYTES = 60
"""Maximum number of bytes of a BLOB shown in a table; of a longer one only the size is shown."""

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Characters that move the cursor or change the direction of the text after them."""

RowWriter = Callable[[TextIO, Sequence[str], Iterable[Sequence[Any]]], None]
"""Writes rows with these column names."""


def write_table(out: TextIO, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write an aligned table, with control characters escaped; NULL is empty."""
    from tabulate import tabulate

    shown = [[_visible(value) for value in row] for row in rows]
    print(tabulate(shown, [_visible(column) for column in columns], disable_numparse=True), file=out)


def write_csv(out: TextIO, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write CSV (RFC 4180, but with line feeds); NULL is empty."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_plain(value) for value in row] for row in rows)


def write_json(out: TextIO, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a JSON array of objects, one per line."""
    before = "["
    for row in rows:
        values = dict(zip(columns, map(_plain, row), strict=True))
        out.write(before + json.dumps(values, ensure_ascii=False))
        before = ",\n "
    out.write("[]\n" if before == "[" else "]\n")


def distinct_columns(columns: Iterable[str]) -> list[str]:
    """The names of columns; repeated ones are numbered: name, name_2."""
    seen: dict[str, int] = {}
    names = []
    for column in columns:
        seen[column] = seen.get(column, 0) + 1
        names.append(column if seen[column] == 1 else f"{column}_{seen[column]}")
    return names


def _plain(value: Any) -> Any:  # noqa: ANN401
    """An SQL value; a BLOB as a literal, an infinite number as text."""
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return str(value) if value in (float("inf"), float("-inf")) else value


def _visible(value: Any) -> str:  # noqa: ANN401
    if value is None:
        return ""
    if isinstance(value, bytes) and len(value) > MAX_SHOWN_BLOB_BYTES:
        return f"<{len(value)} bytes>"
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), str(_plain(value)))
