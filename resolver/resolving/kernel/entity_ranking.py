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
    from cython.cimports.resolver.resolving.kernel.written_agreement import written_agreement
else:
    from math import exp as _exp
    from math import log as _log

    from resolver.resolving.kernel.workspace import Workspace
    from resolver.resolving.kernel.written_agreement import written_agreement


@cython.locals(
    room=cython.Py_ssize_t,
    count=cython.Py_ssize_t,
    phase=cython.int,
    n=cython.Py_ssize_t,
    i=cython.Py_ssize_t,
    at=cython.Py_ssize_t,
    end=cython.Py_ssize_t,
    place=cython.Py_ssize_t,
    alias=cython.uint,
    entity=cython.uint,
    agreed=cython.int,
    other=cython.int,
    least=cython.double,
    total=cython.double,
)
def rank_entities(
    w: Workspace,
    forms: cython.uint[::1],
    scores: cython.double[::1],
    foreign: cython.uchar[::1],
    agreed_elsewhere: cython.int[::1],
    wanted: cython.int,
    without: cython.uint[::1],
    weak_cost: cython.double,
    otherwise_cost: cython.double,
    rival_share: cython.double,
    places: cython.int[::1],
    aliases: cython.uint[::1],
    otherwise: cython.int[::1],
    totals: cython.double[::1],
) -> int:
    """Write the best entities, best first: the place of their form, their alias and score; return how many.

    Of the aliases of an entity with one form, that counts which is written most as the mention is
    (`written_agreement`). Where another entity's is written more so, here or in another index (`agreed_elsewhere`),
    `otherwise` has the difference, which the score pays for. A form that is `foreign` is no name of an entity that has
    a Latin one; `wanted` is the type of entity, -1 for any; entities `without` are left out. Afterwards `mass` is the
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
    for i in range(len(forms)):
        w.agreed[i] = _most_agreed(w, forms[i], wanted, foreign[i], agreed_elsewhere[i])
    for phase in range(2):
        for n in range(len(forms)):
            i = order[n]
            at = w.alias_at[forms[i]]
            end = w.alias_at[forms[i] + 1]
            while at < end:
                alias = w.aliases[at]
                entity = w.alias_entity[alias]
                at += 1
                agreed = written_agreement(w, forms[i], alias) if w.agreed[i] > 0 else 0
                while at < end and w.alias_entity[w.aliases[at]] == entity:
                    other = written_agreement(w, forms[i], w.aliases[at]) if w.agreed[i] > agreed else 0
                    if other > agreed:
                        agreed = other
                        alias = w.aliases[at]
                    at += 1
                if w.seen[entity] > phase or not _is_meant(w, entity, wanted, foreign[i]):
                    continue
                w.seen[entity] = phase + 1
                total = scores[i] + w.entity_prior[entity] + otherwise_cost * (w.agreed[i] - agreed)
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
                    otherwise[place] = otherwise[place - 1]
                    totals[place] = totals[place - 1]
                    place -= 1
                places[place] = i
                aliases[place] = alias
                otherwise[place] = w.agreed[i] - agreed
                totals[place] = total
        if count > 0:
            least = totals[0] + _log(rival_share)
    for n in range(len(forms)):
        for at in range(w.alias_at[forms[order[n]]], w.alias_at[forms[order[n]] + 1]):
            w.seen[w.alias_entity[w.aliases[at]]] = 0
    for n in range(len(without)):
        w.seen[without[n]] = 0
    return count


def best_agreement(w: Workspace, form: int, wanted: int, without: cython.uint[::1]) -> int:
    """The most that an alias with a form is written as the mention is (`written_agreement`), of those that may count:
    `wanted` and `without` are as for `rank_entities`."""
    at: cython.Py_ssize_t
    n: cython.Py_ssize_t
    best: cython.int = 0
    left_out: cython.bint
    for at in range(w.alias_at[form], w.alias_at[form + 1]):
        left_out = not _is_meant(w, w.alias_entity[w.aliases[at]], wanted, False)
        for n in range(len(without)):
            left_out = left_out or without[n] == w.alias_entity[w.aliases[at]]
        if not left_out:
            best = max(best, written_agreement(w, form, w.aliases[at]))
    return best


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(
    at=cython.Py_ssize_t,
    entity=cython.uint,
    agreed=cython.int,
    plain=cython.int,
    least=cython.int,
    most=cython.int,
)
def _most_agreed(
    w: Workspace, form: cython.uint, wanted: cython.int, foreign: cython.bint, elsewhere: cython.int
) -> cython.int:
    """The most that an alias with a form is written as the mention is, here or elsewhere; 0 if all are so equally."""
    if elsewhere == 0 and w.alias_at[form + 1] - w.alias_at[form] == 1:
        return 0
    most = elsewhere
    least = plain = -1
    for at in range(w.alias_at[form], w.alias_at[form + 1]):
        entity = w.alias_entity[w.aliases[at]]
        if w.seen[entity] == 2 or not _is_meant(w, entity, wanted, foreign):
            continue
        if w.alias_written_at[w.aliases[at] + 1] > w.alias_written_at[w.aliases[at]]:
            agreed = written_agreement(w, form, w.aliases[at])
        else:
            if plain < 0:
                plain = written_agreement(w, form, w.aliases[at])
            agreed = plain
        most = max(most, agreed)
        least = agreed if least < 0 else min(least, agreed)
    return most if least < most else 0


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _is_meant(w: Workspace, entity: cython.uint, wanted: cython.int, foreign: cython.bint) -> cython.bint:
    """Whether an entity is still there, of the type `wanted`, and has no Latin name where its form is `foreign`."""
    if w.entity_gone[entity] or (wanted >= 0 and w.entity_type[entity] != wanted):
        return False
    return not (foreign and w.entity_latin[entity])


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
