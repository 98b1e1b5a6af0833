"""Screening of texts: the stretches that hold anything of interest, each examined on its own.

Stretches repeat, so the content of each is worked out once and cached. Most hold no mention: only a hash of these is
kept, in a table that forked processes share, so that none resolves what another has resolved.
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
from resolver.text.exact_mentions import TextMention
from resolver.text.protected_spans import ProtectedSpans, protected_spans
from resolver.text.scanner import Words, add_empty, code_points, find_stretches, is_known_empty
from resolver.text.tokenised_text import TextToken, TokenisedText


@dataclass(frozen=True, slots=True)
class StretchLimits:
    """The sizes of the caches.

    The contents of stretches are cached until the stretches have `max_letters` in all, each counting `letters_each`
    more; then the cache is emptied. (Full, it takes 100 MB.) A stretch longer than `max_stretch_letters` is not cached.
    Of the stretches without a mention `empty_hashes` hashes are kept.
    """

    max_letters: int = 1 << 23
    letters_each: int = 200
    max_stretch_letters: int = 2000
    empty_hashes: int = 1 << 20


LIMITS = StretchLimits()

_BARE = 1 << 63
"""Added to the seed for bare stretches, which hold no mention but lone words, to tell them from empty ones."""

NO_SPANS = zeros("i", 0)


@dataclass(frozen=True, slots=True)
class StretchContent:
    """The content of a stretch, examined on its own; places count from its beginning.

    `fuller` are the names of two words or more; `lone` the words that may stand for a part of such a name. `tokens` are
    those that `mentions` are in; they are there only if something in the stretch changes. `in_context` says that this
    depends on the rest of the text too, `bare` that the stretch has no mention.
    """

    fuller: tuple[TextMention, ...] = ()
    lone: tuple[TextToken, ...] = ()
    tokens: TokenisedText | None = None
    mentions: Sequence[TextMention] = ()
    in_context: bool = False
    bare: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it holds none of these."""
        return not (self.tokens or self.lone or self.fuller)


NOTHING = StretchContent()

Examine = Callable[[str, ProtectedSpans], StretchContent]
"""Works out what a stretch holds outside its protected spans."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a text (half-open, in code points), what it holds, and the protected spans in it, from its start."""

    start: int
    end: int
    content: StretchContent
    protected: ProtectedSpans


class Screen:
    """Finds the stretches of texts, and caches what they hold. Of one snapshot; threads may share it."""

    def __init__(self, snapshot: Snapshot, examine: Examine, glance: Examine, exact: bool) -> None:
        """`examine` works out what a stretch holds; `glance` does so quickly for one known to be bare.

        With `exact` a stretch without a name that is written exactly holds nothing.
        """
        self._examine = examine
        self._glance = glance
        self._known: dict[str | tuple[str, ProtectedSpans], StretchContent] = {}
        self._size = 0
        self._empty: Buffer = shared_zeros("Q", LIMITS.empty_hashes)
        parts, named = set(name_parts().roles), set[str]()
        for name in snapshot.names_in_small_letters():
            small = [fold(word.text) for word in words(name) if not word.text[0].isupper()]
            (parts if any(c.isupper() for c in name) else named).update(small)
        self._words = Words(sorted(parts), sorted(named))
        self._forms = snapshot.forms_by_words() if exact else None
        self._seed = snapshot.identity

    def screen(self, text: str) -> list[Stretch]:
        """The stretches of a text that hold something, in order."""
        room = zeros("i", len(text) + 2)
        codes = code_points(text)
        protected = protected_spans(text, codes)
        spans = array("i", chain.from_iterable(protected)) if protected else NO_SPANS
        count = find_stretches(codes, self._words, spans, self._empty, self._seed, room)
        if self._forms is not None:
            count, every = part_by_forms(codes, room, count, self._forms), count
            add_empty(self._empty, codes, room[2 * count : 2 * every], self._seed)
        known = self._known
        stretches: list[Stretch] = []
        ends = room[: 2 * count].tolist()
        for start, end in zip(ends[::2], ends[1::2], strict=True):
            inside = _within(protected, start, end) if protected else ()
            surface = text[start:end]
            content = known.get((surface, inside) if inside else surface)
            if content is None:
                content = self._content(surface, inside)
            if content is not NOTHING:
                stretches.append(Stretch(start, end, content, inside))
        return stretches

    def _content(self, surface: str, protected: ProtectedSpans) -> StretchContent:
        """The content of a stretch that is not in the cache; it is added."""
        codes, bare = code_points(surface), self._seed ^ _BARE
        if not protected and is_known_empty(self._empty, codes, bare):
            content = self._glance(surface, protected)
        else:
            content = self._examine(surface, protected)
            if not protected and (content.is_empty or content.bare):
                seed = self._seed if content.is_empty else bare
                add_empty(self._empty, codes, array("i", [0, len(surface)]), seed)
        if content.is_empty:
            content = NOTHING
            if not protected:
                return content
        if len(surface) <= LIMITS.max_stretch_letters:
            self._size += len(surface) + LIMITS.letters_each
            if self._size > LIMITS.max_letters:
                self._known.clear()
                self._size = len(surface) + LIMITS.letters_each
            self._known[(surface, protected) if protected else surface] = content
        return content


def _within(spans: ProtectedSpans, start: int, end: int) -> ProtectedSpans:
    """The parts of the spans that lie between two places, counted from the first place."""
    place = max(bisect_left(spans, (start, 0)) - 1, 0)
    inside = []
    while place < len(spans) and spans[place][0] < end:
        if spans[place][1] > start:
            inside.append((max(spans[place][0], start) - start, min(spans[place][1], end) - start))
        place += 1
    return tuple(inside)
