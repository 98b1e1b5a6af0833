"""Compiled loops of building an index: sorting and counting.

Plain Python that Cython compiles (pure Python mode); both give the same answers.
"""

from __future__ import annotations

import cython

_LOW = cython.declare(cython.ulonglong, 0xFFFFFFFF)


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cdivision(True)
def count_elsewhere(
    wanted: cython.uint[::1], keys: cython.uint[::1], rarity: cython.float[::1], forms: int, out: cython.double[::1]
) -> None:
    """Write the number of `forms` in another index that have each wanted key, from its rarity there. Keys ascend."""
    names: cython.double = forms
    place: cython.Py_ssize_t = 0
    i: cython.Py_ssize_t
    for i in range(len(wanted)):
        while place < len(keys) and keys[place] < wanted[i]:
            place += 1
        out[i] = names / _expm1(rarity[place]) if place < len(keys) and keys[place] == wanted[i] else 0.0


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cdivision(True)
def weigh_keys(
    starts: cython.uint[::1],
    words: cython.uint[::1],
    word_starts: cython.uint[::1],
    elsewhere: cython.double[::1],
    forms: int,
    rarity: cython.float[::1],
    norms: cython.float[::1],
) -> None:
    """Write the inverse document frequency of each key, and the norm of each word: the root of the sum of squares.

    `forms` counts all forms; `elsewhere` has for each key the number of those that are in another index.
    """
    names: cython.double = forms
    key: cython.Py_ssize_t
    i: cython.Py_ssize_t
    frequency: cython.double
    value: cython.double
    for key in range(len(starts) - 1):
        frequency = elsewhere[key]
        for i in range(starts[key], starts[key + 1]):
            frequency += word_starts[words[i] + 1] - word_starts[words[i]]
        value = _log(1.0 + names / frequency)
        rarity[key] = value
        for i in range(starts[key], starts[key + 1]):
            norms[words[i]] += value * value
    for i in range(len(norms)):
        norms[i] = _sqrt(norms[i]) if norms[i] > 0.0 else 1.0


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cdivision(True)
def weigh_rows(
    starts: cython.uint[::1], words: cython.uint[::1], norms: cython.float[::1], step: float, out: cython.uchar[::1]
) -> None:
    """Write the norm of each row: the root of the sum of the squared norms of its words, in units of `step`."""
    unit: cython.double = step
    row: cython.Py_ssize_t
    i: cython.Py_ssize_t
    total: cython.double
    for row in range(len(starts) - 1):
        total = 0.0
        for i in range(starts[row], starts[row + 1]):
            total += norms[words[i]] * norms[words[i]]
        out[row] = int(min(max(_sqrt(total) / unit + 0.5, 1.0), 255.0))


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cdivision(True)
def weigh_words(starts: cython.uint[::1], rows: int, out: cython.float[::1]) -> None:
    """Write the weight of each value, log(1 + rows / count) / log(1 + rows): 1 for a value in one row or none."""
    names: cython.double = rows
    whole: cython.double = _log(1.0 + names) if rows > 0 else 1.0
    i: cython.Py_ssize_t
    for i in range(len(starts) - 1):
        out[i] = _log(1.0 + names / max(starts[i + 1] - starts[i], 1)) / whole


@cython.boundscheck(False)
@cython.wraparound(False)
def most_in_a_row(starts: cython.uint[::1]) -> int:
    """The length of the longest row."""
    most: cython.uint = 0
    i: cython.Py_ssize_t
    for i in range(len(starts) - 1):
        most = max(most, starts[i + 1] - starts[i])
    return most


@cython.boundscheck(False)
@cython.wraparound(False)
def renumber(values: cython.uint[::1], numbers: cython.uint[::1]) -> None:
    """Put `numbers[value]` in place of each value."""
    i: cython.Py_ssize_t
    for i in range(len(values)):
        values[i] = numbers[values[i]]


