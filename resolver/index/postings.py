# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Search in the postings: from the keys of a mention to the words and name forms that share most of them.

Plain Python that Cython compiles (pure Python mode). Weights are summed as integers, so that both give the same sums.
"""

from __future__ import annotations

import cython

from resolver.index.top_k import select_best
from resolver.infra.arrays import Buffers

NORM_STEP = 0.5
"""The unit in which norms of forms are stored, in a byte each."""

_LONGEST_LIST = cython.declare(cython.longlong, 0xFFFFFFFF)
_STEP = cython.declare(cython.double, 0.5)
_TAKEN = cython.declare(cython.uint, 0x80000000)
_UNIT = cython.declare(cython.double, 4.0)
_FULL = cython.declare(cython.uint, 0xFFFF)
_WHOLE = cython.declare(cython.double, 12_000.0)


@cython.cclass
class PostingsSearch:
    """The postings of an index and work arrays for one mention at a time; not for two threads at once.

    For a mention, call `near_words` and `add_words` for each token, then `near_forms` once, then `clear`. What
    `near_words` finds depends on nothing but the token: it may be added again for another mention.
    """

    hashes: cython.uint[::1]
    key_at: cython.uint[::1]
    key_words: cython.uint[::1]
    rarity: cython.float[::1]
    other_hashes: cython.uint[::1]
    other_rarity: cython.float[::1]
    norms: cython.float[::1]
    word_at: cython.uint[::1]
    word_forms: cython.uint[::1]
    form_norms: cython.uchar[::1]
    sums: cython.ushort[::1]
    shared: cython.uint[::1]
    fresh: cython.uint[::1]
    touched: cython.uint[::1]
    values: cython.float[::1]
    totals: cython.uint[::1]
    telling: cython.uint[::1]
    telling_sums: cython.uint[::1]
    most: cython.uint
    form_sums: cython.ushort[::1]
    reached: cython.uint[::1]
    reached_values: cython.float[::1]
    all_touched: cython.Py_ssize_t
    bins: cython.uint[::1]
    starts: cython.longlong[::1]
    ends: cython.longlong[::1]
    weights: cython.uint[::1]
    total: cython.double
    cut = cython.declare(cython.longlong, visibility="public")
    token_norm = cython.declare(cython.double, visibility="public")
    token_most = cython.declare(cython.uint, visibility="public")
    token_cut = cython.declare(cython.longlong, visibility="public")
    token_telling = cython.declare(cython.Py_ssize_t, visibility="public")

    def __init__(self, parts: Buffers, background: Buffers, room: Buffers) -> None:
        """Take the arrays of the index, the keys of its background (empty arrays for none), and zeroed work arrays.

        Of the work arrays, those of sums have one place for each word or form.
        """
        self.hashes = parts["key_hashes"]
        self.key_at = parts["key_at"]
        self.key_words = parts["key_words"]
        self.rarity = parts["key_rarity"]
        self.other_hashes = background["key_hashes"]
        self.other_rarity = background["key_rarity"]
        self.norms = parts["word_norms"]
        self.word_at = parts["word_at"]
        self.word_forms = parts["word_forms"]
        self.form_norms = parts["form_norms"]
        self.sums = room["sums"]
        self.shared = room["shared"]
        self.fresh = room["fresh"]
        self.touched = room["touched"]
        self.values = room["values"]
        self.totals = room["totals"]
        self.telling = room["telling"]
        self.telling_sums = room["telling_sums"]
        self.form_sums = room["form_sums"]
        self.reached = room["reached"]
        self.reached_values = room["reached_values"]
        self.bins = room["bins"]
        self.starts = room["starts"]
        self.ends = room["ends"]
        self.weights = room["weights"]
        self.all_touched = 0
        self.clear()

    @cython.cfunc
    @cython.exceptval(check=False)
    def _first_not_below(
        self, numbers: cython.uint[::1], low: cython.longlong, high: cython.longlong, wanted: cython.uint
    ) -> cython.longlong:
        """The first place in `numbers[low:high]`, which ascend, whose number is not below `wanted` (binary search)."""
        middle: cython.longlong
        while low < high:
            middle = (low + high) >> 1
            if numbers[middle] < wanted:
                low = middle + 1
            else:
                high = middle
        return low

    def near_words(
        self,
        keys: cython.uint[::1],
        shares: cython.float[::1],
        first: cython.uint,
        last: cython.uint,
        inside: cython.bint,
        budget: cython.longlong,
        seeds: cython.longlong,
        least: float,
        telling: float,
        best: cython.uint[::1],
        values: cython.float[::1],
        weights: cython.uint[::1],
    ) -> int:
        """Write the words nearest to a token's keys to `best`, nearest first, and their nearness to `values`.

        Returns their number. `shares` weighs the keys. Only words in `range(first, last)` are considered, and only the
        shortest posting lists, up to `budget` postings; lists beyond `seeds` postings bring in no new words. Nearness
        is the cosine of the two sets of keys (0 to 1); with `inside`, for a token that may hold several words, it is
        the share of the word's own keys that is found. Ties go to the lower number. Words that share less than `least`
        of the keys are left out; those that share less than `telling` of the best word's sum do not count for forms,
        unless they are among the nearest, of which `weights` has what each counts at least.

        The words that count, `token_telling` of them, are left in the work arrays `telling` and `telling_sums`. Then
        `token_norm` is the sum of the keys' weights, `token_most` the best word's, `token_cut` the postings skipped.
        """
        count: cython.Py_ssize_t = len(keys)
        used: cython.Py_ssize_t = 0
        new: cython.Py_ssize_t = 0
        low: cython.Py_ssize_t
        i: cython.Py_ssize_t
        place: cython.Py_ssize_t
        read: cython.longlong = 0
        start: cython.longlong
        end: cython.longlong
        at: cython.longlong
        word: cython.uint
        weight: cython.uint
        value: cython.uint
        norm: cython.double = 0.0
        sums: cython.ushort[::1] = self.sums
        fresh: cython.uint[::1] = self.fresh
        key_words: cython.uint[::1] = self.key_words
        self.token_norm = 0.0
        self.token_most = 0
        self.token_cut = 0
        self.token_telling = 0
        for i in range(count):
            low = self._first_not_below(self.hashes, 0, len(self.hashes), keys[i])
            if low == len(self.hashes) or self.hashes[low] != keys[i]:
                low = self._first_not_below(self.other_hashes, 0, len(self.other_hashes), keys[i])
                if low < len(self.other_hashes) and self.other_hashes[low] == keys[i]:
                    weight = int(_UNIT * shares[i] * self.other_rarity[low] * self.other_rarity[low]) + 1
                    norm += weight / _UNIT
                continue
            weight = int(_UNIT * shares[i] * self.rarity[low] * self.rarity[low]) + 1
            norm += weight / _UNIT
            start = self._first_not_below(self.key_words, self.key_at[low], self.key_at[low + 1], first)
            end = self._first_not_below(self.key_words, start, self.key_at[low + 1], last)
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
            if read + end - start > budget and i >= 3:
                self.token_cut += end - start
                continue
            read += end - start
            weight = self.weights[i]
            if read <= seeds or i < 3:
                for at in range(start, end):
                    word = key_words[at]
                    value = sums[word]
                    sums[word] = min(value + weight, _FULL)
                    fresh[new] = word
                    new += value == 0
            else:
                for at in range(start, end):
                    word = key_words[at]
                    value = sums[word]
                    sums[word] = min(value + weight * (value != 0), _FULL)
        self.token_norm = norm
        return self._best_words(
            new, int(norm * least * _UNIT), telling, 1.0 / _sqrt(norm), inside, best, values, weights
        )

    @cython.cfunc
    @cython.exceptval(check=False)
    def _best_words(
        self,
        new: cython.Py_ssize_t,
        little: cython.uint,
        telling: cython.double,
        scale: cython.double,
        inside: cython.bint,
        best: cython.uint[::1],
        values: cython.float[::1],
        weights: cython.uint[::1],
    ) -> cython.Py_ssize_t:
        """Select the nearest of the words that share a key, and write those that count for forms."""
        i: cython.Py_ssize_t
        kept: cython.Py_ssize_t = 0
        told: cython.Py_ssize_t = 0
        word: cython.uint
        total: cython.uint
        most: cython.uint = 0
        norm: cython.double
        value: cython.double
        sums: cython.ushort[::1] = self.sums
        totals: cython.uint[::1] = self.totals
        fresh: cython.uint[::1] = self.fresh
        given: cython.float[::1] = self.values
        telling_words: cython.uint[::1] = self.telling
        telling_sums: cython.uint[::1] = self.telling_sums
        for i in range(new):
            total = sums[fresh[i]]
            sums[fresh[i]] = 0
            totals[i] = total
            most = max(most, total)
        self.token_most = most
        most = cython.cast(cython.uint, most * telling)
        for i in range(new):
            total = totals[i]
            if total < little:
                continue
            word = fresh[i]
            telling_words[told] = word
            telling_sums[told] = total
            told += total >= most
            norm = self.norms[word]
            value = total / (_UNIT * norm)
            fresh[kept] = word
            given[kept] = value / norm if inside else value * scale
            kept += 1
        self.token_telling = told
        kept = select_best(fresh, given, kept, self.bins, best, values)
        for i in range(kept):
            norm = self.norms[best[i]]
            weights[i] = cython.cast(cython.uint, _UNIT * values[i] * norm * (norm if inside else 1.0 / scale))
        return kept

    def add_words(
        self,
        best: cython.uint[::1],
        weights: cython.uint[::1],
        telling: cython.uint[::1],
        sums: cython.uint[::1],
        norm: cython.double,
        most: cython.uint,
        cut: cython.longlong,
    ) -> None:
        """Add what `near_words` found for a token of the mention to what its words count for forms."""
        i: cython.Py_ssize_t
        touched: cython.Py_ssize_t = self.all_touched
        shared: cython.uint[::1] = self.shared
        for i in range(len(telling)):
            self.touched[touched] = telling[i]
            touched += shared[telling[i]] == 0
            shared[telling[i]] += sums[i]
        for i in range(len(best)):
            if shared[best[i]] == 0 and weights[i] != 0:
                shared[best[i]] = weights[i]
                self.touched[touched] = best[i]
                touched += 1
        self.all_touched = touched
        self.total += norm
        self.most = max(self.most, most)
        self.cut += cut

    def near_forms(
        self,
        words: cython.uint[::1],
        budget: cython.longlong,
        least: float,
        best: cython.uint[::1],
        values: cython.float[::1],
    ) -> int:
        """Write the forms that share most with the tokens searched for to `best`, and their scores to `values`.

        Returns their number. The `words` bring in forms, rarer ones first, up to `budget` postings; all other words
        that share keys with the tokens add to their scores, up to `budget` again.
        """
        count: cython.Py_ssize_t = 0
        i: cython.Py_ssize_t
        read: cython.longlong = 0
        length: cython.longlong
        lists: cython.Py_ssize_t = 0
        at: cython.longlong
        form: cython.uint
        word: cython.uint
        weight: cython.uint
        total: cython.uint
        shortest: cython.longlong = 0
        longest: cython.longlong = 64
        scale: cython.double = min(1.0, _WHOLE / (max(self.total, 1e-9) * _UNIT))
        norm: cython.double = _sqrt(max(self.total, 1e-9)) * _STEP * _UNIT * scale
        little: cython.uint = 0
        form_sums: cython.ushort[::1] = self.form_sums
        shared: cython.uint[::1] = self.shared
        reached: cython.uint[::1] = self.reached
        given: cython.float[::1] = self.reached_values
        starts: cython.longlong[::1] = self.starts
        ends: cython.longlong[::1] = self.ends
        weights: cython.uint[::1] = self.weights
        word_at: cython.uint[::1] = self.word_at
        word_forms: cython.uint[::1] = self.word_forms
        little = int(self.most * least)
        for i in range(min(len(words), len(starts))):
            word = words[i]
            weight = shared[word]
            if weight & _TAKEN or word_at[word] == word_at[word + 1]:
                continue
            if weight == 0:
                self.touched[self.all_touched] = word
                self.all_touched += 1
            shared[word] = weight | _TAKEN
            starts[lists] = word_at[word]
            ends[lists] = word_at[word + 1]
            weights[lists] = max(cython.cast(cython.uint, weight * scale), 1)
            lists += 1
        while shortest <= _LONGEST_LIST:
            for i in range(lists):
                length = ends[i] - starts[i]
                if length <= shortest or length > longest:
                    continue
                if read > 0 and read + length > budget:
                    self.cut += length
                    continue
                read += length
                weight = weights[i]
                for at in range(starts[i], ends[i]):
                    form = word_forms[at]
                    total = form_sums[form]
                    form_sums[form] = min(total + weight, _FULL)
                    reached[count] = form
                    count += total == 0
            shortest = longest
            longest = 64 * longest
        read = 0
        for i in range(self.all_touched):
            word = self.touched[i]
            weight = shared[word]
            if weight & _TAKEN or weight < little:
                continue
            length = word_at[word + 1] - word_at[word]
            if read + length > budget:
                self.cut += length
                continue
            read += length
            weight = max(cython.cast(cython.uint, weight * scale), 1)
            for at in range(word_at[word], word_at[word + 1]):
                total = form_sums[word_forms[at]]
                form_sums[word_forms[at]] = min(total + weight * (total != 0), _FULL)
        for i in range(count):
            form = reached[i]
            total = form_sums[form]
            given[i] = total / (self.form_norms[form] * norm)
            form_sums[form] = 0
        return select_best(reached, given, count, self.bins, best, values)

    def clear(self) -> None:
        """Reset the work arrays for the next mention."""
        i: cython.Py_ssize_t
        for i in range(self.all_touched):
            self.shared[self.touched[i]] = 0
        self.all_touched = 0
        self.most = 0
        self.total = 0.0
        self.cut = 0


if cython.compiled:
    from cython.cimports.libc.math import sqrt as _sqrt
else:
    from math import sqrt as _sqrt
