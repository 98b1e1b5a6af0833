"""Which tokens of a mention stand for which tokens of a name.

Plain Python that Cython compiles (pure Python mode). It reckons in doubles, as Python does: both give the same answers.
"""

from __future__ import annotations

from collections.abc import Sequence

import cython

from resolver.infra.arrays import Buffer, Buffers

LEAST = 0.5
"""Tokens in Latin letters that are less alike do not stand for each other, unless one is a lone letter."""

_MOST_JOINED = cython.declare(cython.int, 6)
_INITIAL = cython.declare(cython.double, 0.6)
_JOINED = cython.declare(cython.double, 0.97)
_MARKED = cython.declare(cython.double, 0.95)
_LEAST = cython.declare(cython.double, 0.5)
_LEAST_ACROSS = cython.declare(cython.double, 0.25)
_SAME_PLACE = cython.declare(cython.double, 1e-6)


@cython.cclass
class Alignment:
    """The pieces of a mention matched with those of the forms of a lineup, whose arrays it shares."""

    roman: cython.uchar[::1]
    roman_at: cython.uint[::1]
    word_native: cython.uchar[::1]
    words: cython.uint[::1]
    first: cython.int[::1]
    tokens: cython.int[::1]
    similar: cython.double[::1]
    heard: cython.double[::1]
    stride: cython.Py_ssize_t
    count: cython.Py_ssize_t
    distinct: cython.Py_ssize_t
    left_pieces: cython.int
    left_latin: cython.bint
    left_first: cython.int[::1]
    left_mask: cython.int[::1]
    left_flags: cython.int[::1]
    left_words: cython.int[::1]
    left_marks: cython.ushort[::1]
    word_marks: cython.ushort[::1]
    matched: cython.int
    match_left: cython.int[::1]
    match_right: cython.int[::1]
    match_start: cython.int[::1]
    match_value: cython.double[::1]
    match_heard: cython.double[::1]
    orders: cython.double[::1]
    found_left: cython.int[::1]
    found_right: cython.int[::1]
    found_start: cython.int[::1]
    found_value: cython.double[::1]
    found_heard: cython.double[::1]

    def __init__(self, parts: Buffers, native: Buffer, room: Buffers) -> None:
        """Take the flat arrays of the index, the script of its words, and the similarities of pieces with items."""
        self.roman = parts["roman"]
        self.roman_at = parts["roman_at"]
        self.word_native = native
        self.word_marks = parts["word_marks"]
        self.words = room["words"]
        self.first = room["first"]
        self.tokens = room["tokens"]
        self.similar = room["similar"]
        self.heard = room["heard"]
        self.stride = room["stride"]
        self.match_left = room["match_left"]
        self.match_right = room["match_right"]
        self.match_start = room["match_start"]
        self.match_value = room["match_value"]
        self.match_heard = room["match_heard"]
        self.orders = room["orders"]
        self.found_left = room["found_left"]
        self.found_right = room["found_right"]
        self.found_start = room["found_start"]
        self.found_value = room["found_value"]
        self.found_heard = room["found_heard"]
        self.count = 0
        self.distinct = 0

    def begin(
        self, count: int, distinct: int, pieces: Sequence[Buffer], words: Buffer, marks: Buffer, is_latin: bool
    ) -> None:
        """Take the size of the lineup and the mention: its pieces (first place, set of places as bits, flags) and
        tokens (word of the index, or -1; mark).

        Flags of a piece: 1 for one token, 2 for two neighbours joined, 4 for Latin letters, 8 for a script without
        spaces; 16 for a lone Latin letter, which is then in the bits from 256 on. The first pieces are the tokens,
        then the pairs, then the wholes.
        """
        self.count = count
        self.distinct = distinct
        self.left_first, self.left_mask, self.left_flags = pieces[:3]
        self.left_words = words
        self.left_marks = marks
        self.left_latin = is_latin
        self.left_pieces = len(self.left_first)

    @cython.boundscheck(False)
    @cython.wraparound(False)
    def align(self, k: int) -> int:
        """Match the tokens of the mention with those of form k, best first; each token is in at most one match.

        Two neighbours may stand for one token of the other side ("lin chen" for "linchen"), and all tokens together
        for one of a script that writes no spaces. Returns how many matches there are.
        """
        form: cython.Py_ssize_t = k
        begin: cython.Py_ssize_t = self.first[form]
        size: cython.Py_ssize_t = self.first[form + 1] - begin
        found: cython.Py_ssize_t = 0
        across: cython.bint = self.is_across(k)
        kinds: cython.Py_ssize_t = 4 if across else 2
        hears: cython.bint = self.left_latin and not across
        kind: cython.Py_ssize_t
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        item: cython.Py_ssize_t
        place: cython.Py_ssize_t
        last: cython.Py_ssize_t
        mask: cython.int = 0
        mark: cython.int
        native: cython.bint
        value: cython.double
        order: cython.double
        away: cython.Py_ssize_t
        flags: cython.int
        for kind in range(kinds):
            last = size if kind == 0 else (size - 1 if kind == 1 else (1 if size > 1 else 0))
            if kind == 3 and size > _MOST_JOINED:
                last = 0
            for j in range(last):
                native = False
                if kind == 0:
                    item = self.tokens[begin + j]
                    native = self.word_native[self.words[item]] != 0
                    mask = 1 << j
                elif kind == 1:
                    item = self.distinct + begin + j
                    mask = 3 << j
                else:
                    item = self.distinct + self.first[self.count] + (self.count if kind == 3 else 0) + form
                    mask = (1 << size) - 1
                for i in range(self.left_pieces):
                    flags = self.left_flags[i]
                    value = self.similar[i * self.stride + item]
                    if kind == 0 and flags & 1 and self.left_words[i] == cython.cast(cython.longlong, self.words[item]):
                        value = 1.0
                    if kind == 0 and not native and flags & 5 == 5:
                        value = self._initial(i, item, value)
                    if kind == 0 and flags & 1 and value < _MARKED:
                        mark = self.left_marks[i]
                        if mark != 0 and mark == self.word_marks[self.words[item]]:
                            value = _MARKED
                    if value < (_LEAST if (flags & 4 != 0) != native else _LEAST_ACROSS):
                        continue
                    if flags & 1 == 0 or kind > 0:
                        if flags & 1 == 0 and kind > 0:
                            continue
                        if flags & 1 and kind > 1 and flags & 8 == 0:
                            continue
                        if flags & 3 == 0 and self.word_native[self.words[item]] != 2:
                            continue
                        value = value * _JOINED
                    away = self.left_first[i] - (size - 1 if kind == 3 else j)
                    order = value - _SAME_PLACE * (away if away > 0 else -away)
                    place = found
                    found += 1
                    while place > 0 and self.orders[place - 1] < order:
                        self.orders[place] = self.orders[place - 1]
                        self.found_left[place] = self.found_left[place - 1]
                        self.found_right[place] = self.found_right[place - 1]
                        self.found_start[place] = self.found_start[place - 1]
                        self.found_value[place] = self.found_value[place - 1]
                        self.found_heard[place] = self.found_heard[place - 1]
                        place -= 1
                    self.orders[place] = order
                    self.found_left[place] = i
                    self.found_right[place] = mask
                    self.found_start[place] = size - 1 if kind == 3 else j
                    self.found_value[place] = value
                    self.found_heard[place] = (
                        0.0
                        if not hears
                        else value
                        if flags & 1 == 0 or kind > 0
                        else self.heard[i * self.stride + item]
                    )
        return self._keep(found)

    @cython.boundscheck(False)
    @cython.wraparound(False)
    @cython.cfunc
    def _keep(self, found: cython.Py_ssize_t) -> cython.int:
        """Of the possible matches, sorted best first, keep those whose tokens no better one has."""
        used_left: cython.int = 0
        used_right: cython.int = 0
        i: cython.Py_ssize_t
        self.matched = 0
        for i in range(found):
            if self.left_mask[self.found_left[i]] & used_left or self.found_right[i] & used_right:
                continue
            used_left |= self.left_mask[self.found_left[i]]
            used_right |= self.found_right[i]
            self.match_left[self.matched] = self.found_left[i]
            self.match_right[self.matched] = self.found_right[i]
            self.match_start[self.matched] = self.found_start[i]
            self.match_value[self.matched] = self.found_value[i]
            self.match_heard[self.matched] = self.found_heard[i]
            self.matched += 1
        return self.matched

    @cython.boundscheck(False)
    @cython.wraparound(False)
    @cython.cfunc
    def _initial(self, i: cython.Py_ssize_t, item: cython.Py_ssize_t, value: cython.double) -> cython.double:
        """The similarity of two Latin tokens of which one may be a lone letter."""
        start: cython.Py_ssize_t = self.roman_at[self.words[item]]
        length: cython.Py_ssize_t = self.roman_at[self.words[item] + 1] - start
        if self.left_flags[i] & 16 or length == 1:
            if self.left_flags[i] & 16 and length == 1:
                return 1.0 if self.left_flags[i] >> 8 == self.roman[start] else 0.0
            return _INITIAL if self.left_flags[i] >> 8 == self.roman[start] else 0.0
        return value

    @cython.boundscheck(False)
    @cython.wraparound(False)
    def is_across(self, k: int) -> bool:
        """Whether just one of the mention and form k is in Latin letters."""
        form: cython.Py_ssize_t = k
        j: cython.Py_ssize_t
        native: cython.bint = False
        for j in range(self.first[form], self.first[form + 1]):
            native = native or self.word_native[self.words[self.tokens[j]]] != 0
        return self.left_latin == native

    def matches(self) -> list[tuple[int, int, int, float, float]]:
        """The matches of the form aligned last, best first: piece of the mention, tokens of the form as bits, the
        first of them, similarity, similarity by learned Latin costs."""
        return [
            (
                self.match_left[i],
                self.match_right[i],
                self.match_start[i],
                self.match_value[i],
                self.match_heard[i],
            )
            for i in range(self.matched)
        ]
