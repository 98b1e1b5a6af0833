"""Edits as W3C Web Annotations (https://www.w3.org/TR/annotation-model/): JSON-LD, positions in code points."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from urllib.parse import quote

from resolver.corpus.byte_streams import json_line
from resolver.corpus.formats.file_format import Rewritten, RewrittenText
from resolver.records import Edit

MAX_CONTEXT_POINTS = 32
"""Number of code points of context on each side of the quote of an edit."""

PAGE_BEGIN = b'{"@context":"http://www.w3.org/ns/anno.jsonld","id":"#page","type":"AnnotationPage","items":[\n'
ITEM_SEPARATOR = b",\n"
PAGE_END = b"\n]}\n"


def annotation_items(unit: Rewritten, path: str) -> Iterator[bytes]:
    """The edits of a unit of the file `path`, each as an annotation: an item of the page (see PAGE_BEGIN).

    The target is the file, with the record and field as its fragment. The body has the new text, and the entity that it
    names. Equal edits have equal ids.
    """
    for text in unit.texts:
        source = _source(path, text)
        for edit in text.edits:
            yield json_line(_annotation(source, text, edit)).rstrip(b"\n")


def _source(path: str, text: RewrittenText) -> str:
    """The IRI of the text to which the offsets of the edits refer."""
    file = quote(path.encode("utf-8", "surrogateescape"))
    fragment = "" if text.doc == f"{path}:1" and not text.field else f"#{_quoted(text.doc)}"
    return file + fragment + (f"/{_quoted(text.field)}" if text.field else "")


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="replace")


def _annotation(source: str, text: RewrittenText, edit: Edit) -> dict[str, object]:
    start, end = edit.start - text.offset, edit.end - text.offset
    name = f"{source}\n{edit.start}\n{edit.end}\n{edit.id}\n{edit.after}"
    return {
        "id": uuid.uuid5(uuid.NAMESPACE_URL, name).urn,
        "type": "Annotation",
        "motivation": "editing",
        "body": [
            {"type": "TextualBody", "purpose": "editing", "format": "text/plain", "value": edit.after},
            {
                "type": "SpecificResource",
                "purpose": "identifying",
                "source": {"id": f"urn:x-entity:{_quoted(edit.id)}", "type": "Dataset", "label": edit.name},
            },
            {
                "type": "TextualBody",
                "purpose": "describing",
                "format": "text/plain",
                "value": f"{edit.reason} (probability {edit.probability:.3f})",
            },
        ],
        "target": {
            "source": source,
            "selector": [
                {"type": "TextPositionSelector", "start": edit.start, "end": edit.end},
                {
                    "type": "TextQuoteSelector",
                    "exact": edit.before,
                    "prefix": text.text[max(start - MAX_CONTEXT_POINTS, 0) : start],
                    "suffix": text.text[end : end + MAX_CONTEXT_POINTS],
                },
            ],
        },
    }
