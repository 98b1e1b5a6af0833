"""One round of expectation maximisation: learns which pieces of two spellings stand for each other.

The model is the joint multigram (Deligne, Yvon and Bimbot, 1995; Bisani and Ney, 2008): a pair of spellings is cut
into pairs of pieces, each drawn by itself. Plain Python that Cython compiles, as the kernel; `scripts/train` drives it.
"""

from __future__ import annotations

import cython

LONGEST = 24
"""Letters of a side of a pair, at most; longer pairs are left out."""

_SIDE = cython.declare(cython.int, LONGEST + 1)


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cdivision(True)
def expect(
    one: cython.int[:],
    one_at: cython.int[:],
    other: cython.int[:],
    other_at: cython.int[:],
    widths: tuple[int, int],
    shapes: cython.double[:],
    probabilities: cython.double[:],
    columns: int,
    counts: cython.double[:],
    log_likelihoods: cython.double[:],
    work: cython.double[:],
) -> None:
    """Add to `counts` how often each pair of pieces is expected in the pairs of spellings, given `probabilities`.

    Spelling p of one side has its pieces in `one[one_at[p]:one_at[p + 1]]`: for each place, the number of the piece
    of 1, 2, ... `widths[0]` letters that begins there, or -1; the other side likewise. Piece 0 is the empty one. The
    probability of (a, b) stands at a * columns + b, that of its shape at (letters of a) * (widths[1] + 1) + (letters
    of b) in `shapes`; 0 forbids it. `log_likelihoods[p]` becomes that of pair p (nats), 1 where it has no cut.
    `work` is room for 2 * (LONGEST + 1) ** 2 numbers.
    """
    wide: cython.int = widths[0]
    high: cython.int = widths[1]
    stride: cython.Py_ssize_t = columns
    pairs: cython.Py_ssize_t = len(one_at) - 1
    p: cython.Py_ssize_t
    n: cython.int
    m: cython.int
    i: cython.int
    j: cython.int
    a: cython.int
    b: cython.int
    first: cython.Py_ssize_t
    second: cython.Py_ssize_t
    left: cython.Py_ssize_t
    right: cython.Py_ssize_t
    here: cython.int
    there: cython.int
    back: cython.int = _SIDE * _SIDE
    value: cython.double
    total: cython.double
    ahead: cython.double
    with cython.nogil:
        for p in range(pairs):
            first = one_at[p]
            second = other_at[p]
            n = (one_at[p + 1] - one_at[p]) // wide
            m = (other_at[p + 1] - other_at[p]) // high
            for i in range(n + 1):
                for j in range(m + 1):
                    work[i * _SIDE + j] = 0.0
                    work[back + i * _SIDE + j] = 0.0
            work[0] = 1.0
            for i in range(n + 1):
                for j in range(m + 1):
                    value = work[i * _SIDE + j]
                    if value == 0.0:
                        continue
                    for a in range(wide + 1 if i + wide <= n else n - i + 1):
                        left = 0 if a == 0 else one[first + i * wide + a - 1]
                        if left < 0:
                            continue
                        for b in range(high + 1 if j + high <= m else m - j + 1):
                            if shapes[a * (high + 1) + b] == 0.0:
                                continue
                            right = 0 if b == 0 else other[second + j * high + b - 1]
                            if right < 0:
                                continue
                            work[(i + a) * _SIDE + j + b] += (
                                value * shapes[a * (high + 1) + b] * probabilities[left * stride + right]
                            )
            total = work[n * _SIDE + m]
            if total <= 0.0:
                log_likelihoods[p] = 1.0
                continue
            log_likelihoods[p] = _log(total)
            work[back + n * _SIDE + m] = 1.0
            for i in range(n, -1, -1):
                for j in range(m, -1, -1):
                    here = i * _SIDE + j
                    if work[here] == 0.0:
                        continue
                    ahead = work[back + here]
                    for a in range(wide + 1 if i + wide <= n else n - i + 1):
                        left = 0 if a == 0 else one[first + i * wide + a - 1]
                        if left < 0:
                            continue
                        for b in range(high + 1 if j + high <= m else m - j + 1):
                            if shapes[a * (high + 1) + b] == 0.0:
                                continue
                            right = 0 if b == 0 else other[second + j * high + b - 1]
                            if right < 0:
                                continue
                            there = back + (i + a) * _SIDE + j + b
                            if work[there] == 0.0:
                                continue
                            value = work[there] * shapes[a * (high + 1) + b] * probabilities[left * stride + right]
                            if value == 0.0:
                                continue
                            ahead += value
                            counts[left * stride + right] += work[here] * value / total
                    work[back + here] = ahead


if cython.compiled:
    from cython.cimports.libc.math import log as _log
else:
    from math import log as _log
