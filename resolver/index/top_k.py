"""Top-k selection: of many numbers with values, those with the highest values, without sorting all.

Plain Python that Cython compiles (pure Python mode); both give the same answers.
"""

from __future__ import annotations

import cython

BINS = 1024
"""Bins of the histogram of values that finds the threshold of the top k."""

_BINS = cython.declare(cython.Py_ssize_t, 1024)


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cdivision(True)
def select_best(
    numbers: cython.uint[::1],
    given: cython.float[::1],
    count: cython.Py_ssize_t,
    bins: cython.uint[::1],
    best: cython.uint[::1],
    values: cython.float[::1],
) -> int:
    """Write the numbers with the highest values, highest first, ties by number; return how many there are.

    `best` has room for k; values are at least 0; `bins` has BINS places. Where the bin at the threshold does not fit
    whole, the numbers given first are taken from it.
    """
    room: cython.Py_ssize_t = len(best)
    i: cython.Py_ssize_t
    k: cython.Py_ssize_t
    place: cython.Py_ssize_t = 0
    number: cython.uint
    value: cython.float
    scale: cython.float = 0.0
    used: cython.Py_ssize_t = min(room, count)
    for k in range(_BINS):
        bins[k] = 0
    for i in range(count):
        scale = max(scale, given[i])
    scale = (_BINS - 1) / scale if scale > 0.0 else 0.0
    for i in range(count):
        bins[cython.cast(cython.Py_ssize_t, given[i] * scale)] += 1
    for k in range(_BINS - 1, -1, -1):
        i = bins[k]
        bins[k] = place
        place += i
    for i in range(count):
        k = cython.cast(cython.Py_ssize_t, given[i] * scale)
        place = bins[k]
        bins[k] += 1
        if place < room:
            best[place] = numbers[i]
            values[place] = given[i]
    for i in range(1, used):
        number = best[i]
        value = values[i]
        place = i
        while place > 0 and (values[place - 1] < value or (values[place - 1] == value and best[place - 1] > number)):
            values[place] = values[place - 1]
            best[place] = best[place - 1]
            place -= 1
        values[place] = value
        best[place] = number
    return used


@cython.boundscheck(False)
@cython.wraparound(False)
def longest_rows(row_at: cython.uint[::1], members: cython.uint[::1], longest: cython.ushort[::1]) -> None:
    """Write for each member the length of the longest row that begins with it, 65,535 at most."""
    row: cython.Py_ssize_t
    size: cython.uint
    for row in range(len(row_at) - 1):
        size = min(row_at[row + 1] - row_at[row], 65535)
        if size > 0 and longest[members[row_at[row]]] < size:
            longest[members[row_at[row]]] = size
