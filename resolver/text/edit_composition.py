"""Applying edits to a text, and composing the edits of two passes into one list."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from resolver.records import Edit


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """The text after the edits, which are in order and do not overlap."""
    parts, place = [], 0
    for edit in edits:
        parts += [text[place : edit.start], edit.after]
        place = edit.end
    return "".join([*parts, text[place:]])


def compose(text: str, first: Sequence[Edit], second: Sequence[Edit]) -> list[Edit]:
    """The edits that do to `text` in one step what `first` does to it and `second` to the result.

    Edits of the two passes that touch become one, with the reason of the later one.
    """
    middle = apply_edits(text, first)
    shift = 0
    placed: list[tuple[int, int, int, Edit]] = []  # where an edit stands between the passes, and from which pass
    for edit in first:
        written = len(edit.after)
        placed.append((edit.start + shift, edit.start + shift + written, 0, edit))
        shift += written - (edit.end - edit.start)
    placed += [(edit.start, edit.end, 1, edit) for edit in second]
    waiting = deque(sorted(placed, key=lambda item: item[:3]))
    joined: list[Edit] = []
    shift = 0
    while waiting:
        start, end, _, _ = waiting[0]
        cluster = []
        while waiting and waiting[0][0] <= end:
            cluster.append(waiting.popleft())
            end = max(end, cluster[-1][1])
        later = [replace(e, start=e.start - start, end=e.end - start) for _, _, number, e in cluster if number]
        grown = sum(len(e.after) - (e.end - e.start) for _, _, number, e in cluster if not number)
        before = text[start - shift : end - shift - grown]
        edit = replace(cluster[-1][3], start=start - shift, end=end - shift - grown, before=before)
        joined.append(replace(edit, after=apply_edits(middle[start:end], later)))
        shift += grown
    return [edit for edit in joined if edit.before != edit.after]
