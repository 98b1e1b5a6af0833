"""What a word is cut into before its sound is looked up: the smallest units of its script that have one."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_HIRAGANA = range(0x3041, 0x3097)
_TO_KATAKANA = {code: code + 0x60 for code in _HIRAGANA}


@lru_cache(maxsize=1 << 14)
def units_of(word: str) -> str:
    """The units of a folded word, a character each: Hangul as its letters (jamo), Hiragana as Katakana."""
    if any("\uac00" <= char <= "\ud7a3" for char in word):
        word = unicodedata.normalize("NFD", word)
    return word.translate(_TO_KATAKANA)
