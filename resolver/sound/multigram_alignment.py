"""The best alignment of one spelling with many others, by the learned costs of pairs of pieces.

Plain Python that Cython compiles (pure Python mode). Scores are whole hundredths of a nat, marginals are doubles as
Python's are: both ways to run give the same answers.
"""

from __future__ import annotations

from collections.abc import Mapping

import cython

from resolver.infra.limits import MAX_LETTERS

LETTERS = 27
"""Spellings on the side of the letters are bytes below LETTERS: 1 to 26 for a to z, 0 for anything else."""

UNIT = 100
"""Scores are whole numbers in units of 1 / UNIT nat."""

_MAX_LETTERS = cython.declare(cython.int, MAX_LETTERS)
_ALPHABET = cython.declare(cython.int, LETTERS)
_UNIT = cython.declare(cython.double, UNIT)
_NEVER = cython.declare(cython.int, -100000000)


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cdivision(True)
def best_scores(
    children: cython.short[::1],
    entry_at: cython.int[::1],
    entry_node: cython.short[::1],
    entry_score: cython.int[::1],
    letter_gaps: cython.int[::1],
    substitution: int,
    pieces: cython.int[::1],
    unit_gaps: cython.int[::1],
    letters: cython.uchar[::1],
    starts: cython.int[::1],
    heads: cython.int[::1],
    arcs: cython.int[::1],
    work: cython.int[::1],
    likely: cython.double[::1],
    least: float,
    out: cython.double[::1],
) -> None:
    """Write to `out` the score of the best alignment of a spelling in units with each spelling in letters (nats).

    Where `likely` has a number for each spelling in letters, those with a number below `least` are skipped: they get
    a score lower than any other.

    The table, its scores in hundredths of a nat: `children[node * LETTERS + letter]` is the trie of the pieces in
    letters, 0 for none; the pairs of the unit piece p are `entry_node` and `entry_score` from `entry_at[p]` to
    `entry_at[p + 1]`; `letter_gaps[letter]` scores a letter that stands for nothing, `unit_gaps[j]` unit j of the
    spelling, `substitution` one for another that no pair explains. The spelling: `pieces[j * width + k]` is the piece
    of k + 1 units at j, or -1. Spelling i in letters is `letters[starts[i]:starts[i + 1]]`. `heads` (zeros, one a
    node), `arcs` (four for each entry of each piece, and four) and `work` ((MAX_LETTERS + 1) ** 2) are room to work in;
    `heads` is left as it was.
    """
    m: cython.int = len(unit_gaps)
    width: cython.int = len(pieces) // m if m > 0 else 1
    count: cython.Py_ssize_t = len(starts) - 1
    swap: cython.int = substitution
    chosen: cython.bint = len(likely) > 0
    enough: cython.double = least
    side: cython.int = m + 1
    c: cython.Py_ssize_t
    e: cython.Py_ssize_t
    arc: cython.int = 0
    i: cython.int
    j: cython.int
    k: cython.int
    n: cython.int
    start: cython.int
    node: cython.int
    row: cython.int
    here: cython.int
    piece: cython.int
    value: cython.int
    gap: cython.int
    with cython.nogil:
        for j in range(m):
            for k in range(width):
                piece = pieces[j * width + k]
                if piece < 0:
                    continue
                for e in range(entry_at[piece], entry_at[piece + 1]):
                    node = entry_node[e]
                    arc += 4
                    arcs[arc] = heads[node]
                    arcs[arc + 1] = j
                    arcs[arc + 2] = j + k + 1
                    arcs[arc + 3] = entry_score[e]
                    heads[node] = arc
        for c in range(count):
            if chosen and likely[c] < enough:
                out[c] = _NEVER
                continue
            start = starts[c]
            n = starts[c + 1] - start
            if n > _MAX_LETTERS:
                n = _MAX_LETTERS
            for i in range((n + 1) * side):
                work[i] = _NEVER
            work[0] = 0
            for i in range(n + 1):
                here = i * side
                value = work[here]
                for j in range(m):
                    value = max(work[here + j + 1], value + unit_gaps[j])
                    work[here + j + 1] = value
                if i == n:
                    break
                gap = letter_gaps[letters[start + i]]
                row = here + side
                for j in range(m + 1):
                    work[row + j] = max(work[row + j], work[here + j] + gap)
                for j in range(m):
                    work[row + j + 1] = max(work[row + j + 1], work[here + j] + swap)
                node = 0
                for k in range(i, n):
                    node = children[node * _ALPHABET + letters[start + k]]
                    if node == 0:
                        break
                    arc = heads[node]
                    row = (k + 1) * side
                    while arc != 0:
                        j = row + arcs[arc + 2]
                        work[j] = max(work[j], work[here + arcs[arc + 1]] + arcs[arc + 3])
                        arc = arcs[arc]
            out[c] = work[n * side + m] / _UNIT
        for j in range(m):
            for k in range(width):
                piece = pieces[j * width + k]
                if piece >= 0:
                    for e in range(entry_at[piece], entry_at[piece + 1]):
                        heads[entry_node[e]] = 0


