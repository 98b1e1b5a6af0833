"""Hash tables of rows of numbers and of strings, and the stretches of a text that may contain a row, which is a name.

Plain Python that Cython compiles (pure Python mode); both give the same answers.
"""

from __future__ import annotations

from typing import NamedTuple

import cython

from resolver.infra.arrays import Buffer, zeros
from resolver.names.character_classes import (
    APOSTROPHE,
    BINDING,
    CAPITAL,
    CLASSIFIED,
    CODE_CLASSES,
    LETTER,
    PLUS,
    SMALL,
    STOP,
)

NONE = 0xFFFFFFFF
"""An empty slot of a hash table."""

_NONE = cython.declare(cython.uint, 0xFFFFFFFF)
_LOW = cython.declare(cython.ulonglong, 0xFFFFFFFF)
_SMALL = cython.declare(cython.int, SMALL)
_CAPITAL = cython.declare(cython.int, CAPITAL)
_LETTER = cython.declare(cython.int, LETTER)
_APOSTROPHE = cython.declare(cython.int, APOSTROPHE)
_BINDING = cython.declare(cython.int, BINDING)
_CLASSIFIED = cython.declare(cython.uint, CLASSIFIED)
_PLUS_SIGN = cython.declare(cython.uint, ord(PLUS))
_STOP_SIGN = cython.declare(cython.uint, ord(STOP))
_SPACE_SIGN = cython.declare(cython.uint, ord(" "))
_POSSESSIVE_S = cython.declare(cython.uint, ord("s"))


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cfunc
@cython.exceptval(check=False)
def _mix(words: cython.uint[::1], start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.uint:
    """A hash of a sequence of numbers (FNV-1a, with a shift after each number)."""
    value: cython.ulonglong = 2166136261
    i: cython.Py_ssize_t
    for i in range(start, end):
        value = ((value ^ words[i]) * 16777619) & _LOW
        value ^= value >> 15
    return value


@cython.boundscheck(False)
@cython.wraparound(False)
def find_row(
    slots: cython.uint[::1], starts: cython.uint[::1], values: cython.uint[::1], wanted: cython.uint[::1]
) -> int:
    """The number of the row equal to `wanted`, or -slot - 1 with the free slot for it.

    Row i is `values[starts[i]:starts[i + 1]]`; `slots` is a hash table of row numbers, its length a power of two.
    """
    return _find_row(slots, starts, values, wanted, 0, len(wanted))


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _find_row(
    slots: cython.uint[::1],
    starts: cython.uint[::1],
    values: cython.uint[::1],
    wanted: cython.uint[::1],
    begin: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
) -> cython.longlong:
    """As `find_row`, for `wanted[begin:end]`."""
    mask: cython.Py_ssize_t = len(slots) - 1
    count: cython.Py_ssize_t = end - begin
    place: cython.Py_ssize_t = _mix(wanted, begin, end) & mask
    row: cython.uint
    i: cython.Py_ssize_t
    while slots[place] != _NONE:
        row = slots[place]
        if starts[row + 1] - starts[row] == count:
            i = 0
            while i < count and values[starts[row] + i] == wanted[begin + i]:
                i += 1
            if i == count:
                return row
        place = (place + 1) & mask
    return -place - 1


@cython.boundscheck(False)
@cython.wraparound(False)
def fill_slots(slots: cython.uint[::1], starts: cython.uint[::1], values: cython.uint[::1]) -> None:
    """Insert all rows into an empty hash table."""
    mask: cython.Py_ssize_t = len(slots) - 1
    place: cython.Py_ssize_t
    row: cython.Py_ssize_t
    for row in range(len(starts) - 1):
        place = _mix(values, starts[row], starts[row + 1]) & mask
        while slots[place] != _NONE:
            place = (place + 1) & mask
        slots[place] = row


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cfunc
@cython.exceptval(check=False)
def _mix_bytes(text: cython.uchar[::1], start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.uint:
    value: cython.ulonglong = 2166136261
    i: cython.Py_ssize_t
    for i in range(start, end):
        value = ((value ^ text[i]) * 16777619) & _LOW
    return value ^ (value >> 15)


@cython.boundscheck(False)
@cython.wraparound(False)
def find_text(
    slots: cython.uint[::1], starts: cython.uint[::1], text: cython.uchar[::1], wanted: cython.uchar[::1]
) -> int:
    """The number of the string in `text` equal to `wanted`, or -1; as `find_row`, for bytes."""
    return _find_text(slots, starts, text, wanted, 0, len(wanted))


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _find_text(
    slots: cython.uint[::1],
    starts: cython.uint[::1],
    text: cython.uchar[::1],
    wanted: cython.uchar[::1],
    begin: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
) -> cython.longlong:
    """As `find_text`, for `wanted[begin:end]`."""
    mask: cython.Py_ssize_t = len(slots) - 1
    count: cython.Py_ssize_t = end - begin
    place: cython.Py_ssize_t = _mix_bytes(wanted, begin, end) & mask
    row: cython.uint
    i: cython.Py_ssize_t
    while slots[place] != _NONE:
        row = slots[place]
        if starts[row + 1] - starts[row] == count:
            i = 0
            while i < count and text[starts[row] + i] == wanted[begin + i]:
                i += 1
            if i == count:
                return row
        place = (place + 1) & mask
    return -1


@cython.boundscheck(False)
@cython.wraparound(False)
def find_halves(
    slots: cython.uint[::1],
    starts: cython.uint[::1],
    text: cython.uchar[::1],
    wanted: cython.uchar[::1],
    least: int,
    out: cython.uint[::1],
) -> int:
    """Write the numbers of each two strings in `text` that make up `wanted`, both of at least `least` bytes.

    Stops when `out` is full. Returns the number of entries written.
    """
    shortest: cython.Py_ssize_t = least
    cut: cython.Py_ssize_t
    found: cython.Py_ssize_t = 0
    one: cython.longlong
    other: cython.longlong
    for cut in range(shortest, len(wanted) - shortest + 1):
        one = find_text(slots, starts, text, wanted[:cut])
        if one >= 0:
            other = find_text(slots, starts, text, wanted[cut:])
            if other >= 0 and found + 2 <= len(out):
                out[found] = one
                out[found + 1] = other
                found += 2
    return found


@cython.boundscheck(False)
@cython.wraparound(False)
def fill_text_slots(slots: cython.uint[::1], starts: cython.uint[::1], text: cython.uchar[::1]) -> None:
    """Insert all strings of `text` into an empty hash table, as `fill_slots` does."""
    mask: cython.Py_ssize_t = len(slots) - 1
    place: cython.Py_ssize_t
    row: cython.Py_ssize_t
    for row in range(len(starts) - 1):
        place = _mix_bytes(text, starts[row], starts[row + 1]) & mask
        while slots[place] != _NONE:
            place = (place + 1) & mask
        slots[place] = row


class Forms(NamedTuple):
    """The parts of an index that find a form by its words; `longest` has the word count of the longest form that begins
    with each word, `word_marks` the marks of the words."""

    word_slots: Buffer
    written_at: Buffer
    written: Buffer
    form_slots: Buffer
    form_at: Buffer
    form_words: Buffer
    longest: Buffer
    word_marks: Buffer


_MOST_WORDS = cython.declare(cython.Py_ssize_t, 64)
_MOST_LETTERS = cython.declare(cython.Py_ssize_t, 512)
"""The sizes of the buffers for one stretch. A stretch with more words or letters is not judged."""


@cython.boundscheck(False)
@cython.wraparound(False)
def part_by_forms(codes: Buffer, found: Buffer, count: int, forms: Forms) -> int:
    """Move the stretches in `found` that may contain a form, or one with a word split in two, to the front.

    So may one with two words that are one number. Returns their number. `found` has the ends of `count` stretches,
    from `find_stretches`. Only stretches of plain ASCII words are judged; all others count as such.
    """
    text: cython.uint[::1] = codes
    out: cython.int[::1] = found
    word_slots: cython.uint[::1] = forms.word_slots
    written_at: cython.uint[::1] = forms.written_at
    written: cython.uchar[::1] = forms.written
    form_slots: cython.uint[::1] = forms.form_slots
    form_at: cython.uint[::1] = forms.form_at
    form_words: cython.uint[::1] = forms.form_words
    longest: cython.ushort[::1] = forms.longest
    word_marks: cython.ushort[::1] = forms.word_marks
    letters: cython.uchar[::1] = zeros("B", _MOST_LETTERS)
    ends: cython.int[::1] = zeros("i", _MOST_WORDS + 1)
    words: cython.uint[::1] = zeros("I", _MOST_WORDS)
    pair: cython.uint[::1] = zeros("I", 1)
    left: cython.Py_ssize_t = 0
    stretch: cython.Py_ssize_t
    tokens: cython.Py_ssize_t
    first: cython.Py_ssize_t
    last: cython.Py_ssize_t
    number: cython.longlong
    holds: cython.bint
    i: cython.int
    for stretch in range(count):
        tokens = _plain_words(text, out[2 * stretch], out[2 * stretch + 1], letters, ends)
        holds = tokens < 0
        for first in range(tokens):
            number = _find_text(word_slots, written_at, written, letters, ends[first], ends[first + 1])
            words[first] = number if number >= 0 else _NONE
            if first > 0:
                number = _find_text(word_slots, written_at, written, letters, ends[first - 1], ends[first + 1])
                if number >= 0:
                    pair[0] = number
                    holds = (
                        holds or word_marks[number] != 0 or _find_row(form_slots, form_at, form_words, pair, 0, 1) >= 0
                    )
        for first in range(tokens):
            last = first
            while not holds and last < tokens and words[last] != _NONE and last - first < longest[words[first]]:
                last += 1
                holds = _find_row(form_slots, form_at, form_words, words, first, last) >= 0
        if holds:
            for i in range(2):
                out[2 * left + i], out[2 * stretch + i] = out[2 * stretch + i], out[2 * left + i]
            left += 1
    return left


def plain_words_of(codes: Buffer) -> list[str] | None:
    """The words of a stretch, folded, given as its code points; None where `part_by_forms` does not judge it."""
    letters: cython.uchar[::1] = zeros("B", _MOST_LETTERS)
    ends: cython.int[::1] = zeros("i", _MOST_WORDS + 1)
    count: cython.Py_ssize_t = _plain_words(codes, 0, len(codes), letters, ends)
    return None if count < 0 else [bytes(letters[ends[i] : ends[i + 1]]).decode("ascii") for i in range(count)]


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cfunc
def _plain_words(
    text: cython.uint[::1],
    start: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    letters: cython.uchar[::1],
    ends: cython.int[::1],
) -> cython.Py_ssize_t:
    """Write the letters of the words of a stretch, folded, to `letters`, and where each word ends to `ends`.

    Returns the number of words, or -1 where a word is more than a run of ASCII letters and digits (by the rules of
    `names.tokens`), or the buffers are full.
    """
    table: bytes = CODE_CLASSES
    classes: cython.p_uchar = table
    place: cython.Py_ssize_t = start
    size: cython.Py_ssize_t = 0
    count: cython.Py_ssize_t = 0
    code: cython.uint
    behind: cython.uint
    after: cython.uint
    kind: cython.int
    kind_behind: cython.int
    ends[0] = 0
    while place < end:
        code = text[place]
        kind = classes[code] if code < _CLASSIFIED else _LETTER
        if kind in (_SMALL, _CAPITAL):
            if size == _MOST_LETTERS:
                return -1
            letters[size] = code | 32 if kind == _CAPITAL else code
            size += 1
            place += 1
            continue
        if kind == _LETTER:
            return -1
        if size > ends[count]:
            if count + 1 == _MOST_WORDS:
                return -1
            count += 1
            ends[count] = size
        if kind in (_APOSTROPHE, _BINDING) and place > start and _letter_class(classes, text[place - 1]) != 0:
            behind = text[place + 1] if place + 1 < end else _SPACE_SIGN
            after = text[place + 2] if place + 2 < end else _SPACE_SIGN
            kind_behind = _letter_class(classes, behind)
            if kind == _APOSTROPHE and behind | 32 == _POSSESSIVE_S and _letter_class(classes, after) == 0:
                place += 2  # the s of a possessive
                continue
            if code == _PLUS_SIGN or (code == _STOP_SIGN and kind_behind == _SMALL and after == _STOP_SIGN):
                return -1  # C++, U.S.
            if code != _STOP_SIGN and kind_behind != 0:
                return -1  # O'Brien, AT&T
        place += 1
    if size > ends[count]:
        count += 1
        ends[count] = size
    return count


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _letter_class(classes: cython.p_uchar, code: cython.uint) -> cython.int:
    """SMALL for an ASCII letter or digit, LETTER for what may be one beyond ASCII, 0 for all others."""
    kind: cython.int = classes[code] if code < _CLASSIFIED else _LETTER
    return _SMALL if kind == _CAPITAL else kind if kind in (_SMALL, _LETTER) else 0
