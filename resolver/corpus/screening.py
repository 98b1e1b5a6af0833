"""A first look at a text: which of its stretches have anything to rewrite, by what each of them has by itself.

Stretches repeat, so what one holds is worked out once and remembered. A stretch is looked at in its text only where it
has something to change, or a lone word that stands for a part of a name elsewhere in the text.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from resolver.buffers import Buffer, zeros
from resolver.corpus.mentions import Span
from resolver.corpus.stretches import Words, find_stretches
from resolver.corpus.textspans import TextWord, protected_spans
from resolver.gazetteer.store import Store
from resolver.names.folding import fold
from resolver.names.parts import name_parts
from resolver.names.words import words

REMEMBERED = 1 << 24
"""Stretches of so many letters in all are remembered; then it begins anew. (With all they hold, that is 120 MB.)"""
EACH = 100
"""To remember one takes as much as so many letters more."""
LONGEST = 2000
"""Those of more letters are not."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a stretch has: something that may be changed; names in full; words that may stand for parts of names."""

    changes: bool
    fuller: tuple[Span, ...] = ()
    lone: tuple[TextWord, ...] = ()


NOTHING = Finding(changes=False)


Examine = Callable[[str, int, int, Sequence[tuple[int, int]]], Finding]
"""Says what a part of a text has, but for some spans of it."""


@dataclass(frozen=True, slots=True)
class Screened:
    """The stretches of a text that have something to rewrite, the names in full of all of them, and its addresses and
    markup (all half-open, in code points)."""

    stretches: list[tuple[int, int]]
    fuller: list[Span]
    shut: Sequence[tuple[int, int]]


class Screen:
    """Finds the stretches of texts and remembers what they have, as long as the table stays as it is."""

    def __init__(
        self, store: Store, examine: Examine, stands_for: Callable[[TextWord, Sequence[Span]], object]
    ) -> None:
        """`examine` says what a stretch has, and `stands_for` whether a lone word stands for a part of some names."""
        self._store = store
        self._examine = examine
        self._stands_for = stands_for
        self._known: dict[str, Finding] = {}
        self._version = -1
        self._size = 0
        self._room: Buffer = zeros("i", 1 << 12)

    def _keep_up(self) -> None:
        self._known.clear()
        self._size = 0
        _ = self._store.indexes  # once they are loaded, the version says when they change
        parts, named = set(name_parts().roles), set[str]()
        for name in self._store.names_in_small_letters():
            small = [fold(word.text) for word in words(name) if not word.text[0].isupper()]
            (parts if any(c.isupper() for c in name) else named).update(small)
        self._words = Words(sorted(parts), sorted(named))
        self._version = self._store.version

    def screen(self, text: str) -> Screened:
        """What of a text is to be looked at."""
        if self._version != self._store.version:
            self._keep_up()
        room = self._room
        if len(room) < len(text) + 2:
            room = self._room = zeros("i", 2 * len(text) + 2)
        count = find_stretches(text, self._words, room)
        shut: Sequence[tuple[int, int]] = ()
        if count < 0:
            count, shut = -count - 1, protected_spans(text)
        known = self._known
        chosen: list[tuple[int, int]] = []
        some: list[tuple[Finding, tuple[int, int]]] = []
        ends = room[: 2 * count].tolist()
        for start, end in zip(ends[::2], ends[1::2], strict=True):
            finding = known.get(text[start:end])
            if finding is None or (shut and _overlap(shut, start, end)):
                finding = self._look_at(text, start, end, shut)
            if finding is not NOTHING:
                some.append((finding, (start, end)))
        fuller = [span for finding, _ in some for span in finding.fuller]
        for finding, stretch in some:
            if finding.changes or (fuller and any(self._stands_for(word, fuller) for word in finding.lone)):
                chosen.append(stretch)
        return Screened(chosen, fuller, shut)

    def _look_at(self, text: str, start: int, end: int, shut: Sequence[tuple[int, int]]) -> Finding:
        if shut and _overlap(shut, start, end):
            return self._examine(text, start, end, shut)
        surface = text[start:end]
        finding = self._examine(surface, 0, len(surface), ())
        if not (finding.changes or finding.fuller or finding.lone):
            finding = NOTHING
        if len(surface) <= LONGEST:
            self._size += len(surface) + EACH
            if self._size > REMEMBERED:
                self._known.clear()
                self._size = len(surface) + EACH
            self._known[surface] = finding
        return finding


def _overlap(spans: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Whether one of some spans, in order, has a place in common with another."""
    place = bisect_left(spans, (start + 1, 0))
    return (place < len(spans) and spans[place][0] < end) or (place > 0 and spans[place - 1][1] > start)
