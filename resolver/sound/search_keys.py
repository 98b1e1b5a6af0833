"""Search keys: the numbers that words are indexed and searched by.

They are the trigrams of a word's letters, those of its folded consonants, and its Metaphone code. A true variant shares
some of them even when its first letter or all its vowels differ.
"""

from __future__ import annotations

import zlib
from array import array
from functools import cache, lru_cache

import jellyfish

from resolver.infra.arrays import zeros
from resolver.infra.limits import MAX_KEYED_LETTERS
from resolver.infra.packaged_data import read_table
from resolver.sound.trigrams import fold_letters, write_keys

_CODE = 0x80000000


@cache
def _classes() -> bytearray:
    """The class of each byte, learned by scripts/folding: 0 if it is dropped, the byte itself if it has no class."""
    classes = bytearray(range(256))
    for row in read_table("letter_folding.tsv"):
        for letter in row["letters"].split():
            classes[ord(letter)] = 0 if row["class"] == "-" else ord(row["class"])
    return classes


@lru_cache(maxsize=1 << 16)
def metaphone(token: str) -> str:
    """The Metaphone code of a token (Lawrence Philips, 1990, as in jellyfish)."""
    return jellyfish.metaphone(token)


def code_number(token: str) -> int:
    """The Metaphone code of a romanised token as a number; 0 where it has none."""
    code = metaphone(token)
    return _CODE | zlib.crc32(code.encode()) if code else 0


def folded_letters(token: str) -> str:
    """The consonants of a romanised token, with those merged that languages exchange for one another."""
    out = bytearray(MAX_KEYED_LETTERS)
    return out[: fold_letters(bytearray(token.encode()), _classes(), out)].decode("latin-1")


@lru_cache(maxsize=1 << 16)
def word_keys(token: str) -> array[int]:
    """The distinct keys of a romanised token, in a fixed order."""
    keys = zeros("I", 2 * MAX_KEYED_LETTERS + 3)
    count = write_keys(bytearray(token.encode()), _classes(), code_number(token), bytearray(MAX_KEYED_LETTERS), keys)
    return keys[:count]
