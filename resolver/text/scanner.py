"""The scanner: finds the stretches of a text in which names may stand, and passes over the rest at reading speed.

Plain Python that Cython compiles (pure Python mode); both give the same answers. A chunk of text between blanks is of
interest if it has a capital letter or a letter beyond ASCII, or is one of the words in `Words`: those that names have
in small letters, and the particles. Neighbouring chunks make one stretch, which ends where no name goes on: at a line
break, a bracket, a quotation mark (`names.character_classes`).
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable

import cython

from resolver.infra.arrays import Buffer, zeros
from resolver.names.character_classes import BREAK, CAPITAL, CODE_CLASSES, EDGE, ODD, SMALL, SPACE

_SPACE = cython.declare(cython.int, SPACE)
_BREAK = cython.declare(cython.int, BREAK)
_SMALL = cython.declare(cython.int, SMALL)
_CAPITAL = cython.declare(cython.int, CAPITAL)
_EDGE = cython.declare(cython.int, EDGE)
_ODD = cython.declare(cython.int, ODD)
_SEED = cython.declare(cython.ulonglong, 0xCBF29CE484222325)
_PRIME = cython.declare(cython.ulonglong, 0x100000001B3)
_MIX = cython.declare(cython.ulonglong, 0x9E3779B97F4A7C15)
_FULL = cython.declare(cython.ulonglong, 0xFFFFFFFFFFFFFFFF)
_STOP_SIGN = cython.declare(cython.uint, ord("."))
_HYPHEN = cython.declare(cython.uint, ord("-"))
_COLON = cython.declare(cython.uint, ord(":"))
_SLASH = cython.declare(cython.uint, ord("/"))
_LETTER_A = cython.declare(cython.uint, ord("a"))
_LETTER_Z = cython.declare(cython.uint, ord("z"))
_W = cython.declare(cython.uint, ord("w"))

PLAIN = cython.declare(cython.int, 0)
PART = cython.declare(cython.int, 1)
NAMED = cython.declare(cython.int, 2)
"""The kinds of words in small letters: in no name; only inside names, such as "of"; possibly a name alone."""

BUCKET = cython.declare(cython.int, 8)
"""The number of neighbouring slots that a hash may stand in."""

_UTF32 = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"


_SIGNS = bytes(kind == ODD or chr(code) in ".:" for code, kind in enumerate(CODE_CLASSES[:128]))
"""Which ASCII characters may begin an address, a tag or a template."""


def code_points(text: str) -> array[int]:
    """The code points of a text, as an array of unsigned ints, which the functions here read."""
    return array("I", text.encode(_UTF32, "surrogatepass"))


@cython.cfunc
@cython.inline
@cython.boundscheck(False)
@cython.wraparound(False)
def _hashed(
    codes: cython.uint[::1], start: cython.Py_ssize_t, end: cython.Py_ssize_t, seed: cython.ulonglong
) -> cython.ulonglong:
    """A hash of a part of a text, never 0: FNV-1a (Fowler, Noll and Vo 1991) over code points instead of bytes."""
    value: cython.ulonglong = seed
    place: cython.Py_ssize_t
    for place in range(start, end):
        value = ((value ^ cython.cast(cython.ulonglong, codes[place])) * _PRIME) & _FULL
    value = ((value ^ (value >> 32)) * _MIX) & _FULL  # short texts differ in few bits until here
    return value | 1


@cython.cclass
class Words:
    """A hash table of words of small ASCII letters and digits, each with its kind, PART or NAMED."""

    slots: cython.ulonglong[::1]
    kinds: cython.uchar[::1]
    hints: cython.uchar[::1]
    mask: cython.ulonglong

    def __init__(self, parts: Iterable[str], named: Iterable[str]) -> None:
        """Enter the words of both lists; a word in both is NAMED."""
        known = dict.fromkeys((word for word in parts if word.isascii()), PART)
        known.update(dict.fromkeys((word for word in named if word.isascii()), NAMED))
        size: cython.ulonglong = 16
        while size < 3 * len(known):
            size *= 2
        self.mask = size - 1
        self.slots = zeros("Q", size)
        self.kinds = array("B", bytes(size))
        self.hints = array("B", bytes(1 << 14))
        for word, kind in known.items():
            if not word:
                continue
            codes: cython.uint[::1] = code_points(word)
            value: cython.ulonglong = _hashed(codes, 0, len(word), _SEED)
            place: cython.ulonglong = (value >> 40) & self.mask
            while self.slots[place] != 0 and self.slots[place] != value:
                place = (place + 1) & self.mask
            self.slots[place] = value
            self.kinds[place] = kind
            self.hints[_hint(codes[0], codes[len(word) - 1], len(word))] = 1

    @cython.cfunc
    @cython.inline
    @cython.boundscheck(False)
    @cython.wraparound(False)
    def kind(self, codes: cython.uint[::1], start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.int:
        """The kind (PLAIN, PART or NAMED) of the word that stands from `start` to `end`."""
        value: cython.ulonglong = _hashed(codes, start, end, _SEED)
        place: cython.ulonglong = (value >> 40) & self.mask
        while self.slots[place] != 0:
            if self.slots[place] == value:
                return self.kinds[place]
            place = (place + 1) & self.mask
        return 0


@cython.cfunc
@cython.inline
def _hint(first: cython.uint, last: cython.uint, length: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """A number below 1 << 14, from both ends and the length of a word: a prefilter of the table."""
    return (min(length, 15) << 10) | ((first & 31) << 5) | (last & 31)


@cython.boundscheck(False)
@cython.wraparound(False)
def find_signs(codes: Buffer, found: Buffer) -> int:
    """Write the places of signs of addresses, tags and templates to `found`, and return their number.

    The signs are @, #, < and {, the colon of ://, the w of a w with a stop behind it, and a stop before a small letter.
    """
    text: cython.uint[::1] = codes
    out: cython.int[::1] = found
    table: bytes = _SIGNS
    signs: cython.p_uchar = table
    length: cython.Py_ssize_t = len(codes)
    place: cython.Py_ssize_t
    count: cython.Py_ssize_t = 0
    code: cython.uint
    for place in range(length):
        code = text[place]
        if code >= 128 or not signs[code]:
            continue
        if code == _STOP_SIGN:
            if place > 0 and text[place - 1] | 32 == _W:
                out[count] = place - 1
                count += 1
            elif place + 1 < length and _LETTER_A <= text[place + 1] <= _LETTER_Z:
                out[count] = place
                count += 1
        elif code != _COLON or (place + 2 < length and text[place + 1] == _SLASH and text[place + 2] == _SLASH):
            out[count] = place
            count += 1
    return count


@cython.cfunc
@cython.inline
@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cdivision(True)
def _is_known(
    codes: cython.uint[::1],
    start: cython.Py_ssize_t,
    end: cython.Py_ssize_t,
    protected: cython.int[::1],
    empty: cython.ulonglong[::1],
    seed: cython.ulonglong,
) -> cython.bint:
    """Whether a stretch is in the table `empty` and overlaps none of the spans in `protected`."""
    low: cython.Py_ssize_t = 0
    high: cython.Py_ssize_t = len(protected) // 2
    middle: cython.Py_ssize_t
    while low < high:  # up to the first span that ends behind the start
        middle = (low + high) // 2
        if protected[2 * middle + 1] > start:
            high = middle
        else:
            low = middle + 1
    if 2 * low < len(protected) and protected[2 * low] < end:
        return False
    return _is_in(empty, _hashed(codes, start, end, seed))


@cython.cfunc
@cython.inline
@cython.boundscheck(False)
@cython.wraparound(False)
def _is_in(empty: cython.ulonglong[::1], value: cython.ulonglong) -> cython.bint:
    """Whether a hash is in a table."""
    slot: cython.Py_ssize_t = _bucket(value, len(empty))
    i: cython.int
    for i in range(BUCKET):  # noqa: SIM110 (a generator is slow)
        if empty[slot + i] == value:
            return True
    return False


@cython.cfunc
@cython.inline
@cython.cdivision(True)
def _bucket(value: cython.ulonglong, slots: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """The first slot of the bucket of a hash."""
    buckets: cython.ulonglong = slots // BUCKET
    place: cython.ulonglong = (value >> 40) % buckets
    return cython.cast(cython.Py_ssize_t, place) * BUCKET


def is_known_empty(empty: Buffer, codes: Buffer, seed: int) -> bool:
    """Whether a stretch, given as its code points, is in the table with this seed (`add_empty`)."""
    found: bool = _is_in(empty, _hashed(codes, 0, len(codes), seed))
    return found


@cython.boundscheck(False)
@cython.wraparound(False)
def add_empty(empty: Buffer, codes: Buffer, spans: Buffer, seed: int) -> None:
    """Enter stretches of a text that hold nothing into the table `empty`.

    `spans` is an array of ints: where each stretch begins and ends. The table is an array of unsigned 64-bit numbers, 0
    at first, whose length is a multiple of BUCKET; a full bucket drops one of its hashes. Processes may share it.
    `seed` identifies the state of the names and settings by which the stretches hold nothing.
    """
    table: cython.ulonglong[::1] = empty
    text: cython.uint[::1] = codes
    places: cython.int[::1] = spans
    salt: cython.ulonglong = seed
    value: cython.ulonglong
    slot: cython.Py_ssize_t
    stretch: cython.Py_ssize_t
    i: cython.int
    for stretch in range(len(spans) // 2):
        value = _hashed(text, places[2 * stretch], places[2 * stretch + 1], salt)
        slot = _bucket(value, len(empty))
        i = 0
        while i < BUCKET and table[slot + i] != 0 and table[slot + i] != value:
            i += 1
        if i == BUCKET:
            i = (value >> 1) % BUCKET
        table[slot + i] = value


@cython.boundscheck(False)
@cython.wraparound(False)
def find_stretches(codes: Buffer, words: Words, protected: Buffer, empty: Buffer, seed: int, found: Buffer) -> int:
    """Write where each stretch begins and ends (code points, half-open) to `found`, and return their number.

    `codes` are the `code_points` of a text; `found` is an array of ints, longer than the text by two. Stretches in the
    table `empty` with `seed` (`add_empty`) are left out, unless they overlap one of the spans in `protected`: an array
    of ints, the beginnings and ends, in order, of spans that do not overlap.
    """
    text: cython.uint[::1] = codes
    out: cython.int[::1] = found
    closed: cython.int[::1] = protected
    known: cython.ulonglong[::1] = empty
    salt: cython.ulonglong = seed
    table: bytes = CODE_CLASSES
    kinds: cython.p_uchar = table
    hints: cython.uchar[::1] = words.hints
    length: cython.Py_ssize_t = len(codes)
    place: cython.Py_ssize_t = 0
    begin: cython.Py_ssize_t
    start: cython.Py_ssize_t
    first: cython.Py_ssize_t = -1
    last: cython.Py_ssize_t = 0
    count: cython.Py_ssize_t = 0
    code: cython.uint
    kind: cython.int = 0
    level: cython.int
    best: cython.int = 0
    opens: cython.bint
    while place <= length:
        kind = _BREAK  # so the text ends
        if place < length:
            code = text[place]
            kind = kinds[code] if code < 128 else _CAPITAL
            if kind == _SPACE:
                place += 1
                continue
        begin = place
        level = PLAIN
        opens = kind == _EDGE
        while kind > _BREAK:  # one piece, up to the next blank
            if kind == _SMALL:
                start = place
                while kind == _SMALL:
                    place += 1
                    if place == length:
                        break
                    code = text[place]
                    kind = kinds[code] if code < 128 else _CAPITAL
                if level != NAMED and hints[_hint(text[start], text[place - 1], place - start)] != 0:
                    level = max(level, words.kind(text, start, place))
                if place == length or kind <= _BREAK:
                    kind = _SMALL
                    break
            else:
                if kind in (_CAPITAL, _ODD):
                    level = NAMED
                place += 1
                if place == length:
                    break
                code = text[place]
                if code < 128 and kinds[code] <= _BREAK:
                    break
                kind = kinds[code] if code < 128 else _CAPITAL
        if kind == _BREAK:
            place += 1
        elif first >= 0 and place == begin + 1 and text[begin] == _HYPHEN:
            level = PART  # "Miami - Dade"
        if first >= 0 and (opens or level == PLAIN):
            if best == NAMED:
                out[2 * count] = first
                out[2 * count + 1] = last
                count += 1
            first = -1
        if level != PLAIN:
            if first < 0:
                first = begin
                best = level
            last = place
            best = max(best, level)
            if kind == _EDGE:
                if best == NAMED:
                    out[2 * count] = first
                    out[2 * count + 1] = last
                    count += 1
                first = -1
    left: cython.Py_ssize_t = 0
    for place in range(count):
        if not _is_known(text, out[2 * place], out[2 * place + 1], closed, known, salt):
            out[2 * left] = out[2 * place]
            out[2 * left + 1] = out[2 * place + 1]
            left += 1
    return left
