"""The forms that a mention is compared with, side by side: their words, and what is made of them.

Plain Python that Cython compiles (pure Python mode). It reckons in doubles, as Python does: both give the same answers.
"""

from __future__ import annotations

import cython

from resolver.infra.arrays import Buffer, Buffers

MOST_TOKENS = 12
"""Tokens past the twelfth of a name are left out of the comparison."""

MOST_JOINED = 6
"""A name of more tokens is not tried with its last token first."""

_TOKENS = cython.declare(cython.int, 12)
_MOST_JOINED = cython.declare(cython.int, 6)
_LETTERS = cython.declare(cython.int, 48)
_ALL = cython.declare(cython.ulonglong, 0xFFFFFFFFFFFFFFFF)
_ONES = cython.declare(cython.ulonglong, 0x5555555555555555)
_PAIRS = cython.declare(cython.ulonglong, 0x3333333333333333)
_FOURS = cython.declare(cython.ulonglong, 0x0F0F0F0F0F0F0F0F)
_BYTES = cython.declare(cython.ulonglong, 0x0101010101010101)


@cython.cdivision(True)
@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _likeness(row: cython.ulonglong, letters: cython.Py_ssize_t) -> cython.double:
    """Twice the letters that are common, over all letters; counts bits by halves, quarters and so on."""
    row = ~row & _ALL
    row = row - ((row >> 1) & _ONES)
    row = (row & _PAIRS) + ((row >> 2) & _PAIRS)
    row = (row + (row >> 4)) & _FOURS
    row = ((row * _BYTES) & _ALL) >> 56
    return 2.0 * row / letters if letters > 0 else 0.0


