"""Beam search: the most probable Latin spellings of a word in another script.

Plain Python that Cython compiles (pure Python mode). Scores are whole hundredths of a nat: both ways to run give the
same answers.
"""

from __future__ import annotations

import cython

from resolver.infra.limits import MAX_LETTERS

_ROOM = cython.declare(cython.Py_ssize_t, MAX_LETTERS)


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cfunc
@cython.exceptval(check=False)
def _compare(
    letters: cython.uchar[::1], one: cython.Py_ssize_t, n: cython.int, other: cython.Py_ssize_t, m: cython.int
) -> cython.int:
    """Negative, 0 or positive as the n letters from `one` sort before, equal or sort after the m from `other`."""
    i: cython.int = 0
    while i < n and i < m and letters[one + i] == letters[other + i]:
        i += 1
    if i < n and i < m:
        return cython.cast(cython.int, letters[one + i]) - letters[other + i]
    return n - m


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cfunc
@cython.exceptval(check=False)
def _copy(
    letters: cython.uchar[::1],
    lengths: cython.int[::1],
    scores: cython.int[::1],
    source: cython.Py_ssize_t,
    target: cython.Py_ssize_t,
) -> cython.void:
    """Copy the spelling in place `source` to place `target`."""
    i: cython.int
    for i in range(lengths[source]):
        letters[target * _ROOM + i] = letters[source * _ROOM + i]
    lengths[target] = lengths[source]
    scores[target] = scores[source]


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cfunc
@cython.exceptval(check=False)
def _offer(
    letters: cython.uchar[::1],
    lengths: cython.int[::1],
    scores: cython.int[::1],
    first: cython.Py_ssize_t,
    used: cython.int,
    count: cython.int,
    new: cython.Py_ssize_t,
) -> cython.int:
    """Insert the spelling in place `new` into the sorted, distinct best from place `first` on; returns their number."""
    i: cython.int
    place: cython.int
    for i in range(used):
        if lengths[first + i] == lengths[new] and (
            _compare(letters, (first + i) * _ROOM, lengths[new], new * _ROOM, lengths[new]) == 0
        ):
            if scores[first + i] >= scores[new]:
                return used
            for place in range(i, used - 1):
                _copy(letters, lengths, scores, first + place + 1, first + place)
            used -= 1
            break
    place = used
    while place > 0 and (
        scores[first + place - 1] < scores[new]
        or (
            scores[first + place - 1] == scores[new]
            and _compare(letters, new * _ROOM, lengths[new], (first + place - 1) * _ROOM, lengths[first + place - 1])
            < 0
        )
    ):
        place -= 1
    if place == count:
        return used
    if used < count:
        used += 1
    for i in range(used - 1, place, -1):
        _copy(letters, lengths, scores, first + i - 1, first + i)
    _copy(letters, lengths, scores, new, first + place)
    return used


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cdivision(True)
def best_spellings(
    entry_at: cython.int[::1],
    entry_node: cython.short[::1],
    entry_score: cython.int[::1],
    text: cython.uchar[::1],
    text_at: cython.int[::1],
    pieces: cython.int[::1],
    gaps: cython.int[::1],
    most: int,
    count: int,
    letters: cython.uchar[::1],
    lengths: cython.int[::1],
    scores: cython.int[::1],
    used: cython.int[::1],
) -> int:
    """Write the `count` most probable spellings of a word, best first, ties in alphabetical order.

    The word: `pieces[j * width + k]` is the piece of k + 1 units at j, or -1; `gaps[j]` scores unit j standing for
    nothing. The `most` first entries of a piece are tried; that of node n is spelled `text[text_at[n]:text_at[n + 1]]`.
    Returns how many there are. The first is in place units * count, the others follow: place p has `lengths[p]`
    letters from `letters[MAX_LETTERS * p]` on and the score `scores[p]`. All three have room for
    (units + 1) * count + 1 places, `used` for units + 1. Longer spellings are left out.
    """
    m: cython.int = len(gaps)
    width: cython.int = len(pieces) // m if m > 0 else 1
    kept: cython.int = count
    tried: cython.int = most
    new: cython.Py_ssize_t = (m + 1) * kept
    j: cython.int
    k: cython.int
    b: cython.int
    i: cython.int
    piece: cython.int
    entry: cython.int
    node: cython.int
    start: cython.Py_ssize_t
    first: cython.Py_ssize_t
    full: cython.int
    for j in range(m + 1):
        used[j] = 0
    used[0] = 1
    lengths[0] = 0
    scores[0] = 0
    for j in range(m):
        for b in range(used[j]):
            start = j * kept + b
            _copy(letters, lengths, scores, start, new)
            scores[new] += gaps[j]
            used[j + 1] = _offer(letters, lengths, scores, (j + 1) * kept, used[j + 1], kept, new)
            for k in range(width):
                piece = pieces[j * width + k]
                if piece < 0:
                    continue
                first = (j + k + 1) * kept
                full = used[j + k + 1]
                for entry in range(entry_at[piece], min(entry_at[piece + 1], entry_at[piece] + tried)):
                    if full == kept and scores[start] + entry_score[entry] < scores[first + kept - 1]:
                        break
                    node = entry_node[entry]
                    _copy(letters, lengths, scores, start, new)
                    if lengths[new] + text_at[node + 1] - text_at[node] > _ROOM:
                        continue
                    for i in range(text_at[node], text_at[node + 1]):
                        letters[new * _ROOM + lengths[new]] = text[i]
                        lengths[new] += 1
                    scores[new] = scores[start] + entry_score[entry]
                    full = _offer(letters, lengths, scores, first, full, kept, new)
                used[j + k + 1] = full
    return used[m]
