"""Counterparts: the words of a table that a word of a text may stand for; and which windows they rule out.

A window of a text is a distortion of a name only if one form of the name has a counterpart for each of its words that
tell, and not all of these are equal. That takes microseconds to find out; only what passes is worth resolving.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from resolver.database.snapshot import Snapshot
from resolver.index.search_index import Index
from resolver.infra.arrays import spread_zeros, zeros
from resolver.infra.limits import MAX_LETTERS
from resolver.infra.spare_pool import SparePool
from resolver.names.distinguishing_marks import mark_of
from resolver.names.known_words import COMMON, how_known
from resolver.names.name_parts import NAME, SMALL
from resolver.names.normal_form import NormalForm
from resolver.resolving.candidates import FormSearch
from resolver.resolving.kernel.alignment import MIN_SIMILARITY
from resolver.sound.alignment_buffers import BUFFERS
from resolver.sound.edit_distance import similarities
from resolver.sound.latin_sounds import SoundStrings, sound_costs
from resolver.text.common_words import common_words
from resolver.text.distortion_guards import MIN_TOKEN_SIMILARITY, is_other_word
from resolver.text.distortion_model import LIMITS as JUDGEMENT_LIMITS
from resolver.text.form_screen import MAX_SCREENED_TOKENS, NEAR, NEARER, NEAREST, TELLING, UNSURE, FormScreen

CACHED_TOKENS = 1 << 14
"""Tokens (and pairs of tokens) of texts whose counterparts are cached, at most; 1 kB each."""

CACHED_WINDOWS = 1 << 14
"""Windows of which it is cached whether they may be a distortion, at most; 200 bytes each."""

MIN_LENGTH, MAX_LENGTH = 0.4, 1.75
"""Least and greatest length of a word that a token, or a pair of tokens, stands for, as a share of theirs."""

LETTERS_COMPARED = 2 * MAX_LETTERS
"""Letters of a word that are compared, at most: each sound has one or two."""

MAX_SHORT_TOKEN = 4
"""Letters of a token whose counterparts need not begin like it, at most."""

MAX_WORDS_BESIDE = 1 << 10
"""Words beside the counterparts of the other tokens that one is compared with, at most."""

SAME = NEAR | NEARER | NEAREST
"""The grade of the same word, and with TELLING of one that stands for it by a table."""


@dataclass(frozen=True, slots=True)
class Counterparts:
    """The words of an index that a token may stand for, by number, and the grade of each.

    `postings` is the number of forms with these words. `longer` are words that share keys with the token and are
    longer: two tokens together may stand for one of them.
    """

    words: array[int]
    grades: bytearray
    postings: int
    longer: array[int]


LEAST = array("d", [MIN_SIMILARITY, MIN_TOKEN_SIMILARITY, JUDGEMENT_LIMITS.min_new_similarity])
"""The least similarities of the grades NEAR, NEARER and NEAREST."""


class CounterpartSearch:
    """Finds the counterparts of tokens in one index, and screens windows by them. Not for two threads at once."""

    def __init__(self, index: Index) -> None:
        """Search `index`."""
        self._index = index
        self._search = FormSearch(index, 1)
        common = bytearray(index.words)
        for word in filter(_is_found, map(index.find_word, common_words())):
            common[word] = True
        self._screen = FormScreen(index.parts, index.word_native, common, spread_zeros("I", index.words))
        self._of_token = lru_cache(maxsize=CACHED_TOKENS)(self._find)
        self._of_pair = lru_cache(maxsize=CACHED_TOKENS)(self._find_joined)
        self._beside_room = zeros("I", MAX_WORDS_BESIDE)
        self._marked: dict[int, list[int]] | None = None

    def may_distort(self, tokens: Sequence[str], roles: Sequence[str], whole: bool) -> bool:
        """Whether tokens in Latin letters may be a distortion of a name of the index; with `whole` of all of it."""
        needed = _needed(tokens, roles)
        if not needed:
            return True
        lists = [(1 << place, self._of_token(token)) for place, token in enumerate(tokens)]
        lists += [(3 << place, self._of_pair(*pair)) for place, pair in enumerate(pairwise(tokens))]
        lone = len(tokens) == 1
        least = NEARER if lone else NEAR if _may_vouch(tokens, roles) else NEAREST
        wrong = not _has_particle_inside(roles) and all(len(token) > 1 for token in tokens)
        screen = self._screen
        for bits, found in lists:
            screen.mark(found.words, found.grades, bits, least)
        forms = [
            (sum([found.postings for bits, found in lists if bits >> place & 1]), place)
            for place in range(len(tokens))
            if needed >> place & 1
        ]
        order = [place for _, place in sorted(forms)]
        passes: bool = screen.passes(_seeds(lists, order[0]), needed, wrong, whole, lone)
        if not passes:
            for bits, joined, shortest, longest in _tried_beside(tokens):
                other = next((place for place in order if not bits >> place & 1), -1)
                if other < 0:
                    continue
                seeds = _seeds(lists, other)
                more = self._beside(joined, bits, seeds, needed, shortest, longest)
                if more is None:
                    continue
                lists.append((bits, more))
                screen.mark(more.words, more.grades, bits, least)
                if screen.passes(seeds, needed, wrong, whole, lone):
                    passes = True
                    break
        for _, found in lists:
            screen.unmark(found.words)
        return passes

    def _beside(
        self, token: str, bits: int, seeds: array[int], needed: int, shortest: int, longest: int
    ) -> Counterparts | None:
        """The counterparts of a token or of a pair (its `bits`) in forms that have those of all other tokens.

        They need share no key with it, but the first letter, or else the last one; a longer token alone must be nearer,
        and share the first.
        """
        room, is_pair = self._beside_room, bits & bits - 1 != 0
        is_short = not is_pair and len(token) <= MAX_SHORT_TOKEN
        letters = bytearray(token.encode())
        count = self._screen.words_beside(seeds, needed, bits, letters, is_pair or is_short, shortest, longest, room)
        if not count:
            return None
        near = room[:count]
        least = NEARER if is_short else NEAREST
        grades = bytearray(grade if grade & least else 0 for grade in self._grades(token, near, is_pair))
        return Counterparts(near, grades, 0, near) if any(grades) else None

    def _grades(self, token: str, near: array[int], is_pair: bool, parts: bool = False) -> bytearray:
        """The grades of words as counterparts of a token, or of a pair of tokens without the space."""
        grades, common = bytearray(len(near)), not is_pair and token in common_words()
        self._screen.write_grades(
            bytearray(token.encode()), common, parts, near, self._similarities(token, near), LEAST, grades
        )
        if is_pair:
            return bytearray(grade | TELLING if grade else 0 for grade in grades)
        for place, grade in enumerate(grades):
            if grade & UNSURE and is_other_word(token, self._index.text("roman", near[place])):
                grades[place] = grade & ~TELLING
        return grades

    def _find(self, token: str) -> Counterparts:
        index, screen = self._index, self._screen
        known = self._search.near_words((token, token))
        near = known.words
        grades = self._grades(token, near, is_pair=False, parts=True)
        longer = zeros("I", len(near))
        count = screen.longer(near, len(token) + 2, longer)
        words = near + known.others
        words.extend(self._words_marked(token))
        grades += bytes([SAME | TELLING]) * (len(words) - len(near))
        word = index.find_word(token)
        if _is_found(word):
            words.append(word)
            grades.append(SAME)
        return Counterparts(words, grades, screen.count_forms(words), longer[:count])

    def _find_joined(self, one: str, other: str) -> Counterparts:
        """The words that two neighbouring tokens together may stand for."""
        joined = one + other
        known = self._of_token(one).longer + self._of_token(other).longer
        near = zeros("I", len(known))
        near = near[: self._screen.longer(known, int(MIN_LENGTH * len(joined)) + 1, near)]
        grades = self._grades(joined, near, is_pair=True)
        word = self._index.find_word(joined)
        if _is_found(word):
            near.append(word)
            grades.append(SAME | TELLING)
        return Counterparts(near, grades, self._screen.count_forms(near), array("I"))

    def _similarities(self, token: str, words: array[int]) -> array[float]:
        """The similarity of a token by sound with each of the words."""
        row = zeros("d", len(words))
        if words:
            letters, starts = bytearray(LETTERS_COMPARED * len(words)), zeros("i", len(words) + 1)
            self._screen.write_letters(words, LETTERS_COMPARED, letters, starts)
            left, right = _sounds_of(token), SoundStrings(letters, starts)
            similarities(
                left.packed,
                left.starts,
                right.packed,
                right.starts,
                sound_costs().costs,
                BUFFERS.distance_rows,
                row,
                len(words),
            )
        return row

    def _words_marked(self, token: str) -> Sequence[int]:
        """The words of the number, country or direction that a token says."""
        mark = mark_of(token)
        if not mark:
            return ()
        if self._marked is None:
            marked = defaultdict(list)
            for word, other in enumerate(self._index.parts["word_marks"]):
                if other:
                    marked[other].append(word)
            self._marked = marked
        return self._marked.get(mark, ())


class WindowScreen:
    """Rules out windows of texts that are no distortion of any name of a snapshot. Threads may share it."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Screen by the names of `snapshot`."""
        self._snapshot = snapshot
        self._searches = SparePool(lambda: tuple(map(CounterpartSearch, snapshot.indexes)))
        self._cached = lru_cache(maxsize=CACHED_WINDOWS)(self._may_distort)

    def may_distort(self, normal: NormalForm, whole: bool) -> bool:
        """Whether words may be a distortion of a name, with `whole` of all of it. Rules out Latin letters only."""
        if not normal.exact.isascii() or len(normal.tokens) > MAX_SCREENED_TOKENS:
            return True
        return self._cached(normal.exact, normal.roles, whole)

    def _may_distort(self, exact: str, roles: tuple[str, ...], whole: bool) -> bool:
        if self._snapshot.decided(exact):
            return True
        tokens = exact.split(" ")
        with self._searches.lent() as searches:
            return any(search.may_distort(tokens, roles, whole) for search in searches)


