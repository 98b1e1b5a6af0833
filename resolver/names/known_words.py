"""Known words: a common word is not a distortion of another.

`data/known_words.bin`, made by `scripts/known_words`, holds three nested sets of folded Latin words as Bloom filters
(Bloom, 1970) with a false-positive rate of about 1 %.
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
"""Levels of a word: in no list; a name of people or places; in a large dictionary; in a small dictionary."""

BITS_PER_WORD, PROBES = 10, 7
"""Bits of a Bloom filter per word, and the number of bits that one word sets."""


@dataclass(frozen=True, slots=True)
class WordSet:
    """A set of words as a Bloom filter: it contains all of them, and about 1 % of all other words."""

    bits: bytes

    def __contains__(self, word: str) -> bool:
        return all(self.bits[place >> 3] >> (place & 7) & 1 for place in _places(word, 8 * len(self.bits)))


def word_set(words: Iterable[str]) -> WordSet:
    """The Bloom filter of distinct words."""
    listed = list(words)
    bits = bytearray(len(listed) * BITS_PER_WORD // 8 + 1)
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
    """The filters in `known_words.bin`: a line of JSON with their sizes in bytes, then their bits, by level."""
    head, _, packed = data_path("known_words.bin").read_bytes().partition(b"\n")
    ends = accumulate(json.loads(head)["bytes"], initial=0)
    return tuple(WordSet(packed[start:end]) for start, end in pairwise(ends))


@lru_cache(maxsize=1 << 16)
def how_known(folded: str) -> int:
    """The level of a folded word: NEW, NAME, LISTED or COMMON; NAME if it is not all Latin letters."""
    if not folded.isascii() or not folded.isalpha():
        return NAME
    return max((level for level, known in enumerate(_sets(), 1) if folded in known), default=NEW)
