# cython: boundscheck=False, wraparound=False, initializedcheck=False
"""From forms with their scores to the entities that they are names of, each by its best form.

Plain Python that Cython compiles (pure Python mode). It reckons in doubles, as Python does: both give the same answers.
"""

from __future__ import annotations

import cython

if cython.compiled:
    from cython.cimports.libc.math import exp as _exp
    from cython.cimports.libc.math import log as _log
    from cython.cimports.resolver.resolving.kernel.workspace import Workspace
else:
    from math import exp as _exp
    from math import log as _log

    from resolver.resolving.kernel.workspace import Workspace


@cython.locals(
    room=cython.Py_ssize_t,
    count=cython.Py_ssize_t,
    phase=cython.int,
    n=cython.Py_ssize_t,
    i=cython.Py_ssize_t,
    at=cython.Py_ssize_t,
    place=cython.Py_ssize_t,
    alias=cython.uint,
    entity=cython.uint,
    least=cython.double,
    total=cython.double,
)
def rank_entities(
    w: Workspace,
    forms: cython.uint[::1],
    scores: cython.double[::1],
    foreign: cython.uchar[::1],
    wanted: cython.int,
    without: cython.uint[::1],
    weak_cost: cython.double,
    rival_share: cython.double,
    places: cython.int[::1],
    aliases: cython.uint[::1],
    totals: cython.double[::1],
) -> int:
    """Write the best entities, best first: the place of their form, their alias and score; return how many.

    A form that is `foreign` is no name of an entity that has a
    Latin one; `wanted` is the type of entity, -1 for any; entities `without` are left out. Afterwards `mass` is the
    sum of exp(score - top) over all entities, and `rivals` the part of it of those with at least `rival_share` of the
    best one's.
    """
    if len(w.seen) == 0:
        w.seen = bytearray(len(w.entity_type))
    order: cython.int[::1] = w.places
    _order_by_score(scores, len(forms), order)
    room = len(places)
    count = 0
    least = 0.0
    w.mass = 0.0
    w.rivals = 0.0
    w.top = scores[order[0]] if len(forms) > 0 else 0.0
    for n in range(len(without)):
        w.seen[without[n]] = 2
    for phase in range(2):
        for n in range(len(forms)):
            i = order[n]
            for at in range(w.alias_at[forms[i]], w.alias_at[forms[i] + 1]):
                alias = w.aliases[at]
                entity = w.alias_entity[alias]
                if w.entity_gone[entity] or w.seen[entity] > phase:
                    continue
                if (wanted >= 0 and w.entity_type[entity] != wanted) or (foreign[i] and w.entity_latin[entity]):
                    continue
                w.seen[entity] = phase + 1
                total = scores[i] + w.entity_prior[entity]
                if w.alias_weak[alias]:
                    total += weak_cost
                if phase == 1:
                    if total >= least:
                        w.rivals += _exp(total - w.top)
                    continue
                w.mass += _exp(total - w.top)
                if count == room and total <= totals[room - 1]:
                    continue
                place = count if count < room else room - 1
                if count < room:
                    count += 1
                while place > 0 and totals[place - 1] < total:
                    places[place] = places[place - 1]
                    aliases[place] = aliases[place - 1]
                    totals[place] = totals[place - 1]
                    place -= 1
                places[place] = i
                aliases[place] = alias
                totals[place] = total
        if count > 0:
            least = totals[0] + _log(rival_share)
    for n in range(len(forms)):
        for at in range(w.alias_at[forms[order[n]]], w.alias_at[forms[order[n]] + 1]):
            w.seen[w.alias_entity[w.aliases[at]]] = 0
    for n in range(len(without)):
        w.seen[without[n]] = 0
    return count


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(i=cython.Py_ssize_t, place=cython.Py_ssize_t)
def _order_by_score(scores: cython.double[::1], count: cython.Py_ssize_t, order: cython.int[::1]) -> cython.void:
    """Write the places of the scores to `order`, the highest first; equal ones keep their order."""
    for i in range(count):
        place = i
        while place > 0 and scores[order[place - 1]] < scores[i]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = i
