"""Edits and rejected records as JSON lines."""

from __future__ import annotations

from collections.abc import Iterator

from resolver.corpus.byte_streams import json_line
from resolver.corpus.formats.file_format import Rewritten
from resolver.errors import RecordError


def edit_lines(unit: Rewritten, field: str) -> Iterator[bytes]:
    """The edits of a unit; those in another field or column than `field`, the only one of the run, have a `field`."""
    for text in unit.texts:
        more = {"field": text.field} if text.field not in ("", field) else {}
        for edit in text.edits:
            yield json_line({**edit.to_dict(), **more})


def reject_line(error: RecordError) -> bytes:
    """A rejected record, or a rejected file, which has no line number."""
    return json_line(
        {"path": str(error.path), "line": error.line, "error": error.reason, "record": error.record},
    )
