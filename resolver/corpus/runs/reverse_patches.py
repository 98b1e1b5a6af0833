"""Reverse patches: the splices that turn a new text back into the old one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, chain

_COMPARED_BYTES = 4096

Splice = tuple[int, int, bytes]
"""The offset and the number of bytes in the new text, and the old bytes that they replace."""


def splices(before: bytes, after: bytes) -> Iterator[Splice]:
    """The splices from `after` back to `before`, in order: one for each changed line, as short as possible."""
    if before == after:
        return
    old, new = before.split(b"\n"), after.split(b"\n")
    if len(old) != len(new):  # a name that spans a line end
        yield _splice(before, after, 0)
        return
    starts = chain((0,), accumulate(len(line) + 1 for line in new))
    for was, line, start in zip(old, new, starts, strict=False):
        if was != line:
            yield _splice(was, line, start)


def _splice(before: bytes, after: bytes, at: int) -> Splice:
    maximum = min(len(before), len(after))
    start = _same_start(before, after, maximum)
    end = _same_end(before, after, maximum - start)
    return at + start, len(after) - start - end, before[start : len(before) - end]


def _same_start(one: bytes, other: bytes, maximum: int) -> int:
    """The length of the common prefix in bytes, up to `maximum`."""
    place = 0
    while place < maximum:
        size = min(_COMPARED_BYTES, maximum - place)
        left, right = one[place : place + size], other[place : place + size]
        if left != right:
            return place + _agreeing(left, right)
        place += size
    return maximum


def _same_end(one: bytes, other: bytes, maximum: int) -> int:
    """The length of the common suffix in bytes, up to `maximum`."""
    place = 0
    while place < maximum:
        size = min(_COMPARED_BYTES, maximum - place)
        left, right = (data[len(data) - place - size : len(data) - place] for data in (one, other))
        if left != right:
            return place + _agreeing(left[::-1], right[::-1])
        place += size
    return maximum


def _agreeing(left: bytes, right: bytes) -> int:
    """The length of the common prefix of two different strings of equal length."""
    return next(place for place, (one, other) in enumerate(zip(left, right, strict=True)) if one != other)
