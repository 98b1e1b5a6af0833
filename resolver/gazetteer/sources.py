"""Reading canonical tables: TSV, CSV (RFC 4180) and JSON lines, one entity a row."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import regex

from resolver.errors import InputError, RecordError
from resolver.records import TYPES, Alias, Entity

COLUMNS = ("id", "name", "type", "aliases", "weight")
_LANG = regex.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_KIND = regex.compile(r"[a-z][a-z_-]*")
_ESCAPED = regex.compile(r"\\([|@\\])")
_SURROGATE = regex.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of a source: its line number, and the entity or what is wrong with the row."""

    line: int
    entity: Entity | None = None
    error: RecordError | None = None


def read_source(path: str | Path) -> Iterator[SourceRow]:
    """The rows of a table, its format told by the file's extension (.tsv, .csv, .jsonl).

    Raises InputError when the file cannot be read, has another extension, or lacks the columns `id` and `name`.
    """
    path = Path(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"the extension must be one of {', '.join(sorted(_READERS))}, not {path.suffix!r}", path)
    try:
        # Bytes that are no UTF-8 come through as lone surrogates, so that one bad row costs one row.
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
            for line, record in reader(path, lines):
                yield _source_row(path, line, record)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path) from error


def _source_row(path: Path, line: int, record: dict[str, Any] | RecordError) -> SourceRow:
    if isinstance(record, RecordError):
        return SourceRow(line, error=record)
    try:
        return SourceRow(line, entity=entity_from(record))
    except ValueError as error:
        return SourceRow(line, error=RecordError(str(error), path, line))


def entity_from(record: dict[str, Any]) -> Entity:
    """The entity of a record with the keys of COLUMNS; ValueError says which value is wrong and how."""
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
        _check_characters("alias", alias.name)
    return Entity(entity_id, name, kind, tuple(dict.fromkeys(aliases)), number)


def parse_alias(text: str) -> Alias:
    """The alias written as `name`, `name@lang` or `name@lang:kind`; a backslash escapes | @ and itself."""
    parts = regex.split(r"(?<!\\)(?:\\\\)*\K@", text.strip())
    name = _ESCAPED.sub(r"\1", parts[0]).strip()
    if len(parts) == 1:
        lang, kind = "", ""
    else:
        lang, _, kind = parts[1].partition(":")
        if len(parts) > 2 or not _LANG.fullmatch(lang) or (kind and not _KIND.fullmatch(kind)):
            raise ValueError(f"alias {text!r} is not of the form name, name@lang or name@lang:kind")
    if not name:
        raise ValueError(f"alias {text!r} has no name")
    return Alias(name, lang, kind)


def _alias_of(item: object) -> Alias:
    if isinstance(item, str):
        return parse_alias(item)
    if isinstance(item, dict):
        name, lang, kind = (item.get(key) or "" for key in ("name", "lang", "kind"))
        if all(isinstance(value, str) for value in (name, lang, kind)) and name.strip():
            return Alias(name.strip(), lang, kind)
    raise ValueError(f"alias {item!r} is neither a string nor an object with name, lang and kind")


def _text(record: dict[str, Any], column: str) -> str:
    value = record.get(column)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{column} is missing or empty")
    _check_characters(column, value)
    return value.strip()


def _check_characters(column: str, value: str) -> None:
    if _SURROGATE.search(value):
        raise ValueError(f"{column} {value!r} is not valid UTF-8")
    bad = next((c for c in value if c < " " or c == "\x7f"), None)
    if bad is not None:
        raise ValueError(f"{column} {value!r} holds the control character U+{ord(bad):04X}")


_Records = Iterator[tuple[int, dict[str, Any] | RecordError]]


def _header_of(path: Path, header: list[str]) -> list[str]:
    header = [column.strip() for column in header]
    missing = [column for column in ("id", "name") if column not in header]
    if missing:
        raise InputError(f"no column {' and no column '.join(missing)} in the header {header}", path, 1)
    repeated = sorted({column for column in header if header.count(column) > 1})
    if repeated:
        raise InputError(f"the header names column {repeated[0]!r} twice", path, 1)
    return header


def _read_tsv(path: Path, lines: Iterator[str]) -> _Records:
    header: list[str] | None = None
    for number, line in enumerate(lines, 1):
        cells = line.rstrip("\r\n").split("\t")
        if header is None:
            header = _header_of(path, cells)
        elif cells == [""]:
            continue
        elif len(cells) > len(header) or len(cells) < 2:
            yield number, RecordError(f"{len(cells)} cells where the header has {len(header)}", path, number)
        else:
            yield number, dict(zip(header, cells, strict=False))
    if header is None:
        raise InputError("the file is empty: there is no header", path)


def _read_csv(path: Path, lines: Iterator[str]) -> _Records:
    reader = csv.reader(lines, strict=True)
    header: list[str] | None = None
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            yield number, RecordError(f"no CSV record: {error}", path, number)
            continue
        if header is None:
            header = _header_of(path, cells)
        elif not cells:
            continue
        elif len(cells) != len(header):
            yield number, RecordError(f"{len(cells)} cells where the header has {len(header)}", path, number)
        else:
            yield number, dict(zip(header, cells, strict=True))
    if header is None:
        raise InputError("the file is empty: there is no header", path)


def _read_jsonl(path: Path, lines: Iterator[str]) -> _Records:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = orjson.loads(line.encode("utf-8", "surrogateescape"))
        except orjson.JSONDecodeError as error:
            yield number, RecordError(f"no JSON: {error}", path, number)
            continue
        if isinstance(record, dict):
            yield number, record
        else:
            yield number, RecordError(f"not a JSON object: {line.strip()[:80]!r}", path, number)


_READERS: dict[str, Callable[[Path, Iterator[str]], _Records]] = {
    ".tsv": _read_tsv,
    ".csv": _read_csv,
    ".jsonl": _read_jsonl,
    ".ndjson": _read_jsonl,
}
