# cython: boundscheck=False, wraparound=False, initializedcheck=False
"""Which tokens of a mention stand for which tokens of a form.

Plain Python that Cython compiles (pure Python mode). It reckons in doubles, as Python does: both give the same answers.
"""

from __future__ import annotations

import cython

from resolver.infra.limits import MAX_ROTATED_TOKENS
from resolver.names.distinguishing_marks import KINDS
from resolver.resolving.kernel.piece_flags import (
    DIGIT_PIECE,
    INITIAL_PIECE,
    LATIN_PIECE,
    NUMBERED_PIECE,
    PAIR_PIECE,
    TOKEN_PIECE,
    UNSPACED_PIECE,
)

if cython.compiled:
    from cython.cimports.resolver.resolving.kernel.workspace import Workspace
else:
    from resolver.resolving.kernel.workspace import Workspace

MIN_SIMILARITY = 0.5
"""Least similarity of two Latin tokens that stand for each other, unless one is an initial."""

MIN_SIMILARITY_ACROSS = 0.25
"""Least similarity of two tokens in different scripts that stand for each other."""

_TOKEN = cython.declare(cython.int, TOKEN_PIECE)
_PAIR = cython.declare(cython.int, PAIR_PIECE)
_LATIN = cython.declare(cython.int, LATIN_PIECE)
_UNSPACED = cython.declare(cython.int, UNSPACED_PIECE)
_INITIAL = cython.declare(cython.int, INITIAL_PIECE)
_UNSPACED_WORD = cython.declare(cython.int, 2)  # as Index.word_native has it
_DIGIT = cython.declare(cython.int, DIGIT_PIECE)
_NUMBERED = cython.declare(cython.int, NUMBERED_PIECE)
_WORD = cython.declare(cython.int, KINDS.index("word") + 1)  # a kind of mark that tells no two names apart
_FIRST_LETTER = cython.declare(cython.uchar, ord("a"))
_MAX_ROTATED = cython.declare(cython.int, MAX_ROTATED_TOKENS)
_MIN_SIMILARITY = cython.declare(cython.double, MIN_SIMILARITY)
_MIN_ACROSS = cython.declare(cython.double, MIN_SIMILARITY_ACROSS)
_INITIAL_SIMILARITY = cython.declare(cython.double, 0.6)  # of an initial with a token that begins with it
_JOINED_FACTOR = cython.declare(cython.double, 0.97)  # by which joined tokens are less similar
_SAME_MARK_SIMILARITY = cython.declare(cython.double, 0.95)  # of two words for one number, country or direction
_ORDER_PENALTY = cython.declare(cython.double, 1e-6)  # a place of distance, among matches that are equally similar

# What an item of the batch is made of.
_ONE_WORD = cython.declare(cython.int, 0)
_NEIGHBOURS = cython.declare(cython.int, 1)
_WHOLE = cython.declare(cython.int, 2)
_ROTATED = cython.declare(cython.int, 3)


