"""Acronyms: the first letters of the words of a name, as numbers that an index can sort and look up."""

from __future__ import annotations

from collections.abc import Sequence

from resolver.names.name_parts import SMALL

ACRONYM_LENGTHS = range(3, 7)
"""The lengths, in letters, that an acronym may have."""

_BITS = 5
_FIRST = ord("a") - 1


def acronym_number(token: str) -> int:
    """A romanised word as a number, five bits per letter, if it may be an acronym; otherwise 0."""
    if not (len(token) in ACRONYM_LENGTHS and token.isascii() and token.isalpha() and token.islower()):
        return 0
    number = 0
    for letter in token:
        number = number << _BITS | ord(letter) - _FIRST
    return number


def acronyms_of(tokens: Sequence[str], roles: Sequence[str]) -> set[str]:
    """The acronyms of a name: its initials without legal forms, once with small words ("of") and once without.

    Empty if fewer than two other words remain.
    """
    big = [token[0] for token, role in zip(tokens, roles, strict=True) if role != "legal" and role not in SMALL]
    if len(big) < 2:
        return set()
    every = [token[0] for token, role in zip(tokens, roles, strict=True) if role != "legal"]
    return {spelled for letters in (big, every) if acronym_number(spelled := "".join(letters))}
