"""Editing strings of a JSON text in place: every byte outside the edits stays unchanged."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import regex

from resolver.records import Edit

Path = tuple[str, ...]
"""The keys that lead to a value; the key of a list item is its index."""

_TOKEN = regex.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\],:]')
_ESCAPE = regex.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.")


@dataclass(frozen=True, slots=True)
class JsonString:
    """A string value in a JSON text: its value, and the half-open span between its quotes."""

    value: str
    start: int
    end: int


def find_strings(raw: str, paths: Collection[Path]) -> dict[Path, JsonString]:
    """The strings at some paths of `raw`, which must be JSON. Of equal keys the last one counts, as in parsers."""
    wanted = set(paths)
    found: dict[Path, JsonString] = {}
    keys: list[str] = []  # the path of the next value
    counts: list[int] = []  # for each enclosing list or object: the number of items so far, or -1 for an object
    is_key = False
    for token in _TOKEN.finditer(raw):
        first = raw[token.start()]
        if first == '"':
            if is_key:
                keys[-1] = json.loads(token.group())
                is_key = False
            elif (path := tuple(keys)) in wanted:
                value = json.loads(token.group())
                found[path] = JsonString(value, token.start() + 1, token.end() - 1)
        elif first in "{[":
            is_key = first == "{"
            counts.append(-1 if is_key else 0)
            keys.append("" if is_key else "0")
        elif first in "}]":
            counts.pop()
            keys.pop()
            is_key = False
        elif first == ",":
            is_key = counts[-1] < 0
            if not is_key:
                counts[-1] += 1
                keys[-1] = str(counts[-1])
    return found


def replace_in_strings(raw: str, changes: Sequence[tuple[JsonString, Sequence[Edit]]]) -> str:
    """The JSON text with edits made in its string values; escapes outside the edits stay as written."""
    ascii_only = raw.isascii()
    pieces, place = [], 0
    for string, edits in sorted(changes, key=lambda change: change[0].start):
        places = places_of(raw, string, [offset for edit in edits for offset in (edit.start, edit.end)])
        for edit, start, end in zip(edits, places[::2], places[1::2], strict=True):
            pieces += [raw[place:start], json.dumps(edit.after, ensure_ascii=ascii_only)[1:-1]]
            place = end
    return "".join([*pieces, raw[place:]])


def places_of(raw: str, string: JsonString, offsets: Sequence[int]) -> list[int]:
    """The offsets in the raw text of code points of the value, given in ascending order."""
    places: list[int] = []
    place, offset = string.start, 0  # of the text after the last escape
    escapes = _ESCAPE.finditer(raw, string.start, string.end)
    escape = next(escapes, None)
    for wanted in offsets:
        while escape is not None and offset + escape.start() - place < wanted:
            offset += escape.start() - place + 1
            place = escape.end()
            escape = next(escapes, None)
        places.append(place + wanted - offset)
    return places
