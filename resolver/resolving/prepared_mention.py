"""A mention ready to be compared with names: its pieces, and what the index knows of its words."""

from __future__ import annotations

from array import array
from functools import cached_property, lru_cache
from typing import NamedTuple

from resolver.index.search_index import Index
from resolver.infra.arrays import zeros
from resolver.names.acronyms import acronym_number, acronyms_of
from resolver.names.distinguishing_marks import mark_of
from resolver.names.folding import letters_script
from resolver.names.name_parts import ROLES
from resolver.names.normal_form import NormalForm, core_span
from resolver.names.scripts import UNSPACED
from resolver.resolving.features import ROLE_SHARE
from resolver.resolving.kernel.form_batch import MOST_JOINED, MOST_TOKENS
from resolver.sound.cost_tables import Letters
from resolver.sound.latin_sounds import Sounds
from resolver.sound.search_keys import code_number
from resolver.sound.similarity import Spelling

MOST_SPELLED = 32
"""At most so many forms that an acronym may stand for are looked at."""


class Piece(NamedTuple):
    """One token of a mention or several joined ones, with their places in order of the joining."""

    places: tuple[int, ...]
    spelling: Spelling


class Mention:
    """A mention ready to be compared with the forms of one index."""

    def __init__(self, index: Index, normal: NormalForm) -> None:
        """Look up the tokens; those past the twelfth are left out."""
        self.index = index
        self.normal = normal
        self.is_latin = normal.exact.isascii()
        written = normal.exact.split(" ")[:MOST_TOKENS]
        tokens = normal.tokens[:MOST_TOKENS]
        roles = normal.roles[:MOST_TOKENS]
        count = len(tokens)
        self.singles = count
        orders = [*((place,) for place in range(count)), *((place, place + 1) for place in range(count - 1))]
        orders.append(tuple(range(count)))
        if 1 < count <= MOST_JOINED:
            orders.append((count - 1, *range(count - 1)))
        self.pieces = [
            Piece(places, Spelling("".join([tokens[i] for i in places]), "".join([written[i] for i in places])))
            for places in orders
        ]
        self.words = array("i", [index.find_word(word) for word in written])
        self.romans = self.words if self.is_latin else array("i", [index.find_word(token) for token in tokens])
        self.unspaced = [not word.isascii() and letters_script(word) in UNSPACED for word in written]
        self.shortest, self.longest = min(map(len, tokens)), max(map(len, tokens))
        self.codes = array("I", [code_number(token) for token in tokens])
        self.roles = array("B", [ROLES.index(role) for role in roles])
        self.known = array("d", [index.weight(number, word) for number, word in zip(self.words, written, strict=True)])
        self.weights = array(
            "d", [(known or 1.0) * ROLE_SHARE.get(role, 1.0) for known, role in zip(self.known, roles, strict=True)]
        )
        marks = [mark_of(word) for word in written]
        self.marks = array(
            "H", [0 if len(w) == 1 and w != written[-1] else m for w, m in zip(written, marks, strict=True)]
        )
        self.across_weights: array[float] | None = None
        """The same for a mention in another script, once the Latin words that it may stand for are known."""
        plain = [token for token, role in zip(tokens, roles, strict=True) if role not in ("legal", "honorific")]
        self.joined = bytearray("".join(plain or tokens).encode())
        start, end = core_span(roles)
        self.core = (start, end)
        self.shape = (
            array("i", [places[0] for places in orders]),
            array("i", [sum(1 << place for place in places) for places in orders]),
            array("i", [self._flags(place, piece) for place, piece in enumerate(self.pieces)]),
            bytearray(ord(piece.spelling.roman[0]) & 0xFF for piece in self.pieces),
        )
        self.sounds = Sounds.of([piece.spelling.roman for piece in self.pieces])

    @cached_property
    def spelled(self) -> frozenset[int]:
        """The forms that the mention is an acronym of, and those of organisations that are an acronym of it."""
        tokens, index = self.normal.tokens, self.index
        if len(tokens) == 1:
            number = acronym_number(tokens[0])
            return frozenset(index.spelled_by(number, MOST_SPELLED) if number else ())
        if len(tokens) == 2:
            return frozenset()
        acronyms = acronyms_of(tokens, self.normal.roles)
        return frozenset(form for acronym in acronyms if (form := index.find_organisation([acronym])) >= 0)

    @cached_property
    def letters(self) -> Letters:
        """The romanised pieces for the learned costs."""
        return Letters([piece.spelling.roman for piece in self.pieces])

    @cached_property
    def spellings(self) -> tuple[array[int], array[int], array[int]]:
        """The letters of the tokens, then of the whole, of a Latin mention, as Lineup.quick wants them."""
        places, lengths = array("Q"), array("i")
        for piece in (*self.pieces[: self.singles], self.pieces[2 * self.singles - 1]):
            bits, length = letter_places(piece.spelling.roman)
            places += bits
            lengths.append(length)
        return places, lengths, array("i", [*range(self.singles), -1])

    def _flags(self, place: int, piece: Piece) -> int:
        """What Alignment.begin wants to know of a piece."""
        flags = 1 if place < self.singles else 2 if place < 2 * self.singles - 1 else 0
        roman = piece.spelling.roman
        if piece.spelling.is_latin:
            flags |= 4
            if len(roman) == 1 and flags & 1:
                flags |= 16 | ord(roman) << 8
        elif flags & 1 and self.unspaced[place]:
            flags |= 8
        return flags


@lru_cache(maxsize=1 << 12)
def letter_places(word: str) -> tuple[array[int], int]:
    """A bit for each place of each letter in a romanised word, of which the first 64 count, and how many they are."""
    places = zeros("Q", 256)
    letters = word.encode()[:64]
    for place, letter in enumerate(letters):
        places[letter] |= 1 << place
    return places, len(letters)
