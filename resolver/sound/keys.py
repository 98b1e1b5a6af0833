"""Keys: what a word is indexed and searched by, as numbers.

Trigrams of its letters, trigrams of its folded consonants, and its Metaphone code. A real variant shares some of them
even when its first letter or all its vowels are other ones.
"""

from __future__ import annotations

import zlib
from array import array
from functools import lru_cache

import jellyfish

from resolver.buffers import zeros
from resolver.sound.grams import LONGEST, fold_letters, write_keys

# Letters that change places across languages, the first of each standing for all; a, e, i, o, u, y, h, w fold away.
_FOLDED = ("bp", "kcgqx", "dt", "fv", "sz", "j", "l", "m", "n", "r")
_CODE = 0x80000000


def _classes() -> bytearray:
    """The class of each byte: that of a letter, 0 for those that fold away, and itself for any other."""
    classes = bytearray(range(256))
    for letter in b"aeiouyhw":
        classes[letter] = 0
    for letters in _FOLDED:
        for letter in letters.encode():
            classes[letter] = ord(letters[0])
    return classes


_CLASSES = _classes()


@lru_cache(maxsize=1 << 16)
def metaphone(token: str) -> str:
    """The Metaphone code of a token (Lawrence Philips, 1990, as in jellyfish)."""
    return jellyfish.metaphone(token)


def code_number(token: str) -> int:
    """The number of the Metaphone code of a romanised token; 0 when it has none."""
    code = metaphone(token)
    return _CODE | zlib.crc32(code.encode()) if code else 0


def folded_letters(token: str) -> str:
    """The consonants of a romanised token, those that change places across languages folded together."""
    out = bytearray(LONGEST)
    return out[: fold_letters(bytearray(token.encode()), _CLASSES, out)].decode("latin-1")


@lru_cache(maxsize=1 << 16)
def word_keys(token: str) -> array[int]:
    """The numbers of the keys of a romanised token, each once, in a fixed order."""
    keys = zeros("I", 2 * LONGEST + 3)
    count = write_keys(bytearray(token.encode()), _CLASSES, code_number(token), bytearray(LONGEST), keys)
    return keys[:count]
