"""Shorthand for parts of a name that is no word: ㈱ and (株) for 株式会社."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from resolver.names.name_parts import name_parts

_SIGNS = (0x3200, 0x3300)
"""The code points of letters in brackets or circles, half-open (Unicode block Enclosed CJK Letters and Months)."""


@cache
def _pattern() -> re.Pattern[str]:
    """Each shorthand, also as one sign; one of letters only where no other letter stands beside it."""
    known = name_parts().shorthand
    brackets = "|".join(re.escape(written[1:-1]) for written in known if written[0] == "(")
    letters = "|".join(re.escape(written) for written in known if written[0] != "(")
    signs = "".join(sign for sign in map(chr, range(*_SIGNS)) if _plain(sign) in known)
    ways = [rf"[(（](?:{brackets})[)）]", f"[{signs}]", rf"(?<!\w)(?:{letters})(?!\w)" if letters else ""]
    return re.compile("|".join(filter(None, ways)), re.IGNORECASE)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def without_shorthand(text: str) -> str:
    """`text` with each shorthand, and a space on either side, written in full.

    >>> without_shorthand("㈱白樺製作所")
    ' 株式会社 白樺製作所'
    """
    return _pattern().sub(lambda found: f" {name_parts().shorthand[_plain(found.group())]} ", text)
