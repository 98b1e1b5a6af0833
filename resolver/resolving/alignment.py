"""Which tokens of a mention stand for which tokens of a name."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from resolver.names.folding import letters_script
from resolver.names.normal import NormalForm
from resolver.names.scripts import UNSPACED
from resolver.records import TokenMatch
from resolver.sound.likeness import Likeness, Spelling

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


@lru_cache(maxsize=1 << 16)
def pieces_of(tokens: tuple[str, ...], exact: str) -> tuple[Piece, ...]:
    """The tokens of a normal form, each two neighbours joined, and all of them joined in the orders names come in.

    Tokens past the twelfth are left out.
    """
    written = exact.split(" ")
    tokens = tokens[:_MANY_TOKENS]
    last = len(tokens)
    orders = [(place,) for place in range(last)]
    orders += [(place, place + 1) for place in range(last - 1)]
    if 1 < last <= _MOST_JOINED:  # as the scripts that put no spaces write it, family name first or last
        whole = tuple(range(last))
        orders += [whole, (*whole[-1:], *whole[:-1])] if last > 2 else [(1, 0)]
    return tuple(
        Piece(places, Spelling("".join(tokens[i] for i in places), "".join(written[i] for i in places)))
        for places in orders
    )


def whole_pieces(pieces: tuple[Piece, ...]) -> list[Piece]:
    """Those of the pieces that hold every token."""
    most = max(len(piece.places) for piece in pieces)
    return [piece for piece in pieces if len(piece.places) == most]


class MentionSide:
    """The pieces of a mention, and how alike they are to the pieces of the names met so far."""

    def __init__(self, mention: NormalForm) -> None:
        """Prepare to align `mention` with names."""
        self.pieces = pieces_of(mention.tokens, mention.exact)
        whole = Spelling(mention.joined, mention.exact.replace(" ", ""))
        self.likeness = Likeness((*(piece.spelling for piece in self.pieces), whole))

    def joined_similarity(self, name: tuple[Piece, ...]) -> float:
        """The similarity of the whole mention with the whole name, in the best of the orders that names come in."""
        return max(self.likeness.columns[piece.spelling][-1] for piece in whole_pieces(name))


def align(mention: MentionSide, name: tuple[Piece, ...]) -> tuple[TokenMatch, ...]:
    """The matches of a mention's tokens with a name's, best first; each token is in at most one match.

    Two neighbours may stand for one token of the other side ("lin chen" for "linchen"), and all tokens together for
    one of a script that writes no spaces.
    """
    columns = mention.likeness.columns
    mention.likeness.compare(piece.spelling for piece in name)
    found: list[tuple[float, tuple[int, ...], tuple[int, ...]]] = []
    for right in name:
        for left, by_sound in zip(mention.pieces, columns[right.spelling], strict=False):
            one, other = len(left.places), len(right.places)
            if one + other > 2 and not _may_join(left, right):
                continue
            similarity = _similarity(left.spelling, right.spelling, by_sound)
            if one + other > 2:
                similarity *= _JOINED
            if similarity >= (LEAST if left.spelling.is_latin == right.spelling.is_latin else LEAST_ACROSS):
                found.append((similarity, left.places, right.places))
    found.sort(key=lambda item: (-item[0] + _SAME_PLACE * abs(item[1][0] - item[2][0]), item[1], item[2]))
    matches, used_left, used_right = [], set[int](), set[int]()
    for similarity, left_places, right_places in found:
        if used_left.isdisjoint(left_places) and used_right.isdisjoint(right_places):
            used_left.update(left_places)
            used_right.update(right_places)
            matches.append(TokenMatch(left_places, right_places, similarity))
    return tuple(matches)


def _may_join(left: Piece, right: Piece) -> bool:
    """Whether one side is one token, and the other two neighbours, or all for a script without spaces."""
    if len(left.places) > 1 and len(right.places) > 1:
        return False
    one, joined = (left, right) if len(left.places) == 1 else (right, left)
    if joined.places[0] + 1 == joined.places[-1] and len(joined.places) == 2:
        return True
    return letters_script(one.spelling.written) in UNSPACED and joined.spelling.is_latin


def _similarity(left: Spelling, right: Spelling, by_sound: float) -> float:
    if left.roman == right.roman:
        return 1.0
    if left.is_latin and right.is_latin and (len(left.roman) == 1 or len(right.roman) == 1):
        return INITIAL if left.roman[0] == right.roman[0] else 0.0
    return by_sound
