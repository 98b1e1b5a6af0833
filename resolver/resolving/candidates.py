"""Candidate search: the name forms that share most keys with a mention."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from resolver.index.search_index import FORM_BUDGET, Index
from resolver.infra.arrays import spread_zeros, zeros
from resolver.infra.limits import MAX_TOKENS
from resolver.names.distinguishing_marks import words_marked_as
from resolver.names.folding import letters_script
from resolver.names.normal_form import NormalForm
from resolver.names.scripts import UNSPACED
from resolver.resolving.kernel.workspace import Workspace
from resolver.sound.name_lexicon import equivalents
from resolver.sound.search_keys import word_keys
from resolver.sound.similarity import Spelling, search_spellings


@dataclass(frozen=True, slots=True)
class SearchBudget:
    """Bounds of the search for the words of the table that are near to one token of a mention."""

    words: int
    """Words that are taken as near to the token, at most."""
    postings: int
    """Postings (words of keys) that are read, at most; the rarest keys come first."""
    seed_postings: int
    """Postings that may bring in new words; those of more frequent keys only add to words already found."""
    min_shared: float
    """The least share of all keys (0 to 1) that a word must have in common with the token."""
    min_telling: float
    """The least share of keys, as part of the nearest word's, from which a word says something of a form."""


LATIN_BUDGET = SearchBudget(96, 60_000, 8_000, 0.02, 0.075)
"""For a token in Latin letters."""

ACROSS_BUDGET = SearchBudget(256, 120_000, 40_000, 0.0, 0.03)
"""For a token in another script, which is searched by several spellings."""

MIN_WORD_SHARE = 0.15
"""A word adds to forms if it shares at least this part of what the word that shares most has in common."""

MIN_LENGTH_RATIO, MAX_LENGTH_RATIO = 0.55, 1.7
"""A word stands for a token only if its length, over the token's, is between these."""

MIN_HALF_LETTERS = 2
"""Letters that each of two words has, at least, which one token may stand for."""


class TokenSearch(NamedTuple):
    """The search for one token: keys and their weights, and the lengths of words that may match.

    `inside` is for a token that may hold several words, in a script without spaces.
    """

    keys: array[int]
    shares: array[float]
    shortest: int
    longest: int
    inside: bool


@lru_cache(maxsize=1 << 12)
def token_search(token: str, written: str) -> TokenSearch:
    """The search for a romanised token, written so in its own script."""
    spellings = search_spellings(Spelling(token, written))
    keys, shares = _keys_of(spellings)
    latin = written.isascii()
    lengths = [len(token)] if latin else [len(spelling) for spelling in spellings]
    inside = not latin and letters_script(written) in UNSPACED
    return TokenSearch(
        keys,
        shares,
        1 if inside else int(MIN_LENGTH_RATIO * min(lengths)),
        int(MAX_LENGTH_RATIO * max(lengths)) + 1,
        inside,
    )


def _keys_of(spellings: dict[str, float]) -> tuple[array[int], array[float]]:
    """The keys of some spellings, each with the greatest weight of the spellings that have it."""
    if len(spellings) == 1:
        ((spelling, weight),) = spellings.items()
        keys = word_keys(spelling)
        return keys, array("f", [weight]) * len(keys)
    shares: dict[int, float] = {}
    for spelling, weight in spellings.items():
        for key in word_keys(spelling):
            if shares.get(key, 0.0) < weight:
                shares[key] = weight
    return array("I", shares), array("f", shares.values())


class FoundForms(NamedTuple):
    """Forms that a mention may stand for, the share of keys that each has in common with it, and postings not read."""

    forms: array[int]
    shares: array[float]
    cut: int


class NearWords(NamedTuple):
    """The words of an index that are near to one token, as `PostingsSearch` finds and adds them up."""

    words: array[int]
    """Those that share most keys with the token, nearest first."""
    weights: array[int]
    """What each of them counts for forms, at least."""
    telling: array[int]
    """All words that share enough keys to count for forms."""
    sums: array[int]
    """What each of them counts."""
    norm: float
    most: int
    cut: int
    others: array[int]
    """Words that no shared key finds: the halves of the token, those equated with it, and those of its mark."""


