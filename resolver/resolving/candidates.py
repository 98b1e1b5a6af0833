"""Candidates: the name forms that a mention may stand for, with nothing decided yet."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from resolver.index.search_index import FORM_BUDGET, Index
from resolver.infra.arrays import zeros
from resolver.names.folding import letters_script
from resolver.names.normal_form import NormalForm
from resolver.names.scripts import UNSPACED
from resolver.resolving.kernel.form_batch import MOST_TOKENS
from resolver.sound.name_lexicon import equivalents
from resolver.sound.search_keys import word_keys
from resolver.sound.similarity import Spelling, search_spellings

NEAR_WORDS, NEAR_ACROSS = 96, 256
"""How many words of the table are taken as near to a token of a mention in Latin letters or in another script."""

LATIN_SEARCH = (60_000, 8_000, 0.02, 0.075)
"""For a token in Latin letters, how many postings are read at most, rarest keys first; how many of these may bring in
words, to which those of the more frequent keys only add; what part of all keys a word must share; and what part of what
the word that shares most does, to tell something of a form."""

ACROSS_SEARCH = (120_000, 40_000, 0.0, 0.03)
"""The same for a token in another script, which is searched by several spellings."""

LEAST_SHARE = 0.15
"""A word that shares less with the mention than this part of what the nearest one shares tells nothing of a form."""

SHORTER, LONGER = 0.55, 1.7
"""A word stands for a token only if its length is between these parts of the token's."""

LEAST_SPLIT = 2
"""A token may stand for two words that are each at least so long."""


class TokenSearch(NamedTuple):
    """What the index is searched by for one token: numbers of keys, how much each counts, and lengths of words."""

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
        1 if inside else int(SHORTER * min(lengths)),
        int(LONGER * max(lengths)) + 1,
        inside,
    )


def _keys_of(spellings: dict[str, float]) -> tuple[array[int], array[float]]:
    """The numbers of the keys of some spellings, and how much each counts: as much as the weightiest that has it."""
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


class Found(NamedTuple):
    """Forms that a mention may stand for, how much each shares with it (about 0 to 1), and the postings not read."""

    forms: array[int]
    shares: array[float]
    cut: int


class FormSearch:
    """Finds the forms of one index that a mention may stand for."""

    def __init__(self, index: Index, limit: int) -> None:
        """Find up to `limit` forms at once."""
        self._index = index
        self._words, self._nearness = zeros("I", NEAR_ACROSS), zeros("f", NEAR_ACROSS)
        self._forms, self._shares = zeros("I", limit), zeros("f", limit)

    def find(self, mention: NormalForm, limit: int) -> Found:
        """The `limit` forms that share most with a mention; the one equal to it is always among them, first."""
        search, index = self._index.search, self._index
        reached = array("I")
        tokens = list(zip(mention.tokens, mention.exact.split(" "), strict=True))[:MOST_TOKENS]
        for token, written in tokens:
            keys, shares, shortest, longest, inside = token_search(token, written)
            first, last = index.words_between(shortest, longest)
            bounds, most = (LATIN_SEARCH, NEAR_WORDS) if written.isascii() else (ACROSS_SEARCH, NEAR_ACROSS)
            words, nearness = self._words[:most], self._nearness[:most]
            count = search.near_words(keys, shares, first, last, inside, *bounds, words, nearness)
            reached += words[:count]
        reached.extend(self._other_words(tokens))
        best, values = memoryview(self._forms)[:limit], memoryview(self._shares)[:limit]
        count = search.near_forms(reached, FORM_BUDGET, LEAST_SHARE, best, values)
        cut = search.cut
        search.clear()
        forms, found_shares = self._forms[:count], self._shares[:count]
        exact = index.find_form(mention.exact.split(" "))
        if exact >= 0:
            if exact in forms:
                place = forms.index(exact)
                del forms[place], found_shares[place]
            forms.insert(0, exact)
            found_shares.insert(0, 1.0)
        return Found(forms, found_shares, cut)

    def _other_words(self, tokens: list[tuple[str, str]]) -> Iterator[int]:
        """Words that no shared key tells of: two tokens joined, the parts of a token, what the lexicon equates."""
        found = [self._index.find_word(one[1] + other[1]) for one, other in pairwise(tokens)]
        for token, written in tokens:
            if written.isascii():
                found += [self._index.find_word(word) for word in equivalents(token)]
                found += self._index.find_halves(token, LEAST_SPLIT)
        return (word for word in found if word >= 0)
