"""JSON lines: the strings in one or several fields of each object.

A field is a dotted path of keys, which descends into the items of lists: `paragraphs.text` is the `text` of each object
in the list `paragraphs`. The strings of a record are one document: a full name in the title is evidence for the body. A
line of more than 1 MB is read in pieces, and its texts are rewritten in blocks.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from resolver.corpus.formats.file_format import (
    LIMITS,
    ConcatenatedFormat,
    Part,
    Rewritten,
    RewrittenText,
    SizeLimits,
    TextPlace,
)
from resolver.corpus.formats.large_records import (
    LineReader,
    Spool,
    TextChanges,
    decoded,
    large_parts,
    rejected_parts,
    rewrite_large,
)
from resolver.corpus.formats.plain_text import lines_of, refuse_utf16
from resolver.corpus.formats.text_blocks import edits_of_several
from resolver.corpus.json_strings import JsonString, Path, find_strings, places_of, replace_in_strings
from resolver.corpus.record_segments import JsonSegments
from resolver.errors import RecordError
from resolver.infra.tabular import BOM, parse_object
from resolver.records import Rewrite


@dataclass(frozen=True, slots=True)
class JsonLinesFormat(ConcatenatedFormat):
    """The format of the JSON lines in `path` (the name in messages), whose `fields` are text."""

    path: str
    fields: tuple[str, ...] = ("text",)
    name: str = "jsonl"
    limits: SizeLimits = LIMITS

    def parts(self, file: BinaryIO) -> Iterator[Part]:
        """Some lines at a time, or a part of a large one."""
        number = 1
        source = LineReader(file, self.limits)
        while (lines := source.take(self.limits.batch)) is not None:
            if number == 1:
                refuse_utf16(lines or source.peek(), self.path)
            if lines:
                yield Part(lines, number)
                number += lines.count(b"\n")
            else:
                yield from self._large(source, number)
                number += 1

    def _large(self, source: LineReader, number: int) -> Iterator[Part]:
        """The parts of a large line."""
        with Spool(source) as spool:
            deque(spool.copied_line(), 0)
            try:
                record = self._segments(spool)
                deque(record, 0)
                missing = next((field for field in self.fields if field not in record.found), None)
                if missing is not None:
                    raise RecordError(f"no string in the field {missing!r}", self.path, number)
            except RecordError as error:
                yield from rejected_parts(spool.again(), error)
            except ValueError as error:
                yield from rejected_parts(spool.again(), RecordError(f"no JSON: {error}", self.path, number))
            else:
                doc = document_name(record.id, f"{self.path}:{number}")
                yield from large_parts(self._segments(spool), JsonSyntax(), doc, number, self.limits)

    def _segments(self, spool: Spool) -> JsonSegments:
        return JsonSegments(decoded(spool.again(), "strict"), frozenset(self.fields))

    def rewrite(self, part: Part, rewrite: Rewrite) -> list[Rewritten]:
        """The lines, each as a unit."""
        if part.within is not None:
            return [rewrite_large(self.path, part, JsonSyntax(), rewrite, self.limits)]
        return [self._rewrite(line, number, rewrite) for number, line in enumerate(lines_of(part.raw), part.line)]

    def _rewrite(self, line: bytes, number: int, rewrite: Rewrite) -> Rewritten:
        if line.isspace():
            return Rewritten(line, line, line=number)
        try:
            record = parse_object(line, self.path, number)
            texts = self._texts(record, number)
            doc = document_name(record.get("id"), f"{self.path}:{number}")
            edits = edits_of_several(list(texts.values()), doc, rewrite, self.limits)
            after = _replaced(line, dict(zip(texts, edits, strict=True))) if any(edits) else line
        except RecordError as error:
            error.record = error.record or line.decode(errors="backslashreplace").strip()
            return Rewritten(line, line, error=error, line=number)
        searched = tuple(
            RewrittenText(doc, ".".join(path), text, 0, tuple(own))
            for (path, text), own in zip(texts.items(), edits, strict=True)
        )
        return Rewritten(line, after, searched, line=number)

    def _texts(self, record: Mapping[str, Any], number: int) -> dict[Path, str]:
        """The strings in the fields, by their paths. Raises RecordError if a field has none."""
        texts: dict[Path, str] = {}
        for field in self.fields:
            value = record.get(field)
            if isinstance(value, str):  # the common case
                texts[(field,)] = value
                continue
            try:
                found = dict(_strings(record, tuple(field.split(".")), ()))
            except RecursionError as error:
                raise RecordError(f"too many nested lists in the field {field!r}", self.path, number) from error
            if None in found.values():
                raise RecordError(f"no string in the field {field!r}", self.path, number)
            texts.update((path, text) for path, text in found.items() if text is not None)
        return texts


class JsonSyntax:
    """The JSON notation of texts."""

    def value(self, raw: str, placed: TextPlace) -> str:
        """The text at a place."""
        value: str = json.loads(f'"{raw[placed.start : placed.end]}"')
        return value

    def size(self, raw: str, placed: TextPlace, points: int) -> int:
        """The number of characters that write the first `points` code points of the text at a place."""
        return places_of(raw, JsonString("", placed.start, placed.end), [points])[0] - placed.start

    def replaced(self, raw: str, changes: TextChanges) -> str:
        """The record with edits made in its texts."""
        found = [(JsonString(text, placed.start, placed.end), edits) for placed, text, edits in changes if edits]
        return replace_in_strings(raw, found)


def document_name(identifier: object, place: str) -> str:
    """The name of a record in edits: its id if it has one, otherwise its place."""
    return str(identifier) if isinstance(identifier, str | int) and identifier != "" else place


def _strings(value: object, keys: Path, before: Path) -> Iterator[tuple[Path, str | None]]:
    """The strings at the end of a path of keys, with their own paths; None for another value. Lists are searched."""
    if isinstance(value, list):
        items = [found for place, item in enumerate(value) for found in _strings(item, keys, (*before, str(place)))]
        texts = [found for found in items if found[1] is not None]
        yield from texts or items  # some of several items may have no text
    elif isinstance(value, dict) and keys and keys[0] in value:
        yield from _strings(value[keys[0]], keys[1:], (*before, keys[0]))
    else:
        yield before, value if isinstance(value, str) and not keys else None


def _replaced(line: bytes, edits: Mapping[Path, Any]) -> bytes:
    bom = BOM if line.startswith(BOM) else b""
    raw = line[len(bom) :].decode()
    strings = find_strings(raw, [path for path, own in edits.items() if own])
    return bom + replace_in_strings(raw, [(string, edits[path]) for path, string in strings.items()]).encode()
