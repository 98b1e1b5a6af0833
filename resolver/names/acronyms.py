"""Acronyms: what the first letters of a name's words spell, as numbers that an index can sort and look up."""

from __future__ import annotations

from collections.abc import Sequence

from resolver.names.name_parts import SMALL

FEWEST, MOST = 3, 6
"""An acronym has so many letters."""

_BITS = 5
_FIRST = ord("a") - 1


def acronym_number(token: str) -> int:
    """The number of a romanised word if it may be an acronym: five bits a letter; else 0."""
    if not (FEWEST <= len(token) <= MOST and token.isascii() and token.isalpha() and token.islower()):
        return 0
    number = 0
    for letter in token:
        number = number << _BITS | ord(letter) - _FIRST
    return number


def acronyms_of(tokens: Sequence[str], roles: Sequence[str]) -> set[str]:
    """What the first letters of the romanised words spell: without legal forms, and with small words (DoD) or without.

    Nothing for a name of fewer than two words that are neither.
    """
    big = [token[0] for token, role in zip(tokens, roles, strict=True) if role != "legal" and role not in SMALL]
    if len(big) < 2:
        return set()
    every = [token[0] for token, role in zip(tokens, roles, strict=True) if role != "legal"]
    return {spelled for letters in (big, every) if acronym_number(spelled := "".join(letters))}
