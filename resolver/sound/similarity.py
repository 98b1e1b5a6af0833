"""Similarity by sound of the words of a mention and of names, in any scripts; and the spellings to search by."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from resolver.names.folding import letters_script
from resolver.sound.cost_tables import CostTable, PackedWords, tables_for, tables_of
from resolver.sound.latin_sounds import similarity_rows
from resolver.sound.name_lexicon import equivalents

MAX_ROMANISATIONS = 16
"""Latin spellings that a word of another script is searched by, for each table."""

ROMANISATION_EXPONENT = 0.15
"""Weight of a spelling in the search: its probability, relative to the best, to this power."""

MAX_TABLES = 2
"""Tables of its script that a word is compared by: those in which it is most probable."""

MIN_LEXICON_SIMILARITY = 0.85
"""Least similarity of a word with a Latin name for the lexicon's equivalents of the name to stand for the word."""

UNIDECODE_WEIGHT = 0.6
"""Weight in the search of Unidecode's spelling, where there are learned spellings."""

EQUIVALENT_WEIGHT = 0.3
"""Weight in the search of a name that the lexicon equates with a spelling, relative to the spelling's."""


class Spelling(NamedTuple):
    """A word as romanised, and folded in its own script; equal for a Latin word."""

    roman: str
    written: str

    @property
    def is_latin(self) -> bool:
        """Whether the word is in Latin letters or digits."""
        return self.written.isascii()


def similarities(word: Spelling, latin: Sequence[str], packed: PackedWords) -> Sequence[float]:
    """The similarities (0 to 1) of a word with Latin words, by the best of the tables for its script."""
    tables = () if word.is_latin else tables_of_word(word.written)
    if not tables:
        return similarity_rows((word.roman,), tuple(latin))
    return _learned(tables, word, packed)


def _learned(tables: tuple[CostTable, ...], word: Spelling, latin: PackedWords) -> array[float]:
    """The similarities of a word with Latin words by the best of some tables."""
    best = array("d", bytes(8 * len(latin)))
    for table in tables:
        table.raise_similarities(word.written, latin, best)
    return best


def trace(word: Spelling, latin: str) -> tuple[str, tuple[tuple[str, str, float], ...]]:
    """The table by which a word is most similar to a Latin one, and their aligned pieces with costs (nats)."""
    tables = tables_of("Latin") if word.is_latin else tables_of_word(word.written)
    best = ("", -1.0)
    for table in tables:
        found = array("d", [-1.0])
        table.raise_similarities(word.written, PackedWords([latin]), found)
        best = max(best, (table.name, found[0]), key=lambda item: item[1])
    pieces = next((table.trace(word.written, latin) for table in tables if table.name == best[0]), ())
    return best[0], tuple(pieces)


@lru_cache(maxsize=1 << 14)
def equal_names(word: Spelling) -> tuple[str, ...]:
    """The Latin names that the lexicon equates with a word, or with Latin names that it sounds like."""
    if word.is_latin:
        return equivalents(word.roman)
    known = [latin for latin in search_spellings(word) if equivalents(latin)]
    if not known:
        return ()
    sure = [
        name
        for name, value in zip(known, similarities(word, known, PackedWords(known)), strict=True)
        if value >= MIN_LEXICON_SIMILARITY
    ]
    return tuple(dict.fromkeys(equal for name in sure for equal in equivalents(name)))


@lru_cache(maxsize=1 << 14)
def tables_of_word(written: str) -> tuple[CostTable, ...]:
    """The learned tables for a folded word in another script: those in which it is most probable, best first."""
    found = tables_for(letters_script(written), written)
    return tuple(sorted(found, key=lambda table: -table.native_marginal(written))[:MAX_TABLES])


def search_spellings(word: Spelling) -> dict[str, float]:
    """The Latin spellings that a word is searched by, and the weight of each (0 to 1)."""
    tables = () if word.is_latin else tables_of_word(word.written)
    found = {word.roman: UNIDECODE_WEIGHT if tables else 1.0}
    for table in tables:
        for latin, score in table.romanisations(word.written, MAX_ROMANISATIONS):
            found[latin] = max(found.get(latin, 0.0), math.exp(ROMANISATION_EXPONENT * score))
    for latin, weight in list(found.items()):
        for equal in equivalents(latin):
            found[equal] = max(found.get(equal, 0.0), EQUIVALENT_WEIGHT * weight)
    return found
