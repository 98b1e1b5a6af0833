"""Rewriting texts that may be long, or that are several of one document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from resolver.corpus.formats.text_blocks import MOST, text_blocks
from resolver.records import Edit, Rewrite

BETWEEN = "\n\n"
"""What stands between texts that are rewritten together: no name goes on over it."""


def edits_of(text: str, doc: str, rewrite: Rewrite) -> list[Edit]:
    """The edits of a text; a long one is rewritten block by block."""
    if len(text) <= MOST:
        return rewrite(text, doc)[1]
    return [edit for place, block in text_blocks(text) for edit in moved(rewrite(block, doc)[1], place)]


def edits_of_several(texts: Sequence[str], doc: str, rewrite: Rewrite) -> list[list[Edit]]:
    """The edits of each of some texts of one document: what one of them spells out is evidence for the others."""
    if len(texts) == 1:
        return [edits_of(texts[0], doc, rewrite)]
    edits = iter(edits_of(BETWEEN.join(texts), doc, rewrite))
    found: list[list[Edit]] = []
    place = 0
    edit = next(edits, None)
    for text in texts:
        end = place + len(text)
        own: list[Edit] = []
        while edit is not None and edit.start < end:
            if edit.start >= place and edit.end <= end:
                own.append(edit)
            edit = next(edits, None)
        found.append(moved(own, -place))
        place = end + len(BETWEEN)
    return found


def moved(edits: Iterable[Edit], by: int) -> list[Edit]:
    """The edits, `by` code points further on."""
    return [replace(edit, start=edit.start + by, end=edit.end + by) for edit in edits] if by else list(edits)
