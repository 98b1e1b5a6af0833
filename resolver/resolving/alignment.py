"""Which tokens of a mention stand for which tokens of a name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from resolver.gazetteer.store import Form
from resolver.names.folding import letters_script
from resolver.names.normal import NormalForm
from resolver.names.scripts import UNSPACED
from resolver.records import TokenMatch
from resolver.sound.costs import Letters
from resolver.sound.lexicon import ALIKE
from resolver.sound.likeness import Spelling, equated, heard_similarities, similarities
from resolver.sound.spelling import similarity_rows

LEAST = 0.5
"""Latin tokens less alike than this do not stand for each other."""

LEAST_ACROSS = 0.25
"""Nor do tokens of different scripts less alike than this."""

INITIAL = 0.6
"""The similarity of a lone letter with a token that begins with it."""

_JOINED = 0.97
_SAME_PLACE = 1e-6
_MANY_TOKENS = 12
_MOST_JOINED = 6


class Piece(NamedTuple):
    """One token or several joined ones, with their places in order of the joining."""

    places: tuple[int, ...]
    spelling: Spelling

    @property
    def unspaced(self) -> bool:
        """Whether it is in a script that writes no spaces inside a name."""
        return not self.spelling.is_latin and letters_script(self.spelling.written) in UNSPACED


@lru_cache(maxsize=1 << 16)
def pieces_of(tokens: tuple[str, ...], exact: str) -> tuple[Piece, ...]:
    """The tokens of a normal form, and each two neighbours joined. Tokens past the twelfth are left out."""
    count = min(len(tokens), _MANY_TOKENS)
    orders = [*((place,) for place in range(count)), *((place, place + 1) for place in range(count - 1))]
    return _join(tokens, exact, orders)


@lru_cache(maxsize=1 << 16)
def wholes_of(tokens: tuple[str, ...], exact: str) -> tuple[Piece, ...]:
    """All tokens of a normal form joined, in order and with the last one first: as scripts without spaces have it."""
    order = tuple(range(len(tokens)))
    return _join(tokens, exact, [order, (*order[-1:], *order[:-1])] if 1 < len(order) <= _MOST_JOINED else [order])


def _join(tokens: tuple[str, ...], exact: str, orders: Sequence[tuple[int, ...]]) -> tuple[Piece, ...]:
    written = exact.split(" ")
    return tuple(
        Piece(places, Spelling("".join(tokens[i] for i in places), "".join(written[i] for i in places)))
        for places in orders
    )


class MentionSide:
    """The pieces of a mention, and how alike they are to the pieces of names."""

    def __init__(self, mention: NormalForm) -> None:
        """Prepare to align `mention` with names."""
        self.is_latin = mention.exact.isascii()
        self.singles = pieces_of(mention.tokens, mention.exact)
        self.wholes = wholes_of(mention.tokens, mention.exact)
        self._pieces = (*self.singles, *self.wholes)
        self._columns: dict[Spelling, list[float]] = {}
        self._heard: dict[Spelling, list[float]] = {}

    def compare(self, names: Iterable[NormalForm | Form]) -> None:
        """Work out how alike the pieces are to those of all the names at once, which is faster than one by one."""
        singles, pairs, wholes = dict[str, None](), dict[str, None](), dict[str, None]()
        for name in names:
            if name.exact.isascii():
                for piece in pieces_of(name.tokens, name.exact):
                    (singles if len(piece.places) == 1 else pairs)[piece.spelling.roman] = None
                orders = wholes_of(name.tokens, name.exact)
                wholes.update((piece.spelling.roman, None) for piece in (orders[:1] if self.is_latin else orders))
            else:
                for piece in self.pieces_to_match(name):
                    self._compare_native(piece.spelling)
        together = list(dict.fromkeys([*singles, *pairs]))
        self._fill(together, lambda piece: len(piece.places) == 1)
        self._fill(list(singles), lambda piece: len(piece.places) == 2)
        self._fill(list(wholes), lambda piece: piece is self.wholes[0] or piece.unspaced)
        for place, piece in enumerate(self._pieces):
            if len(piece.places) == 1:
                for other in equated(piece.spelling, singles):
                    column = self._columns[Spelling(other, other)]
                    column[place] = max(column[place], ALIKE)

    def _fill(self, latin: list[str], wanted: Callable[[Piece], bool]) -> None:
        """Compare some of the pieces with Latin words."""
        packed = Letters(latin)
        words = [Spelling(word, word) for word in latin]
        columns = [self._columns.setdefault(word, [0.0] * len(self._pieces)) for word in words]
        heard = [self._heard.setdefault(word, [0.0] * len(self._pieces)) for word in words] if self.is_latin else []
        for place, piece in enumerate(self._pieces):
            if wanted(piece):
                for column, value in zip(columns, similarities(piece.spelling, latin, packed), strict=True):
                    column[place] = value
                if self.is_latin:
                    for column, value in zip(heard, heard_similarities(piece.spelling, packed), strict=True):
                        column[place] = value

    def _compare_native(self, other: Spelling) -> None:
        """Compare all the pieces with a word in another script; those in one, too, by their romanisations."""
        if other in self._columns:
            return
        latin = tuple(piece.spelling.roman for piece in self._pieces)
        column = list(similarity_rows(latin, (other.roman,)))
        if any(piece.spelling.is_latin for piece in self._pieces):
            learned = similarities(other, latin, Letters(latin))
            column = [
                learned[place] if piece.spelling.is_latin else column[place] for place, piece in enumerate(self._pieces)
            ]
        self._columns[other] = column

    def pieces_to_match(self, name: NormalForm | Form) -> tuple[Piece, ...]:
        """The pieces of a name that the mention's may stand for: the wholes too where one of the two is not Latin."""
        singles = pieces_of(name.tokens, name.exact)
        if self.is_latin and name.exact.isascii():
            return singles
        return (*singles, *wholes_of(name.tokens, name.exact))

    def align(self, name: NormalForm | Form) -> tuple[TokenMatch, ...]:
        """The matches of the mention's tokens with a name's, best first; each token is in at most one match.

        Two neighbours may stand for one token of the other side ("lin chen" for "linchen"), and all tokens together
        for one of a script that writes no spaces. The name must have been compared.
        """
        found: list[tuple[TokenMatch, float]] = []
        for right in self.pieces_to_match(name):
            heard = self._heard.get(right.spelling)
            column = self._columns[right.spelling]
            for place, left in enumerate(self._pieces):
                one, other = len(left.places), len(right.places)
                similarity = _similarity(left.spelling, right.spelling, column[place])
                if similarity < (LEAST if left.spelling.is_latin == right.spelling.is_latin else LEAST_ACROSS):
                    continue
                if one + other > 2:
                    if not _may_join(left, right):
                        continue
                    similarity *= _JOINED
                match = TokenMatch(left.places, right.places, similarity, heard[place] if heard else 0.0)
                found.append((match, _SAME_PLACE * abs(left.places[0] - right.places[0]) - similarity))
        found.sort(key=lambda item: (item[1], item[0].mention, item[0].name))
        matches, used_left, used_right = [], set[int](), set[int]()
        for match, _ in found:
            if used_left.isdisjoint(match.mention) and used_right.isdisjoint(match.name):
                used_left.update(match.mention)
                used_right.update(match.name)
                matches.append(match)
        return tuple(matches)

    def whole_similarity(self, name: NormalForm | Form) -> float:
        """The similarity of the whole mention with the whole name, in the best of the orders that names come in."""
        return max(self._columns[piece.spelling][len(self.singles)] for piece in wholes_of(name.tokens, name.exact))

    def whole_heard(self, name: NormalForm | Form) -> float:
        """The similarity of two Latin names without spaces, by the costs learned between Latin spellings."""
        return self._heard[wholes_of(name.tokens, name.exact)[0].spelling][len(self.singles)]

    def most_alike(self, place: int, least: float) -> str | None:
        """The Latin token of the names that sounds most like a token of the mention, if it is alike enough."""
        alike = [(column[place], word.roman) for word, column in self._columns.items() if column[place] >= least]
        return max(alike)[1] if alike else None


def _may_join(left: Piece, right: Piece) -> bool:
    """Whether one side is one token, and the other two neighbours, or all for a script without spaces."""
    if len(left.places) > 1 and len(right.places) > 1:
        return False
    one, joined = (left, right) if len(left.places) == 1 else (right, left)
    if joined.places[0] + 1 == joined.places[-1] and len(joined.places) == 2:
        return True
    return one.unspaced and joined.spelling.is_latin


def _similarity(left: Spelling, right: Spelling, by_sound: float) -> float:
    if left.roman == right.roman:
        return 1.0
    if left.is_latin and right.is_latin and (len(left.roman) == 1 or len(right.roman) == 1):
        return INITIAL if left.roman[0] == right.roman[0] else 0.0
    return by_sound
