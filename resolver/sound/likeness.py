"""How alike the words of one mention sound to the words of names, whatever script either is in."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from resolver.names.folding import letters_script
from resolver.sound.costs import CostTable, pack, tables_for
from resolver.sound.spelling import similarity_rows

ROMANISATIONS = 16
"""How many Latin spellings a word of another script is searched by, for each table of its script."""

FLATTENED = 0.15
"""The power to which the probability of a spelling is raised to say how much it counts in the search."""

PLAIN = 0.6
"""How much the spelling that Unidecode gives counts where there are learned ones."""


class Spelling(NamedTuple):
    """A word as romanised, and folded in its own script; equal for a Latin word."""

    roman: str
    written: str

    @property
    def is_latin(self) -> bool:
        """Whether the word is in Latin letters or digits."""
        return self.written.isascii()


class Likeness:
    """The similarities (0 to 1) of some words with any others, worked out for many words at a time and kept."""

    def __init__(self, words: tuple[Spelling, ...]) -> None:
        """Compare with these words; `columns` then has a list of their similarities for each word compared."""
        self._words = words
        self.columns: dict[Spelling, list[float]] = {}

    def compare(self, others: Iterable[Spelling]) -> None:
        """Make sure that each of the other words has its column."""
        new = [other for other in dict.fromkeys(others) if other not in self.columns]
        if not new:
            return
        count = len(new)
        rows = similarity_rows(tuple(word.roman for word in self._words), tuple(other.roman for other in new))
        latin = [place for place, other in enumerate(new) if other.is_latin]
        packed = pack(new[place].roman for place in latin)
        for i, word in enumerate(self._words):
            if not word.is_latin and latin:
                tables = _tables(word)
                for place in latin if tables else ():
                    rows[i * count + place] = 0.0
                for table in tables:
                    for place, similarity in zip(latin, table.similarities(word.written, packed), strict=True):
                        rows[i * count + place] = max(rows[i * count + place], similarity)
        own_latin = [i for i, word in enumerate(self._words) if word.is_latin]
        own_packed = pack(self._words[i].roman for i in own_latin)
        for place, other in enumerate(new):
            if not other.is_latin and own_latin:
                tables = _tables(other)
                for i in own_latin if tables else ():
                    rows[i * count + place] = 0.0
                for table in tables:
                    for i, similarity in zip(own_latin, table.similarities(other.written, own_packed), strict=True):
                        rows[i * count + place] = max(rows[i * count + place], similarity)
            self.columns[other] = rows[place::count]


def _tables(word: Spelling) -> tuple[CostTable, ...]:
    return tables_for(letters_script(word.written), word.written)


def search_spellings(word: Spelling) -> dict[str, float]:
    """The Latin spellings that names like this word are searched by, and how much each counts (0 to 1)."""
    tables = () if word.is_latin else _tables(word)
    found = {word.roman: PLAIN if tables else 1.0}
    for table in tables:
        for latin, score in table.romanisations(word.written, ROMANISATIONS):
            found[latin] = max(found.get(latin, 0.0), math.exp(FLATTENED * score))
    return found
