"""The stretches of a text in which names may stand: all else is passed over at the speed of reading.

Plain Python that Cython compiles (pure Python mode); both give the same answers. A piece of text between blanks is of
interest when it has a capital letter or any letter that is not ASCII, or is one of the words that `Words` lists: those
that names have in small letters, and the particles. Neighbouring pieces make one stretch, which ends where a name
cannot go on: at a line break, a bracket, a quotation mark.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable

import cython

from resolver.buffers import Buffer, zeros

_BREAK = cython.declare(cython.int, 1)
_SMALL = cython.declare(cython.int, 2)
_CAPITAL = cython.declare(cython.int, 3)
_SIGN = cython.declare(cython.int, 4)
_EDGE = cython.declare(cython.int, 5)
_ODD = cython.declare(cython.int, 6)
_SEED = cython.declare(cython.ulonglong, 0xCBF29CE484222325)
_PRIME = cython.declare(cython.ulonglong, 0x100000001B3)
_FULL = cython.declare(cython.ulonglong, 0xFFFFFFFFFFFFFFFF)
_STOP_SIGN = cython.declare(cython.int, ord("."))
_HYPHEN = cython.declare(cython.int, ord("-"))
_COLON = cython.declare(cython.int, ord(":"))
_SLASH = cython.declare(cython.int, ord("/"))
_LETTER_A = cython.declare(cython.int, ord("a"))
_W = cython.declare(cython.int, ord("w"))

PLAIN = cython.declare(cython.int, 0)
PART = cython.declare(cython.int, 1)
NAMED = cython.declare(cython.int, 2)
"""A word in small letters that no name has so; one inside names, as "of"; one that may be a name by itself."""


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


@cython.cclass
class Words:
    """A hash table of words of small ASCII letters and digits, each PART or NAMED."""

    slots: cython.ulonglong[::1]
    kinds: cython.uchar[::1]
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
        for word, kind in known.items():
            value: cython.ulonglong = _SEED
            for c in word.encode():
                value = ((value ^ cython.cast(cython.ulonglong, c)) * _PRIME) & _FULL
            value |= 1
            place: cython.ulonglong = (value >> 20) & self.mask
            while self.slots[place] != 0 and self.slots[place] != value:
                place = (place + 1) & self.mask
            self.slots[place] = value
            self.kinds[place] = kind

    @cython.ccall
    @cython.boundscheck(False)
    @cython.wraparound(False)
    def kind(self, value: cython.ulonglong) -> cython.int:
        """PLAIN, PART or NAMED, of the word with a hash."""
        value |= 1
        place: cython.ulonglong = (value >> 20) & self.mask
        while self.slots[place] != 0:
            if self.slots[place] == value:
                return self.kinds[place]
            place = (place + 1) & self.mask
        return 0


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cdivision(True)
def find_stretches(text: str, words: Words, found: Buffer) -> int:
    """Write where each stretch begins and ends (code points, half-open) to `found`, and return how many they are.

    `found` is an array of ints with room for as many as the text is long, and two more. The number is negative, and
    less by one, where the text has signs of addresses, tags or templates.
    """
    out: cython.int[::1] = found
    table: bytes = _KINDS
    kinds: cython.p_uchar = table
    length: cython.Py_ssize_t = len(text)
    place: cython.Py_ssize_t = 0
    begin: cython.Py_ssize_t
    first: cython.Py_ssize_t = -1
    last: cython.Py_ssize_t = 0
    count: cython.Py_ssize_t = 0
    code: cython.int
    before: cython.int
    kind: cython.int = 0
    level: cython.int
    best: cython.int = 0
    letters: cython.int
    odd: cython.bint = False
    opens: cython.bint
    value: cython.ulonglong
    while place < length:
        code = ord(text[place])
        kind = kinds[code] if code < 128 else _CAPITAL
        if kind <= _BREAK:
            if kind == _BREAK and first >= 0:
                if best == NAMED:
                    out[2 * count] = first
                    out[2 * count + 1] = last
                    count += 1
                first = -1
            place += 1
            continue
        begin = place
        level = letters = before = 0
        value = _SEED
        opens = kind == _EDGE
        while True:  # one piece, up to the next blank
            if kind == _SMALL:
                if before == _STOP_SIGN and code >= _LETTER_A and place > begin + 1:
                    odd = True
                value = ((value ^ cython.cast(cython.ulonglong, code)) * _PRIME) & _FULL
                letters += 1
            else:
                if letters:
                    level = max(level, words.kind(value))
                    letters = 0
                    value = _SEED
                if kind == _CAPITAL:
                    level = NAMED
                elif kind == _ODD:
                    odd = True
                    level = NAMED
                elif (code == _SLASH and before == _COLON) or (code == _STOP_SIGN and before | 32 == _W):
                    odd = True
            before = code
            place += 1
            if place == length:
                break
            code = ord(text[place])
            if code < 128:
                if kinds[code] <= _BREAK:
                    break
                kind = kinds[code]
            else:
                kind = _CAPITAL
        if letters:
            level = max(level, words.kind(value))
        if first >= 0 and place == begin + 1 and before == _HYPHEN:
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
    if first >= 0 and best == NAMED:
        out[2 * count] = first
        out[2 * count + 1] = last
        count += 1
    return -count - 1 if odd else count