@cython.cfunc
@cython.exceptval(check=False)
def is_across(w: Workspace, form: cython.Py_ssize_t) -> cython.bint:
    """Whether a form of the batch has no word in the script of the mention: Latin letters, or others."""
    j: cython.Py_ssize_t
    for j in range(w.first[form], w.first[form + 1]):
        if w.mention_latin == (w.word_native[w.words[w.tokens[j]]] == 0):
            return False
    return True


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(
    begin=cython.Py_ssize_t,
    size=cython.Py_ssize_t,
    possible=cython.Py_ssize_t,
    kind=cython.int,
    kinds=cython.int,
    i=cython.Py_ssize_t,
    j=cython.Py_ssize_t,
    item=cython.Py_ssize_t,
    items=cython.Py_ssize_t,
    start=cython.Py_ssize_t,
    mask=cython.int,
    native=cython.bint,
    across=cython.bint,
    learned=cython.bint,
    value=cython.double,
    heard=cython.double,
    single=cython.bint,
)
def align(w: Workspace, form: cython.Py_ssize_t) -> cython.int:
    """Match the tokens of the mention with those of a form, best first; each token is in at most one match.

    Two neighbours may stand for one token of the other side ("lin chen" for "linchen"), and all tokens together for
    one of a script that writes no spaces. Fills the `match_` arrays of the workspace and returns their length.
    """
    begin = w.first[form]
    size = w.first[form + 1] - begin
    across = is_across(w, form)
    learned = w.mention_latin and not across
    kinds = 4 if across else 2
    possible = 0
    mask = 0
    for kind in range(kinds):
        items = size
        if kind == _NEIGHBOURS:
            items = size - 1
        elif kind == _WHOLE:
            items = 1 if size > 1 else 0
        elif kind == _ROTATED:
            items = 1 if 1 < size <= _MAX_ROTATED else 0
        for j in range(items):
            native = False
            start = size - 1 if kind == _ROTATED else j
            if kind == _ONE_WORD:
                item = w.tokens[begin + j]
                native = w.word_native[w.words[item]] != 0
                mask = 1 << j
            elif kind == _NEIGHBOURS:
                item = w.word_count + begin + j
                mask = 3 << j
            else:
                item = w.word_count + w.first[w.form_count] + (w.form_count if kind == _ROTATED else 0) + form
                mask = (1 << size) - 1
            for i in range(w.mention_pieces):
                value = _similarity(w, i, item, kind, native)
                if value < 0.0:
                    continue
                heard = 0.0
                if learned:
                    single = kind == _ONE_WORD and w.piece_flags[i] & _TOKEN != 0
                    heard = w.learned[i * w.stride + item] if single else value
                _insert(w, possible, i, mask, start, value, heard)
                possible += 1
    return _choose(w, possible)


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(flags=cython.int, value=cython.double, single=cython.bint, mark=cython.int, other=cython.int)
def _similarity(
    w: Workspace, i: cython.Py_ssize_t, item: cython.Py_ssize_t, kind: cython.int, native: cython.bint
) -> cython.double:
    """The similarity of piece i with an item as a possible match, or -1 where it is none."""
    flags = w.piece_flags[i]
    single = flags & _TOKEN != 0
    value = w.similar[i * w.stride + item]
    if kind == _ONE_WORD and single:
        if w.mention_words[i] == cython.cast(cython.longlong, w.words[item]):
            value = 1.0
        if not native and flags & _LATIN:
            value = _with_initial(w, i, item, value)
        mark = w.mention_marks[i]
        other = w.word_marks[w.words[item]]
        if mark != 0 and mark == other:
            value = max(value, _SAME_MARK_SIMILARITY)
        elif value < 1.0 and _has_other_mark(w, i, item):
            return -1.0
    if value < (_MIN_SIMILARITY if (flags & _LATIN != 0) != native else _MIN_ACROSS):
        return -1.0
    if kind == _ONE_WORD and single:
        return value
    if not single and kind != _ONE_WORD:
        return -1.0
    if single and kind > _NEIGHBOURS and flags & _UNSPACED == 0:
        return -1.0
    if flags & (_TOKEN | _PAIR) == 0 and w.word_native[w.words[item]] != _UNSPACED_WORD:
        return -1.0
    return value * _JOINED_FACTOR


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(mark=cython.int, word=cython.uint, first=cython.uchar, last=cython.uchar)
def _has_other_mark(w: Workspace, i: cython.Py_ssize_t, item: cython.Py_ssize_t) -> cython.bint:
    """Whether token i and a word unequal to it have different marks of one kind or different digits."""
    word = w.words[item]
    mark = w.mention_marks[i]
    if mark != 0 and mark >> 12 == w.word_marks[word] >> 12 and mark >> 12 != _WORD:
        return True
    first = w.roman[w.roman_at[word]]
    last = w.roman[w.roman_at[word + 1] - 1]
    if w.piece_flags[i] & _DIGIT != 0 or first < _FIRST_LETTER:
        return True
    return last < _FIRST_LETTER and w.piece_flags[i] & _NUMBERED != 0


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(word=cython.uint)
def is_lone_letter(w: Workspace, j: cython.Py_ssize_t) -> cython.bint:
    """Whether a word of the batch is one letter (a digit is none)."""
    word = w.words[j]
    return w.roman_at[word + 1] - w.roman_at[word] == 1 and w.roman[w.roman_at[word]] >= _FIRST_LETTER


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(initial=cython.bint, lone=cython.bint)
def _with_initial(w: Workspace, i: cython.Py_ssize_t, item: cython.Py_ssize_t, value: cython.double) -> cython.double:
    """The similarity of a token with a word, `value` unless one is an initial.

    An initial of the one stands for a token of the other that begins with it.
    """
    initial = w.piece_flags[i] & _INITIAL != 0
    lone = is_lone_letter(w, item)
    if not initial and not lone:
        return value
    if w.piece_letter[i] != w.roman[w.roman_at[w.words[item]]]:
        return 0.0
    return 1.0 if initial and lone else _INITIAL_SIMILARITY


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(place=cython.Py_ssize_t, distance=cython.Py_ssize_t, rank=cython.double)
def _insert(
    w: Workspace,
    count: cython.Py_ssize_t,
    piece: cython.int,
    mask: cython.int,
    start: cython.Py_ssize_t,
    value: cython.double,
    heard: cython.double,
) -> cython.void:
    """Insert a possible match among `count` sorted ones: the most similar first, of equals the least displaced."""
    distance = w.piece_first[piece] - start
    rank = value - _ORDER_PENALTY * (distance if distance > 0 else -distance)
    place = count
    while place > 0 and w.ranks[place - 1] < rank:
        w.ranks[place] = w.ranks[place - 1]
        w.possible_piece[place] = w.possible_piece[place - 1]
        w.possible_mask[place] = w.possible_mask[place - 1]
        w.possible_start[place] = w.possible_start[place - 1]
        w.possible_value[place] = w.possible_value[place - 1]
        w.possible_learned[place] = w.possible_learned[place - 1]
        place -= 1
    w.ranks[place] = rank
    w.possible_piece[place] = piece
    w.possible_mask[place] = mask
    w.possible_start[place] = start
    w.possible_value[place] = value
    w.possible_learned[place] = heard


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(used_mention=cython.int, used_form=cython.int, i=cython.Py_ssize_t, count=cython.int)
def _choose(w: Workspace, possible: cython.Py_ssize_t) -> cython.int:
    """Take the possible matches in order, each whose tokens no better one has taken."""
    used_mention = 0
    used_form = 0
    count = 0
    for i in range(possible):
        if w.piece_mask[w.possible_piece[i]] & used_mention or w.possible_mask[i] & used_form:
            continue
        used_mention |= w.piece_mask[w.possible_piece[i]]
        used_form |= w.possible_mask[i]
        w.match_piece[count] = w.possible_piece[i]
        w.match_mask[count] = w.possible_mask[i]
        w.match_start[count] = w.possible_start[i]
        w.match_value[count] = w.possible_value[i]
        w.match_learned[count] = w.possible_learned[i]
        count += 1
    w.match_count = count
    return count