def _needed(tokens: Sequence[str], roles: Sequence[str]) -> int:
    """The places (a bit for each) of the tokens that must stand for something.

    They are the first one, those that tell, and the last one before the legal forms; but no initial.
    """
    last = len(roles) - 1
    while last > 0 and roles[last] == "legal":
        last -= 1
    places = [place for place, role in enumerate(roles) if role == NAME or place in (0, last)]
    return sum(1 << place for place in places if len(tokens[place]) > 1)


def _may_vouch(tokens: Sequence[str], roles: Sequence[str]) -> bool:
    """Whether one of the tokens, if it is right, vouches for the others: it tells and is no common word."""
    return any(role == NAME and how_known(token) < COMMON for token, role in zip(tokens, roles, strict=True))


def _has_particle_inside(roles: Sequence[str]) -> bool:
    return any(role in SMALL for role in roles[1:-1])


def _tried_beside(tokens: Sequence[str]) -> Iterator[tuple[int, str, int, int]]:
    """The tokens and the pairs, each with its bits and the least and greatest length of its counterparts."""
    for place, token in enumerate(tokens):
        if len(token) > 1:
            yield 1 << place, token, int(MIN_LENGTH * len(token)), int(MAX_LENGTH * len(token)) + 1
    for place, (one, other) in enumerate(pairwise(tokens)):
        joined = one + other
        shortest = max(min(len(one), len(other)) + 1, int(MIN_LENGTH * len(joined)))
        yield 3 << place, joined, shortest, int(MAX_LENGTH * len(joined))


def _seeds(lists: Sequence[tuple[int, Counterparts]], place: int) -> array[int]:
    """The counterparts of a token and of the pairs that it is in."""
    seeds = array("I")
    for bits, found in lists:
        if bits >> place & 1:
            seeds += found.words
    return seeds


@lru_cache(maxsize=CACHED_TOKENS)
def _sounds_of(token: str) -> SoundStrings:
    return SoundStrings.of((token,))


def _is_found(word: int) -> bool:
    return word >= 0
