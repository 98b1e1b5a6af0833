# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The batch of forms that a mention is compared with: their words, their items, and which of them look closest.

Plain Python that Cython compiles (pure Python mode). It reckons in doubles, as Python does: both give the same answers.
"""

from __future__ import annotations

import cython

from resolver.infra.limits import MAX_LETTERS, MAX_ROTATED_TOKENS, MAX_TOKENS

if cython.compiled:
    from cython.cimports.resolver.resolving.kernel.workspace import Workspace
else:
    from resolver.resolving.kernel.workspace import Workspace

_MAX_TOKENS = cython.declare(cython.int, MAX_TOKENS)
_MAX_ROTATED = cython.declare(cython.int, MAX_ROTATED_TOKENS)
_MAX_LETTERS = cython.declare(cython.int, MAX_LETTERS)
_ALL = cython.declare(cython.ulonglong, 0xFFFFFFFFFFFFFFFF)
_ONES = cython.declare(cython.ulonglong, 0x5555555555555555)
_PAIRS = cython.declare(cython.ulonglong, 0x3333333333333333)
_FOURS = cython.declare(cython.ulonglong, 0x0F0F0F0F0F0F0F0F)
_BYTES = cython.declare(cython.ulonglong, 0x0101010101010101)


@cython.locals(
    i=cython.Py_ssize_t,
    j=cython.Py_ssize_t,
    place=cython.int,
    slot=cython.Py_ssize_t,
    word=cython.uint,
    form=cython.uint,
)
def load_forms(w: Workspace, forms: cython.uint[::1]) -> int:
    """Make some forms the batch; return how many distinct words they have."""
    for i in range(w.word_count):
        w.slots[w.used_slots[i]] = -1
    w.word_count = 0
    w.form_count = len(forms)
    place = 0
    for i in range(w.form_count):
        form = forms[i]
        w.first[i] = place
        w.legal[i] = w.form_legal[form]
        for j in range(w.form_at[form], w.form_at[form + 1]):
            if place - w.first[i] == _MAX_TOKENS:
                break
            word = w.form_words[j]
            slot = _find_slot(w, word)
            if w.slots[slot] < 0:
                w.slots[slot] = w.word_count
                w.used_slots[w.word_count] = slot
                w.words[w.word_count] = word
                w.weights[w.word_count] = w.word_weights[word]
                w.word_count += 1
            w.tokens[place] = w.slots[slot]
            place += 1
    w.first[w.form_count] = place
    return w.word_count


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(slot=cython.Py_ssize_t)
def _find_slot(w: Workspace, word: cython.uint) -> cython.Py_ssize_t:
    """The slot of a word of the batch, or the empty one where it would be."""
    slot = (word * 40503) & w.slot_mask
    while w.slots[slot] >= 0 and w.words[w.slots[slot]] != word:
        slot = (slot + 1) & w.slot_mask
    return slot


@cython.locals(
    i=cython.Py_ssize_t,
    j=cython.Py_ssize_t,
    latin=cython.Py_ssize_t,
    native=cython.Py_ssize_t,
    is_native=cython.bint,
    form=cython.uint,
)
def partition_by_script(w: Workspace, forms: cython.uint[::1], shares: cython.float[::1]) -> int:
    """Put the forms in Latin letters first, each part in its order; return how many these are."""
    latin = 0
    native = 0
    for i in range(len(forms)):
        form = forms[i]
        is_native = False
        for j in range(w.form_at[form], w.form_at[form + 1]):
            is_native = is_native or w.word_native[w.form_words[j]] != 0
        if is_native:
            w.spare_forms[native] = form
            w.spare_shares[native] = shares[i]
            native += 1
        else:
            forms[latin] = form
            shares[latin] = shares[i]
            latin += 1
    for i in range(native):
        forms[latin + i] = w.spare_forms[i]
        shares[latin + i] = w.spare_shares[i]
    return latin


@cython.locals(i=cython.Py_ssize_t, end=cython.Py_ssize_t)
def write_words(w: Workspace) -> int:
    """Write the distinct words as items; return how many items there are."""
    end = 0
    w.starts[0] = 0
    for i in range(w.word_count):
        end = _write(w, w.words[i], end, end)
        w.starts[i + 1] = end
    return w.word_count


@cython.locals(i=cython.Py_ssize_t, j=cython.Py_ssize_t, start=cython.Py_ssize_t, end=cython.Py_ssize_t)
def write_pairs(w: Workspace, shortest: cython.Py_ssize_t, longest: cython.Py_ssize_t) -> int:
    """Write each token joined with the next as an item, empty unless it has `shortest` to `longest` letters.

    Goes on after `write_words`; returns how many items there are.
    """
    end = w.starts[w.word_count]
    for i in range(w.form_count):
        for j in range(w.first[i], w.first[i + 1]):
            start = end
            if j + 1 < w.first[i + 1]:
                end = _write(w, w.words[w.tokens[j]], start, end)
                end = _write(w, w.words[w.tokens[j + 1]], start, end)
                if end - start < shortest or end - start > longest:
                    end = start
            w.starts[w.word_count + j + 1] = end
    return w.word_count + w.first[w.form_count]


@cython.locals(
    i=cython.Py_ssize_t,
    j=cython.Py_ssize_t,
    item=cython.Py_ssize_t,
    start=cython.Py_ssize_t,
    end=cython.Py_ssize_t,
    last=cython.Py_ssize_t,
)
def write_wholes(w: Workspace, rotated: cython.bint) -> int:
    """Write each form without spaces as an item; when `rotated`, with its last word first, empty where it has one word
    or more than six.

    Goes on after `write_pairs`, the rotated ones after the others; returns how many items there are.
    """
    item = w.word_count + w.first[w.form_count] + (w.form_count if rotated else 0)
    end = w.starts[item]
    for i in range(w.form_count):
        start = end
        last = w.first[i + 1]
        if rotated:
            last -= 1
            if last > w.first[i] and last - w.first[i] < _MAX_ROTATED:
                end = _write(w, w.words[w.tokens[last]], start, end)
            else:
                last = w.first[i]
        for j in range(w.first[i], last):
            end = _write(w, w.words[w.tokens[j]], start, end)
        w.starts[item + i + 1] = end
    return item + w.form_count


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(i=cython.Py_ssize_t)
def _write(w: Workspace, word: cython.uint, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """Append the letters of a word to the item that begins at `start`, up to MAX_LETTERS; return its new end."""
    for i in range(w.roman_at[word], w.roman_at[word + 1]):
        if end - start < _MAX_LETTERS:
            w.letters[end] = w.roman[i]
            end += 1
    return end


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def indel_similarity(row: cython.ulonglong, letters: cython.Py_ssize_t) -> cython.double:
    """Twice the length of a longest common subsequence, whose letters are the 0 bits of `row`, over all `letters`."""
    row = ~row & _ALL
    row = row - ((row >> 1) & _ONES)
    row = (row & _PAIRS) + ((row >> 2) & _PAIRS)
    row = (row + (row >> 4)) & _FOURS
    row = ((row * _BYTES) & _ALL) >> 56
    return 2.0 * row / letters if letters > 0 else 0.0


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
@cython.locals(i=cython.Py_ssize_t, same=cython.ulonglong)
def _subsequence(
    w: Workspace,
    row: cython.ulonglong,
    places: cython.ulonglong[::1],
    spelling: cython.Py_ssize_t,
    word: cython.Py_ssize_t,
) -> cython.ulonglong:
    """The row of the bit-parallel longest common subsequence after the letters of an item (Hyyrö, 2004)."""
    for i in range(w.starts[word], w.starts[word + 1]):
        same = row & places[256 * spelling + w.letters[i]]
        row = ((row + same) & _ALL) | (row - same)
    return row


@cython.locals(
    k=cython.Py_ssize_t,
    i=cython.Py_ssize_t,
    j=cython.Py_ssize_t,
    s=cython.Py_ssize_t,
    tokens=cython.Py_ssize_t,
    spellings=cython.Py_ssize_t,
    letters=cython.Py_ssize_t,
    row=cython.ulonglong,
    best=cython.double,
    weight=cython.double,
    left=cython.double,
    right=cython.double,
    all_left=cython.double,
    all_right=cython.double,
    whole=cython.double,
)
def prefilter_scores(
    w: Workspace,
    places: cython.ulonglong[::1],
    lengths: cython.int[::1],
    token_of: cython.int[::1],
    weights: cython.double[::1],
    shares: cython.float[::1],
    factors: cython.double[::1],
) -> None:
    """Write to `quick_scores` how close each form of the batch looks by its letters and its share of keys.

    Spelling s of the mention is of its token `token_of[s]`, or of all of it where that is -1, as in the last ones.
    It has `lengths[s]` letters, at most 64, and `places[256 * s + letter]` has a bit for each place of a letter in it:
    the longest common subsequences are counted by bits (Hyyrö, 2004). A score is the sum of four numbers times the
    `factors`: the share of keys, the similarity of the tokens weighted over the mention's tokens (by `weights`) and
    over the form's, and that of the whole. Without spellings, `similar` has the similarities of words and wholes.
    """
    tokens = len(weights)
    spellings = 0
    all_left = 1e-9
    for i in range(tokens):
        all_left += weights[i]
    for s in range(len(lengths)):
        if token_of[s] >= 0:
            for j in range(w.word_count):
                w.similar[token_of[s] * w.stride + j] = 0.0
    while spellings < len(lengths) and token_of[spellings] >= 0:
        for j in range(w.word_count):
            i = token_of[spellings] * w.stride + j
            row = _subsequence(w, _ALL, places, spellings, j)
            best = indel_similarity(row, lengths[spellings] + w.starts[j + 1] - w.starts[j])
            w.similar[i] = max(w.similar[i], best)
        spellings += 1
    for k in range(w.form_count):
        left = 0.0
        right = 0.0
        all_right = 1e-9
        for i in range(tokens):
            best = 0.0
            for j in range(w.first[k], w.first[k + 1]):
                best = max(best, w.similar[i * w.stride + w.tokens[j]])
            left += best * weights[i]
        for j in range(w.first[k], w.first[k + 1]):
            weight = w.weights[w.tokens[j]]
            best = 0.0
            for i in range(tokens):
                best = max(best, w.similar[i * w.stride + w.tokens[j]])
            right += best * weight
            all_right += weight
        whole = 0.0
        if spellings == len(lengths):
            i = 2 * tokens - 1
            whole = w.similar[i * w.stride + w.word_count + w.first[w.form_count] + k]
        for s in range(spellings, len(lengths)):
            row = _ALL
            letters = lengths[s]
            for j in range(w.first[k], w.first[k + 1]):
                row = _subsequence(w, row, places, s, w.tokens[j])
                letters += w.starts[w.tokens[j] + 1] - w.starts[w.tokens[j]]
            whole = max(whole, indel_similarity(row, letters))
        w.quick_scores[k] = (
            factors[0] * shares[k] + factors[1] * left / all_left + factors[2] * right / all_right + factors[3] * whole
        )


@cython.locals(room=cython.Py_ssize_t, used=cython.Py_ssize_t, i=cython.Py_ssize_t, place=cython.Py_ssize_t)
def keep_closest(w: Workspace, forms: cython.uint[::1], shares: cython.float[::1], limit: cython.Py_ssize_t) -> None:
    """Put the `limit` forms of the batch with the highest quick scores first, and their shares."""
    room = limit
    used = 0
    for i in range(w.form_count):
        if used == room and w.quick_scores[i] <= w.quick_scores[w.places[room - 1]]:
            continue
        place = used if used < room else room - 1
        if used < room:
            used += 1
        while place > 0 and w.quick_scores[w.places[place - 1]] < w.quick_scores[i]:
            w.places[place] = w.places[place - 1]
            place -= 1
        w.places[place] = i
    for i in range(used):
        w.spare_forms[i] = forms[w.places[i]]
        w.spare_shares[i] = shares[w.places[i]]
    for i in range(used):
        forms[i] = w.spare_forms[i]
        shares[i] = w.spare_shares[i]


@cython.locals(slot=cython.Py_ssize_t, place=cython.Py_ssize_t)
def raise_similarity(w: Workspace, piece: cython.Py_ssize_t, word: cython.uint, value: cython.double) -> None:
    """Raise the similarity of a piece with a word of the index to at least `value`, where the batch has the word."""
    slot = w.slots[_find_slot(w, word)]
    if slot >= 0:
        place = piece * w.stride + slot
        w.similar[place] = max(w.similar[place], value)


def word_of(w: Workspace, item: cython.Py_ssize_t) -> int:
    """The number in the index of a word of the batch."""
    return w.words[item]


def words_of_forms(w: Workspace) -> list[list[int]]:
    """The numbers of the words of each form."""
    return [[w.words[w.tokens[place]] for place in range(w.first[k], w.first[k + 1])] for k in range(w.form_count)]
