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
from resolver.names.known_words import NEW, how_known
from resolver.names.name_parts import ROLES
from resolver.names.normal_form import NormalForm, core_span
from resolver.names.scripts import UNSPACED
from resolver.resolving.features import ROLE_SHARE
from resolver.resolving.kernel.mention_writing import MentionWriting, mention_writing
from resolver.resolving.kernel.piece_flags import (
    DIGIT_PIECE,
    INITIAL_PIECE,
    LATIN_PIECE,
    NUMBERED_PIECE,
    PAIR_PIECE,
    TOKEN_PIECE,
    UNSPACED_PIECE,
)
from resolver.sound.cost_tables import PackedWords
from resolver.sound.latin_sounds import SoundStrings
from resolver.sound.search_keys import code_number
from resolver.sound.similarity import Spelling

LISTED_WEIGHT = 0.7
"""How much a word of the project's own lists tells, at least, where it is matched with another word."""

MAX_ACRONYM_FORMS = 32
"""Forms that an acronym may stand for which are compared, at most."""


_ROLE_NUMBERS = {role: number for number, role in enumerate(ROLES)}


class MentionPiece(NamedTuple):
    """One token of a mention or several joined ones, with their places in order of the joining."""

    places: tuple[int, ...]
    spelling: Spelling


class MentionToken(NamedTuple):
    """One token of a mention, as an index knows it."""

    spelling: Spelling
    word: int
    """The number of the word in the index, -1 for none."""
    roman: int
    """The number of the word that is written as this one is romanised, -1 for none."""
    unspaced: bool
    code: int
    weight: float
    """The weight of the word, 0 where no name has it."""
    listed: bool
    """Whether it is in Latin letters, and in the project's own lists of names and words."""
    mark: int
    flags: int
    """Those of the piece that the token is."""


class PieceLayout(NamedTuple):
    """The pieces of a mention of some number of tokens."""

    places: tuple[tuple[int, ...], ...]
    first: array[int]
    masks: array[int]


@lru_cache(maxsize=MAX_TOKENS + 1)
def piece_layout(count: int) -> PieceLayout:
    """The tokens, the pairs of neighbours, the whole, and the whole with its last token first if that is compared."""
    orders = [*((place,) for place in range(count)), *((place, place + 1) for place in range(count - 1))]
    orders.append(tuple(range(count)))
    if 1 < count <= MAX_ROTATED_TOKENS:
        orders.append((count - 1, *range(count - 1)))
    return PieceLayout(
        tuple(orders),
        array("i", [places[0] for places in orders]),
        array("i", [sum(1 << place for place in places) for places in orders]),
    )


def mention_token(index: Index, spelling: Spelling) -> MentionToken:
    """A token in an index, which remembers it."""
    known: MentionToken | None = index.mention_tokens.get(spelling)
    return known or index.mention_tokens.put(spelling, _find_token(index, spelling), 1)


def _find_token(index: Index, spelling: Spelling) -> MentionToken:
    token, written = spelling
    word = index.find_word(written)
    unspaced = not spelling.is_latin and letters_script(written) in UNSPACED
    flags = TOKEN_PIECE
    if spelling.is_latin:
        flags |= LATIN_PIECE
        if len(token) == 1 and token.isalpha():
            flags |= INITIAL_PIECE
    elif unspaced:
        flags |= UNSPACED_PIECE
    if token[0].isdigit():
        flags |= DIGIT_PIECE
    if token[-1].isdigit():
        flags |= NUMBERED_PIECE
    return MentionToken(
        spelling,
        word,
        index.find_word(token),
        unspaced,
        code_number(token),
        index.weight(word, written),
        spelling.is_latin and written.isalpha() and how_known(written) > NEW,
        mark_of(written),
        flags,
    )


class PreparedMention:
    """A mention in the form that the kernel compares with forms of one index."""

    def __init__(self, index: Index, normal: NormalForm) -> None:
        """Look up the tokens in the index; those past MAX_TOKENS are left out."""
        self.index = index
        self.normal = normal
        self.is_latin = normal.exact.isascii()
        written = normal.exact.split(" ")[:MAX_TOKENS]
        romans = normal.tokens[:MAX_TOKENS]
        roles = normal.roles[:MAX_TOKENS]
        tokens = [mention_token(index, Spelling(*pair)) for pair in zip(romans, written, strict=True)]
        self.token_count = count = len(tokens)
        layout = piece_layout(count)
        self.pieces = [MentionPiece((place,), token.spelling) for place, token in enumerate(tokens)]
        for places in layout.places[count:]:
            roman = "".join([romans[i] for i in places])
            native = roman if self.is_latin else "".join([written[i] for i in places])
            self.pieces.append(MentionPiece(places, Spelling(roman, native)))
        self.words = array("i", [token.word for token in tokens])
        self.romans = self.words if self.is_latin else array("i", [token.roman for token in tokens])
        self.unspaced = [token.unspaced for token in tokens]
        lengths = [len(token) for token in romans]
        self.shortest, self.longest = min(lengths), max(lengths)
        self.codes = array("I", [token.code for token in tokens])
        self.roles = array("B", [_ROLE_NUMBERS[role] for role in roles])
        self.known = array("d", [max(token.weight, LISTED_WEIGHT * token.listed) for token in tokens])
        self.weights = array(
            "d", [(token.weight or 1.0) * ROLE_SHARE.get(role, 1.0) for token, role in zip(tokens, roles, strict=True)]
        )
        self.marks = array(
            "H",
            [
                0 if len(word) == 1 and word.isalpha() and word != written[-1] else token.mark
                for word, token in zip(written, tokens, strict=True)
            ],
        )
        self.across_weights: array[float] | None = None
        """The same for a mention in another script, once the Latin words that it may stand for are known."""
        plain = [token for token, role in zip(romans, roles, strict=True) if role not in ("legal", "honorific")]
        self.joined = bytearray("".join(plain or romans).encode())
        self.core = core_span(roles)
        flags = [token.flags for token in tokens]
        for place, piece in enumerate(self.pieces[count:], count):
            pair = PAIR_PIECE if place < 2 * count - 1 else 0
            flags.append(pair | (LATIN_PIECE if self.is_latin or piece.spelling.is_latin else 0))
        self.shape = (
            layout.first,
            layout.masks,
            array("i", flags),
            bytearray([ord(piece.spelling.roman[0]) & 0xFF for piece in self.pieces]),
        )

    @cached_property
    def writing(self) -> MentionWriting:
        """How the words are written."""
        return mention_writing(self.normal, self.words)

    @cached_property
    def sounds(self) -> SoundStrings:
        """The romanised pieces as strings of sounds."""
        return SoundStrings.of([piece.spelling.roman for piece in self.pieces])

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


@lru_cache(maxsize=1 << 12)
def letter_places(word: str) -> tuple[array[int], int]:
    """A bit for each place of each letter in a romanised word, and its letters: LCS_LETTERS at most."""
    places = zeros("Q", 256)
    letters = word.encode()[:LCS_LETTERS]
    for place, letter in enumerate(letters):
        places[letter] |= 1 << place
    return places, len(letters)
