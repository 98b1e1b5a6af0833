"""A prepared mention: its tokens and pieces as arrays, with their numbers and weights in one index."""

from __future__ import annotations

from array import array
from functools import cached_property, lru_cache
from typing import NamedTuple

from resolver.index.search_index import Index
from resolver.infra.arrays import zeros
from resolver.infra.limits import LCS_LETTERS, MAX_ROTATED_TOKENS, MAX_TOKENS
from resolver.names.acronyms import acronym_number, acronyms_of
from resolver.names.distinguishing_marks import mark_of
from resolver.names.folding import letters_script
from resolver.names.name_parts import ROLES
from resolver.names.normal_form import NormalForm, core_span
from resolver.names.scripts import UNSPACED
from resolver.resolving.features import ROLE_SHARE
from resolver.resolving.kernel.piece_flags import (
    INITIAL_PIECE,
    LATIN_PIECE,
    PAIR_PIECE,
    TOKEN_PIECE,
    UNSPACED_PIECE,
)
from resolver.sound.cost_tables import PackedWords
from resolver.sound.latin_sounds import SoundStrings
from resolver.sound.search_keys import code_number
from resolver.sound.similarity import Spelling

MAX_ACRONYM_FORMS = 32
"""Forms that an acronym may stand for which are compared, at most."""


class MentionPiece(NamedTuple):
    """One token of a mention or several joined ones, with their places in order of the joining."""

    places: tuple[int, ...]
    spelling: Spelling


class PreparedMention:
    """A mention in the form that the kernel compares with forms of one index."""

    def __init__(self, index: Index, normal: NormalForm) -> None:
        """Look up the tokens in the index; those past MAX_TOKENS are left out."""
        self.index = index
        self.normal = normal
        self.is_latin = normal.exact.isascii()
        written = normal.exact.split(" ")[:MAX_TOKENS]
        tokens = normal.tokens[:MAX_TOKENS]
        roles = normal.roles[:MAX_TOKENS]
        count = len(tokens)
        self.token_count = count
        orders = [*((place,) for place in range(count)), *((place, place + 1) for place in range(count - 1))]
        orders.append(tuple(range(count)))
        if 1 < count <= MAX_ROTATED_TOKENS:
            orders.append((count - 1, *range(count - 1)))
        self.pieces = [
            MentionPiece(places, Spelling("".join([tokens[i] for i in places]), "".join([written[i] for i in places])))
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
        self.sounds = SoundStrings.of([piece.spelling.roman for piece in self.pieces])

    @cached_property
    def spelled(self) -> frozenset[int]:
        """The forms that the mention is an acronym of, and those of organisations that are an acronym of it."""
        tokens, index = self.normal.tokens, self.index
        if len(tokens) == 1:
            number = acronym_number(tokens[0])
            return frozenset(index.spelled_by(number, MAX_ACRONYM_FORMS) if number else ())
        if len(tokens) == 2:
            return frozenset()
        acronyms = acronyms_of(tokens, self.normal.roles)
        return frozenset(form for acronym in acronyms if (form := index.find_organisation([acronym])) >= 0)

    @cached_property
    def letters(self) -> PackedWords:
        """The romanised pieces for the learned costs."""
        return PackedWords([piece.spelling.roman for piece in self.pieces])

    @cached_property
    def spellings(self) -> tuple[array[int], array[int], array[int]]:
        """The letters of the tokens, then of the whole, of a Latin mention, as `prefilter_scores` reads them."""
        places, lengths = array("Q"), array("i")
        for piece in (*self.pieces[: self.token_count], self.pieces[2 * self.token_count - 1]):
            bits, length = letter_places(piece.spelling.roman)
            places += bits
            lengths.append(length)
        return places, lengths, array("i", [*range(self.token_count), -1])

    def _flags(self, place: int, piece: MentionPiece) -> int:
        """The flags of a piece, as piece_flags has them."""
        flags = TOKEN_PIECE if place < self.token_count else PAIR_PIECE if place < 2 * self.token_count - 1 else 0
        roman = piece.spelling.roman
        if piece.spelling.is_latin:
            flags |= LATIN_PIECE
            if len(roman) == 1 and flags & TOKEN_PIECE:
                flags |= INITIAL_PIECE | ord(roman) << 8
        elif flags & TOKEN_PIECE and self.unspaced[place]:
            flags |= UNSPACED_PIECE
        return flags


@lru_cache(maxsize=1 << 12)
def letter_places(word: str) -> tuple[array[int], int]:
    """A bit for each place of each letter in a romanised word, and its letters: LCS_LETTERS at most."""
    places = zeros("Q", 256)
    letters = word.encode()[:LCS_LETTERS]
    for place, letter in enumerate(letters):
        places[letter] |= 1 << place
    return places, len(letters)
