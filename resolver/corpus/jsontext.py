"""Editing one string of a JSON text in place: every byte outside the edits stays as it was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import regex

from resolver.records import Edit

_SPACE = regex.compile(r"[ \t\r\n]*")
_ESCAPE = regex.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.")
_decoder = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class JsonString:
    """A string value in a JSON text: its value, and the half-open span of what stands between its quotes."""

    value: str
    start: int
    end: int


def find_string(raw: str, path: Sequence[str]) -> JsonString | None:
    """The string at the end of a path of keys in a JSON object; None when there is no string there.

    Of equal keys the last one counts, as in most parsers. Raises ValueError when `raw` is no JSON object.
    """
    return _find(raw, _skip(raw, 0), tuple(path))


def _find(raw: str, place: int, path: tuple[str, ...]) -> JsonString | None:
    if raw[place : place + 1] != "{":
        raise ValueError("not a JSON object")
    found: JsonString | None = None
    place = _skip(raw, place + 1)
    while raw[place : place + 1] != "}":
        if raw[place : place + 1] != '"':
            raise ValueError(f"no key at character {place}")
        key, place = _decoder.raw_decode(raw, place)
        place = _skip(raw, place)
        if raw[place : place + 1] != ":":
            raise ValueError(f"no colon at character {place}")
        place = _skip(raw, place + 1)
        start = place
        value, place = _decoder.raw_decode(raw, place)
        if key == path[0]:
            if len(path) > 1:
                found = _find(raw, start, path[1:]) if isinstance(value, dict) else None
            else:
                found = JsonString(value, start + 1, place - 1) if isinstance(value, str) else None
        place = _skip(raw, place)
        if raw[place : place + 1] == ",":
            place = _skip(raw, place + 1)
    return found


def replace_in_string(raw: str, string: JsonString, edits: Sequence[Edit]) -> str:
    """The JSON text with the edits made in the value of a string; escapes outside the edits stay as written."""
    if not edits:
        return raw
    starts = _starts(raw, string)
    ascii_only = raw.isascii()
    pieces, place = [], 0
    for edit in edits:
        written = json.dumps(edit.after, ensure_ascii=ascii_only)[1:-1]
        pieces += [raw[place : starts[edit.start]], written]
        place = starts[edit.end]
    return "".join([*pieces, raw[place:]])


def _starts(raw: str, string: JsonString) -> list[int]:
    """Where each code point of the value begins in the raw text, and where the last one ends."""
    starts, place = [], string.start
    while place < string.end:
        starts.append(place)
        if raw[place] == "\\":
            match = _ESCAPE.match(raw, place)
            place = match.end() if match else place + 1
        else:
            place += 1
    return [*starts, string.end]


def _skip(raw: str, place: int) -> int:
    match = _SPACE.match(raw, place)
    return match.end() if match else place
