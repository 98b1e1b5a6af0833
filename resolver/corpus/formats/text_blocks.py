"""Long texts: cut into blocks at the end of a paragraph, line, sentence or word, and rewritten block by block.

Evidence for a name is limited to its block: a full name in the block before is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import AnyStr, BinaryIO

from resolver.corpus.formats.file_format import LIMITS, SizeLimits
from resolver.records import Edit, Rewrite

TEXT_SEPARATOR = "\n\n"
"""Separates texts that are rewritten together: a name cannot span it."""

BLOCK_ENDS: tuple[tuple[str, ...], ...] = (
    ("\n\n", "\n\r\n"),
    ("\n",),
    (". ", "! ", "? ", "。", "！", "？", "।", "؟"),
    (" ", "\t", "\u3000"),
)
"""The ends of a block, best first: of paragraphs, lines, sentences and words."""


def edits_of(text: str, doc: str, rewrite: Rewrite, limits: SizeLimits = LIMITS) -> list[Edit]:
    """The edits of a text; a long one is rewritten block by block."""
    if len(text) <= limits.max_block:
        return rewrite(text, doc)[1]
    return [edit for place, block in text_blocks(text, limits) for edit in moved(rewrite(block, doc)[1], place)]


def edits_of_several(texts: Sequence[str], doc: str, rewrite: Rewrite, limits: SizeLimits = LIMITS) -> list[list[Edit]]:
    """The edits of each text of one document: a full name in one of them is evidence for the others."""
    if len(texts) == 1:
        return [edits_of(texts[0], doc, rewrite, limits)]
    edits = iter(edits_of(TEXT_SEPARATOR.join(texts), doc, rewrite, limits))
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
        place = end + len(TEXT_SEPARATOR)
    return found


def moved(edits: Iterable[Edit], by: int) -> list[Edit]:
    """The edits, shifted by `by` code points."""
    return [replace(edit, start=edit.start + by, end=edit.end + by) for edit in edits] if by else list(edits)


def encoded_ends(codec: str) -> tuple[tuple[bytes, ...], ...]:
    """The ends of a block of encoded text."""
    return tuple(tuple(end.encode(codec) for end in ends) for ends in BLOCK_ENDS)


def cut_place(data: AnyStr, ends: Sequence[Sequence[AnyStr]], limits: SizeLimits, width: int = 1) -> int:
    """Where to cut text longer than `max_block`: after the last of the best ends, at a multiple of `width`."""
    for same in ends:
        place = max(_behind_last(data, end, limits, width) for end in same)
        if place > limits.min_block:
            return place
    return limits.max_block


def last_end(text: str) -> int:
    """The offset after the last sentence in a text, otherwise after its last word; 0 if there is none."""
    places = (max(text.rfind(end) + len(end) if end in text else 0 for end in same) for same in BLOCK_ENDS[2:])
    return next(filter(None, places), 0)


def _behind_last(data: AnyStr, end: AnyStr, limits: SizeLimits, width: int) -> int:
    place = data.rfind(end, limits.min_block, limits.max_block)
    while place % width:  # also for -1: Python's remainder is not negative
        if place == -1:
            return 0
        place = data.rfind(end, limits.min_block, place + len(end) - 1)
    return place + len(end) if place >= 0 else 0


def text_blocks(text: str, limits: SizeLimits = LIMITS) -> Iterator[tuple[int, str]]:
    """The offset and the text of each block of a decoded text."""
    place = 0
    while len(text) - place > limits.max_block:
        size = cut_place(text[place : place + limits.max_block], BLOCK_ENDS, limits)
        yield place, text[place : place + size]
        place += size
    yield place, text[place:]


def byte_blocks(file: BinaryIO, codec: str, first: bytes = b"", limits: SizeLimits = LIMITS) -> Iterator[bytes]:
    """The blocks of an encoded text whose start `first` is already read; `codec` is utf-8, utf-16-le or utf-16-be."""
    ends, width = encoded_ends(codec), 2 if codec.startswith("utf-16") else 1
    waiting = first
    while True:
        while len(waiting) < limits.max_block and (more := file.read(limits.max_block - len(waiting))):
            waiting += more
        if len(waiting) < limits.max_block:
            break
        place = cut_place(waiting, ends, limits, width)
        if place == limits.max_block:
            place = _between_code_points(waiting, codec, place)
        yield waiting[:place]
        waiting = waiting[place:]
    if waiting:
        yield waiting


def _between_code_points(data: bytes, codec: str, maximum: int) -> int:
    """`maximum` or a little less, so that no code point is split, if the bytes are text at all."""
    if codec == "utf-8":
        starts = (place for place in range(maximum - 1, maximum - 5, -1) if data[place] & 0xC0 != 0x80)
        place = next(starts, maximum)
        return place if place < maximum and data[place] >= 0xC0 else maximum
    high = data[maximum - 1] if codec == "utf-16-le" else data[maximum - 2]
    return maximum - 2 if 0xD8 <= high <= 0xDB else maximum
