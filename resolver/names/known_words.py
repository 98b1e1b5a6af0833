"""How well known a written word is: what many people write is no distortion of something else.

`data/known_words.bin`, made by `scripts/known_words`, holds three nested sets of folded words of Latin letters as
Bloom filters (Bloom, 1970): about one word in a hundred that is in none of them is taken for one that is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import accumulate, pairwise

from resolver.infra.packaged_data import data_path

NEW, NAME, LISTED, COMMON = 0, 1, 2, 3
"""A word that no list has; one that names people or places somewhere; one of a large dictionary; of a small one."""

BITS, PROBES = 10, 7
"""The bits that a set has for each of its words, and how many of them a word sets."""


@dataclass(frozen=True, slots=True)
class WordSet:
    """A set of words that may take a word for one of its own."""

    bits: bytes

    def __contains__(self, word: str) -> bool:
        return all(self.bits[place >> 3] >> (place & 7) & 1 for place in _places(word, 8 * len(self.bits)))


def word_set(words: Iterable[str]) -> WordSet:
    """The set of some words, which should be distinct."""
    listed = list(words)
    bits = bytearray(len(listed) * BITS // 8 + 1)
    for word in listed:
        for place in _places(word, 8 * len(bits)):
            bits[place >> 3] |= 1 << (place & 7)
    return WordSet(bytes(bits))


def _places(word: str, count: int) -> list[int]:
    digest = int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
    first, step = digest >> 32, digest & 0xFFFFFFFF | 1
    return [(first + probe * step) % count for probe in range(PROBES)]


@cache
def _sets() -> tuple[WordSet, ...]:
    """Those of `known_words.bin`: a line of JSON that says what they are and how long, then one after the other."""
    head, _, packed = data_path("known_words.bin").read_bytes().partition(b"\n")
    ends = accumulate(json.loads(head)["bytes"], initial=0)
    return tuple(WordSet(packed[start:end]) for start, end in pairwise(ends))


@lru_cache(maxsize=1 << 16)
def how_known(folded: str) -> int:
    """NEW, NAME, LISTED or COMMON; NAME for a word that is not all Latin letters, of which the lists know nothing."""
    if not folded.isascii() or not folded.isalpha():
        return NAME
    return max((level for level, known in enumerate(_sets(), 1) if folded in known), default=NEW)
