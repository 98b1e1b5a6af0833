"""Distinguishing marks: numbers, countries and other words that distinguish two otherwise equal names.

The hand-edited table `data/name_marks.tsv` lists the words. A word of `data/abbreviations.tsv` and its short forms have
a mark too, by which they are the same word, but it distinguishes no names.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from resolver.infra.packaged_data import read_table
from resolver.names.folding import fold_all

KINDS = ("country", "direction", "generation", "number", "filiation", "word")
"""All kinds. A mark is 4096 * (index of its kind here, from 1) + number of its value."""

_DIGITS = re.compile(r"([0-9]{1,4})(?:st|nd|rd|th)?")
_ROMAN = re.compile(r"[ivx]+")
_KIND = 4096
_NUMBER = (KINDS.index("number") + 1) * _KIND
_WORD = (KINDS.index("word") + 1) * _KIND


@dataclass(frozen=True, slots=True)
class _Marks:
    """The words of the table: the mark of each and the words of each mark; and those of which numbers are made.

    `tens` are the number words for 20, 30 and so on, `units` those for 1 to 9, `powers` those for 100 and 1000.
    """

    marks: dict[str, int]
    words: dict[int, tuple[str, ...]]
    tens: dict[str, int]
    units: dict[str, int]
    powers: dict[str, int]
    heads: frozenset[str]
    """The beginnings, of two letters, of the words for tens and units."""


@cache
def _table() -> _Marks:
    values: dict[tuple[str, str], int] = {}
    marks: dict[str, int] = {}
    words: dict[int, list[str]] = defaultdict(list)
    for row in read_table("name_marks.tsv"):
        kind = KINDS.index(row["kind"]) + 1
        value = (
            int(row["value"])
            if row["kind"] == "number"
            else values.setdefault((row["kind"], row["value"]), len(values))
        )
        for word in fold_all(row["words"]):
            if marks.setdefault(word, kind * _KIND + value) == kind * _KIND + value:
                words[marks[word]].append(word)
    abbreviations = [(fold_all(row["words"]), fold_all(row["short"])) for row in read_table("abbreviations.tsv")]
    rows_with = Counter(short for _, shorts in abbreviations for short in shorts)
    for mark, (full, shorts) in enumerate(abbreviations, _WORD):
        for word in (*full, *(short for short in shorts if rows_with[short] == 1)):
            if marks.setdefault(word, mark) == mark:
                words[mark].append(word)
    numbers = {w: m - _NUMBER for w, m in marks.items() if _NUMBER < m < _WORD and not _ROMAN.fullmatch(w)}
    tens = {word: value for word, value in numbers.items() if value in range(20, 100, 10)}
    units = {word: value for word, value in numbers.items() if value in range(1, 10)}
    powers = {word: value for word, value in numbers.items() if value in (100, 1000)}
    heads = frozenset(word[:2] for word in (*tens, *units))
    return _Marks(marks, {mark: tuple(some) for mark, some in words.items()}, tens, units, powers, heads)


def mark_of(folded: str) -> int:
    """The mark of a folded word, or 0. Numbers below 4096 are their own mark.

    >>> mark_of("42nd") == mark_of("fortysecond") == mark_of("fortytwo"), mark_of("fortyish")
    (True, 0)
    """
    digits = _DIGITS.fullmatch(folded)
    if digits and int(digits[1]) < _KIND:
        return _NUMBER + int(digits[1])
    table = _table()
    return table.marks.get(folded, 0) or (_mark_of_compound(table, folded) if folded[:2] in table.heads else 0)


def _mark_of_compound(table: _Marks, folded: str) -> int:
    for first, others in ((table.tens, table.units), (table.units, table.powers)):
        for word, value in first.items():
            if folded.startswith(word) and (other := others.get(folded[len(word) :])):
                return _NUMBER + _sum_or_product(value, other)
    return 0


def _sum_or_product(value: int, other: int) -> int:
    """The value of forty two, or of two hundred; 0 if it is no mark."""
    found = value * other if other >= 100 else value + other
    return found if found < _KIND else 0


@cache
def parts_of_numbers() -> frozenset[str]:
    """The words for tens and powers of ten: a name without any of them has no number of two words."""
    table = _table()
    return frozenset({*table.tens, *table.powers})


def join_numbers(folded: Iterable[str]) -> list[str]:
    """The folded words, with each number of two words as one.

    >>> join_numbers(["forty", "two", "media"]), join_numbers(["forty", "media", "two"])
    (['fortytwo', 'media'], ['forty', 'media', 'two'])
    """
    found: list[str] = []
    open_word = ""
    for word in folded:
        if open_word and are_one_number(open_word, word):
            found[-1] += word
            open_word = ""
        else:
            found.append(word)
            open_word = word
    return found


def are_one_number(one: str, other: str) -> bool:
    """Whether two neighbouring folded words are one number: forty two, two hundred."""
    table = _table()
    if one in table.tens:
        return other in table.units
    return other in table.powers and one in table.units and _sum_or_product(table.units[one], table.powers[other]) > 0


@lru_cache(maxsize=1 << 12)
def words_marked_as(folded: str) -> tuple[str, ...]:
    """The other folded words with the mark of a word, in the order of the table: 42, 42nd and fortytwo."""
    mark = mark_of(folded)
    if not mark:
        return ()
    table = _table()
    found = dict.fromkeys(table.words.get(mark, ()))
    if _NUMBER <= mark < _WORD:
        number = mark - _NUMBER
        found |= dict.fromkeys([str(number), f"{number}{_ordinal_ending(number)}"])
        for first, others in ((table.tens, table.units), (table.units, table.powers)):
            found |= dict.fromkeys(
                one + other
                for one, value in first.items()
                for other, more in others.items()
                if _sum_or_product(value, more) == number
            )
    found.pop(folded, None)
    return tuple(found)


def _ordinal_ending(number: int) -> str:
    return "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