class FormSearch:
    """The search of one index, with buffers of its own: part of a workspace, so not for two threads at once."""

    def __init__(self, index: Index, limit: int) -> None:
        """Make room to find up to `limit` forms at once."""
        self._index = index
        self._telling, self._sums = (spread_zeros("I", index.words + 1) for _ in range(2))
        self._postings = index.new_search(self._telling, self._sums)
        most = max(LATIN_BUDGET.words, ACROSS_BUDGET.words)
        self._words, self._nearness, self._weights = zeros("I", most), zeros("f", most), zeros("I", most)
        self._forms, self._shares = zeros("I", limit), zeros("f", limit)

    def find(self, mention: NormalForm, limit: int) -> FoundForms:
        """The `limit` forms that share most with a mention; the one equal to it is always among them, first."""
        search, index = self._postings, self._index
        written = mention.exact.split(" ")
        tokens = [self.near_words(token) for token in list(zip(mention.tokens, written, strict=True))[:MAX_TOKENS]]
        near = array("I")
        for words, weights, telling, sums, norm, most, cut, _ in tokens:
            search.add_words(words, weights, telling, sums, norm, most, cut)
            near += words
        for one, other in pairwise(written[:MAX_TOKENS]):
            joined = index.find_word(one + other)
            if joined >= 0:
                near.append(joined)
        for token in tokens:
            near += token.others
        best, values = memoryview(self._forms)[:limit], memoryview(self._shares)[:limit]
        count = search.near_forms(near, FORM_BUDGET, MIN_WORD_SHARE, best, values)
        cut = search.cut
        search.clear()
        forms, shares = self._forms[:count], self._shares[:count]
        if not any(token.norm > 0 for token in tokens):  # no key of the mention is in the index
            shares = zeros("f", count)
        exact = index.find_form(written)
        if exact >= 0:
            if exact in forms:
                place = forms.index(exact)
                del forms[place], shares[place]
            forms.insert(0, exact)
            shares.insert(0, 1.0)
        return FoundForms(forms, shares, cut)

    def near_words(self, spelling: tuple[str, str]) -> NearWords:
        """The words of the index that are near to a token, as romanised and written; the index remembers them."""
        known: NearWords | None = self._index.near_words.get(spelling)
        if known is None:
            known = self._find_near_words(*spelling)
            self._index.near_words.put(spelling, known, len(known.telling) + len(known.words))
        return known

    def _find_near_words(self, token: str, written: str) -> NearWords:
        search = self._postings
        keys, shares, shortest, longest, inside = token_search(token, written)
        first, last = self._index.words_between(shortest, longest)
        budget = LATIN_BUDGET if written.isascii() else ACROSS_BUDGET
        words, nearness = memoryview(self._words)[: budget.words], memoryview(self._nearness)[: budget.words]
        count = search.near_words(
            keys,
            shares,
            first,
            last,
            inside,
            budget.postings,
            budget.seed_postings,
            budget.min_shared,
            budget.min_telling,
            words,
            nearness,
            self._weights,
        )
        telling = search.token_telling
        return NearWords(
            self._words[:count],
            self._weights[:count],
            array("I", self._telling[:telling].tobytes()),
            array("I", self._sums[:telling].tobytes()),
            search.token_norm,
            search.token_most,
            search.token_cut,
            self._other_words(token, written),
        )

    def _other_words(self, token: str, written: str) -> array[int]:
        latin = written.isascii()
        others = (*words_marked_as(written), *(equivalents(token) if latin else ()))
        found = array("I", [word for name in others if (word := self._index.find_word(name)) >= 0])
        return found + self._index.find_halves(token, MIN_HALF_LETTERS) if latin else found


def search_of(w: Workspace, limit: int) -> FormSearch:
    """The search of a workspace, made when first needed; it always finds up to the same number of forms."""
    if w.search is None:
        w.search = FormSearch(w.index, limit)
    search: FormSearch = w.search
    return search
