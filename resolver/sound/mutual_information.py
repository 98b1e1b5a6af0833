"""Pointwise mutual information of spellings: log-probabilities by all their segmentations, and similarities.

Plain Python that Cython compiles (pure Python mode). It reckons in doubles, as Python does: both give the same answers.
"""

from __future__ import annotations

from collections.abc import Mapping

import cython

from resolver.infra.limits import MAX_LETTERS
from resolver.sound.multigram_alignment import LETTERS

_MAX_LETTERS = cython.declare(cython.int, MAX_LETTERS)
_ALPHABET = cython.declare(cython.int, LETTERS)


@cython.boundscheck(False)
@cython.wraparound(False)
def needed_scores(
    marginals: cython.double[::1],
    own: float,
    usual: float,
    afresh: cython.bint,
    known: cython.double[::1],
    needed: cython.double[::1],
) -> None:
    """Write to `needed` the scores above which `raise_similarities` raises numbers in `known`; `afresh`: in zeros."""
    c: cython.Py_ssize_t
    alone: cython.double = own
    scale: cython.double = 0.5 * usual
    for c in range(len(marginals)):
        needed[c] = marginals[c] + alone
        if not afresh:
            needed[c] *= 1.0 - known[c] * scale


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
def find_pieces(
    children: cython.short[::1],
    node_probability: cython.double[::1],
    unknown: float,
    letters: cython.uchar[::1],
    starts: cython.int[::1],
    depth: int,
    work: cython.double[::1],
    nodes: cython.short[::1],
    marginals: cython.double[::1],
) -> None:
    """Find the pieces of a table in spellings in letters, and the log-probability of each over all segmentations.

    `nodes[at * depth + k]` becomes the node of the trie for the k + 1 letters from `letters[at]` on; `nodes` comes with
    zeros. `node_probability[node]` is that of the piece
    which ends at a node, `unknown` that of any letter to stand where no piece does. `work` is room for
    MAX_LETTERS + 1 numbers.
    """
    count: cython.Py_ssize_t = len(starts) - 1
    strange: cython.double = unknown
    most: cython.Py_ssize_t = depth
    c: cython.Py_ssize_t
    i: cython.int
    k: cython.int
    n: cython.int
    start: cython.Py_ssize_t
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
                    nodes[(start + i) * most + k - i] = node
                    work[k + 1] += work[i] * node_probability[node]
            marginals[c] = _log(work[n]) if work[n] > 0.0 else -700.0


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
