"""What readers see of a source with markup, and the way back from an edit of that to an edit of the source."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import regex
from rapidfuzz.distance import Levenshtein

from resolver.corpus.formats.base import Rewrite
from resolver.corpus.formats.texts import BETWEEN, edits_of
from resolver.records import Edit

OBJECT = "\ufffc"
"""What stands in the text for something in a sentence that is not to be read, such as a piece of code."""

Quote = Callable[[str], str]
"""Makes of new text what says it at some place of a source."""

_TOKEN = regex.compile(r"\s+|\S+")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of the visible text from `place` on, and the span of the source that says it."""

    place: int
    text: str
    start: int = 0
    end: int = 0
    literal: bool = False
    """Whether the source has the text as it is, rather than an entity that stands for it."""
    quote: Quote | None = None
    """None where nothing may be changed, as the source does not have it."""


class Visible:
    """The visible text of a source, put together from pieces in the order of the source."""

    def __init__(self, source: str) -> None:
        """Begin with none of the source visible."""
        self.source = source
        self._pieces: list[_Piece] = []
        self._size = 0

    def literal(self, start: int, end: int, quote: Quote) -> None:
        """The source has text from `start` to `end`."""
        self._add(_Piece(self._size, self.source[start:end], start, end, True, quote))

    def entity(self, start: int, end: int, said: str, quote: Quote) -> None:
        """What the source has from `start` to `end` stands for the text `said`."""
        self._add(_Piece(self._size, said, start, end, False, quote))

    def apart(self) -> None:
        """What follows is another paragraph."""
        if self._pieces and self._pieces[-1].text != BETWEEN:
            self._add(_Piece(self._size, BETWEEN))

    def object(self) -> None:
        """Here is something that is not to be read."""
        self._add(_Piece(self._size, OBJECT))

    def _add(self, piece: _Piece) -> None:
        if piece.text:
            self._pieces.append(piece)
            self._size += len(piece.text)

    @property
    def text(self) -> str:
        """The text that is visible so far."""
        return "".join(piece.text for piece in self._pieces)

    def edits(self, doc: str, rewrite: Rewrite) -> list[Edit]:
        """The edits of the source, in its own words and offsets, that rewriting the visible text takes.

        Markup inside a name stays. What would change a part of an entity, or what is not in the source, is left out.
        """
        places = [piece.place for piece in self._pieces]
        found = (self._in_source(edit, places) for edit in edits_of(self.text, doc, rewrite))
        return [edit for edit in found if edit is not None]

    def _in_source(self, edit: Edit, places: Sequence[int]) -> Edit | None:
        first, last = bisect_right(places, edit.start) - 1, bisect_left(places, edit.end)
        begin = end = -1
        written: list[str] = []
        instead = stand_ins(edit.before, edit.after)
        for piece in self._pieces[first:last] if edit.start < edit.end else []:
            low, high = max(edit.start - piece.place, 0), min(edit.end - piece.place, len(piece.text))
            if piece.quote is None or (not piece.literal and high - low < len(piece.text)):
                return None
            start, stop = (piece.start + low, piece.start + high) if piece.literal else (piece.start, piece.end)
            begin, end = (start, start) if begin < 0 else (begin, end)
            new = instead[piece.place + low - edit.start :][: high - low]
            written += [self.source[end:start], *_written(piece, low, new, self.source)]
            end = stop
        before, after = self.source[max(begin, 0) : max(end, 0)], "".join(written)
        return replace(edit, start=begin, end=end, before=before, after=after) if before != after else None


def _written(piece: _Piece, low: int, new: Sequence[str], source: str) -> Iterator[str]:
    """What says the new text in place of the characters of a piece from `low` on; one that stays is not touched."""
    assert piece.quote is not None
    if not piece.literal:
        text = "".join(new)
        yield source[piece.start : piece.end] if text == piece.text else piece.quote(text)
        return
    for place, text in enumerate(new, low):
        yield text if text == piece.text[place] else piece.quote(text)


def stand_ins(before: str, after: str) -> list[str]:
    """For each character of `before` what stands in its place in `after`: one of the same word, where there is one.

    White space between words that stay apart is kept. But for that the result, joined, is `after`.
    """
    if not before:
        return []
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if len(old) == len(new) and before[0].isspace() == after[0].isspace():
        return [char for one, other in zip(old, new, strict=True) for char in _aligned(one, other)]
    instead: list[str] = []
    lead = ""
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            instead += [char for token in old[i1:i2] for char in token]
        else:
            removed, added = "".join(old[i1:i2]), "".join(new[j1:j2])
            if removed:
                instead += [added, *[""] * (len(removed) - 1)]
            elif instead:
                instead[-1] += added
            else:
                lead = added
    return [lead + instead[0], *instead[1:]]


def _aligned(before: str, after: str) -> list[str]:
    """The same for two words, or what is between words."""
    if before.isspace():
        return list(before)
    instead = [""] * len(before)
    lead = ""
    for step in Levenshtein.opcodes(before, after):
        added = after[step.dest_start : step.dest_end]
        if step.tag == "insert":
            if step.src_start:
                instead[step.src_start - 1] += added
            else:
                lead = added
        elif step.tag != "delete":
            instead[step.src_start : step.src_end] = added
    return [lead + instead[0], *instead[1:]]
