"""JSON lines: the strings in one or several fields of each object.

A field is a path of keys with dots between, which goes through the items of lists: `paragraphs.text` is the `text` of
each object in the list `paragraphs`. The strings of a record are one document: what the title spells out is evidence
for the body.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from resolver.corpus.formats.base import Joined, Part, Rewrite, Rewritten, RewrittenText
from resolver.corpus.formats.text import lines_of, refuse_utf16
from resolver.corpus.formats.texts import edits_of_several
from resolver.corpus.jsontext import Path, find_strings, replace_in_strings
from resolver.errors import RecordError
from resolver.tables import BOM, parse_object

TOGETHER = 1 << 16
"""Lines are rewritten together until they have so many bytes."""


@dataclass(frozen=True, slots=True)
class JsonLines(Joined):
    """The format of the JSON lines in `path` (as messages name it), with the `fields` that are text."""

    path: str
    fields: tuple[str, ...] = ("text",)
    name: str = "jsonl"

    def parts(self, file: BinaryIO) -> Iterator[Part]:
        """Some lines at a time."""
        number = 1
        while lines := file.readlines(TOGETHER):
            if number == 1:
                refuse_utf16(lines[0], self.path)
            yield Part(b"".join(lines), number)
            number += len(lines)

    def rewrite(self, part: Part, rewrite: Rewrite) -> list[Rewritten]:
        """The lines, each by itself."""
        return [self._rewrite(line, number, rewrite) for number, line in enumerate(lines_of(part.raw), part.line)]

    def _rewrite(self, line: bytes, number: int, rewrite: Rewrite) -> Rewritten:
        if line.isspace():
            return Rewritten(line, line, line=number)
        try:
            record = parse_object(line, self.path, number)
            texts = self._texts(record, number)
            doc = document_name(record.get("id"), f"{self.path}:{number}")
            edits = edits_of_several(list(texts.values()), doc, rewrite)
            after = _replaced(line, dict(zip(texts, edits, strict=True))) if any(edits) else line
        except RecordError as error:
            error.record = error.record or line.decode(errors="backslashreplace").strip()
            return Rewritten(line, line, error=error, line=number)
        looked_at = tuple(
            RewrittenText(doc, ".".join(path), text, 0, tuple(own))
            for (path, text), own in zip(texts.items(), edits, strict=True)
        )
        return Rewritten(line, after, looked_at, line=number)

    def _texts(self, record: Mapping[str, Any], number: int) -> dict[Path, str]:
        """The strings in the fields, by their paths."""
        texts: dict[Path, str] = {}
        for field in self.fields:
            value = record.get(field)
            if isinstance(value, str):  # as in most records; the path of others is gone down
                texts[(field,)] = value
                continue
            try:
                found = dict(_strings(record, tuple(field.split(".")), ()))
            except RecursionError as error:
                raise RecordError(f"too many lists in lists in the field {field!r}", self.path, number) from error
            if None in found.values():
                raise RecordError(f"no string in the field {field!r}", self.path, number)
            texts.update((path, text) for path, text in found.items() if text is not None)
        return texts


def document_name(identifier: object, place: str) -> str:
    """The name of a record in edits: its id where it has one, else its place."""
    return str(identifier) if isinstance(identifier, str | int) and identifier != "" else place


def _strings(value: object, keys: Path, before: Path) -> Iterator[tuple[Path, str | None]]:
    """The strings at the end of some keys; None where there is another value. Lists are gone through."""
    if isinstance(value, list):
        items = [found for place, item in enumerate(value) for found in _strings(item, keys, (*before, str(place)))]
        texts = [found for found in items if found[1] is not None]
        yield from texts or items  # one of several items may have no text
    elif isinstance(value, dict) and keys and keys[0] in value:
        yield from _strings(value[keys[0]], keys[1:], (*before, keys[0]))
    else:
        yield before, value if isinstance(value, str) and not keys else None


def _replaced(line: bytes, edits: Mapping[Path, Any]) -> bytes:
    bom = BOM if line.startswith(BOM) else b""
    raw = line[len(bom) :].decode()
    strings = find_strings(raw, [path for path, own in edits.items() if own])
    return bom + replace_in_strings(raw, [(string, edits[path]) for path, string in strings.items()]).encode()
