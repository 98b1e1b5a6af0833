"""Cutting long texts into blocks where a paragraph ends, else a line, a sentence or a word.

What is evidence for a name is looked for in one block: a name that only the block before spells out is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import AnyStr, BinaryIO

LEAST, MOST = 1 << 16, 1 << 18
"""A block has at most MOST bytes (code points, of a decoded text), and at least LEAST if it can end as it should."""

ENDS: tuple[tuple[str, ...], ...] = (
    ("\n\n", "\n\r\n"),
    ("\n",),
    (". ", "! ", "? ", "。", "！", "？", "।", "؟"),
    (" ", "\t", "\u3000"),
)
"""What a block may end with: paragraphs, lines, sentences, words; the better ones first."""


def encoded_ends(codec: str) -> tuple[tuple[bytes, ...], ...]:
    """What a block of encoded text may end with."""
    return tuple(tuple(end.encode(codec) for end in ends) for ends in ENDS)


def cut_place(data: AnyStr, ends: Sequence[Sequence[AnyStr]], width: int = 1) -> int:
    """Where to cut more than MOST of text, on a multiple of `width`: the place behind the last good end."""
    for same in ends:
        place = max(_behind_last(data, end, width) for end in same)
        if place > LEAST:
            return place
    return MOST


def last_end(text: str) -> int:
    """The place behind the last end of a sentence in a text, else of a word; 0 without any."""
    places = (max(text.rfind(end) + len(end) if end in text else 0 for end in same) for same in ENDS[2:])
    return next(filter(None, places), 0)


def _behind_last(data: AnyStr, end: AnyStr, width: int) -> int:
    place = data.rfind(end, LEAST, MOST)
    while place % width:  # -1 too: Python's remainder is not negative
        if place == -1:
            return 0
        place = data.rfind(end, LEAST, place + len(end) - 1)
    return place + len(end) if place >= 0 else 0


def text_blocks(text: str) -> Iterator[tuple[int, str]]:
    """The blocks of a decoded text, with the place of each."""
    place = 0
    while len(text) - place > MOST:
        size = cut_place(text[place : place + MOST], ENDS)
        yield place, text[place : place + size]
        place += size
    yield place, text[place:]


def byte_blocks(file: BinaryIO, codec: str, first: bytes = b"") -> Iterator[bytes]:
    """The blocks of an encoded text, which `first` is the start of; `codec` is utf-8, utf-16-le or utf-16-be."""
    ends, width = encoded_ends(codec), 2 if codec.startswith("utf-16") else 1
    waiting = first
    while True:
        while len(waiting) < MOST and (more := file.read(MOST - len(waiting))):
            waiting += more
        if len(waiting) < MOST:
            break
        place = cut_place(waiting, ends, width)
        if place == MOST:
            place = _between_code_points(waiting, codec)
        yield waiting[:place]
        waiting = waiting[place:]
    if waiting:
        yield waiting


def _between_code_points(data: bytes, codec: str) -> int:
    """MOST or a little less, where no code point is cut in two, if the bytes are a text at all."""
    if codec == "utf-8":
        starts = (place for place in range(MOST - 1, MOST - 5, -1) if data[place] & 0xC0 != 0x80)
        place = next(starts, MOST)
        return place if place < MOST and data[place] >= 0xC0 else MOST
    high = data[MOST - 1] if codec == "utf-16-le" else data[MOST - 2]
    return MOST - 2 if 0xD8 <= high <= 0xDB else MOST
