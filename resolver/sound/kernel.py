"""Weighted edit distance of short strings: the inner loop of every comparison.

Plain Python that Cython compiles (pure Python mode). It reckons in doubles, as Python does: both give the same answers.
"""

from __future__ import annotations

import cython

SYMBOLS = 64
"""Strings are bytes below SYMBOLS; a cost table has SYMBOLS x SYMBOLS entries, and index 0 is "nothing"."""

LONGEST = 48
"""Longer strings are compared by their first LONGEST symbols."""


SWAP = cython.declare(cython.double, 0.7)
DOUBLED = cython.declare(cython.double, 0.15)


def is_compiled() -> bool:
    """Whether this module runs as compiled code."""
    return bool(cython.compiled)


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cfunc
@cython.exceptval(check=False)
def _distance(
    a: cython.p_uchar,
    n: cython.int,
    b: cython.p_uchar,
    m: cython.int,
    costs: cython.double[:],
    rows: cython.double[:],
) -> cython.double:
    i: cython.int
    j: cython.int
    row: cython.int
    above: cython.int
    two_above: cython.int
    best: cython.double
    other: cython.double
    rows[0] = 0.0
    for j in range(1, m + 1):
        rows[j] = rows[j - 1] + _gap(b, j - 1, costs)
    for i in range(1, n + 1):
        row = (i % 3) * (LONGEST + 1)
        above = ((i - 1) % 3) * (LONGEST + 1)
        two_above = ((i - 2) % 3) * (LONGEST + 1)
        rows[row] = rows[above] + _gap(a, i - 1, costs)
        for j in range(1, m + 1):
            best = rows[above + j - 1] + costs[a[i - 1] * SYMBOLS + b[j - 1]]
            other = rows[above + j] + _gap(a, i - 1, costs)
            if other < best:
                best = other
            other = rows[row + j - 1] + _gap(b, j - 1, costs)
            if other < best:
                best = other
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                other = rows[two_above + j - 2] + SWAP
                if other < best:
                    best = other
            rows[row + j] = best
    return rows[(n % 3) * (LONGEST + 1) + m]


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _gap(
    s: cython.p_uchar,
    i: cython.int,
    costs: cython.double[:],
) -> cython.double:
    """What it costs to leave out s[i]: little when it only doubles the symbol before it."""
    if i > 0 and s[i] == s[i - 1]:
        return DOUBLED
    return costs[s[i]]


def distance(a: bytes, b: bytes, costs: cython.double[:], rows: cython.double[:]) -> float:
    """The least cost of turning `a` into `b` by substitutions, gaps and swaps of neighbours; symmetric.

    `costs[x * SYMBOLS + y]` is the cost of y for x and `costs[x]` of leaving x out; `rows` is work space of
    3 * (LONGEST + 1) floats.
    """
    return _distance(a, min(len(a), LONGEST), b, min(len(b), LONGEST), costs, rows)


def similarities(left: list[bytes], right: list[bytes], costs: cython.double[:], rows: cython.double[:]) -> list[float]:
    """1 - distance / length of the longer, never below 0, of each left string with each right one, row by row."""
    out: list[float] = []
    a: bytes
    b: bytes
    n: cython.int
    m: cython.int
    longer: cython.int
    value: cython.double
    for a in left:
        n = min(len(a), LONGEST)
        for b in right:
            m = min(len(b), LONGEST)
            longer = n if n > m else m
            if longer == 0:
                out.append(0.0)
                continue
            value = 1.0 - _distance(a, n, b, m, costs, rows) / longer
            out.append(value if value > 0.0 else 0.0)
    return out