@cython.boundscheck(False)
@cython.wraparound(False)
def invert(
    starts: cython.uint[::1], values: cython.uint[::1], out_starts: cython.uint[::1], out: cython.uint[::1]
) -> int:
    """Write the rows that hold each value, once each and in order; return the number of entries.

    Row i is `values[starts[i]:starts[i + 1]]`. The rows of value v become `out[out_starts[v]:out_starts[v + 1]]`;
    `out_starts` is given as zeros and has one place more than there are values.
    """
    row: cython.Py_ssize_t
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    values_count: cython.Py_ssize_t = len(out_starts) - 1
    total: cython.uint = 0
    held: cython.uint
    phase: cython.int
    for phase in range(2):
        for row in range(len(starts) - 1):
            for i in range(starts[row], starts[row + 1]):
                j = starts[row]
                while values[j] != values[i]:
                    j += 1
                if j < i:
                    continue
                if phase == 0:
                    out_starts[values[i]] += 1
                else:
                    out[out_starts[values[i]]] = row
                    out_starts[values[i]] += 1
        if phase == 0:
            for i in range(values_count + 1):
                held = out_starts[i]
                out_starts[i] = total
                total += held
        else:
            for i in range(values_count, 0, -1):
                out_starts[i] = out_starts[i - 1]
            out_starts[0] = 0
    return total


@cython.boundscheck(False)
@cython.wraparound(False)
def by_commonest(
    starts: cython.uint[::1], values: cython.uint[::1], counts: cython.uint[::1], out: cython.ulonglong[::1]
) -> None:
    """Write for each row: the value in it that most rows hold, << 32, | the row's number."""
    row: cython.Py_ssize_t
    i: cython.Py_ssize_t
    most: cython.uint
    held: cython.uint
    commonest: cython.ulonglong
    for row in range(len(starts) - 1):
        most = 0
        commonest = 0
        for i in range(starts[row], starts[row + 1]):
            held = counts[values[i] + 1] - counts[values[i]]
            if held > most:
                most = held
                commonest = values[i]
        out[row] = (commonest << 32) | row


@cython.boundscheck(False)
@cython.wraparound(False)
def arrange(
    order: cython.ulonglong[::1],
    starts: cython.uint[::1],
    values: cython.uint[::1],
    out_starts: cython.uint[::1],
    out: cython.uint[::1],
    numbers: cython.uint[::1],
) -> None:
    """Write the rows in the order of the low halves of `order`, and the new number of each row to `numbers`."""
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    row: cython.uint
    at: cython.uint = 0
    out_starts[0] = 0
    for i in range(len(order)):
        row = order[i] & _LOW
        numbers[row] = i
        for j in range(starts[row], starts[row + 1]):
            out[at] = values[j]
            at += 1
        out_starts[i + 1] = at


@cython.boundscheck(False)
@cython.wraparound(False)
def sort_numbers(values: cython.ulonglong[::1], room: cython.ulonglong[::1], counts: cython.uint[::1]) -> None:
    """Sort the numbers in place (radix sort). `room` has their length, `counts` 65,536 places."""
    count: cython.Py_ssize_t = len(values)
    shift: cython.int
    i: cython.Py_ssize_t
    digit: cython.uint
    total: cython.uint
    held: cython.uint
    for shift in range(0, 64, 16):
        for i in range(65536):
            counts[i] = 0
        for i in range(count):
            counts[(values[i] >> shift) & 0xFFFF] += 1
        total = 0
        for i in range(65536):
            held = counts[i]
            counts[i] = total
            total += held
        for i in range(count):
            digit = (values[i] >> shift) & 0xFFFF
            room[counts[digit]] = values[i]
            counts[digit] += 1
        for i in range(count):
            values[i] = room[i]


@cython.boundscheck(False)
@cython.wraparound(False)
def split_pairs(
    pairs: cython.ulonglong[::1], highs: cython.uint[::1], starts: cython.uint[::1], lows: cython.uint[::1]
) -> int:
    """Split sorted pairs (high half, low half) into distinct high halves, the start of their low halves, and these.

    Returns the number of distinct high halves; `starts` gets one entry more.
    """
    count: cython.Py_ssize_t = 0
    i: cython.Py_ssize_t
    high: cython.uint
    for i in range(len(pairs)):
        high = pairs[i] >> 32
        if count == 0 or highs[count - 1] != high:
            highs[count] = high
            starts[count] = i
            count += 1
        lows[i] = pairs[i] & _LOW
    starts[count] = len(pairs)
    return count


if cython.compiled:
    from cython.cimports.libc.math import expm1 as _expm1
    from cython.cimports.libc.math import log as _log
    from cython.cimports.libc.math import sqrt as _sqrt
else:
    from math import expm1 as _expm1
    from math import log as _log
    from math import sqrt as _sqrt
