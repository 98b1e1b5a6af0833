"""Rows of canonical tables as entities: TSV, CSV (RFC 4180) and JSON lines."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import regex

from resolver.errors import InputError, RecordError
from resolver.infra.tabular import read_rows
from resolver.records import KINDS, TYPES, Alias, Entity

FORMATS = {".tsv": "tsv", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
"""The format of a table by its extension."""
COLUMNS = ("id", "name")
"""The required columns of a table."""
_TAG = regex.compile(r"(?!:?$)(?P<lang>[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)?(?::(?P<kind>[a-z][a-z_-]*)?)?")
_ESCAPED = regex.compile(r"\\([|@\\])")
_SURROGATE = regex.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row of a source: its line number, and its entity or error."""

    line: int
    entity: Entity | None = None
    error: RecordError | None = None


def read_source(path: str | Path) -> Iterator[SourceRow]:
    """The rows of a table; the format follows from the extension (.tsv, .csv, .jsonl).

    Raises InputError if the file cannot be read, has another extension, or lacks the columns `id` and `name`.
    """
    path = Path(path)
    format = format_of(path)
    try:
        with path.open("rb") as lines:
            for line, record in read_rows(str(path), lines, format, COLUMNS):
                yield source_row(path, line, record)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path) from error


def format_of(path: Path) -> str:
    """The format of a table by its extension. Raises InputError for an unknown extension."""
    format = FORMATS.get(path.suffix.lower())
    if format is None:
        raise InputError(f"the extension must be one of {', '.join(FORMATS)}, not {path.suffix!r}", path)
    return format


def source_row(path: Path, line: int, record: dict[str, Any] | RecordError) -> SourceRow:
    """The row of a source for a parsed record."""
    if isinstance(record, RecordError):
        return SourceRow(line, error=record)
    try:
        return SourceRow(line, entity=entity_from(record))
    except ValueError as error:
        return SourceRow(line, error=RecordError(str(error), path, line, repr(record)))


def entity_from(record: dict[str, Any]) -> Entity:
    """The entity of a record with the keys id, name, type, aliases, weight. Raises ValueError if it is invalid."""
    entity_id, name = (_text(record, column) for column in ("id", "name"))
    kind = record.get("type") or "other"
    if kind not in TYPES:
        raise ValueError(f"type must be one of {', '.join(TYPES)}, not {kind!r}")
    weight = record.get("weight")
    try:
        number = 1.0 if weight in (None, "") else float(weight)
    except (TypeError, ValueError):
        number = math.nan
    if not 0.0 < number < math.inf:
        raise ValueError(f"weight must be a number above 0, not {weight!r}")
    given = record.get("aliases") or []
    if isinstance(given, str):
        aliases = [parse_alias(part) for part in regex.split(r"(?<!\\)(?:\\\\)*\K\|", given) if part.strip()]
    elif isinstance(given, list):
        aliases = [_alias_of(item) for item in given]
    else:
        raise ValueError(f"aliases must be a list, not {given!r}")
    for alias in aliases:
        check_characters("alias", alias.name)
    return Entity(entity_id, name, kind, tuple(dict.fromkeys(aliases)), number)


def parse_alias(text: str) -> Alias:
    """The alias in the notation `name`, `name@lang`, `name@lang:kind` or `name@:kind`; a backslash escapes | @ and
    itself.

    Raises ValueError, also for a name that ends in a colon and a kind, as its @ is missing.
    """
    parts = regex.split(r"(?<!\\)(?:\\\\)*\K@", text.strip())
    name = _ESCAPED.sub(r"\1", parts[0]).strip()
    if not name:
        raise ValueError(f"alias {text!r} has no name")
    if len(parts) == 1:
        before, _, end = name.rpartition(":")
        if before and end and end in KINDS:
            raise ValueError(f"alias {text!r} has no @ before its kind: {before}@:{end}, or {before}@en:{end}")
        return Alias(name)
    tag = _TAG.fullmatch(parts[1])
    if len(parts) > 2 or not tag:
        raise ValueError(f"alias {text!r} is not of the form name, name@lang, name@lang:kind or name@:kind")
    return Alias(name, tag["lang"] or "", tag["kind"] or "")


def _alias_of(item: object) -> Alias:
    if isinstance(item, str):
        return parse_alias(item)
    if isinstance(item, dict):
        name, lang, kind = (item.get(key) or "" for key in ("name", "lang", "kind"))
        if all(isinstance(value, str) for value in (name, lang, kind)) and name.strip():
            check_characters("language", lang)
            check_characters("kind", kind)
            return Alias(name.strip(), lang, kind)
    raise ValueError(f"alias {item!r} is neither a string nor an object with name, lang and kind")


def _text(record: dict[str, Any], column: str) -> str:
    value = record.get(column)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{column} is missing or empty")
    check_characters(column, value)
    return value.strip()


def check_characters(column: str, value: str) -> None:
    """Raise ValueError for text that is not valid UTF-8 or has a control character."""
    if value.isprintable():
        return
    if _SURROGATE.search(value):
        raise ValueError(f"{column} {value!r} is not valid UTF-8")
    bad = next((c for c in value if c < " " or c == "\x7f"), None)
    if bad is not None:
        raise ValueError(f"{column} {value!r} contains the control character U+{ord(bad):04X}")
