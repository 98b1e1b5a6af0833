"""How alike a mention and name forms are as wholes: their letters, all words in one, and what marks them.

Plain Python that Cython compiles (pure Python mode). It reckons in doubles, as Python does: both give the same answers.
"""

from __future__ import annotations

import cython

from resolver.infra.arrays import Buffers

_ONE = cython.declare(cython.ulonglong, 1)
_ALL = cython.declare(cython.ulonglong, 0xFFFFFFFFFFFFFFFF)


@cython.cclass
class Wholes:
    """A mention without spaces beside the forms of a lineup, whose arrays it shares."""

    roman: cython.uchar[::1]
    roman_at: cython.uint[::1]
    words: cython.uint[::1]
    first: cython.int[::1]
    tokens: cython.int[::1]
    word_marks: cython.ushort[::1]
    marks: cython.ushort[::1]
    places: cython.ulonglong[::1]
    length: cython.Py_ssize_t

    def __init__(self, parts: Buffers, room: Buffers) -> None:
        """Take the flat arrays of the index and the room that the lineup has."""
        self.roman = parts["roman"]
        self.roman_at = parts["roman_at"]
        self.words = room["words"]
        self.first = room["first"]
        self.tokens = room["tokens"]
        self.word_marks = parts["word_marks"]
        self.places = room["places"]
        self.length = 0

    @cython.boundscheck(False)
    @cython.wraparound(False)
    def begin(self, joined: cython.uchar[::1], marks: cython.ushort[::1]) -> None:
        """Take the letters of the mention, of which the first 64 count, and the marks of its tokens."""
        i: cython.Py_ssize_t
        self.marks = marks
        self.length = min(64, len(joined))
        for i in range(256):
            self.places[i] = 0
        for i in range(self.length):
            self.places[joined[i]] |= _ONE << i

    @cython.boundscheck(False)
    @cython.wraparound(False)
    @cython.cdivision(True)
    def compare(self, k: int, taken: int, out: cython.double[::1]) -> None:
        """Write of form k the indel similarity, and how many letters the shorter of the two has.

        Of the form only the tokens count whose bit is in `taken`.

        The similarity is twice the longest common subsequence over all letters, counted by bits after Hyyrö (2004).
        """
        form: cython.Py_ssize_t = k
        bits: cython.int = taken
        row: cython.ulonglong = _ALL
        same: cython.ulonglong
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        word: cython.uint
        common: cython.Py_ssize_t = 0
        letters: cython.Py_ssize_t = 0
        for j in range(self.first[form], self.first[form + 1]):
            if not bits >> (j - self.first[form]) & 1:
                continue
            word = self.words[self.tokens[j]]
            for i in range(self.roman_at[word], self.roman_at[word + 1]):
                same = row & self.places[self.roman[i]]
                row = ((row + same) & _ALL) | (row - same)
            letters += self.roman_at[word + 1] - self.roman_at[word]
        for i in range(self.length):
            common += not row >> i & 1
        out[0] = 2.0 * common / (self.length + letters) if self.length + letters > 0 else 0.0
        out[1] = min(self.length, letters)

    @cython.boundscheck(False)
    @cython.wraparound(False)
    @cython.cfunc
    def _mark(self, k: cython.Py_ssize_t, j: cython.Py_ssize_t) -> cython.int:
        """The mark of token j of form k; a lone letter is a number only as the last of several."""
        word: cython.uint = self.words[self.tokens[j]]
        alone: cython.bint = self.roman_at[word + 1] - self.roman_at[word] == 1
        return 0 if alone and (j < self.first[k + 1] - 1 or j == self.first[k]) else self.word_marks[word]

    @cython.boundscheck(False)
    @cython.wraparound(False)
    def mark(self, k: int, out: cython.double[::1]) -> None:
        """Write of how many kinds both the mention and form k have marks that the other lacks; whether only one of them
        has a number or generation that the other lacks; and whether only one has such a country or direction."""
        form: cython.Py_ssize_t = k
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        left: cython.int = 0
        right: cython.int = 0
        mark: cython.int
        lacking: cython.bint
        for i in range(len(self.marks)):
            mark = self.marks[i]
            lacking = mark != 0
            for j in range(self.first[form], self.first[form + 1]):
                lacking = lacking and self._mark(form, j) != mark
            if lacking:
                left |= 1 << (mark >> 12)
        for j in range(self.first[form], self.first[form + 1]):
            mark = self._mark(form, j)
            lacking = mark != 0
            for i in range(len(self.marks)):
                lacking = lacking and self.marks[i] != mark
            if lacking:
                right |= 1 << (mark >> 12)
        one: cython.int = left ^ right
        left &= right
        out[0] = ((left >> 1) & 1) + ((left >> 2) & 1) + ((left >> 3) & 1) + ((left >> 4) & 1)
        out[1] = (one >> 3) & 1 | (one >> 4) & 1
        out[2] = (one >> 1) & 1 | (one >> 2) & 1
