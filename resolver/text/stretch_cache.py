"""A first look at a text: which of its stretches have anything to rewrite, by what each of them has by itself.

Stretches repeat, so what one holds is worked out once and remembered. Most hold no mention: of these a hash is kept,
in a table that forked processes share, so that what one of them has resolved none of them resolves again.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

from resolver.database.snapshot import Snapshot
from resolver.index.hash_tables import part_by_forms
from resolver.infra.arrays import Buffer, shared_zeros, zeros
from resolver.names.folding import fold
from resolver.names.name_parts import name_parts
from resolver.names.tokens import words
from resolver.text.exact_mentions import Span
from resolver.text.scanner import Words, add_quiet, code_points, find_stretches, is_quiet
from resolver.text.text_tokens import TextWord, protected_spans

REMEMBERED = 1 << 23
"""Stretches that hold something, of so many letters in all, are remembered; then it begins anew. (With all they hold,
that is 100 MB.)"""
EACH = 200
"""To remember one takes as much as so many letters more."""
LONGEST = 2000
"""Those of more letters are not."""

QUIET = 1 << 20
"""Of so many stretches that hold nothing, or no mention, the hash is kept."""
_BARE = 1 << 63
"""What tells those that hold no mention, but words that may stand for parts of names, from those that hold nothing."""

NO_SPANS = zeros("i", 0)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a stretch has by itself: names in full; lone words, which may stand for parts of names; and what changes.

    `words` and `spans` are those of a stretch that has something to change, with places from its beginning;
    `in_context` says that this goes by the rest of the text, too, and `bare` that there is no mention in it.
    """

    fuller: tuple[Span, ...] = ()
    lone: tuple[TextWord, ...] = ()
    words: Sequence[TextWord] = ()
    spans: Sequence[Span] = ()
    in_context: bool = False
    bare: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it has none of these."""
        return not (self.words or self.lone or self.fuller)


NOTHING = Finding()

Shut = tuple[tuple[int, int], ...]
"""The addresses and markup in a stretch, in order, with places from its beginning."""

Examine = Callable[[str, Shut], Finding]
"""Says what a stretch has, but for what is shut."""


@dataclass(frozen=True, slots=True)
class Found:
    """A stretch of a text that has something (half-open, in code points), and the addresses and markup in it."""

    start: int
    end: int
    finding: Finding
    shut: Shut


class Screen:
    """Finds the stretches of texts and remembers what they have, as long as the table stays as it is."""

    def __init__(self, store: Snapshot, examine: Examine, glance: Examine, exact: bool) -> None:
        """`examine` says what a stretch has, and `glance`, which is quick, what one has that is known to be bare;
        `exact` that none has anything without a name that is written exactly."""
        self._examine = examine
        self._glance = glance
        self._known: dict[str | tuple[str, Shut], Finding] = {}
        self._size = 0
        self._quiet: Buffer = shared_zeros("Q", QUIET)
        parts, named = set(name_parts().roles), set[str]()
        for name in store.names_in_small_letters():
            small = [fold(word.text) for word in words(name) if not word.text[0].isupper()]
            (parts if any(c.isupper() for c in name) else named).update(small)
        self._words = Words(sorted(parts), sorted(named))
        self._forms = store.forms_by_words() if exact else None
        self._seed = store.identity

    def screen(self, text: str) -> list[Found]:
        """The stretches of a text that have something, in order."""
        room = zeros("i", len(text) + 2)
        codes = code_points(text)
        shut = protected_spans(text, codes)
        closed = array("i", chain.from_iterable(shut)) if shut else NO_SPANS
        count = find_stretches(codes, self._words, closed, self._quiet, self._seed, room)
        if self._forms is not None:
            count, every = part_by_forms(codes, room, count, self._forms), count
            add_quiet(self._quiet, codes, room[2 * count : 2 * every], self._seed)
        known = self._known
        some: list[Found] = []
        ends = room[: 2 * count].tolist()
        for start, end in zip(ends[::2], ends[1::2], strict=True):
            inside = _within(shut, start, end) if shut else ()
            surface = text[start:end]
            finding = known.get((surface, inside) if inside else surface)
            if finding is None:
                finding = self._look_at(surface, inside)
            if finding is not NOTHING:
                some.append(Found(start, end, finding, inside))
        return some

    def _look_at(self, surface: str, shut: Shut) -> Finding:
        codes, bare = code_points(surface), self._seed ^ _BARE
        if not shut and is_quiet(self._quiet, codes, bare):
            finding = self._glance(surface, shut)
        else:
            finding = self._examine(surface, shut)
            if not shut and (finding.is_empty or finding.bare):
                seed = self._seed if finding.is_empty else bare
                add_quiet(self._quiet, codes, array("i", [0, len(surface)]), seed)
        if finding.is_empty:
            finding = NOTHING
            if not shut:
                return finding
        if len(surface) <= LONGEST:
            self._size += len(surface) + EACH
            if self._size > REMEMBERED:
                self._known.clear()
                self._size = len(surface) + EACH
            self._known[(surface, shut) if shut else surface] = finding
        return finding


def _within(spans: Sequence[tuple[int, int]], start: int, end: int) -> Shut:
    """What of some spans, in order and apart, is from one place to another, with places from the first one."""
    place = max(bisect_left(spans, (start, 0)) - 1, 0)
    inside = []
    while place < len(spans) and spans[place][0] < end:
        if spans[place][1] > start:
            inside.append((max(spans[place][0], start) - start, min(spans[place][1], end) - start))
        place += 1
    return tuple(inside)
