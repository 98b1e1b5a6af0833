"""Distinguishing marks: numbers, countries and other words that distinguish two otherwise equal names.

The hand-edited table `data/name_marks.tsv` lists the words.
"""

from __future__ import annotations

import re
from functools import cache

from resolver.infra.packaged_data import read_table
from resolver.names.folding import fold

KINDS = ("country", "direction", "generation", "number", "filiation")
"""All kinds. A mark is 4096 * (index of its kind here, from 1) + number of its value."""

_DIGITS = re.compile(r"([0-9]{1,4})(?:st|nd|rd|th)?")
_KIND = 4096


@cache
def _marks() -> dict[str, int]:
    values: dict[tuple[str, str], int] = {}
    marks: dict[str, int] = {}
    for row in read_table("name_marks.tsv"):
        kind = KINDS.index(row["kind"]) + 1
        value = (
            int(row["value"])
            if row["kind"] == "number"
            else values.setdefault((row["kind"], row["value"]), len(values))
        )
        for word in row["words"].split():
            marks.setdefault(fold(word), kind * _KIND + value)
    return marks


def mark_of(folded: str) -> int:
    """The mark of a folded word, or 0. Numbers below 4096 are their own mark."""
    digits = _DIGITS.fullmatch(folded)
    if digits and int(digits[1]) < _KIND:
        return (KINDS.index("number") + 1) * _KIND + int(digits[1])
    return _marks().get(folded, 0)
