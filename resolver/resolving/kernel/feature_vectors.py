# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The features of a mention and each form of the batch, and the scores that add them up.

Plain Python that Cython compiles (pure Python mode). It reckons in doubles, as Python does: both give the same answers.
"""

from __future__ import annotations

import cython

from resolver.names.name_parts import NAME, ROLES
from resolver.resolving.features import FEATURE_NUMBERS

if cython.compiled:
    from cython.cimports.resolver.resolving.kernel.alignment import align, is_across
    from cython.cimports.resolver.resolving.kernel.form_measures import (
        is_core_equal,
        is_equal,
        is_swapped,
        measure_filiation,
        measure_letters,
        measure_marks,
        measure_matches,
        measure_rest,
        role_of_token,
    )
    from cython.cimports.resolver.resolving.kernel.workspace import Workspace
else:
    from resolver.resolving.kernel.alignment import align, is_across
    from resolver.resolving.kernel.form_measures import (
        is_core_equal,
        is_equal,
        is_swapped,
        measure_filiation,
        measure_letters,
        measure_marks,
        measure_matches,
        measure_rest,
        role_of_token,
    )
    from resolver.resolving.kernel.workspace import Workspace

_NAMING = cython.declare(cython.uchar, ROLES.index(NAME))
_SHORT_LETTERS = cython.declare(cython.int, 3)  # the most letters that the feature `short` calls short

# The numbers of the features, in the order of the table.
_BIAS = cython.declare(cython.int, FEATURE_NUMBERS["bias"])
_EQUAL = cython.declare(cython.int, FEATURE_NUMBERS["equal"])
_CORE_EQUAL = cython.declare(cython.int, FEATURE_NUMBERS["core_equal"])
_JOINED_EQUAL = cython.declare(cython.int, FEATURE_NUMBERS["joined_equal"])
_MENTION_SOUND = cython.declare(cython.int, FEATURE_NUMBERS["mention_sound"])
_NAME_SOUND = cython.declare(cython.int, FEATURE_NUMBERS["name_sound"])
_MENTION_CLOSE = cython.declare(cython.int, FEATURE_NUMBERS["mention_close"])
_NAME_CLOSE = cython.declare(cython.int, FEATURE_NUMBERS["name_close"])
_BOTH_CLOSE = cython.declare(cython.int, FEATURE_NUMBERS["both_close"])
_WORST = cython.declare(cython.int, FEATURE_NUMBERS["worst"])
_HEARD_MENTION = cython.declare(cython.int, FEATURE_NUMBERS["heard_mention"])
_HEARD_NAME = cython.declare(cython.int, FEATURE_NUMBERS["heard_name"])
_HEARD_JOINED = cython.declare(cython.int, FEATURE_NUMBERS["heard_joined"])
_EVIDENCE = cython.declare(cython.int, FEATURE_NUMBERS["evidence"])
_JOINED_SOUND = cython.declare(cython.int, FEATURE_NUMBERS["joined_sound"])
_JOINED_LETTERS = cython.declare(cython.int, FEATURE_NUMBERS["joined_letters"])
_PHONETIC = cython.declare(cython.int, FEATURE_NUMBERS["phonetic"])
_KEYS = cython.declare(cython.int, FEATURE_NUMBERS["keys"])
_MISSING = cython.declare(cython.int, FEATURE_NUMBERS["missing"])
_MISSING_FIRST = cython.declare(cython.int, FEATURE_NUMBERS["missing_first"])
_EXTRA = cython.declare(cython.int, FEATURE_NUMBERS["extra"])
_BEYOND_LONE = cython.declare(cython.int, FEATURE_NUMBERS["beyond_lone"])
_INITIALS = cython.declare(cython.int, FEATURE_NUMBERS["initials"])
_SWAPPED = cython.declare(cython.int, FEATURE_NUMBERS["swapped"])
_LONE = cython.declare(cython.int, FEATURE_NUMBERS["lone"])
_SHORT = cython.declare(cython.int, FEATURE_NUMBERS["short"])
_WEAK_ALIAS = cython.declare(cython.int, FEATURE_NUMBERS["weak_alias"])
_FIRST_LETTERS = cython.declare(cython.int, FEATURE_NUMBERS["first_letters"])
_OTHER_WORDS = cython.declare(cython.int, FEATURE_NUMBERS["other_words"])
_AGAINST = cython.declare(cython.int, FEATURE_NUMBERS["against"])
_DIFFERING = cython.declare(cython.int, FEATURE_NUMBERS["differing"])
_REPLACED = cython.declare(cython.int, FEATURE_NUMBERS["replaced"])
_KINDS_REPLACED = cython.declare(cython.int, FEATURE_NUMBERS["kinds_replaced"])
_REVERSED = cython.declare(cython.int, FEATURE_NUMBERS["reversed"])
_NUMBER_LACKING = cython.declare(cython.int, FEATURE_NUMBERS["number_lacking"])
_PLACE_LACKING = cython.declare(cython.int, FEATURE_NUMBERS["place_lacking"])
_ACRONYM = cython.declare(cython.int, FEATURE_NUMBERS["acronym"])
_ACROSS = cython.declare(cython.int, FEATURE_NUMBERS["across"])
_ACROSS_MENTION = cython.declare(cython.int, FEATURE_NUMBERS["across_mention"])
_ACROSS_NAME = cython.declare(cython.int, FEATURE_NUMBERS["across_name"])
_ACROSS_MENTION_CLOSE = cython.declare(cython.int, FEATURE_NUMBERS["across_mention_close"])
_ACROSS_NAME_CLOSE = cython.declare(cython.int, FEATURE_NUMBERS["across_name_close"])
_ACROSS_BOTH = cython.declare(cython.int, FEATURE_NUMBERS["across_both"])
_ACROSS_WORST = cython.declare(cython.int, FEATURE_NUMBERS["across_worst"])
_ACROSS_EVIDENCE = cython.declare(cython.int, FEATURE_NUMBERS["across_evidence"])
_ACROSS_JOINED = cython.declare(cython.int, FEATURE_NUMBERS["across_joined"])
_ACROSS_KEYS = cython.declare(cython.int, FEATURE_NUMBERS["across_keys"])
_ACROSS_MISSING = cython.declare(cython.int, FEATURE_NUMBERS["across_missing"])
_ACROSS_MISSING_FIRST = cython.declare(cython.int, FEATURE_NUMBERS["across_missing_first"])
_ACROSS_MISSING_LAST = cython.declare(cython.int, FEATURE_NUMBERS["across_missing_last"])
_ACROSS_EXTRA = cython.declare(cython.int, FEATURE_NUMBERS["across_extra"])
_ACROSS_INITIALS = cython.declare(cython.int, FEATURE_NUMBERS["across_initials"])
_ACROSS_SWAPPED = cython.declare(cython.int, FEATURE_NUMBERS["across_swapped"])
_ACROSS_LONE = cython.declare(cython.int, FEATURE_NUMBERS["across_lone"])
_ACROSS_BEYOND_LONE = cython.declare(cython.int, FEATURE_NUMBERS["across_beyond_lone"])
_ACROSS_FIRST_LETTERS = cython.declare(cython.int, FEATURE_NUMBERS["across_first_letters"])
_ACROSS_AGAINST = cython.declare(cython.int, FEATURE_NUMBERS["across_against"])
_ACROSS_DIFFERING = cython.declare(cython.int, FEATURE_NUMBERS["across_differing"])
_ACROSS_REPLACED = cython.declare(cython.int, FEATURE_NUMBERS["across_replaced"])
_ACROSS_KINDS_REPLACED = cython.declare(cython.int, FEATURE_NUMBERS["across_kinds_replaced"])
_ACROSS_REVERSED = cython.declare(cython.int, FEATURE_NUMBERS["across_reversed"])
_ACROSS_NUMBER_LACKING = cython.declare(cython.int, FEATURE_NUMBERS["across_number_lacking"])
_ACROSS_END = cython.declare(cython.int, len(FEATURE_NUMBERS))


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(across=cython.bint)
def _compare_form(w: Workspace, form: cython.Py_ssize_t, share: cython.double, weak: cython.double) -> cython.int:
    """Align a form and write its features; returns the number of the first one: `bias` or, across scripts, `across`."""
    across = is_across(w, form)
    align(w, form)
    measure_matches(w, form, across)
    measure_rest(w, form)
    measure_marks(w, form)
    measure_filiation(w, form)
    if across:
        _write_across(w, form, share)
        return _ACROSS
    measure_letters(w, form)
    _write_within(w, form, share, weak)
    return _BIAS


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(whole=cython.Py_ssize_t, begin=cython.Py_ssize_t, size=cython.Py_ssize_t)
def _write_within(w: Workspace, form: cython.Py_ssize_t, share: cython.double, weak: cython.double) -> cython.void:
    """Write the features of a form in the script of the mention."""
    row: cython.double[::1] = w.features
    begin = w.first[form]
    size = w.first[form + 1] - begin
    whole = (w.mention_tokens + w.mention_pairs) * w.stride + w.word_count + w.first[w.form_count] + form
    row[_BIAS] = 1.0
    row[_EQUAL] = is_equal(w, form)
    row[_CORE_EQUAL] = is_core_equal(w, form)
    row[_JOINED_EQUAL] = w.letter_similarity == 1.0
    row[_MENTION_SOUND] = w.mention_sum / w.all_mention
    row[_NAME_SOUND] = w.name_sum / w.all_name
    row[_MENTION_CLOSE] = w.mention_close / w.all_mention
    row[_NAME_CLOSE] = w.name_close / w.all_name
    row[_BOTH_CLOSE] = row[_MENTION_CLOSE] * row[_NAME_CLOSE]
    row[_WORST] = w.worst
    row[_HEARD_MENTION] = w.mention_learned / w.all_mention
    row[_HEARD_NAME] = w.name_learned / w.all_name
    row[_HEARD_JOINED] = w.learned[whole] if w.mention_latin else 0.0
    row[_EVIDENCE] = w.name_close
    row[_JOINED_SOUND] = w.similar[whole]
    row[_JOINED_LETTERS] = w.letter_similarity
    row[_PHONETIC] = w.phonetic / w.match_count if w.match_count > 0 else 0.0
    row[_KEYS] = share
    row[_MISSING] = w.missing
    row[_MISSING_FIRST] = _lacks_name(w, form, 0)
    row[_EXTRA] = w.extra
    row[_BEYOND_LONE] = size == 1 and w.beyond and w.match_count > 0
    row[_INITIALS] = w.initials
    row[_SWAPPED] = is_swapped(w)
    row[_LONE] = w.core_end - w.core_start == 1 and size > 1
    row[_SHORT] = row[_EQUAL] == 0.0 and w.shorter_letters <= _SHORT_LETTERS
    row[_WEAK_ALIAS] = weak
    row[_FIRST_LETTERS] = w.same_initial_letters / w.match_count if w.match_count > 0 else 0.0
    row[_OTHER_WORDS] = w.unlike_words
    row[_AGAINST] = min(w.missing, w.extra)
    row[_DIFFERING] = w.differing_marks
    row[_REPLACED] = w.replaced
    row[_KINDS_REPLACED] = w.kinds_replaced
    row[_REVERSED] = w.reversed
    row[_NUMBER_LACKING] = w.number_lacking
    row[_PLACE_LACKING] = w.place_lacking
    row[_ACRONYM] = 0.0


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(whole=cython.Py_ssize_t, begin=cython.Py_ssize_t, size=cython.Py_ssize_t)
def _write_across(w: Workspace, form: cython.Py_ssize_t, share: cython.double) -> cython.void:
    """Write the features of a form in another script than the mention."""
    row: cython.double[::1] = w.features
    begin = w.first[form]
    size = w.first[form + 1] - begin
    whole = (w.mention_tokens + w.mention_pairs) * w.stride + w.word_count + w.first[w.form_count] + form
    row[_ACROSS] = 1.0
    row[_ACROSS_MENTION] = w.mention_sum / w.all_mention
    row[_ACROSS_NAME] = w.name_sum / w.all_name
    row[_ACROSS_MENTION_CLOSE] = w.mention_close / w.all_mention
    row[_ACROSS_NAME_CLOSE] = w.name_close / w.all_name
    row[_ACROSS_BOTH] = row[_ACROSS_MENTION_CLOSE] * row[_ACROSS_NAME_CLOSE]
    row[_ACROSS_WORST] = w.worst
    row[_ACROSS_EVIDENCE] = w.name_close
    row[_ACROSS_JOINED] = max(w.similar[whole], w.similar[whole + w.form_count])
    row[_ACROSS_KEYS] = share
    row[_ACROSS_MISSING] = w.missing
    row[_ACROSS_MISSING_FIRST] = _lacks_name(w, form, 0)
    row[_ACROSS_MISSING_LAST] = _lacks_name(w, form, size - 1)
    row[_ACROSS_EXTRA] = w.extra
    row[_ACROSS_INITIALS] = w.initials
    row[_ACROSS_SWAPPED] = is_swapped(w)
    row[_ACROSS_LONE] = w.core_end - w.core_start == 1 and size > 1 and w.used_name != (1 << size) - 1
    row[_ACROSS_BEYOND_LONE] = size == 1 and w.beyond and w.match_count > 0
    row[_ACROSS_FIRST_LETTERS] = w.same_initial_letters / w.match_count if w.match_count > 0 else 0.0
    row[_ACROSS_AGAINST] = min(w.missing, w.extra)
    row[_ACROSS_DIFFERING] = w.differing_marks
    row[_ACROSS_REPLACED] = w.replaced
    row[_ACROSS_KINDS_REPLACED] = w.kinds_replaced
    row[_ACROSS_REVERSED] = w.reversed
    row[_ACROSS_NUMBER_LACKING] = w.number_lacking


@cython.cfunc
@cython.exceptval(check=False)
def _lacks_name(w: Workspace, form: cython.Py_ssize_t, place: cython.Py_ssize_t) -> cython.bint:
    """Whether the token at a place of a form is a name that no match uses, though there are matches."""
    return (
        w.match_count > 0 and not w.used_name >> place & 1 and role_of_token(w, form, w.first[form] + place) == _NAMING
    )


@cython.locals(k=cython.Py_ssize_t, i=cython.Py_ssize_t, start=cython.int, end=cython.int, total=cython.double)
def score_forms(
    w: Workspace, shares: cython.float[::1], weights: cython.double[::1], scores: cython.double[::1]
) -> None:
    """Write the score of each form of the batch, without the prior of its entity and the cost of a weak alias.

    `shares` are the shares of keys, `weights` those of the features in the order of their numbers.
    """
    for k in range(w.form_count):
        start = _compare_form(w, k, shares[k], 0.0)
        end = _ACROSS_END if start == _ACROSS else _ACROSS
        total = 0.0
        for i in range(start, end):
            total += weights[i] * w.features[i]
        scores[k] = total


def compare_form(w: Workspace, form: cython.Py_ssize_t, share: float, weak: bool) -> int:
    """Compare one form of the batch: the workspace then holds its matches and its features.

    Returns the number of the first of its features, 0 or that of `across`.
    """
    return _compare_form(w, form, share, weak)


def matches(w: Workspace) -> list[tuple[int, int, int, float, float]]:
    """The matches of the form compared last, best first.

    Each is the piece of the mention, the tokens of the form as bits, the first of them in the order of joining, the
    similarity, and the similarity by learned Latin costs.
    """
    return [
        (w.match_piece[i], w.match_mask[i], w.match_start[i], w.match_value[i], w.match_learned[i])
        for i in range(w.match_count)
    ]
