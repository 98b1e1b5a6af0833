# cython: boundscheck=False, wraparound=False, cdivision=True
"""Comparing a mention with many name forms at once: alignment of tokens, and the features that the score adds up.

Plain Python that Cython compiles (pure Python mode). It reckons in doubles, as Python does: both give the same answers.
"""

from __future__ import annotations

from collections.abc import Sequence

import cython

from resolver.infra.arrays import Buffer, Buffers
from resolver.resolving.kernel.alignment import Alignment
from resolver.resolving.kernel.whole_names import Wholes

_ACROSS_FROM = cython.declare(cython.int, 35)
_NAME = cython.declare(cython.uchar, 0)
_LEGAL = cython.declare(cython.uchar, 1)
_HONORIFIC = cython.declare(cython.uchar, 2)
_OFFICE = cython.declare(cython.uchar, 3)
_GENERIC = cython.declare(cython.uchar, 7)
_ALIKE = cython.declare(cython.double, 0.9)


@cython.cclass
class Comparison:
    """A mention compared with the forms of a lineup, whose arrays it shares, as those of its alignment."""

    alignment: Alignment
    wholes: Wholes
    letters: cython.double[::1]

    roman: cython.uchar[::1]
    roman_at: cython.uint[::1]
    word_codes: cython.uint[::1]
    word_roles: cython.uchar[::1]
    weights: cython.float[::1]
    words: cython.uint[::1]
    first: cython.int[::1]
    tokens: cython.int[::1]
    legal: cython.ushort[::1]
    similar: cython.double[::1]
    heard: cython.double[::1]
    stride: cython.Py_ssize_t
    count: cython.Py_ssize_t
    distinct: cython.Py_ssize_t
    left: cython.int
    left_pairs: cython.int
    left_pieces: cython.int
    left_latin: cython.bint
    left_first: cython.int[::1]
    left_mask: cython.int[::1]
    left_flags: cython.int[::1]
    left_letters: cython.uchar[::1]
    left_words: cython.int[::1]
    left_codes: cython.uint[::1]
    left_roles: cython.uchar[::1]
    left_weights: cython.double[::1]
    left_known: cython.double[::1]
    core_start: cython.int
    core_end: cython.int
    role_shares: cython.double[::1]
    matched: cython.int
    match_left: cython.int[::1]
    match_right: cython.int[::1]
    match_start: cython.int[::1]
    match_value: cython.double[::1]
    match_heard: cython.double[::1]

    def __init__(self, parts: Buffers, weights: Buffer, room: Buffers, alignment: Alignment, wholes: Wholes) -> None:
        """Take the same as a lineup, the similarities of pieces with items, `stride` items a piece, what aligns, and
        what compares letters."""
        self.alignment = alignment
        self.wholes = wholes
        self.letters = room["letters"]
        self.roman = parts["roman"]
        self.roman_at = parts["roman_at"]
        self.word_codes = parts["word_codes"]
        self.word_roles = parts["word_roles"]
        self.weights = weights
        self.words = room["words"]
        self.first = room["first"]
        self.tokens = room["tokens"]
        self.legal = room["legal"]
        self.similar = room["similar"]
        self.heard = room["heard"]
        self.stride = room["stride"]
        self.role_shares = room["role_shares"]
        self.match_left = room["match_left"]
        self.match_right = room["match_right"]
        self.match_start = room["match_start"]
        self.match_value = room["match_value"]
        self.match_heard = room["match_heard"]

    def begin(
        self,
        count: int,
        distinct: int,
        pieces: Sequence[Buffer],
        tokens: Sequence[Buffer],
        core: tuple[int, int],
        is_latin: bool,
    ) -> None:
        """Take what the alignment takes, of the tokens also Metaphone code, role, weight and how much each tells as a
        word of the table (0 for one that it lacks); where the core of the mention is."""
        self.alignment.begin(count, distinct, pieces, tokens[0], tokens[5], is_latin)
        self.left_first, self.left_mask, self.left_flags, self.left_letters = pieces
        self.left_words, self.left_codes, self.left_roles, self.left_weights = tokens[:4]
        self.left_known = tokens[4]
        self.core_start, self.core_end = core
        self.count = count
        self.distinct = distinct
        self.left_latin = is_latin
        self.left = len(self.left_words)
        self.left_pieces = len(self.left_first)
        self.left_pairs = 0
        while self.left + self.left_pairs < self.left_pieces and self.left_flags[self.left + self.left_pairs] & 2:
            self.left_pairs += 1

    @cython.cfunc
    def _role(self, k: cython.Py_ssize_t, j: cython.Py_ssize_t) -> cython.uchar:
        """The role of token j of form k, as names.parts.roles_of gives it."""
        role: cython.uchar = self.word_roles[self.words[self.tokens[j]]]
        if self.legal[k] >> (j - self.first[k]) & 1:
            return _LEGAL
        if role == _LEGAL and j == self.first[k]:
            return _NAME
        if role in (_HONORIFIC, _OFFICE) and j == self.first[k + 1] - 1:
            return _NAME
        return role

    def features(self, k: int, share: float, weak: float, out: cython.double[::1]) -> int:
        """Write the features of form k, in the order of features.WITHIN or, across scripts, ACROSS.

        Returns the place of the first one: 0, or that of the first of ACROSS.
        """
        form: cython.Py_ssize_t = k
        begin: cython.Py_ssize_t = self.first[form]
        size: cython.Py_ssize_t = self.first[form + 1] - begin
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        left_all: cython.double = 0.0
        right_all: cython.double = 0.0
        missing: cython.double = 0.0
        extra: cython.double = 0.0
        left_weight: cython.double
        right_weight: cython.double
        value: cython.double
        power: cython.double
        left_sum: cython.double = 0.0
        right_sum: cython.double = 0.0
        left_close: cython.double = 0.0
        right_close: cython.double = 0.0
        left_heard: cython.double = 0.0
        right_heard: cython.double = 0.0
        worst: cython.double = 2.0
        initials: cython.double = 0.0
        phonetic: cython.double = 0.0
        firsts: cython.double = 0.0
        known: cython.double = 0.0
        lone_left: cython.int = 0
        lone_right: cython.int = 0
        naming: cython.int = 0
        role: cython.uchar
        used_left: cython.int = 0
        used_right: cython.int = 0
        beyond: cython.bint = False
        names: cython.bint
        across: cython.bint = self.alignment.is_across(k)
        self.matched = self.alignment.align(k)
        for i in range(self.matched):
            left_weight = 0.0
            names = False
            for j in range(self.left):
                if self.left_mask[self.match_left[i]] >> j & 1:
                    left_weight += self.left_weights[j]
                    names = names or self.left_roles[j] == _NAME
            right_weight = 0.0
            for j in range(size):
                if self.match_right[i] >> j & 1:
                    right_weight += self._weight(form, begin + j)
            value = self.match_value[i]
            power = value * value if across else value * value * value * value
            left_sum += value * left_weight
            right_sum += value * right_weight
            left_close += power * left_weight
            right_close += power * right_weight
            left_heard += self.match_heard[i] * left_weight
            right_heard += self.match_heard[i] * right_weight
            if names:
                worst = min(worst, value)
            initials += self._is_initial(form, i)
            j = self.words[self.tokens[begin + self.match_start[i]]]
            firsts += self.left_letters[self.match_left[i]] == self.roman[self.roman_at[j]]
            if self.left_flags[self.match_left[i]] & 1 and self.match_right[i] == 1 << self.match_start[i]:
                phonetic += self.left_codes[self.match_left[i]] != 0 and (
                    self.left_codes[self.match_left[i]] == self.word_codes[j]
                )
                if value < _ALIKE:
                    known += self.left_known[self.match_left[i]] * (1.0 - value)
            used_left |= self.left_mask[self.match_left[i]]
            used_right |= self.match_right[i]
        for j in range(self.left):
            left_all += self.left_weights[j]
            if not used_left >> j & 1:
                extra += self.left_weights[j]
                role = self.left_roles[j]
                beyond = beyond or role == _NAME
                if role in (_NAME, _GENERIC):
                    lone_left += 1
                    naming += role == _NAME
        for j in range(size):
            value = self._weight(form, begin + j)
            right_all += value
            if not used_right >> j & 1:
                missing += value
                role = self._role(form, begin + j)
                if role in (_NAME, _GENERIC):
                    lone_right += 1
                    naming += role == _NAME
        if left_all == 0.0:
            left_all = 1.0
        if right_all == 0.0:
            right_all = 1.0
        if worst == 2.0:
            worst = 0.0
        i = self._whole_item(form)
        if across:
            j = _ACROSS_FROM
            out[j] = 1.0
            out[j + 1] = left_sum / left_all
            out[j + 2] = right_sum / right_all
            out[j + 3] = left_close / left_all
            out[j + 4] = right_close / right_all
            out[j + 5] = out[j + 3] * out[j + 4]
            out[j + 6] = worst
            out[j + 7] = right_close
            out[j + 8] = self._across_joined(form)
            out[j + 9] = share
            out[j + 10] = missing
            out[j + 11] = self.matched > 0 and not used_right & 1 and self._role(form, begin) == _NAME
            out[j + 12] = (
                self.matched > 0 and not used_right >> (size - 1) & 1 and self._role(form, begin + size - 1) == _NAME
            )
            out[j + 13] = extra
            out[j + 14] = initials
            out[j + 15] = self._swapped()
            out[j + 16] = self.left == 1 and size > 1 and used_right != (1 << size) - 1
            out[j + 17] = size == 1 and beyond and self.matched > 0
            out[j + 18] = firsts / self.matched if self.matched > 0 else 0.0
            out[j + 19] = min(missing, extra)
            self.wholes.mark(k, self.letters)
            out[j + 20] = self.letters[0]
            out[j + 21] = min(lone_left, lone_right, naming)
            out[j + 22] = self.letters[1]
            return _ACROSS_FROM
        out[0] = 1.0
        out[1] = self._is_equal(form, 0, self.left, begin, begin + size)
        out[2] = self._core_equal(form)
        out[4] = left_sum / left_all
        out[5] = right_sum / right_all
        out[6] = left_close / left_all
        out[7] = right_close / right_all
        out[8] = out[6] * out[7]
        out[9] = worst
        out[10] = left_heard / left_all
        out[11] = right_heard / right_all
        out[12] = self.heard[(self.left + self.left_pairs) * self.stride + i] if self.left_latin else 0.0
        out[13] = right_close
        out[14] = self.similar[(self.left + self.left_pairs) * self.stride + i]
        self.wholes.compare(k, self._plain(form), self.letters)
        out[15] = self.letters[0]
        out[3] = out[15] == 1.0
        out[16] = phonetic / self.matched if self.matched > 0 else 0.0
        out[17] = share
        out[18] = missing
        out[19] = self.matched > 0 and not used_right & 1 and self._role(form, begin) == _NAME
        out[20] = extra
        out[21] = size == 1 and beyond and self.matched > 0
        out[22] = initials
        out[23] = self._swapped()
        out[24] = self.left == 1 and size > 1
        out[25] = out[1] == 0.0 and self.letters[1] <= 3
        out[26] = weak
        out[27] = firsts / self.matched if self.matched > 0 else 0.0
        out[28] = known
        out[29] = min(missing, extra)
        self.wholes.mark(k, self.letters)
        out[30] = self.letters[0]
        out[31] = min(lone_left, lone_right, naming)
        out[32] = self.letters[1]
        out[33] = self.letters[2]
        out[34] = 0.0
        return 0

    @cython.cfunc
    def _plain(self, k: cython.Py_ssize_t) -> cython.int:
        """The tokens of form k that are neither legal forms nor titles, a bit each; all where nothing else is there."""
        j: cython.Py_ssize_t
        role: cython.uchar
        found: cython.int = 0
        size: cython.Py_ssize_t = self.first[k + 1] - self.first[k]
        for j in range(size):
            role = self._role(k, self.first[k] + j)
            if role != _LEGAL and role != _HONORIFIC:
                found |= 1 << j
        return found if found else (1 << size) - 1

    @cython.cfunc
    def _weight(self, k: cython.Py_ssize_t, j: cython.Py_ssize_t) -> cython.double:
        """How much token j of form k tells."""
        return self.weights[self.words[self.tokens[j]]] * self.role_shares[self._role(k, j)]

    @cython.cfunc
    def _is_initial(self, k: cython.Py_ssize_t, match: cython.Py_ssize_t) -> cython.bint:
        """Whether a match is of a lone letter and a token that begins with it."""
        word: cython.uint
        flags: cython.int = self.left_flags[self.match_left[match]]
        if flags & 1 == 0 or self.match_right[match] != 1 << self.match_start[match]:
            return False
        word = self.words[self.tokens[self.first[k] + self.match_start[match]]]
        return (flags & 16 != 0) != (self.roman_at[word + 1] - self.roman_at[word] == 1)

    @cython.cfunc
    def _whole_item(self, k: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """The item that is form k without spaces."""
        return self.distinct + self.first[self.count] + k

    @cython.cfunc
    def _across_joined(self, k: cython.Py_ssize_t) -> cython.double:
        row: cython.Py_ssize_t = (self.left + self.left_pairs) * self.stride + self._whole_item(k)
        return max(self.similar[row], self.similar[row + self.count])

    @cython.cfunc
    def _is_equal(
        self,
        k: cython.Py_ssize_t,
        start: cython.Py_ssize_t,
        end: cython.Py_ssize_t,
        begin: cython.Py_ssize_t,
        stop: cython.Py_ssize_t,
    ) -> cython.double:
        """Whether the tokens of the mention from `start` to `end` are those of the forms from `begin` to `stop`."""
        i: cython.Py_ssize_t
        if end - start != stop - begin:
            return 0.0
        for i in range(end - start):
            if self.left_words[start + i] != cython.cast(cython.longlong, self.words[self.tokens[begin + i]]):
                return 0.0
        return 1.0

    @cython.cfunc
    def _core_equal(self, k: cython.Py_ssize_t) -> cython.double:
        """Whether the two are equal without the legal forms at the end and the titles at the start."""
        begin: cython.Py_ssize_t = self.first[k]
        end: cython.Py_ssize_t = self.first[k + 1]
        while end - begin > 1 and self._role(k, end - 1) == _LEGAL:
            end -= 1
        while end - begin > 1 and self._role(k, begin) == _HONORIFIC:
            begin += 1
        return self._is_equal(k, self.core_start, self.core_end, begin, end)

    @cython.cfunc
    def _swapped(self) -> cython.double:
        """Whether the matched tokens come in another order than the mention has them in."""
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        earlier: cython.bint
        for i in range(self.matched):
            for j in range(self.matched):
                earlier = self.left_first[self.match_left[i]] < self.left_first[self.match_left[j]]
                if earlier and self.match_start[i] > self.match_start[j]:
                    return 1.0
        return 0.0

    def score_all(
        self,
        shares: cython.float[::1],
        weights: cython.double[::1],
        row: cython.double[::1],
        out: cython.double[::1],
    ) -> None:
        """Write the score of each form, without its prior and what a weak alias costs."""
        k: cython.Py_ssize_t
        i: cython.Py_ssize_t
        start: cython.Py_ssize_t
        total: cython.double
        for k in range(self.count):
            start = self.features(k, shares[k], 0.0, row)
            total = 0.0
            for i in range(start, len(weights) if start else _ACROSS_FROM):
                total += weights[i] * row[i]
            out[k] = total
