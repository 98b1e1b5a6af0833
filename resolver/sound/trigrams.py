"""The search keys of a word: the trigrams of its letters and of its folded consonants, as numbers.

Plain Python that Cython compiles (pure Python mode); both give the same answers.
"""

from __future__ import annotations

import cython

from resolver.infra.limits import MAX_KEYED_LETTERS

_MAX_LETTERS = cython.declare(cython.int, MAX_KEYED_LETTERS)
_SPACE = cython.declare(cython.uint, 32)
_FOLDED = cython.declare(cython.uint, 0x1000000)
_S = cython.declare(cython.uchar, 115)


@cython.boundscheck(False)
@cython.wraparound(False)
def fold_letters(word: cython.uchar[::1], classes: cython.uchar[::1], out: cython.uchar[::1]) -> int:
    """Write the folded consonants of a word: `classes[letter]`, nothing for class 0, and no class twice in a row.

    c before e, i or y and the groups sh, ch, cz, sz, ts and tz count as s. Returns how many there are.
    """
    n: cython.int = min(len(word), _MAX_LETTERS)
    i: cython.int = 0
    count: cython.int = 0
    letter: cython.uchar
    after: cython.uchar
    folded: cython.uchar
    while i < n:
        letter = word[i]
        after = word[i + 1] if i + 1 < n else 0
        if letter == 99 and (after == 101 or after == 105 or after == 121):
            letter = _S
        elif (
            (after == 104 and (letter == 115 or letter == 99))
            or (after == 122 and (letter == 99 or letter == 115 or letter == 116))
            or (after == 115 and letter == 116)
        ):
            letter = _S
            i += 1
        i += 1
        folded = classes[letter]
        if folded != 0 and (count == 0 or out[count - 1] != folded):
            out[count] = folded
            count += 1
    return count


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cfunc
def _add_trigrams(
    word: cython.uchar[::1], n: cython.int, mark: cython.uint, out: cython.uint[::1], count: cython.int
) -> cython.int:
    """Add the trigrams of a word between spaces, each once."""
    i: cython.int
    j: cython.int
    key: cython.uint
    gram: cython.uint = _SPACE
    for i in range(n + 1):
        gram = ((gram << 8) | (word[i] if i < n else _SPACE)) & 0xFFFFFF
        if i == 0:
            continue
        key = mark | gram
        j = 0
        while j < count and out[j] != key:
            j += 1
        if j == count:
            out[count] = key
            count += 1
    return count


def write_keys(
    word: cython.uchar[::1],
    classes: cython.uchar[::1],
    code: cython.uint,
    room: cython.uchar[::1],
    out: cython.uint[::1],
) -> int:
    """Write the numbers of the keys of a word, without repetition: its trigrams, those of its folded consonants, and
    `code` unless that is 0. Returns how many there are.

    `room` has MAX_KEYED_LETTERS places, `out` 2 * MAX_KEYED_LETTERS + 3.
    """
    count: cython.int = _add_trigrams(word, min(len(word), _MAX_LETTERS), 0, out, 0)
    count = _add_trigrams(room, fold_letters(word, classes, room), _FOLDED, out, count)
    if code != 0:
        out[count] = code
        count += 1
    return count
