"""The script of a character (Unicode Standard Annex 24, reduced to scripts in which names are written)."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache

# First and last code point of blocks whose letters belong to one script. Everything else is "Other".
_BLOCKS = (
    (0x0041, 0x005A, "Latin"),
    (0x0061, 0x007A, "Latin"),
    (0x00AA, 0x00AA, "Latin"),
    (0x00BA, 0x00BA, "Latin"),
    (0x00C0, 0x024F, "Latin"),
    (0x0250, 0x02B8, "Latin"),
    (0x0370, 0x03FF, "Greek"),
    (0x0400, 0x052F, "Cyrillic"),
    (0x0531, 0x058F, "Armenian"),
    (0x0590, 0x05FF, "Hebrew"),
    (0x0600, 0x06FF, "Arabic"),
    (0x0700, 0x074F, "Syriac"),
    (0x0750, 0x077F, "Arabic"),
    (0x0780, 0x07BF, "Thaana"),
    (0x08A0, 0x08FF, "Arabic"),
    (0x0900, 0x097F, "Devanagari"),
    (0x0980, 0x09FF, "Bengali"),
    (0x0A00, 0x0A7F, "Gurmukhi"),
    (0x0A80, 0x0AFF, "Gujarati"),
    (0x0B00, 0x0B7F, "Oriya"),
    (0x0B80, 0x0BFF, "Tamil"),
    (0x0C00, 0x0C7F, "Telugu"),
    (0x0C80, 0x0CFF, "Kannada"),
    (0x0D00, 0x0D7F, "Malayalam"),
    (0x0D80, 0x0DFF, "Sinhala"),
    (0x0E00, 0x0E7F, "Thai"),
    (0x0E80, 0x0EFF, "Lao"),
    (0x0F00, 0x0FFF, "Tibetan"),
    (0x1000, 0x109F, "Myanmar"),
    (0x10A0, 0x10FF, "Georgian"),
    (0x1100, 0x11FF, "Hangul"),
    (0x1200, 0x139F, "Ethiopic"),
    (0x1780, 0x17FF, "Khmer"),
    (0x1C90, 0x1CBF, "Georgian"),
    (0x1D00, 0x1DBF, "Latin"),
    (0x1E00, 0x1EFF, "Latin"),
    (0x1F00, 0x1FFF, "Greek"),
    (0x2C60, 0x2C7F, "Latin"),
    (0x3005, 0x3007, "Han"),
    (0x3041, 0x309F, "Hiragana"),
    (0x30A1, 0x30FF, "Katakana"),
    (0x3130, 0x318F, "Hangul"),
    (0x31F0, 0x31FF, "Katakana"),
    (0x3400, 0x4DBF, "Han"),
    (0x4E00, 0x9FFF, "Han"),
    (0xA720, 0xA7FF, "Latin"),
    (0xA960, 0xA97F, "Hangul"),
    (0xAC00, 0xD7FF, "Hangul"),
    (0xF900, 0xFAFF, "Han"),
    (0xFB00, 0xFB06, "Latin"),
    (0xFB1D, 0xFB4F, "Hebrew"),
    (0xFB50, 0xFDFF, "Arabic"),
    (0xFE70, 0xFEFC, "Arabic"),
    (0xFF21, 0xFF5A, "Latin"),
    (0xFF66, 0xFF9F, "Katakana"),
    (0x20000, 0x3FFFF, "Han"),
)
_STARTS = [block[0] for block in _BLOCKS]

SCRIPTS = ("Latin", "Other", *sorted({block[2] for block in _BLOCKS} - {"Latin"}))
"""All scripts. Indexes store positions in this list, so its order is part of their format."""

CASED = frozenset({"Latin", "Cyrillic", "Greek", "Armenian"})
"""Scripts with capital letters; names begin with one."""

UNSPACED = frozenset({"Han", "Hiragana", "Katakana", "Hangul", "Thai", "Lao", "Khmer", "Myanmar", "Tibetan"})
"""Scripts without spaces between the parts of a name or the words of a text."""

FIRST_UNSPACED = chr(min(first for first, _, script in _BLOCKS if script in UNSPACED))
"""The lowest character of these scripts; a word of lower characters only has no letter of them."""


@lru_cache(maxsize=8192)
def script_of(char: str) -> str:
    """The script of one character, or "Other" for digits, signs and scripts not listed here."""
    code = ord(char)
    place = bisect_right(_STARTS, code) - 1
    if place >= 0 and code <= _BLOCKS[place][1]:
        return _BLOCKS[place][2]
    return "Other"


def script_of_text(text: str) -> str:
    """The most frequent script of the letters of `text`, the earlier one in a tie; "Other" without letters."""
    counts: dict[str, int] = {}
    for char in text:
        script = script_of(char)
        if script != "Other":
            counts[script] = counts.get(script, 0) + 1
    return max(counts, key=lambda s: counts[s]) if counts else "Other"