@cython.cclass
class Lineup:
    """Forms of an index side by side. Room for those of one mention at a time.

    Items are what the pieces of the mention are compared with: first the distinct words of the forms, then each two
    neighbours joined, then each form without spaces, then each with its last word first.
    """

    roman: cython.uchar[::1]
    roman_at: cython.uint[::1]
    word_native: cython.uchar[::1]
    form_at: cython.uint[::1]
    form_words: cython.uint[::1]
    weights: cython.float[::1]
    slots: cython.int[::1]
    used_slots: cython.int[::1]
    words: cython.uint[::1]
    tells: cython.float[::1]
    first: cython.int[::1]
    tokens: cython.int[::1]
    form_legal: cython.ushort[::1]
    legal: cython.ushort[::1]
    held: cython.uint[::1]
    held_shares: cython.float[::1]
    similar: cython.double[::1]
    stride: cython.Py_ssize_t
    mask: cython.Py_ssize_t
    count = cython.declare(cython.Py_ssize_t, visibility="public")
    distinct = cython.declare(cython.Py_ssize_t, visibility="public")

    def __init__(self, parts: Buffers, weights: Buffer, native: Buffer, room: Buffers) -> None:
        """Take the flat arrays of the index, how much each of its words tells, its script, and the room to work in."""
        self.roman = parts["roman"]
        self.roman_at = parts["roman_at"]
        self.word_native = native
        self.form_at = parts["form_at"]
        self.form_words = parts["form_words"]
        self.form_legal = parts["form_legal"]
        self.legal = room["legal"]
        self.weights = weights
        self.slots = room["slots"]
        self.used_slots = room["used_slots"]
        self.words = room["words"]
        self.tells = room["tells"]
        self.first = room["first"]
        self.tokens = room["tokens"]
        self.held = room["held"]
        self.held_shares = room["held_shares"]
        self.similar = room["similar"]
        self.stride = room["stride"]
        self.mask = len(self.slots) - 1
        self.count = 0
        self.distinct = 0

    @cython.boundscheck(False)
    @cython.wraparound(False)
    def take(self, forms: cython.uint[::1]) -> int:
        """Take the forms to compare; return how many distinct words they have."""
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        place: cython.int = 0
        slot: cython.Py_ssize_t
        word: cython.uint
        for i in range(self.distinct):
            self.slots[self.used_slots[i]] = -1
        self.distinct = 0
        self.count = len(forms)
        for i in range(self.count):
            self.first[i] = place
            self.legal[i] = self.form_legal[forms[i]]
            for j in range(self.form_at[forms[i]], self.form_at[forms[i] + 1]):
                if place - self.first[i] == _TOKENS:
                    break
                word = self.form_words[j]
                slot = (word * 40503) & self.mask
                while self.slots[slot] >= 0 and self.words[self.slots[slot]] != word:
                    slot = (slot + 1) & self.mask
                if self.slots[slot] < 0:
                    self.slots[slot] = self.distinct
                    self.used_slots[self.distinct] = slot
                    self.words[self.distinct] = word
                    self.distinct += 1
                self.tokens[place] = self.slots[slot]
                place += 1
        self.first[self.count] = place
        for i in range(self.distinct):
            self.tells[i] = self.weights[self.words[i]]
        return self.distinct

    @cython.boundscheck(False)
    @cython.wraparound(False)
    def divide(self, forms: cython.uint[::1], shares: cython.float[::1]) -> int:
        """Put the forms in Latin letters first, each part in its order; return how many these are."""
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        latin: cython.Py_ssize_t = 0
        native: cython.Py_ssize_t = 0
        form: cython.uint
        is_native: cython.bint
        for i in range(len(forms)):
            form = forms[i]
            is_native = False
            for j in range(self.form_at[form], self.form_at[form + 1]):
                is_native = is_native or self.word_native[self.form_words[j]] != 0
            if is_native:
                self.held[native] = form
                self.held_shares[native] = shares[i]
                native += 1
            else:
                forms[latin] = form
                shares[latin] = shares[i]
                latin += 1
        for i in range(native):
            forms[latin + i] = self.held[i]
            shares[latin + i] = self.held_shares[i]
        return latin

    @cython.boundscheck(False)
    @cython.wraparound(False)
    def write_words(self, out: cython.uchar[::1], starts: cython.int[::1]) -> int:
        """Write the letters of the distinct words; item i becomes `out[starts[i]:starts[i + 1]]`. Returns how many."""
        i: cython.Py_ssize_t
        at: cython.Py_ssize_t = 0
        starts[0] = 0
        for i in range(self.distinct):
            at = self._write(self.words[i], out, at, at)
            starts[i + 1] = at
        return self.distinct

    @cython.boundscheck(False)
    @cython.wraparound(False)
    def write_pairs(self, shortest: int, longest: int, out: cython.uchar[::1], starts: cython.int[::1]) -> int:
        """Go on with each token joined with the next one, where that is neither too short nor too long, else nothing.

        Returns how many items there are by then.
        """
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        at: cython.Py_ssize_t = starts[self.distinct]
        start: cython.Py_ssize_t
        least: cython.Py_ssize_t = shortest
        most: cython.Py_ssize_t = longest
        for i in range(self.count):
            for j in range(self.first[i], self.first[i + 1]):
                start = at
                if j + 1 < self.first[i + 1]:
                    at = self._write(self.words[self.tokens[j]], out, start, at)
                    at = self._write(self.words[self.tokens[j + 1]], out, start, at)
                    if at - start < least or at - start > most:
                        at = start
                starts[self.distinct + j + 1] = at
        return self.distinct + self.first[self.count]

    @cython.boundscheck(False)
    @cython.wraparound(False)
    def write_wholes(self, rotated: cython.bint, out: cython.uchar[::1], starts: cython.int[::1]) -> int:
        """Go on with each form without spaces; when `rotated`, with its last word first, where it has two to six.

        Returns how many items there are by then.
        """
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        item: cython.Py_ssize_t = self.distinct + self.first[self.count] + (self.count if rotated else 0)
        at: cython.Py_ssize_t = starts[item]
        start: cython.Py_ssize_t
        last: cython.Py_ssize_t
        for i in range(self.count):
            start = at
            last = self.first[i + 1]
            if rotated:
                last -= 1
                if last > self.first[i] and last - self.first[i] < _MOST_JOINED:
                    at = self._write(self.words[self.tokens[last]], out, start, at)
                else:
                    last = self.first[i]
            for j in range(self.first[i], last):
                at = self._write(self.words[self.tokens[j]], out, start, at)
            starts[item + i + 1] = at
        return item + self.count

    @cython.boundscheck(False)
    @cython.wraparound(False)
    @cython.cfunc
    def _write(
        self, word: cython.uint, out: cython.uchar[::1], start: cython.Py_ssize_t, at: cython.Py_ssize_t
    ) -> cython.Py_ssize_t:
        """Append the letters of a word to the item that began at `start`, as far as there is room for them."""
        i: cython.Py_ssize_t
        for i in range(self.roman_at[word], self.roman_at[word + 1]):
            if at - start < _LETTERS:
                out[at] = self.roman[i]
                at += 1
        return at

    @cython.boundscheck(False)
    @cython.wraparound(False)
    @cython.cdivision(True)
    def quick(
        self,
        places: cython.ulonglong[::1],
        lengths: cython.int[::1],
        token_of: cython.int[::1],
        weights: cython.double[::1],
        shares: cython.float[::1],
        letters: cython.uchar[::1],
        starts: cython.int[::1],
        counts: cython.double[::1],
        out: cython.double[::1],
    ) -> None:
        """Write how close each form looks by its letters and its share of keys.

        Spelling s of the mention is of its token `token_of[s]`, or of all of it where that is -1, as in the last ones;
        tokens tell so much as `weights` say. It has `lengths[s]` letters, at most 64, and `places[256 * s + letter]`
        has a bit for each place of a letter in it: the longest common subsequences are counted by bits (Hyyrö, 2004).
        The `letters` of the words are as `write_words` wrote them. What is written is the sum of four numbers times
        the `counts`: the share of keys, the likeness of the tokens weighed over the mention's and over the form's, and
        that of the whole. Without spellings, tokens and whole are as like to words and forms as `similar` says already.
        """
        k: cython.Py_ssize_t
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        s: cython.Py_ssize_t
        tokens: cython.Py_ssize_t = len(weights)
        spellings: cython.Py_ssize_t = 0
        row: cython.ulonglong
        same: cython.ulonglong
        at: cython.int
        best: cython.double
        weight: cython.double
        left: cython.double
        right: cython.double
        all_left: cython.double = 1e-9
        all_right: cython.double
        whole: cython.double
        word: cython.Py_ssize_t
        tells: cython.float[::1] = self.tells
        for i in range(tokens):
            all_left += weights[i]
        for s in range(len(lengths)):
            if token_of[s] >= 0:
                for j in range(self.distinct):
                    self.similar[token_of[s] * self.stride + j] = 0.0
        while spellings < len(lengths) and token_of[spellings] >= 0:
            for j in range(self.distinct):
                i = token_of[spellings] * self.stride + j
                row = _ALL
                for at in range(starts[j], starts[j + 1]):
                    same = row & places[256 * spellings + letters[at]]
                    row = ((row + same) & _ALL) | (row - same)
                best = _likeness(row, lengths[spellings] + starts[j + 1] - starts[j])
                self.similar[i] = max(self.similar[i], best)
            spellings += 1
        for k in range(self.count):
            left = 0.0
            right = 0.0
            all_right = 1e-9
            for i in range(tokens):
                best = 0.0
                for j in range(self.first[k], self.first[k + 1]):
                    best = max(best, self.similar[i * self.stride + self.tokens[j]])
                left += best * weights[i]
            for j in range(self.first[k], self.first[k + 1]):
                weight = tells[self.tokens[j]]
                best = 0.0
                for i in range(tokens):
                    best = max(best, self.similar[i * self.stride + self.tokens[j]])
                right += best * weight
                all_right += weight
            whole = 0.0
            if spellings == len(lengths):
                i = 2 * tokens - 1
                whole = self.similar[i * self.stride + self.distinct + self.first[self.count] + k]
            for s in range(spellings, len(lengths)):
                row = _ALL
                i = lengths[s]
                for j in range(self.first[k], self.first[k + 1]):
                    word = self.tokens[j]
                    for at in range(starts[word], starts[word + 1]):
                        same = row & places[256 * s + letters[at]]
                        row = ((row + same) & _ALL) | (row - same)
                    i += starts[word + 1] - starts[word]
                whole = max(whole, _likeness(row, i))
            out[k] = (
                counts[0] * shares[k] + counts[1] * left / all_left + counts[2] * right / all_right + counts[3] * whole
            )

    @cython.boundscheck(False)
    @cython.wraparound(False)
    def keep_best(
        self, forms: cython.uint[::1], shares: cython.float[::1], looks: cython.double[::1], places: cython.int[::1]
    ) -> None:
        """Keep the forms that look closest, as many as there are `places`, closest first, and their shares."""
        room: cython.Py_ssize_t = len(places)
        used: cython.Py_ssize_t = 0
        i: cython.Py_ssize_t
        place: cython.Py_ssize_t
        for i in range(len(looks)):
            if used == room and looks[i] <= looks[places[room - 1]]:
                continue
            place = used if used < room else room - 1
            if used < room:
                used += 1
            while place > 0 and looks[places[place - 1]] < looks[i]:
                places[place] = places[place - 1]
                place -= 1
            places[place] = i
        for i in range(used):
            self.held[i] = forms[places[i]]
            self.held_shares[i] = shares[places[i]]
        for i in range(used):
            forms[i] = self.held[i]
            shares[i] = self.held_shares[i]

    @cython.boundscheck(False)
    @cython.wraparound(False)
    def raise_word(self, piece: int, word: cython.uint, value: float) -> None:
        """Raise the similarity of a token of the mention with a word of the index, where that is among the forms'."""
        slot: cython.Py_ssize_t = (word * 40503) & self.mask
        i: cython.Py_ssize_t = piece
        place: cython.Py_ssize_t
        least: cython.double = value
        while self.slots[slot] >= 0:
            if self.words[self.slots[slot]] == word:
                place = i * self.stride + self.slots[slot]
                self.similar[place] = max(self.similar[place], least)
            slot = (slot + 1) & self.mask

    def word(self, item: int) -> int:
        """The word of the index that is the item."""
        return self.words[item]

    def word_rows(self) -> list[list[int]]:
        """The words of each form."""
        return [
            [self.words[self.tokens[place]] for place in range(self.first[form], self.first[form + 1])]
            for form in range(self.count)
        ]
