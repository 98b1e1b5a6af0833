"""The tokeniser: the words of a text and their spans."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from resolver.names.character_classes import (
    AMPERSAND,
    APOSTROPHES,
    DOTTED_LETTERS,
    HEBREW_MARKS,
    INVISIBLE,
    PLUS,
    STOP,
)

if TYPE_CHECKING:
    import regex

_FIRST = r"[\p{L}\p{N}]"
_LATER = rf"[\p{{L}}\p{{M}}\p{{N}}{INVISIBLE}]*"
_ENDS = rf"(?!{_FIRST})"
_STOP = re.escape(STOP)

_ASCII_WORD = re.compile("[a-z0-9]+")
_ASCII_JOINERS = "".join(sign for sign in APOSTROPHES + AMPERSAND + PLUS if sign.isascii())
_NOT_PLAIN = re.compile(rf"[{re.escape(_ASCII_JOINERS)}]|[a-z]{_STOP}[a-z]{_STOP}|%[0-9a-f]{{2}}|[(\[][^()]*[0-9]{{4}}")
"""Matches in lower-case ASCII text if a word may have more than letters and digits, or markup or life dates."""


@cache
def _word() -> regex.Pattern[str]:
    """The pattern of a word. It is compiled when first needed: most names need none, and a start is quicker."""
    import regex

    # Letters, marks and digits; inside a word an apostrophe, an ampersand (AT&T) or a Hebrew quote mark may stand,
    # but the s of an English possessive is neither part of it nor a word. Dotted letters (U.S., S.p.A) are one word
    # with their last stop, and OPEC+ is another word than OPEC.
    return regex.compile(
        rf"""(?<!{_FIRST})(?:\p{{L}}{_STOP}){{{DOTTED_LETTERS[0]},{DOTTED_LETTERS[1]}}}(?:\p{{L}}{_ENDS})?{_ENDS}
          | (?<! [\p{{L}}\p{{M}}\p{{N}}] [{APOSTROPHES}] (?= [sS] {_ENDS} ) )
            {_FIRST}{_LATER}
            (?: (?: [{APOSTROPHES}{AMPERSAND}] (?![sS]{_ENDS}) | (?<=\p{{Hebrew}})[{HEBREW_MARKS}](?=\p{{Hebrew}}) )
                {_FIRST}{_LATER} )*
            (?: {re.escape(PLUS)}{{1,2}} {_ENDS} )?
        """,
        regex.VERBOSE,
    )


@dataclass(frozen=True, slots=True)
class Word:
    """A word as written, and its half-open span in the text, in code points."""

    text: str
    start: int
    end: int


def words(text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[Word]:
    """The words of `text[start:end]` in order, with offsets into `text`. Neither bound may be inside a word.

    Only punctuation and space lie between two words.
    """
    for match in _word().finditer(text, start, end):
        yield Word(match.group(), match.start(), match.end())


def plain_words(text: str) -> list[str] | None:
    """The folded words of an ASCII text if all consist of letters and digits only; otherwise None.

    A shortcut for most names; the words are those of `words`. None too for a text that may have markup or
    life dates.
    """
    if not text.isascii():
        return None
    lower = text.lower()
    return None if _NOT_PLAIN.search(lower) else _ASCII_WORD.findall(lower)
