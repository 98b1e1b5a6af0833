"""From the keys of a mention to the words and the name forms that share the most and the rarest of them.

Plain Python that Cython compiles (pure Python mode). Sums are of single floats and quotients of doubles in both, so
that both give the same answers.
"""

from __future__ import annotations

import cython

from resolver.buffers import Buffers

BINS = 1024
"""Values are sorted into so many bins to find how high the best ones reach."""

NORM_STEP = 0.5
"""Norms of forms are kept in these steps, in a byte each."""

_BINS = cython.declare(cython.Py_ssize_t, 1024)
_LONGEST_LIST = cython.declare(cython.longlong, 0xFFFFFFFF)
_LITTLE = cython.declare(cython.float, 1e-6)


def is_compiled() -> bool:
    """Whether this module runs as compiled code."""
    return bool(cython.compiled)


@cython.cclass
class Search:
    """The postings of an index and room to count in: one mention at a time, not for two threads at once.

    For a mention, `near_words` is called for each token, then `near_forms` once, then `clear`.
    """

    hashes: cython.uint[::1]
    key_at: cython.uint[::1]
    key_words: cython.uint[::1]
    rarity: cython.float[::1]
    norms: cython.float[::1]
    word_at: cython.uint[::1]
    word_forms: cython.uint[::1]
    form_at: cython.uint[::1]
    form_words: cython.uint[::1]
    form_norms: cython.uchar[::1]
    sums: cython.float[::1]
    shared: cython.float[::1]
    fresh: cython.uint[::1]
    touched: cython.uint[::1]
    again: cython.uint[::1]
    values: cython.float[::1]
    form_sums: cython.float[::1]
    reached: cython.uint[::1]
    reached_values: cython.float[::1]
    all_touched: cython.Py_ssize_t
    bins: cython.uint[::1]
    starts: cython.longlong[::1]
    ends: cython.longlong[::1]
    weights: cython.float[::1]
    total: cython.double
    cut = cython.declare(cython.longlong, visibility="public")
    read = cython.declare(cython.longlong, visibility="public")

    def __init__(self, parts: Buffers, room: Buffers) -> None:
        """Take the flat arrays of the index, and the room: arrays of zeros, the sums one a word or form."""
        self.hashes = parts["key_hashes"]
        self.key_at = parts["key_at"]
        self.key_words = parts["key_words"]
        self.rarity = parts["key_rarity"]
        self.norms = parts["word_norms"]
        self.word_at = parts["word_at"]
        self.word_forms = parts["word_forms"]
        self.form_at = parts["form_at"]
        self.form_words = parts["form_words"]
        self.form_norms = parts["form_norms"]
        self.sums = room["sums"]
        self.shared = room["shared"]
        self.fresh = room["fresh"]
        self.touched = room["touched"]
        self.again = room["again"]
        self.values = room["values"]
        self.form_sums = room["form_sums"]
        self.reached = room["reached"]
        self.reached_values = room["reached_values"]
        self.bins = room["bins"]
        self.starts = room["starts"]
        self.ends = room["ends"]
        self.weights = room["weights"]
        self.total = 0.0
        self.all_touched = 0
        self.cut = 0
        self.read = 0

    @cython.boundscheck(False)
    @cython.wraparound(False)
    @cython.cfunc
    @cython.exceptval(check=False)
    def _first_not_below(self, low: cython.longlong, high: cython.longlong, word: cython.uint) -> cython.longlong:
        """Where in a part of the postings the words begin that are not below `word`."""
        middle: cython.longlong
        while low < high:
            middle = (low + high) >> 1
            if self.key_words[middle] < word:
                low = middle + 1
            else:
                high = middle
        return low

    @cython.boundscheck(False)
    @cython.wraparound(False)
    @cython.cdivision(True)
    def near_words(
        self,
        keys: cython.uint[::1],
        shares: cython.float[::1],
        first: cython.uint,
        last: cython.uint,
        inside: cython.bint,
        budget: cython.longlong,
        best: cython.uint[::1],
        values: cython.float[::1],
    ) -> int:
        """Write the words nearest to a token's keys to `best`, nearest first, how near to `values`; return how many.

        `shares` say how much each key counts; only words from `first` to before `last` are looked at, and of the
        postings the shortest lists up to `budget`. The nearness is the cosine of the two sets of keys (0 to 1); with
        `inside`, for a token that may hold several words, it is the part of the word's own keys that is found. Of
        equals the lower number comes first.
        """
        count: cython.Py_ssize_t = len(keys)
        used: cython.Py_ssize_t = 0
        new: cython.Py_ssize_t = 0
        repeats: cython.Py_ssize_t = 0
        low: cython.Py_ssize_t
        high: cython.Py_ssize_t
        middle: cython.Py_ssize_t
        i: cython.Py_ssize_t
        place: cython.Py_ssize_t
        read: cython.longlong = 0
        start: cython.longlong
        end: cython.longlong
        at: cython.longlong
        word: cython.uint
        weight: cython.float
        value: cython.float
        norm: cython.double = 0.0
        for i in range(count):
            low = 0
            high = len(self.hashes)
            while low < high:
                middle = (low + high) >> 1
                if self.hashes[middle] < keys[i]:
                    low = middle + 1
                else:
                    high = middle
            if low == len(self.hashes) or self.hashes[low] != keys[i]:
                continue
            weight = shares[i] * self.rarity[low] * self.rarity[low]
            norm += weight
            start = self._first_not_below(self.key_at[low], self.key_at[low + 1], first)
            end = self._first_not_below(start, self.key_at[low + 1], last)
            place = used
            while place > 0 and self.ends[place - 1] - self.starts[place - 1] > end - start:
                self.starts[place] = self.starts[place - 1]
                self.ends[place] = self.ends[place - 1]
                self.weights[place] = self.weights[place - 1]
                place -= 1
            self.starts[place] = start
            self.ends[place] = end
            self.weights[place] = weight
            used += 1
        if norm == 0.0:
            return 0
        for i in range(used):
            start = self.starts[i]
            end = self.ends[i]
            if (read + end - start > budget and i >= 3) or repeats + end - start > len(self.again):
                self.cut += end - start
                continue
            read += end - start
            weight = self.weights[i]
            for at in range(start, end):
                word = self.key_words[at]
                value = self.sums[word]
                self.sums[word] = value + weight
                self.fresh[new] = word
                self.again[repeats] = word
                new += value == 0.0
                repeats += value != 0.0
        self.read += read
        self.total += norm
        return self._best_words(new, repeats, 1.0 / _sqrt(norm), inside, best, values)

    @cython.boundscheck(False)
    @cython.wraparound(False)
    @cython.cdivision(True)
    @cython.cfunc
    def _best_words(
        self,
        new: cython.Py_ssize_t,
        repeats: cython.Py_ssize_t,
        scale: cython.float,
        inside: cython.bint,
        best: cython.uint[::1],
        values: cython.float[::1],
    ) -> cython.Py_ssize_t:
        """The nearest of the words that share a key; of those that share but one, only where none shares more."""
        i: cython.Py_ssize_t
        kept: cython.Py_ssize_t = 0
        word: cython.uint
        value: cython.float
        norm: cython.float
        if repeats == 0:
            for i in range(new):
                self.again[i] = self.fresh[i]
            repeats = new
        for i in range(repeats):
            word = self.again[i]
            value = self.sums[word]
            if value == 0.0:
                continue
            self.sums[word] = 0.0
            if self.shared[word] == 0.0:
                self.touched[self.all_touched] = word
                self.all_touched += 1
            self.shared[word] += value
            norm = self.norms[word]
            self.again[kept] = word
            self.values[kept] = value / (norm * norm) if inside else value / norm * scale
            kept += 1
        for i in range(new):
            self.sums[self.fresh[i]] = 0.0
        return self._select(self.again, self.values, kept, best, values)

    @cython.boundscheck(False)
    @cython.wraparound(False)
    @cython.cdivision(True)
    @cython.cfunc
    def _select(
        self,
        numbers: cython.uint[::1],
        given: cython.float[::1],
        count: cython.Py_ssize_t,
        best: cython.uint[::1],
        values: cython.float[::1],
    ) -> cython.Py_ssize_t:
        """Write the numbers with the highest values given, highest first; return how many. Values are at least 0."""
        room: cython.Py_ssize_t = len(best)
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        used: cython.Py_ssize_t = 0
        place: cython.Py_ssize_t
        least: cython.Py_ssize_t = 0
        number: cython.uint
        value: cython.float
        scale: cython.float = 0.0
        if count > room:
            for k in range(_BINS):
                self.bins[k] = 0
            for i in range(count):
                scale = max(scale, given[i])
            scale = (_BINS - 1) / scale
            for i in range(count):
                self.bins[cython.cast(cython.Py_ssize_t, given[i] * scale)] += 1
            place = 0
            least = _BINS
            while place < room:
                least -= 1
                place += self.bins[least]
        for i in range(count):
            value = given[i]
            if cython.cast(cython.Py_ssize_t, value * scale) < least:
                continue
            number = numbers[i]
            if used == room and (value < values[room - 1] or (value == values[room - 1] and number > best[room - 1])):
                continue
            place = used if used < room else room - 1
            if used < room:
                used += 1
            while place > 0 and (
                values[place - 1] < value or (values[place - 1] == value and best[place - 1] > number)
            ):
                values[place] = values[place - 1]
                best[place] = best[place - 1]
                place -= 1
            values[place] = value
            best[place] = number
        return used

    @cython.boundscheck(False)
    @cython.wraparound(False)
    @cython.cdivision(True)
    def near_forms(
        self,
        words: cython.uint[::1],
        budget: cython.longlong,
        looked_at: int,
        best: cython.uint[::1],
        values: cython.float[::1],
    ) -> int:
        """Write the forms that share most with the tokens searched for to `best`, and how much to `values`.

        Forms are reached by the `words`, the rarer ones first, as far as the `budget` of postings goes; what lies
        beyond is cut. Those `looked_at` with the most found by then are ranked by all that they share.
        """
        most: cython.Py_ssize_t = looked_at
        count: cython.Py_ssize_t = 0
        used: cython.Py_ssize_t = 0
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        place: cython.Py_ssize_t
        least: cython.Py_ssize_t = 0
        read: cython.longlong = 0
        length: cython.longlong
        at: cython.uint
        form: cython.uint
        word: cython.uint
        weight: cython.float
        value: cython.float
        scale: cython.float = 0.0
        shortest: cython.longlong = 0
        longest: cython.longlong = 64
        while shortest <= _LONGEST_LIST:
            for i in range(len(words)):
                word = words[i]
                length = self.word_at[word + 1] - self.word_at[word]
                if length <= shortest or length > longest:
                    continue
                if read > 0 and read + length > budget:
                    self.cut += length
                    continue
                read += length
                weight = max(self.shared[word], _LITTLE)
                for at in range(self.word_at[word], self.word_at[word + 1]):
                    form = self.word_forms[at]
                    value = self.form_sums[form]
                    if value == 0.0:
                        self.reached[count] = form
                        count += 1
                    self.form_sums[form] = value + weight
            shortest = longest
            longest = 64 * longest
        self.read += read
        for i in range(count):
            form = self.reached[i]
            value = self.form_sums[form] / (self.form_norms[form] + 1.0)
            self.form_sums[form] = 0.0
            self.reached_values[i] = value
            scale = max(scale, value)
        if count > most:
            for k in range(_BINS):
                self.bins[k] = 0
            scale = (_BINS - 1) / scale
            for i in range(count):
                self.bins[cython.cast(cython.Py_ssize_t, self.reached_values[i] * scale)] += 1
            place = 0
            least = _BINS
            while place < most:
                least -= 1
                place += self.bins[least]
        for i in range(count):
            if cython.cast(cython.Py_ssize_t, self.reached_values[i] * scale) < least:
                continue
            form = self.reached[i]
            value = 0.0
            weight = 0.0
            for at in range(self.form_at[form], self.form_at[form + 1]):
                word = self.form_words[at]
                value += self.shared[word]
                weight += self.norms[word] * self.norms[word]
            self.reached[used] = form
            self.reached_values[used] = value / _sqrt(weight * self.total)
            used += 1
        return self._select(self.reached, self.reached_values, used, best, values)

    @cython.boundscheck(False)
    @cython.wraparound(False)
    def clear(self) -> None:
        """Forget the tokens searched for."""
        i: cython.Py_ssize_t
        for i in range(self.all_touched):
            self.shared[self.touched[i]] = 0.0
        self.all_touched = 0
        self.total = 0.0
        self.cut = 0
        self.read = 0


if cython.compiled:
    from cython.cimports.libc.math import sqrt as _sqrt
else:
    from math import sqrt as _sqrt
