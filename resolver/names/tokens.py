"""Words of a text, with their place in it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import regex

# Letters, marks and digits; inside a word an apostrophe, an ampersand (AT&T) or a Hebrew quote mark may stand,
# but the s of an English possessive is neither part of it nor a word. Dotted letters (U.S., S.p.A) are one word
# with their last stop, and OPEC+ is another word than OPEC.
_WORD = regex.compile(
    r"""(?<![\p{L}\p{N}])(?:\p{L}\.){2,12}(?:\p{L}(?![\p{L}\p{N}]))?(?![\p{L}\p{N}])
      | (?<! [\p{L}\p{M}\p{N}] ['’ʼ‘`´] (?= [sS] (?![\p{L}\p{N}]) ) )
        [\p{L}\p{N}][\p{L}\p{M}\p{N}\u200b-\u200d]*
        (?: (?: ['’ʼ‘`´&] (?![sS](?![\p{L}\p{N}])) | (?<=\p{Hebrew})["״׳](?=\p{Hebrew}) )
            [\p{L}\p{N}][\p{L}\p{M}\p{N}\u200b-\u200d]* )*
        (?: \+{1,2} (?![\p{L}\p{N}]) )?
    """,
    regex.VERBOSE,
)

_ASCII_WORD = re.compile("[a-z0-9]+")
_BINDING = re.compile(r"['`&+]|[a-z]\.[a-z]\.")
"""Found in lower-case ASCII text if some word of it has more than letters and digits."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as written, and its half-open code-point span in the text."""

    text: str
    start: int
    end: int


def words(text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[Word]:
    """The words of `text[start:end]` in order, which must not begin or end inside a word."""
    for match in _WORD.finditer(text, start, end):
        yield Word(match.group(), match.start(), match.end())


def plain_words(text: str) -> list[str] | None:
    """The words of a text in lower case if all are ASCII letters and digits, else None.

    A short cut for most names; the words are those that `words` finds.
    """
    if not text.isascii():
        return None
    lower = text.lower()
    return None if _BINDING.search(lower) else _ASCII_WORD.findall(lower)