@cython.boundscheck(False)
@cython.wraparound(False)
def cut(
    units: str, known: Mapping[str, tuple[int, int, float]], width: int, unknown: float, pieces: cython.int[::1]
) -> tuple[int, float]:
    """Find all pieces of a spelling in units; `pieces[j * width + k]` becomes the number of that of k + 1 units at j.

    `known` has the number, the entries and the probability of each piece; -1 is written for none. Returns the entries
    of all pieces, and the probability of the spelling over all ways to cut it, where any unit may stand for itself
    with the probability `unknown`.
    """
    m: cython.Py_ssize_t = len(units)
    most: cython.Py_ssize_t = width
    start: cython.Py_ssize_t
    k: cython.Py_ssize_t
    entries: int = 0
    strange: cython.double = unknown
    ways: list[float] = [1.0] + [0.0] * m
    for start in range(m):
        ways[start + 1] += ways[start] * strange
        for k in range(most):
            pieces[start * most + k] = -1
            if start + k < m:
                found = known.get(units[start : start + k + 1])
                if found is not None:
                    number, more, probability = found
                    pieces[start * most + k] = number
                    entries += more
                    ways[start + k + 1] += ways[start] * probability
    return entries, ways[m]


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cdivision(True)
def log_marginals(
    children: cython.short[:],
    node_probability: cython.double[:],
    unknown: float,
    letters: cython.uchar[::1],
    starts: cython.int[:],
    work: cython.double[:],
    out: cython.double[:],
) -> None:
    """Write to `out` the log-probability of each spelling in letters, summed over all segmentations.

    `node_probability[node]` is that of the piece which ends at a node of the trie, `unknown` that of any letter to
    stand where no piece does. `work` is room for MAX_LETTERS + 1 numbers.
    """
    count: cython.Py_ssize_t = len(starts) - 1
    strange: cython.double = unknown
    c: cython.Py_ssize_t
    i: cython.int
    k: cython.int
    n: cython.int
    start: cython.int
    node: cython.int
    with cython.nogil:
        for c in range(count):
            start = starts[c]
            n = starts[c + 1] - start
            if n > _MAX_LETTERS:
                n = _MAX_LETTERS
            for i in range(n + 1):
                work[i] = 0.0
            work[0] = 1.0
            for i in range(n):
                work[i + 1] += work[i] * strange
                node = 0
                for k in range(i, n):
                    node = children[node * _ALPHABET + letters[start + k]]
                    if node == 0:
                        break
                    work[k + 1] += work[i] * node_probability[node]
            out[c] = _log(work[n]) if work[n] > 0.0 else -700.0


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cdivision(True)
def raise_similarities(
    scores: cython.double[::1],
    marginals: cython.double[::1],
    own: float,
    usual: float,
    afresh: cython.bint,
    out: cython.double[::1],
) -> None:
    """Raise `out`, or `afresh` zeros in it, to the similarities that follow from the scores, where they are higher.

    That is the pointwise mutual information, `scores[i] - marginals[i] - own`, by the mean of what the spellings tell
    (minus `marginals[i]` and minus `own`, nats) and by `usual`, and at most 1.
    """
    alone: cython.double = own
    scale: cython.double = usual
    count: cython.Py_ssize_t = len(scores)
    c: cython.Py_ssize_t
    value: cython.double
    for c in range(count):
        if afresh:
            out[c] = 0.0
        value = -2.0 * (scores[c] - marginals[c] - alone) / ((marginals[c] + alone) * scale)
        if value > 1.0:
            value = 1.0
        if value > out[c]:
            out[c] = value


if cython.compiled:
    from cython.cimports.libc.math import log as _log
else:
    from math import log as _log
