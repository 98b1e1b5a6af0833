"""Which tokens of a mention stand for which tokens of a name."""

from __future__ import annotations

from resolver.records import TokenMatch
from resolver.sound.spelling import similarity_rows

LEAST = 0.5
"""Tokens less alike than this do not stand for each other."""

INITIAL = 0.6
"""The similarity of a lone letter with a token that begins with it."""

_JOINED = 0.97
_SAME_PLACE = 1e-6
_MANY_TOKENS = 12


def align(mention: tuple[str, ...], name: tuple[str, ...]) -> tuple[TokenMatch, ...]:
    """The matches of a mention's tokens with a name's, best first; each token is in at most one match.

    Two neighbours may stand for one token of the other side ("lin chen" for "linchen"). Tokens past the twelfth
    of either side are not matched.
    """
    mention, name = mention[:_MANY_TOKENS], name[:_MANY_TOKENS]
    left, right = _pieces(mention), _pieces(name)
    singles, columns = len(mention), len(right)
    similarities = similarity_rows(tuple(text for _, text in left), tuple(text for _, text in right))
    found: list[tuple[float, tuple[int, ...], tuple[int, ...]]] = []
    for i, (left_places, left_text) in enumerate(left):
        row = i * columns
        for j, (right_places, right_text) in enumerate(right if i < singles else right[: len(name)]):
            similarity = _similarity(left_text, right_text, similarities[row + j])
            if len(left_places) + len(right_places) > 2:
                similarity *= _JOINED
            if similarity >= LEAST:
                found.append((similarity, left_places, right_places))
    found.sort(key=lambda item: (-item[0] + _SAME_PLACE * abs(item[1][0] - item[2][0]), item[1], item[2]))
    matches, used_left, used_right = [], set[int](), set[int]()
    for similarity, left_places, right_places in found:
        if used_left.isdisjoint(left_places) and used_right.isdisjoint(right_places):
            used_left.update(left_places)
            used_right.update(right_places)
            matches.append(TokenMatch(left_places, right_places, similarity))
    return tuple(matches)


def _pieces(tokens: tuple[str, ...]) -> list[tuple[tuple[int, ...], str]]:
    """The tokens, then each two neighbours joined, with their places."""
    singles = [((place,), token) for place, token in enumerate(tokens)]
    return [*singles, *(((i, i + 1), tokens[i] + tokens[i + 1]) for i in range(len(tokens) - 1))]


def _similarity(left: str, right: str, by_sound: float) -> float:
    if left == right:
        return 1.0
    if not (left.isascii() and right.isascii()):
        return 0.0
    if len(left) == 1 or len(right) == 1:
        return INITIAL if left[0] == right[0] else 0.0
    return by_sound
