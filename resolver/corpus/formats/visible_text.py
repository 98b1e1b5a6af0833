"""The visible text of a source with markup, and the mapping of its edits back to the source."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

import regex
from rapidfuzz.distance import Levenshtein

from resolver.corpus.formats.file_format import LIMITS, SizeLimits
from resolver.corpus.formats.text_blocks import TEXT_SEPARATOR, edits_of
from resolver.records import Edit, Rewrite

OBJECT = "\ufffc"
"""The character that replaces an object within a sentence, such as a piece of code."""

Quote = Callable[[str], str]
"""Escapes new text for some part of a source."""

_APART, _OBJECT = -2, -1
_TOKEN = regex.compile(r"\s+|\S+")


@dataclass(frozen=True, slots=True)
class _VisibleSpan:
    """A span of the visible text from `place` on, and the span of the source that it comes from."""

    place: int
    text: str
    start: int = 0
    end: int = 0
    literal: bool = False
    """Whether the source has the text itself, not an entity."""
    quote: Quote | None = None
    """None for text that is not in the source, and so must not be changed."""


class VisibleText:
    """The visible text of a source, built from spans in the order of the source.

    The spans are stored in arrays of numbers, since a document with much markup has millions of them.
    """

    def __init__(self, source: str) -> None:
        """Start without visible text."""
        self.source = source
        self._size = 0
        self._places, self._starts, self._ends = array("q"), array("q"), array("q")
        self._kinds = array("b")
        """The number of the quote function of a span, from 0; or _APART or _OBJECT."""
        self._quotes: list[Quote] = []
        self._said: dict[int, str] = {}
        """The texts of spans that are entities, by the numbers of the spans."""

    def literal(self, start: int, end: int, quote: Quote) -> None:
        """Add text that the source has from `start` to `end`."""
        if start < end:
            self._add(end - start, start, end, self._number_of(quote))

    def entity(self, start: int, end: int, said: str, quote: Quote) -> None:
        """Add the text `said`, for which the source has an entity from `start` to `end`."""
        if said:
            self._said[len(self._kinds)] = said
            self._add(len(said), start, end, self._number_of(quote))

    def apart(self) -> None:
        """End the paragraph."""
        if self._kinds and self._kinds[-1] != _APART:
            self._add(len(TEXT_SEPARATOR), 0, 0, _APART)

    def object(self) -> None:
        """Add an object that is not text."""
        self._add(len(OBJECT), 0, 0, _OBJECT)

    def _add(self, size: int, start: int, end: int, kind: int) -> None:
        self._places.append(self._size)
        self._starts.append(start)
        self._ends.append(end)
        self._kinds.append(kind)
        self._size += size

    def _number_of(self, quote: Quote) -> int:
        if quote not in self._quotes:
            self._quotes.append(quote)
        return self._quotes.index(quote)

    def _span(self, number: int) -> _VisibleSpan:
        kind, start, end = self._kinds[number], self._starts[number], self._ends[number]
        if kind < 0:
            return _VisibleSpan(self._places[number], TEXT_SEPARATOR if kind == _APART else OBJECT)
        said = self._said.get(number)
        text = self.source[start:end] if said is None else said
        return _VisibleSpan(self._places[number], text, start, end, said is None, self._quotes[kind])

    @property
    def text(self) -> str:
        """The visible text so far."""
        return "".join(self._span(number).text for number in range(len(self._kinds)))

    def edits(self, doc: str, rewrite: Rewrite, limits: SizeLimits = LIMITS) -> list[Edit]:
        """The edits of the source that rewriting the visible text requires.

        Markup inside a name stays. An edit of a part of an entity, or of text that is not in the source, is dropped.
        """
        found = (self._in_source(edit) for edit in edits_of(self.text, doc, rewrite, limits))
        return [edit for edit in found if edit is not None]

    def _in_source(self, edit: Edit) -> Edit | None:
        first, last = bisect_right(self._places, edit.start) - 1, bisect_left(self._places, edit.end)
        begin = end = -1
        written: list[str] = []
        instead = stand_ins(edit.before, edit.after)
        for span in map(self._span, range(first, last if edit.start < edit.end else first)):
            low, high = max(edit.start - span.place, 0), min(edit.end - span.place, len(span.text))
            if span.quote is None or (not span.literal and high - low < len(span.text)):
                return None
            start, stop = (span.start + low, span.start + high) if span.literal else (span.start, span.end)
            begin, end = (start, start) if begin < 0 else (begin, end)
            new = instead[span.place + low - edit.start :][: high - low]
            written += [self.source[end:start], *_written(span, low, new, self.source)]
            end = stop
        before, after = self.source[max(begin, 0) : max(end, 0)], "".join(written)
        return replace(edit, start=begin, end=end, before=before, after=after) if before != after else None


def _written(span: _VisibleSpan, low: int, new: Sequence[str], source: str) -> Iterator[str]:
    """The source of the new text for a span from character `low` on; unchanged characters are not escaped again."""
    assert span.quote is not None
    if not span.literal:
        text = "".join(new)
        yield source[span.start : span.end] if text == span.text else span.quote(text)
        return
    for place, text in enumerate(new, low):
        yield text if text == span.text[place] else span.quote(text)


def stand_ins(before: str, after: str) -> list[str]:
    """For each character of `before`, the part of `after` that replaces it: of the same word, if there is one.

    White space between two words stays as in `before`; apart from that, the joined result is `after`.
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
    """The same for two words, or for the white space between words."""
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
