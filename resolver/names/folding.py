"""Folding: one spelling for all variants of case, width, accents and presentation forms; and romanisation."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from unidecode import unidecode

from resolver.names.scripts import script_of

# Scripts whose combining marks are accents or vowel points that running text omits. In the scripts of South and South-
# East Asia marks are vowels and stay.
_ACCENTS_DROPPED = frozenset({"Latin", "Greek", "Arabic", "Hebrew", "Armenian", "Georgian"})

# Letters that differ only by keyboard, and letters that Unidecode romanises by another sound.
_SAME_LETTER = str.maketrans(
    {
        "ک": "ك",
        "ی": "ي",
        "ى": "ي",
        "ە": "ه",
        "ٱ": "ا",
        "ـ": None,
        "ə": "e",
        "Ə": "e",
        "ı": "i",
        "ʿ": None,
        "ʾ": None,
        "+": "plus",
    }
)


@lru_cache(maxsize=1 << 16)
def fold(word: str) -> str:
    """`word` without case, accents, width and inner signs, in its own script; Latin letters become a-z.

    Two words that are canonically equivalent fold to the same string, and folding twice changes nothing.
    """
    if word.isascii() and word.isalnum():
        return word.lower()
    letters: list[str] = []
    drops_marks = False
    for char in unicodedata.normalize("NFKC", word).casefold().translate(_SAME_LETTER):
        letter = _fold_letter(char)
        if letter is None:
            if not drops_marks:
                letters.append(char)
        else:
            folded, drops_marks = letter
            letters.append(folded)
    whole = "".join(letters)
    if not whole.isalnum():
        whole = "".join(c for c in whole if c.isalnum() or is_mark(c))
    return unicodedata.normalize("NFC", whole)


def fold_all(words: str) -> list[str]:
    """The words in a cell of a table, which spaces separate, folded."""
    return [fold(word) for word in words.split()]


@lru_cache(maxsize=1 << 13)
def _fold_letter(char: str) -> tuple[str, bool] | None:
    """A folded letter, and whether the marks after it are dropped; None for a mark."""
    if is_mark(char):
        return None
    script = script_of(char) if char.isalnum() else "Latin"  # a mark on a sign goes with the sign
    if script == "Latin":
        return unidecode(char).lower(), True
    return _without_accents(char) if script in _ACCENTS_DROPPED else char, script in _ACCENTS_DROPPED


def _without_accents(char: str) -> str:
    parts = unicodedata.normalize("NFKD", char)
    return "".join(part for part in parts if not is_mark(part)).translate(_SAME_LETTER)


def is_mark(char: str) -> bool:
    """Whether a character is a combining mark: an accent, a vowel point or a vowel sign."""
    return unicodedata.category(char)[0] == "M"


@lru_cache(maxsize=1 << 16)
def romanise(word: str) -> str:
    """`word` romanised by Unidecode to a-z and digits, or folded if Unidecode knows none of its letters."""
    folded = fold(word)
    if folded.isascii():
        return folded
    plain = "".join(c for c in unidecode(folded).lower() if c.isascii() and c.isalnum())
    return plain or folded


def letters_script(word: str) -> str:
    """The script of the first letter of `word`, which determines its case and spacing rules."""
    return next((s for s in map(script_of, word) if s != "Other"), "Other")
