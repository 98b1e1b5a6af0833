"""Addresses, handles, templates and markup in a text: what looks like a name in them is none."""

from __future__ import annotations

import re
from functools import lru_cache

import regex

from resolver.infra.arrays import Buffer, zeros
from resolver.text.scanner import code_points, find_signs

ProtectedSpans = tuple[tuple[int, int], ...]
"""Spans in code points, half-open, in order, none overlapping another."""

# Repetitions are bounded, so that no text takes more than linear time.
_MARKUP = regex.compile(r"\{\{[^{}\n]{0,500}\}\} | </?[A-Za-z][^<>]{0,1000}>", regex.VERBOSE)
_ADDRESS = regex.compile(
    r"""(?:https?|ftp)://\S+ | www\.\S+ | (?<![^\s@])[^\s@]{1,64}@[^\s@]{1,255}\.[^\s@]+
      | (?<![\p{L}\p{N}])[@\#][\p{L}\p{N}_]+
      | (?<![\p{L}\p{N}.-])[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){0,6}
          \.(?:com|org|net|edu|gov|info|io|co|uk|ru|cn|jp|de|fr)\b(?:/\S*)?
    """,
    regex.VERBOSE,
)
_BLANK = re.compile(r"\s")


def protected_spans(text: str, codes: Buffer | None = None) -> ProtectedSpans:
    """The spans of addresses, tags and markup; `codes` are the code points of the text, if they are known already."""
    if codes is None:
        codes = code_points(text)
    signs = zeros("i", len(codes))
    found: list[tuple[int, int]] = []
    after_markup = after_address = 0
    for place in signs[: find_signs(codes, signs)]:
        if text[place] in "<{":
            markup = _MARKUP.match(text, place) if place >= after_markup else None
            if markup is not None:
                found.append(markup.span())
                after_markup = markup.end()
        elif place >= after_address:  # an address has no blanks, so it lies between the two blanks around its sign
            start, after_address = _between_blanks(text, place, after_address)
            found += [(start + first, start + last) for first, last in _addresses(text[start:after_address])]
    apart: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return tuple(apart)


@lru_cache(maxsize=1 << 12)
def _addresses(chunk: str) -> list[tuple[int, int]]:
    """The spans of addresses in a chunk of text without blanks."""
    return [match.span() for match in _ADDRESS.finditer(chunk)]


def _between_blanks(text: str, place: int, after: int) -> tuple[int, int]:
    """The span around `place` up to the next blank on each side, but not before `after`."""
    start = place
    while start > after and not text[start - 1].isspace():
        start -= 1
    match = _BLANK.search(text, place)
    return start, match.start() if match else len(text)
