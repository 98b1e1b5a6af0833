# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Measures of a mention and one aligned form: similarity of the matches, weight of the rest, letters, marks.

Each function fills some of the measures of the workspace, or answers one question. Plain Python that Cython compiles
(pure Python mode). It reckons in doubles, as Python does: both give the same answers.
"""

from __future__ import annotations

import cython

from resolver.names.distinguishing_marks import KINDS
from resolver.names.name_parts import NAME, ROLES
from resolver.resolving.kernel.piece_flags import INITIAL_PIECE, TOKEN_PIECE

if cython.compiled:
    from cython.cimports.resolver.resolving.kernel.alignment import is_lone_letter
    from cython.cimports.resolver.resolving.kernel.form_batch import indel_similarity
    from cython.cimports.resolver.resolving.kernel.workspace import Workspace
else:
    from resolver.resolving.kernel.alignment import is_lone_letter
    from resolver.resolving.kernel.form_batch import indel_similarity
    from resolver.resolving.kernel.workspace import Workspace

_NAME = cython.declare(cython.uchar, ROLES.index(NAME))
_LEGAL = cython.declare(cython.uchar, ROLES.index("legal"))
_HONORIFIC = cython.declare(cython.uchar, ROLES.index("honorific"))
_OFFICE = cython.declare(cython.uchar, ROLES.index("office"))
_GENERIC = cython.declare(cython.uchar, ROLES.index("generic"))
_TOKEN = cython.declare(cython.int, TOKEN_PIECE)
_INITIAL = cython.declare(cython.int, INITIAL_PIECE)
_CLOSE = cython.declare(cython.double, 0.9)  # a match at least so similar is of the same word
_FILIATION = cython.declare(cython.int, KINDS.index("filiation") + 1)
_ALL = cython.declare(cython.ulonglong, 0xFFFFFFFFFFFFFFFF)


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(role=cython.uchar)
def role_of_token(w: Workspace, form: cython.Py_ssize_t, j: cython.Py_ssize_t) -> cython.uchar:
    """The role of the token at place j of the batch, in a form, as names.name_parts.roles_of gives it."""
    role = w.word_roles[w.words[w.tokens[j]]]
    if w.legal[form] >> (j - w.first[form]) & 1:
        return _LEGAL
    if role == _LEGAL and j == w.first[form]:
        return _NAME
    if role in (_HONORIFIC, _OFFICE) and j == w.first[form + 1] - 1:
        return _NAME
    return role


@cython.cfunc
@cython.exceptval(check=False)
def weight_of_token(w: Workspace, form: cython.Py_ssize_t, j: cython.Py_ssize_t) -> cython.double:
    """The weight (0 to 1) of the token at place j of the batch."""
    return w.weights[w.tokens[j]] * w.role_shares[role_of_token(w, form, j)]


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(piece=cython.Py_ssize_t)
def _is_initial(w: Workspace, form: cython.Py_ssize_t, match: cython.Py_ssize_t) -> cython.bint:
    """Whether a match is of a lone letter and a token that begins with it."""
    piece = w.match_piece[match]
    if w.piece_flags[piece] & _TOKEN == 0 or w.match_mask[match] != 1 << w.match_start[match]:
        return False
    return (w.piece_flags[piece] & _INITIAL != 0) != is_lone_letter(w, w.tokens[w.first[form] + w.match_start[match]])


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(
    i=cython.Py_ssize_t,
    j=cython.Py_ssize_t,
    piece=cython.Py_ssize_t,
    word=cython.uint,
    begin=cython.Py_ssize_t,
    size=cython.Py_ssize_t,
    mention_weight=cython.double,
    name_weight=cython.double,
    value=cython.double,
    power=cython.double,
    names=cython.bint,
)
def measure_matches(w: Workspace, form: cython.Py_ssize_t, across: cython.bint) -> cython.void:
    """Add up how similar the matches of the form aligned last are, and which tokens they use."""
    begin = w.first[form]
    size = w.first[form + 1] - begin
    w.mention_sum = w.name_sum = w.mention_close = w.name_close = w.mention_learned = w.name_learned = 0.0
    w.phonetic = w.initials = w.same_initial_letters = w.unlike_words = 0.0
    w.worst = 2.0
    w.used_mention = w.used_name = 0
    for i in range(w.match_count):
        piece = w.match_piece[i]
        mention_weight = 0.0
        names = False
        for j in range(w.mention_tokens):
            if w.piece_mask[piece] >> j & 1:
                mention_weight += w.mention_weights[j]
                names = names or w.mention_roles[j] == _NAME
        name_weight = 0.0
        for j in range(size):
            if w.match_mask[i] >> j & 1:
                name_weight += weight_of_token(w, form, begin + j)
        value = w.match_value[i]
        power = value * value if across else value * value * value * value
        w.mention_sum += value * mention_weight
        w.name_sum += value * name_weight
        w.mention_close += power * mention_weight
        w.name_close += power * name_weight
        w.mention_learned += w.match_learned[i] * mention_weight
        w.name_learned += w.match_learned[i] * name_weight
        if names:
            w.worst = min(w.worst, value)
        w.initials += _is_initial(w, form, i)
        word = w.words[w.tokens[begin + w.match_start[i]]]
        w.same_initial_letters += w.piece_letter[piece] == w.roman[w.roman_at[word]]
        if w.piece_flags[piece] & _TOKEN and w.match_mask[i] == 1 << w.match_start[i]:
            w.phonetic += w.mention_codes[piece] != 0 and w.mention_codes[piece] == w.word_codes[word]
            if value < _CLOSE:
                w.unlike_words += w.mention_known[piece] * (1.0 - value)
        w.used_mention |= w.piece_mask[piece]
        w.used_name |= w.match_mask[i]
    if w.worst == 2.0:
        w.worst = 0.0


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(
    j=cython.Py_ssize_t,
    begin=cython.Py_ssize_t,
    size=cython.Py_ssize_t,
    value=cython.double,
    lone_mention=cython.int,
    lone_name=cython.int,
    naming=cython.int,
    generic_mention=cython.int,
    generic_name=cython.int,
    role=cython.uchar,
)
def measure_rest(w: Workspace, form: cython.Py_ssize_t) -> cython.void:
    """Add up what each side has that no match uses, and all that each has."""
    begin = w.first[form]
    size = w.first[form + 1] - begin
    lone_mention = 0
    lone_name = 0
    naming = 0
    generic_mention = 0
    generic_name = 0
    w.missing = w.extra = w.all_mention = w.all_name = 0.0
    w.beyond = False
    for j in range(w.mention_tokens):
        w.all_mention += w.mention_weights[j]
        if not w.used_mention >> j & 1:
            w.extra += w.mention_weights[j]
            role = w.mention_roles[j]
            w.beyond = w.beyond or role == _NAME
            if role in (_NAME, _GENERIC):
                lone_mention += 1
                naming += role == _NAME
                generic_mention += role == _GENERIC
    for j in range(size):
        value = weight_of_token(w, form, begin + j)
        w.all_name += value
        if not w.used_name >> j & 1:
            w.missing += value
            role = role_of_token(w, form, begin + j)
            if role in (_NAME, _GENERIC):
                lone_name += 1
                naming += role == _NAME
                generic_name += role == _GENERIC
    w.replaced = min(lone_mention, lone_name, naming)
    w.kinds_replaced = min(generic_mention, generic_name)
    if w.all_mention == 0.0:
        w.all_mention = 1.0
    if w.all_name == 0.0:
        w.all_name = 1.0


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(j=cython.Py_ssize_t, role=cython.uchar, found=cython.int, size=cython.Py_ssize_t)
def _plain_tokens(w: Workspace, form: cython.Py_ssize_t) -> cython.int:
    """The tokens of a form that are neither legal forms nor titles, as bits; all where nothing else is there."""
    found = 0
    size = w.first[form + 1] - w.first[form]
    for j in range(size):
        role = role_of_token(w, form, w.first[form] + j)
        if role != _LEGAL and role != _HONORIFIC:
            found |= 1 << j
    return found if found else (1 << size) - 1


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(
    taken=cython.int,
    row=cython.ulonglong,
    same=cython.ulonglong,
    i=cython.Py_ssize_t,
    j=cython.Py_ssize_t,
    word=cython.uint,
    letters=cython.Py_ssize_t,
)
def measure_letters(w: Workspace, form: cython.Py_ssize_t) -> cython.void:
    """The indel similarity of the names without spaces, legal forms and titles, and the letters of the shorter one.

    That is twice the longest common subsequence over all letters, counted by bits (Hyyrö, 2004).
    """
    taken = _plain_tokens(w, form)
    row = _ALL
    letters = 0
    for j in range(w.first[form], w.first[form + 1]):
        if not taken >> (j - w.first[form]) & 1:
            continue
        word = w.words[w.tokens[j]]
        for i in range(w.roman_at[word], w.roman_at[word + 1]):
            same = row & w.letter_places[w.roman[i]]
            row = ((row + same) & _ALL) | (row - same)
        letters += w.roman_at[word + 1] - w.roman_at[word]
    w.letter_similarity = indel_similarity(row, w.letter_count + letters)
    w.shorter_letters = min(w.letter_count, letters)


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(word=cython.uint, single=cython.bint)
def _mark(w: Workspace, form: cython.Py_ssize_t, j: cython.Py_ssize_t) -> cython.int:
    """The distinguishing mark of a token; a lone letter is a number only as the last of several tokens."""
    word = w.words[w.tokens[j]]
    single = is_lone_letter(w, w.tokens[j])
    return 0 if single and (j < w.first[form + 1] - 1 or j == w.first[form]) else w.word_marks[word]


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(
    i=cython.Py_ssize_t,
    j=cython.Py_ssize_t,
    mention_kinds=cython.int,
    name_kinds=cython.int,
    both=cython.int,
    one=cython.int,
    mark=cython.int,
    lacking=cython.bint,
)
def measure_marks(w: Workspace, form: cython.Py_ssize_t) -> cython.void:
    """Count the kinds of marks of which each side has one that the other lacks, and say which kinds one side lacks.

    The kinds are those of names.distinguishing_marks, numbered from 1: countries, directions, generations, numbers.
    """
    mention_kinds = 0
    name_kinds = 0
    for i in range(w.mention_tokens):
        mark = w.mention_marks[i]
        lacking = mark != 0
        for j in range(w.first[form], w.first[form + 1]):
            lacking = lacking and _mark(w, form, j) != mark
        if lacking:
            mention_kinds |= 1 << (mark >> 12)
    for j in range(w.first[form], w.first[form + 1]):
        mark = _mark(w, form, j)
        lacking = mark != 0
        for i in range(w.mention_tokens):
            lacking = lacking and w.mention_marks[i] != mark
        if lacking:
            name_kinds |= 1 << (mark >> 12)
    one = mention_kinds ^ name_kinds
    both = mention_kinds & name_kinds
    w.differing_marks = ((both >> 1) & 1) + ((both >> 2) & 1) + ((both >> 3) & 1) + ((both >> 4) & 1)
    w.number_lacking = (one >> 3) & 1 | (one >> 4) & 1
    w.place_lacking = (one >> 1) & 1 | (one >> 2) & 1


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(i=cython.Py_ssize_t)
def _has_tokens(
    w: Workspace, start: cython.Py_ssize_t, end: cython.Py_ssize_t, begin: cython.Py_ssize_t, stop: cython.Py_ssize_t
) -> cython.bint:
    """Whether the tokens of the mention from `start` to `end` are those of the batch from `begin` to `stop`."""
    if end - start != stop - begin:
        return False
    for i in range(end - start):
        if w.mention_words[start + i] != cython.cast(cython.longlong, w.words[w.tokens[begin + i]]):
            return False
    return True


@cython.cfunc
@cython.exceptval(check=False)
def is_equal(w: Workspace, form: cython.Py_ssize_t) -> cython.bint:
    """Whether the mention has the tokens of a form."""
    return _has_tokens(w, 0, w.mention_tokens, w.first[form], w.first[form + 1])


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(begin=cython.Py_ssize_t, end=cython.Py_ssize_t)
def is_core_equal(w: Workspace, form: cython.Py_ssize_t) -> cython.bint:
    """Whether the two are equal without the legal forms at the end and the titles at the start."""
    begin = w.first[form]
    end = w.first[form + 1]
    while end - begin > 1 and role_of_token(w, form, end - 1) == _LEGAL:
        end -= 1
    while end - begin > 1 and role_of_token(w, form, begin) in (_HONORIFIC, _LEGAL):
        begin += 1
    return _has_tokens(w, w.core_start, w.core_end, begin, end)


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(i=cython.Py_ssize_t, j=cython.Py_ssize_t, earlier=cython.bint)
def is_swapped(w: Workspace) -> cython.bint:
    """Whether the matched tokens of the form come in another order than the mention has them in."""
    for i in range(w.match_count):
        for j in range(w.match_count):
            earlier = w.piece_first[w.match_piece[i]] < w.piece_first[w.match_piece[j]]
            if earlier and w.match_start[i] > w.match_start[j]:
                return True
    return False


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(
    i=cython.Py_ssize_t,
    first=cython.Py_ssize_t,
    second=cython.Py_ssize_t,
    begin=cython.Py_ssize_t,
    place=cython.int,
)
def measure_filiation(w: Workspace, form: cython.Py_ssize_t) -> cython.void:
    """Say whether the form has the names of a child and its father the other way round (Ali bin Omar, Omar bin Ali)."""
    begin = w.first[form]
    w.reversed = False
    for place in range(1, w.mention_tokens - 1):
        if w.mention_marks[place] >> 12 != _FILIATION:
            continue
        first = second = -1
        for i in range(w.match_count):
            if w.piece_mask[w.match_piece[i]] == 1 << (place - 1):
                first = w.match_start[i]
            elif w.piece_mask[w.match_piece[i]] == 1 << (place + 1):
                second = w.match_start[i]
        if second >= 0 and first == second + 2:
            w.reversed = w.reversed or w.word_marks[w.words[w.tokens[begin + second + 1]]] >> 12 == _FILIATION
