"""The character classes and boundary rules of words, from which every tokeniser of the package is made.

- `names.tokens` builds its patterns from the strings.
- `text.scanner` and `index.hash_tables` are compiled and read `CODE_CLASSES`, one byte per code point.
- `text.tokenised_text` builds its rules for what may stand between two words of a name from the strings.
- `text.unspaced_scripts` cuts words by `names.scripts`, which holds the classes of letters.

The tests compare all of them on random Unicode text.
"""

from __future__ import annotations

APOSTROPHES = "'’ʼ‘`´"
"""Characters used as an apostrophe. Inside a word they belong to it, unless an English possessive s follows.

U+02BC is a letter in Unicode, and so to the tokeniser, in any position.
"""

AMPERSAND = "&"
"""Joins letters into one word (AT&T), as an apostrophe does."""

PLUS = "+"
"""One or two at the end of a word belong to it (OPEC+, C++)."""

STOP = "."
"""Belongs to a word of single letters (U.S., S.p.A)."""

DOTTED_LETTERS = (2, 12)
"""Minimum and maximum number of dotted single letters in a word."""

HEBREW_MARKS = '"״׳'
"""Belong to the word between two Hebrew letters."""

INVISIBLE = "\u200b-\u200d"
"""Zero-width characters, as a regex range: inside a word they belong to it."""

SPACES = " \u00a0\u202f"
"""Spaces that may stand between two words of a name: plain, no-break and narrow no-break."""

HYPHENS = "-‐‑"
"""Hyphens: the ASCII one, U+2010 and the no-break hyphen."""

DASHES = HYPHENS + "–"
"""Hyphens, and the en dash, which often replaces one."""

MIDDLE_DOTS = "·・"
"""Dots between the words of a foreign name in Japanese, Chinese and Catalan."""

SENTENCE_OPENERS = '\n?!:;“"«('
"""Characters after which a word opens a sentence, a line or a quotation."""

CLAUSE_SIGNS = ';:!?"()[]'
"""ASCII signs that no name contains."""

LINE_BREAKS = "\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"
"""ASCII white space that no name contains: all but the space."""

INNER_SIGNS = ",*%$=/_|~^\\"
"""Other ASCII signs that may stand in or around a name; those in no list here are markup or address signs."""

GAPS = "\u00a0\u202f‐‑‒–—―“”„‟…«»"
"""The most frequent non-ASCII signs that are never part of a word."""

# The class of a code point. The order matters to the scanner: SPACE and BREAK end a piece of text.
SPACE = 0
BREAK = 1
SMALL = 2
CAPITAL = 3
INNER = 4
EDGE = 5
ODD = 6
LETTER = 7
GAP = 8
APOSTROPHE = 9
BINDING = 10
"""SMALL: a-z and 0-9. CAPITAL: A-Z. INNER: a sign that may stand in a name. EDGE: one of `CLAUSE_SIGNS`. ODD: any other
ASCII character. LETTER: a code point beyond ASCII that may be in a word. GAP: one that is in none. APOSTROPHE, and
BINDING (`&`, `+`, `.`): signs that may belong to a word, by what stands beside them."""

CLASSIFIED = 0x2100
"""Upper bound of the code points in `CODE_CLASSES`; all from here on are LETTER."""


def _code_classes() -> bytes:
    classes = bytearray([ODD] * 128 + [LETTER] * (CLASSIFIED - 128))
    for characters, code_class in (
        (" ", SPACE),
        (LINE_BREAKS, BREAK),
        ("abcdefghijklmnopqrstuvwxyz0123456789", SMALL),
        ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", CAPITAL),
        (INNER_SIGNS + "-", INNER),
        (CLAUSE_SIGNS, EDGE),
        (GAPS, GAP),
        (APOSTROPHES.replace("\u02bc", ""), APOSTROPHE),
        (AMPERSAND + PLUS + STOP, BINDING),
    ):
        for character in characters:
            classes[ord(character)] = code_class
    return bytes(classes)


CODE_CLASSES = _code_classes()
"""The class of each code point below `CLASSIFIED`."""
