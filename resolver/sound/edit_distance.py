"""Weighted edit distance of short strings of sounds.

Plain Python that Cython compiles (pure Python mode). It reckons in doubles, as Python does: both give the same answers.
"""

from __future__ import annotations

import cython

from resolver.infra.limits import MAX_LETTERS

SYMBOLS = 64
"""Strings are bytes below SYMBOLS; a cost table has SYMBOLS x SYMBOLS entries, and index 0 is "nothing"."""

_SYMBOLS = cython.declare(cython.Py_ssize_t, SYMBOLS)
_MAX_LETTERS = cython.declare(cython.int, MAX_LETTERS)
_WIDTH = cython.declare(cython.Py_ssize_t, MAX_LETTERS + 1)
_SWAP = cython.declare(cython.double, 0.7)
_DOUBLED = cython.declare(cython.double, 0.15)
_ENDLESS = cython.declare(cython.double, 1e9)
_ROUNDING = cython.declare(cython.double, 1e-9)


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cdivision(True)
@cython.cfunc
@cython.exceptval(check=False)
def _distance(
    left: cython.uchar[::1],
    a: cython.Py_ssize_t,
    n: cython.int,
    right: cython.uchar[::1],
    b: cython.Py_ssize_t,
    m: cython.int,
    costs: cython.double[::1],
    rows: cython.double[::1],
    most: cython.double,
) -> cython.double:
    """The distance of n symbols of `left` from place a on and m of `right` from b on, or a number above `most`."""
    i: cython.int
    j: cython.int
    gaps: cython.Py_ssize_t = 3 * _WIDTH
    row: cython.Py_ssize_t = 0
    above: cython.Py_ssize_t = _WIDTH
    two_above: cython.Py_ssize_t = 2 * _WIDTH
    held: cython.Py_ssize_t
    line: cython.Py_ssize_t
    symbol: cython.uchar
    last: cython.uchar = 0
    gap: cython.double
    best: cython.double
    nearest: cython.double
    nearest_above: cython.double = 0.0
    rows[0] = 0.0
    for j in range(m):
        symbol = right[b + j]
        rows[gaps + j] = _DOUBLED if j > 0 and symbol == last else costs[symbol]
        rows[j + 1] = rows[j] + rows[gaps + j]
        last = symbol
    for i in range(n):
        held = two_above
        two_above = above
        above = row
        row = held
        symbol = left[a + i]
        line = symbol * _SYMBOLS
        gap = _DOUBLED if i > 0 and symbol == last else costs[symbol]
        rows[row] = rows[above] + gap
        nearest = rows[row]
        for j in range(m):
            best = min(rows[above + j] + costs[line + right[b + j]], rows[above + j + 1] + gap)
            best = min(best, rows[row + j] + rows[gaps + j])
            if i > 0 and j > 0 and symbol == right[b + j - 1] and last == right[b + j]:
                best = min(best, rows[two_above + j - 1] + _SWAP)
            rows[row + j + 1] = best
            nearest = min(nearest, best)
        if nearest > most and nearest_above > most:  # a swap takes two rows
            return nearest
        nearest_above = nearest
        last = symbol
    return rows[row + m]


def distance(a: bytes, b: bytes, costs: cython.double[::1], rows: cython.double[::1]) -> float:
    """The least cost of turning `a` into `b` by substitutions, gaps and swaps of neighbours; symmetric.

    `costs[x * SYMBOLS + y]` is the cost of y for x and `costs[x]` of leaving x out; `rows` is room
    for 4 * (MAX_LETTERS + 1) numbers.
    """
    left, right = bytearray(a), bytearray(b)
    return _distance(left, 0, min(len(a), MAX_LETTERS), right, 0, min(len(b), MAX_LETTERS), costs, rows, _ENDLESS)


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cdivision(True)
def similarities(
    left: cython.uchar[::1],
    left_starts: cython.int[::1],
    right: cython.uchar[::1],
    right_starts: cython.int[::1],
    costs: cython.double[::1],
    rows: cython.double[::1],
    out: cython.double[::1],
    stride: int,
    least: float = 0.0,
) -> None:
    """Write the similarity of left string i and right string j to `out[i * stride + j]`: max(0, 1 - distance / longer).

    String i is `left[left_starts[i]:left_starts[i + 1]]`. The similarity with an empty string is 0, and one below
    `least` may be written as 0.
    """
    wide: cython.Py_ssize_t = stride
    i: cython.Py_ssize_t
    j: cython.Py_ssize_t
    n: cython.int
    m: cython.int
    longer: cython.int
    far: cython.double = 1.0 - cython.cast(cython.double, least)
    most: cython.double
    apart: cython.double
    for i in range(len(left_starts) - 1):
        n = min(left_starts[i + 1] - left_starts[i], _MAX_LETTERS)
        for j in range(len(right_starts) - 1):
            m = min(right_starts[j + 1] - right_starts[j], _MAX_LETTERS)
            longer = max(n, m)
            if n == 0 or m == 0:
                out[i * wide + j] = 0.0
                continue
            most = far * longer + _ROUNDING
            apart = _distance(left, left_starts[i], n, right, right_starts[j], m, costs, rows, most)
            out[i * wide + j] = max(1.0 - apart / longer, 0.0) if apart <= most else 0.0


@cython.boundscheck(False)
@cython.wraparound(False)
def spell(
    letters: cython.uchar[::1],
    starts: cython.int[::1],
    codes: cython.uchar[::1],
    sounds: cython.uchar[::1],
    sound_starts: cython.int[::1],
) -> None:
    """Write the sounds of each string of letters (ASCII): `codes[letter]`, or those of a group of letters.

    `codes` has the code of each byte, then for each byte whether a group begins with it, then from 512 on five bytes
    for each group: three letters (0 where it has but two or one) and the one or two sounds they spell; longer groups
    come first. `sounds` has room for twice as many sounds as there are letters.
    """
    groups: cython.Py_ssize_t = (len(codes) - 512) // 5
    i: cython.Py_ssize_t
    at: cython.Py_ssize_t
    g: cython.Py_ssize_t
    end: cython.Py_ssize_t
    place: cython.Py_ssize_t = 0
    found: cython.Py_ssize_t
    group: cython.Py_ssize_t
    sound_starts[0] = 0
    for i in range(len(starts) - 1):
        at = starts[i]
        end = starts[i + 1]
        while at < end:
            found = 0
            for g in range(groups if codes[256 + letters[at]] else 0):
                group = 512 + 5 * g
                if codes[group] != letters[at]:
                    continue
                if codes[group + 1] != 0 and (at + 1 >= end or codes[group + 1] != letters[at + 1]):
                    continue
                if codes[group + 2] != 0 and (at + 2 >= end or codes[group + 2] != letters[at + 2]):
                    continue
                sounds[place] = codes[group + 3]
                place += 1
                if codes[group + 4] != 0:
                    sounds[place] = codes[group + 4]
                    place += 1
                found = 1 + (codes[group + 1] != 0) + (codes[group + 2] != 0)
                break
            if found == 0:
                sounds[place] = codes[letters[at]]
                place += 1
                found = 1
            at += found
        sound_starts[i + 1] = place
