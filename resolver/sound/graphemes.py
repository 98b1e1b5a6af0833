"""Graphemes: the smallest units of a script that have a sound, into which words are cut before they are compared."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

from resolver.infra.packaged_data import read_table

_HIRAGANA = range(0x3041, 0x3097)
_TO_KATAKANA = {code: code + 0x60 for code in _HIRAGANA}


@cache
def _simplified() -> dict[int, str]:
    """From `data/han_variants.tsv`, made by `scripts/train`."""
    return {ord(row["traditional"]): row["simplified"] for row in read_table("han_variants.tsv")}


@lru_cache(maxsize=1 << 14)
def units_of(word: str) -> str:
    """The units of a folded word, a character each: Hangul as its letters (jamo), Hiragana as Katakana, Traditional
    Chinese characters as the Simplified ones that stand for them.
    """
    if any("\u4e00" <= char <= "\u9fff" for char in word):
        word = word.translate(_simplified())
    if any("\uac00" <= char <= "\ud7a3" for char in word):
        word = unicodedata.normalize("NFD", word)
    return word.translate(_TO_KATAKANA)
