"""From forms with their scores to the entities that they are names of, each by its best form.

Plain Python that Cython compiles (pure Python mode). It reckons in doubles, as Python does: both give the same answers.
"""

from __future__ import annotations

import cython

from resolver.infra.arrays import Buffer, Buffers


@cython.cclass
class Owners:
    """The aliases and entities of an index, and room to mark those seen: for one mention at a time."""

    alias_at: cython.uint[::1]
    aliases: cython.uint[::1]
    alias_entity: cython.uint[::1]
    alias_weak: cython.uchar[::1]
    entity_type: cython.uchar[::1]
    entity_latin: cython.uchar[::1]
    entity_prior: cython.float[::1]
    gone: cython.uchar[::1]
    seen: cython.uchar[::1]
    mass = cython.declare(cython.double, visibility="public")
    rivals = cython.declare(cython.double, visibility="public")
    top = cython.declare(cython.double, visibility="public")

    def __init__(self, parts: Buffers, gone: Buffer, seen: Buffer) -> None:
        """Take the flat arrays of the index, which entities are `gone` from it, and `seen`, zeros, one an entity."""
        self.alias_at = parts["alias_at"]
        self.aliases = parts["aliases"]
        self.alias_entity = parts["alias_entity"]
        self.alias_weak = parts["alias_weak"]
        self.entity_type = parts["entity_type"]
        self.entity_latin = parts["entity_latin"]
        self.entity_prior = parts["entity_prior"]
        self.gone = gone
        self.seen = seen
        self.mass = 0.0
        self.rivals = 0.0
        self.top = 0.0

    @cython.boundscheck(False)
    @cython.wraparound(False)
    def best(
        self,
        forms: cython.uint[::1],
        scores: cython.double[::1],
        order: cython.int[::1],
        foreign: cython.uchar[::1],
        wanted: int,
        without: cython.uint[::1],
        weak_costs: float,
        rival_share: float,
        places: cython.int[::1],
        found: cython.uint[::1],
        totals: cython.double[::1],
    ) -> int:
        """Write the best entities, best first: the place of their form, their alias and score; return how many.

        `order` are the places of the forms by falling score. A form that is `foreign` is no name of an entity that
        has a Latin one; `wanted` is the type of entity, -1 for any; those at the places `without` are left out. Of all
        entities `mass` is then the sum of exp(score - top), and `rivals` the part of it of those with at least
        `rival_share` of the best one's.
        """
        room: cython.Py_ssize_t = len(places)
        count: cython.Py_ssize_t = 0
        phase: cython.int
        n: cython.Py_ssize_t
        i: cython.Py_ssize_t
        at: cython.Py_ssize_t
        place: cython.Py_ssize_t
        alias: cython.uint
        entity: cython.uint
        kind: cython.int = wanted
        costs: cython.double = weak_costs
        least: cython.double = 0.0
        total: cython.double
        self.mass = 0.0
        self.rivals = 0.0
        self.top = scores[order[0]] if len(order) > 0 else 0.0
        for n in range(len(without)):
            self.seen[without[n]] = 2
        for phase in range(2):
            for n in range(len(order)):
                i = order[n]
                for at in range(self.alias_at[forms[i]], self.alias_at[forms[i] + 1]):
                    alias = self.aliases[at]
                    entity = self.alias_entity[alias]
                    if self.gone[entity] or self.seen[entity] > phase:
                        continue
                    if (kind >= 0 and self.entity_type[entity] != kind) or (foreign[i] and self.entity_latin[entity]):
                        continue
                    self.seen[entity] = phase + 1
                    total = scores[i] + self.entity_prior[entity]
                    if self.alias_weak[alias]:
                        total += costs
                    if phase == 1:
                        if total >= least:
                            self.rivals += _exp(total - self.top)
                        continue
                    self.mass += _exp(total - self.top)
                    if count == room and total <= totals[room - 1]:
                        continue
                    place = count if count < room else room - 1
                    if count < room:
                        count += 1
                    while place > 0 and totals[place - 1] < total:
                        places[place] = places[place - 1]
                        found[place] = found[place - 1]
                        totals[place] = totals[place - 1]
                        place -= 1
                    places[place] = i
                    found[place] = alias
                    totals[place] = total
            if count > 0:
                least = totals[0] + _log(rival_share)
        for n in range(len(order)):
            for at in range(self.alias_at[forms[order[n]]], self.alias_at[forms[order[n]] + 1]):
                self.seen[self.alias_entity[self.aliases[at]]] = 0
        for n in range(len(without)):
            self.seen[without[n]] = 0
        return count


if cython.compiled:
    from cython.cimports.libc.math import exp as _exp
    from cython.cimports.libc.math import log as _log
else:
    from math import exp as _exp
    from math import log as _log
