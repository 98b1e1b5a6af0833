"""Counting postings: which name forms share the rarest keys with a mention.

Plain Python that Cython compiles (pure Python mode). Sums of floats and quotients of doubles are rounded alike in both,
so that both give the same answers.
"""

from __future__ import annotations

import cython


def is_compiled() -> bool:
    """Whether this module runs as compiled code."""
    return bool(cython.compiled)


@cython.boundscheck(False)
@cython.wraparound(False)
def accumulate(
    postings: cython.uint[:],
    starts: cython.longlong[:],
    ends: cython.longlong[:],
    weights: cython.float[:],
    scores: cython.float[:],
    touched: cython.uint[:],
) -> cython.Py_ssize_t:
    """Add to `scores[form]` the weight of each key whose postings hold the form; list each form once in `touched`.

    `starts`, `ends` and `weights` have one entry a key; `scores` has one a form and must be zero. Returns how many
    forms were touched.
    """
    count: cython.Py_ssize_t = 0
    key: cython.Py_ssize_t
    place: cython.longlong
    form: cython.uint
    weight: cython.float
    for key in range(starts.shape[0] if cython.compiled else len(starts)):
        weight = weights[key]
        for place in range(starts[key], ends[key]):
            form = postings[place]
            if scores[form] == 0.0:
                touched[count] = form
                count += 1
            scores[form] += weight
    return count


@cython.boundscheck(False)
@cython.wraparound(False)
@cython.cdivision(True)
def best_forms(
    scores: cython.float[:],
    norms: cython.float[:],
    touched: cython.uint[:],
    count: cython.Py_ssize_t,
    best: cython.uint[:],
    values: cython.double[:],
) -> cython.Py_ssize_t:
    """The forms with the highest `scores / norms`, best first, of equals the lower number; zeroes `scores`.

    Writes at most len(best) forms and their values, and returns how many.
    """
    room: cython.Py_ssize_t = best.shape[0] if cython.compiled else len(best)
    found: cython.Py_ssize_t = 0
    i: cython.Py_ssize_t
    place: cython.Py_ssize_t
    form: cython.uint
    value: cython.double
    for i in range(count):
        form = touched[i]
        value = cython.cast(cython.double, scores[form]) / norms[form]
        scores[form] = 0.0
        if found == room and (value < values[room - 1] or (value == values[room - 1] and form > best[room - 1])):
            continue
        place = found if found < room else room - 1
        if found < room:
            found += 1
        while place > 0 and (values[place - 1] < value or (values[place - 1] == value and best[place - 1] > form)):
            values[place] = values[place - 1]
            best[place] = best[place - 1]
            place -= 1
        values[place] = value
        best[place] = form
    return found
