"""The stretches of a text in which names may stand: all else is passed over at the speed of reading.

Plain Python that Cython compiles (pure Python mode); both give the same answers. A piece of text between blanks is of
interest when it has a capital letter or any letter that is not ASCII, or is one of the words that `Words` lists: those
that names have in small letters, and the particles. Neighbouring pieces make one stretch, which ends where a name
cannot go on: at a line break, a bracket, a quotation mark.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable

import cython

from resolver.infra.arrays import Buffer, zeros

_BREAK = cython.declare(cython.int, 1)
_SMALL = cython.declare(cython.int, 2)
_CAPITAL = cython.declare(cython.int, 3)
_EDGE = cython.declare(cython.int, 5)
_ODD = cython.declare(cython.int, 6)
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
"""A word in small letters that no name has so; one inside names, as "of"; one that may be a name by itself."""

BUCKET = cython.declare(cython.int, 8)
"""A hash stands in one of so many slots that lie side by side."""

_UTF32 = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"


def _kinds() -> bytes:
    kinds = bytearray([6] * 128)
    for signs, kind in (
        (" ", 0),
        ("\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f", 1),
        ("abcdefghijklmnopqrstuvwxyz0123456789", 2),
        ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 3),
        (".,'-*%$&+/=_|~^`\\", 4),
        (';:!?"()[]', 5),
    ):
        for sign in signs:
            kinds[ord(sign)] = kind
    return bytes(kinds)


_KINDS = _kinds()
_SIGNS = bytes(kind == 6 or code in b".:" for code, kind in enumerate(_KINDS))


def code_points(text: str) -> array[int]:
    """The code points of a text, as the functions here read them."""
    return array("I", text.encode(_UTF32, "surrogatepass"))


@cython.cfunc
@cython.inline
@cython.boundscheck(False)
@cython.wraparound(False)
def _hashed(
    codes: cython.uint[::1], start: cython.Py_ssize_t, end: cython.Py_ssize_t, seed: cython.ulonglong
) -> cython.ulonglong:
    """A hash of a part of a text (Fowler, Noll and Vo 1991: FNV-1a, of code points in place of bytes); never 0."""
    value: cython.ulonglong = seed
    place: cython.Py_ssize_t
    for place in range(start, end):
        value = ((value ^ cython.cast(cython.ulonglong, codes[place])) * _PRIME) & _FULL
    value = ((value ^ (value >> 32)) * _MIX) & _FULL  # short texts differ in few bits until here
    return value | 1


@cython.cclass
class Words:
    """A hash table of words of small ASCII letters and digits, each PART or NAMED."""

    slots: cython.ulonglong[::1]
    kinds: cython.uchar[::1]
    hints: cython.uchar[::1]
    mask: cython.ulonglong

    def __init__(self, parts: Iterable[str], named: Iterable[str]) -> None:
        """Take the words; of one that is in both, NAMED counts."""
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
        """PLAIN, PART or NAMED, of the small letters and digits from one place to another."""
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
    """A number below 1 << 14 by which most words are told from those of a table: by both ends and the length."""
    return (min(length, 15) << 10) | ((first & 31) << 5) | (last & 31)


@cython.boundscheck(False)
@cython.wraparound(False)
def find_signs(codes: Buffer, found: Buffer) -> int:
    """Write the places of signs of addresses, tags and templates to `found`, as many as there are, and return that.

    These are @, #, < and {, the colon of ://, the w of a w with a stop behind it, and a stop before a small letter.
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
    shut: cython.int[::1],
    quiet: cython.ulonglong[::1],
    seed: cython.ulonglong,
) -> cython.bint:
    """Whether a stretch is in the table `quiet` and has no place in common with the spans in `shut`."""
    low: cython.Py_ssize_t = 0
    high: cython.Py_ssize_t = len(shut) // 2
    middle: cython.Py_ssize_t
    while low < high:  # up to the first span that ends behind the start
        middle = (low + high) // 2
        if shut[2 * middle + 1] > start:
            high = middle
        else:
            low = middle + 1
    if 2 * low < len(shut) and shut[2 * low] < end:
        return False
    return _is_in(quiet, _hashed(codes, start, end, seed))


@cython.cfunc
@cython.inline
@cython.boundscheck(False)
@cython.wraparound(False)
def _is_in(quiet: cython.ulonglong[::1], value: cython.ulonglong) -> cython.bint:
    """Whether a hash is in a table."""
    slot: cython.Py_ssize_t = _bucket(value, len(quiet))
    i: cython.int
    for i in range(BUCKET):  # noqa: SIM110 (a generator is slow)
        if quiet[slot + i] == value:
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


def is_quiet(quiet: Buffer, codes: Buffer, seed: int) -> bool:
    """Whether a stretch, given as all its code points, is in a table with a seed (`add_quiet`)."""
    found: bool = _is_in(quiet, _hashed(codes, 0, len(codes), seed))
    return found


@cython.boundscheck(False)
@cython.wraparound(False)
def add_quiet(quiet: Buffer, codes: Buffer, spans: Buffer, seed: int) -> None:
    """Put stretches of a text, given as an array of ints, where each begins and ends, into a table of those that hold
    nothing. The table has whole buckets of unsigned numbers of 64 bits, 0 at first; a full bucket forgets one of those
    in it. Processes may share it.

    `seed` is a number of the state of things in which they hold nothing.
    """
    table: cython.ulonglong[::1] = quiet
    text: cython.uint[::1] = codes
    places: cython.int[::1] = spans
    salt: cython.ulonglong = seed
    value: cython.ulonglong
    slot: cython.Py_ssize_t
    stretch: cython.Py_ssize_t
    i: cython.int
    for stretch in range(len(spans) // 2):
        value = _hashed(text, places[2 * stretch], places[2 * stretch + 1], salt)
        slot = _bucket(value, len(quiet))
        i = 0
        while i < BUCKET and table[slot + i] != 0 and table[slot + i] != value:
            i += 1
        if i == BUCKET:
            i = (value >> 1) % BUCKET
        table[slot + i] = value


@cython.boundscheck(False)
@cython.wraparound(False)
def find_stretches(codes: Buffer, words: Words, shut: Buffer, quiet: Buffer, seed: int, found: Buffer) -> int:
    """Write where each stretch begins and ends (code points, half-open) to `found`, and return how many they are.

    `codes` is a text's `code_points`, `found` an array of ints with room for as many as it is long, and two more. Left
    out are stretches that are in the table `quiet` with `seed` (`add_quiet`), unless they have a place in common with
    one of the spans in `shut`, an array of ints: beginnings and ends, in order, of spans that have none in common.
    """
    text: cython.uint[::1] = codes
    out: cython.int[::1] = found
    closed: cython.int[::1] = shut
    known: cython.ulonglong[::1] = quiet
    salt: cython.ulonglong = seed
    table: bytes = _KINDS
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
            if kind == 0:
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
