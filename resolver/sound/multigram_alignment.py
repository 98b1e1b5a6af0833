"""The best alignment of one spelling with many others, by the learned costs of pairs of pieces.

Plain Python that Cython compiles (pure Python mode). Scores are whole hundredths of a nat, marginals are doubles as
Python's are: both ways to run give the same answers.
"""

from __future__ import annotations

import cython

from resolver.infra.limits import MAX_LETTERS

LETTERS = 27
"""Spellings on the side of the letters are bytes below LETTERS: 1 to 26 for a to z, 0 for anything else."""

UNIT = 100
"""Scores are whole numbers in units of 1 / UNIT nat."""

_MAX_LETTERS = cython.declare(cython.int, MAX_LETTERS)
_UNIT = cython.declare(cython.double, UNIT)
NEVER = -100000000
"""Less than any score."""

_NEVER = cython.declare(cython.int, NEVER)
_ROUNDING = cython.declare(cython.double, 1e-6)  # nats, by which a number in `needed` may be off

# Where the bounds of one alignment are in their array. First come those of the letters from each place on; then twice
# the same where half of each pair's score counts, and that of the units from each place on; then the scores of the best
# pairs for the pieces in units.
_HALVES = cython.declare(cython.int, MAX_LETTERS + 1)
_UNITS = cython.declare(cython.int, 2 * (MAX_LETTERS + 1))
_PAIRS = cython.declare(cython.int, 3 * (MAX_LETTERS + 1))


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cdivision(True)
def best_scores(
    nodes: cython.short[::1],
    depth: int,
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
    tops: cython.int[::1],
    arcs: cython.int[::1],
    work: cython.int[::1],
    bounds: cython.int[::1],
    likely: cython.double[::1],
    least: float,
    needed: cython.double[::1],
    out: cython.double[::1],
) -> None:
    """Write to `out` the score of the best alignment of a spelling in units with each spelling in letters (nats).

    Where `likely` has a number for each spelling in letters, those with a number below `least` are skipped: they get
    NEVER. So are those whose score is surely below their number in `needed`, if it has any; others below it may be.

    `nodes` has the pieces in the spellings in letters, up to `depth` from each letter on, as `find_pieces` wrote them.
    Spelling i in letters is `letters[starts[i]:starts[i + 1]]`. The spelling in units: `pieces[j * width + k]` is the
    piece of k + 1 units at j, or -1.

    The table, its scores in hundredths of a nat, none above 0: the pairs of the unit piece p are `entry_node` and
    `entry_score` from `entry_at[p]` to `entry_at[p + 1]`; `letter_gaps[letter]` scores a letter that stands for
    nothing, `unit_gaps[j]` unit j of the spelling, `substitution` one for another that no pair explains.

    `heads` (zeros, one a node), `tops` (NEVER, one a node), `arcs` (four for each entry of each piece, and four),
    `work` ((MAX_LETTERS + 1) ** 2) and `bounds` (see AlignmentBuffers) are room to work in; `heads` and `tops` are left
    as they were.
    """
    m: cython.int = len(unit_gaps)
    width: cython.int = len(pieces) // m if m > 0 else 1
    count: cython.Py_ssize_t = len(starts) - 1
    swap: cython.int = substitution
    chosen: cython.bint = len(likely) > 0
    bounded: cython.bint = len(needed) > 0
    all_units: cython.int = 0
    enough_twice: cython.int = 0
    low: cython.int
    high: cython.int
    enough: cython.double = least
    side: cython.int = m + 1
    most: cython.int = depth
    first: cython.Py_ssize_t
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
                    tops[node] = max(tops[node], entry_score[e])
                    heads[node] = arc
        if bounded:
            all_units = _bound_by_all(entry_at, entry_score, swap, pieces, unit_gaps, width, bounds)
        for c in range(count):
            if chosen and likely[c] < enough:
                out[c] = _NEVER
                continue
            start = starts[c]
            n = starts[c + 1] - start
            if n > _MAX_LETTERS:
                n = _MAX_LETTERS
            if bounded:
                enough_twice = cython.cast(cython.int, _floor(2.0 * _UNIT * (needed[c] - _ROUNDING)))
            if bounded and _is_below(
                nodes,
                most,
                letter_gaps,
                swap,
                unit_gaps,
                width,
                letters,
                start,
                n,
                heads,
                tops,
                arcs,
                all_units,
                enough_twice,
                bounds,
            ):
                out[c] = _NEVER
                continue
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
                low = 0
                high = m
                if bounded:  # what cannot come to enough is left out
                    value = enough_twice - bounds[_HALVES + i]
                    while low <= m and 2 * work[here + low] + bounds[_UNITS + low] < value:
                        low += 1
                    if low > m:
                        continue
                    while 2 * work[here + high] + bounds[_UNITS + high] < value:
                        high -= 1
                gap = letter_gaps[letters[start + i]]
                row = here + side
                for j in range(low, high + 1):
                    work[row + j] = max(work[row + j], work[here + j] + gap)
                for j in range(low, min(high + 1, m)):
                    work[row + j + 1] = max(work[row + j + 1], work[here + j] + swap)
                first = (start + i) * most
                for k in range(min(most, n - i)):
                    node = nodes[first + k]
                    if node == 0:
                        break
                    arc = heads[node]
                    row = (i + k + 1) * side
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
                        tops[entry_node[e]] = _NEVER


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _bound_by_all(
    entry_at: cython.int[::1],
    entry_score: cython.int[::1],
    swap: cython.int,
    pieces: cython.int[::1],
    unit_gaps: cython.int[::1],
    width: cython.int,
    bounds: cython.int[::1],
) -> cython.int:
    """The most that the units can add to twice the score of an alignment, where half of each pair's score counts."""
    i: cython.int
    e: cython.int
    for i in range(len(pieces)):
        bounds[_PAIRS + i] = _NEVER
        if pieces[i] >= 0:
            for e in range(entry_at[pieces[i]], entry_at[pieces[i] + 1]):
                bounds[_PAIRS + i] = max(bounds[_PAIRS + i], entry_score[e])
    return _bound_by_units(swap, unit_gaps, width, bounds)


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _bound_by_units(
    swap: cython.int, unit_gaps: cython.int[::1], width: cython.int, bounds: cython.int[::1]
) -> cython.int:
    """The same by the best pairs that are in the array of bounds."""
    j: cython.int
    k: cython.int
    m: cython.int = len(unit_gaps)
    value: cython.int
    bounds[_UNITS + m] = 0
    for j in range(m - 1, -1, -1):
        value = bounds[_UNITS + j + 1] + max(2 * unit_gaps[j], swap)
        for k in range(min(width, m - j)):
            value = max(value, bounds[_UNITS + j + k + 1] + bounds[_PAIRS + j * width + k])
        bounds[_UNITS + j] = value
    return bounds[_UNITS]


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cdivision(True)
@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _is_below(
    nodes: cython.short[::1],
    depth: cython.int,
    letter_gaps: cython.int[::1],
    swap: cython.int,
    unit_gaps: cython.int[::1],
    width: cython.int,
    letters: cython.uchar[::1],
    start: cython.int,
    n: cython.int,
    heads: cython.int[::1],
    tops: cython.int[::1],
    arcs: cython.int[::1],
    all_units: cython.int,
    enough_twice: cython.int,
    bounds: cython.int[::1],
) -> cython.bint:
    """Whether twice the score of the best alignment (hundredths of a nat) is surely below a number.

    A bound is the best way to cover the letters alone, each piece by its best pair. Another is half of that plus half
    of the best way to cover the units alone, by pairs whose pieces the letters have: each alignment does both.
    """
    m: cython.int = len(unit_gaps)
    i: cython.int
    k: cython.int
    node: cython.int
    arc: cython.int
    place: cython.int
    gap: cython.int
    whole: cython.int
    half: cython.int
    first: cython.Py_ssize_t
    bounds[n] = 0
    bounds[_HALVES + n] = 0
    for i in range(n - 1, -1, -1):
        gap = letter_gaps[letters[start + i]]
        whole = bounds[i + 1] + max(gap, swap)
        half = bounds[_HALVES + i + 1] + max(2 * gap, swap)
        first = (start + i) * depth
        for k in range(min(depth, n - i)):
            node = nodes[first + k]
            if node == 0:
                break
            whole = max(whole, bounds[i + k + 1] + tops[node])
            half = max(half, bounds[_HALVES + i + k + 1] + tops[node])
        bounds[i] = whole
        bounds[_HALVES + i] = half
    if 2 * bounds[0] < enough_twice or bounds[_HALVES] + all_units < enough_twice:
        return True
    for i in range(m * width):
        bounds[_PAIRS + i] = _NEVER
    for first in range(start * depth, (start + n) * depth):
        arc = heads[nodes[first]]
        while arc != 0:
            place = _PAIRS + arcs[arc + 1] * width + arcs[arc + 2] - arcs[arc + 1] - 1
            bounds[place] = max(bounds[place], arcs[arc + 3])
            arc = arcs[arc]
    return bounds[_HALVES] + _bound_by_units(swap, unit_gaps, width, bounds) < enough_twice


if cython.compiled:
    from cython.cimports.libc.math import floor as _floor
else:
    from math import floor as _floor
