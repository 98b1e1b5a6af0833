"""The written form of words: with the accents and the variant letters that folding drops.

Names whose normal forms are equal are told apart by it: Zoë from Zoe, Jørgen from Jorgen.
"""

from __future__ import annotations

import unicodedata
import zlib
from array import array
from collections.abc import Sequence
from functools import cache, lru_cache

from resolver.infra.packaged_data import read_table
from resolver.names.folding import is_mark

FOLDED = 0
"""The number of a word that is written as it is folded."""

SHARP_S = "ß"
"""The one letter that changing to small letters keeps, and folding case does not."""


@lru_cache(maxsize=1 << 16)
def written_form(word: str) -> str:
    """`word` as it is written but for case, width and inner signs: accents and variant letters stay.

    >>> written_form("Brønstein")
    'brønstein'
    """
    if word.isascii() and word.isalnum():
        return word.lower()
    small = unicodedata.normalize("NFKC", word).replace("ẞ", SHARP_S).split(SHARP_S)
    letters = unicodedata.normalize("NFC", SHARP_S.join([part.casefold() for part in small]))
    return letters if letters.isalnum() else "".join([c for c in letters if c.isalnum() or is_mark(c)])


@lru_cache(maxsize=1 << 14)
def word_number(written: str) -> int:
    """The number that stands for a written form: its CRC-32, never FOLDED. Two forms may share one, which is rare."""
    return zlib.crc32(written.encode("utf-8", "surrogatepass")) or 1


def name_numbers(written: Sequence[str], folded: Sequence[str]) -> array[int]:
    """The numbers of the words of a name: FOLDED for one that is written as folded; empty if all are.

    After the words come, if one has such a letter, the numbers of the words with digraphs (`data/digraphs.tsv`),
    FOLDED for a word without.
    """
    if not written:
        return array("I")
    numbers = [word_number(word) if word != plain else FOLDED for word, plain in zip(written, folded, strict=True)]
    spelled = [word.translate(_digraphs()) for word in written]
    if spelled != [*written]:
        numbers += [word_number(long) if long != word else FOLDED for long, word in zip(spelled, written, strict=True)]
    return array("I", numbers)


@cache
def _digraphs() -> dict[int, str]:
    return {ord(row["letter"]): row["digraph"] for row in read_table("digraphs.tsv")}
