"""Ruling: what people decided on a mention comes before any score."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from resolver.database.store import Owner, Store
from resolver.index.search_index import Index
from resolver.names.normal_form import NormalForm, normal_form
from resolver.names.scripts import script_of_text
from resolver.records import WEAK, Candidate, Decision, Evidence
from resolver.resolving.matching import NO_PLACES, evidence
from resolver.resolving.score import score


class Ruled(NamedTuple):
    """A decision, and the entity that it is about."""

    decision: Decision
    owner: Owner


@dataclass(frozen=True, slots=True)
class Ruling:
    """The decisions on a mention: the entity that it means, if one was accepted, and those that it does not mean."""

    accepted: Ruled | None = None
    rejected: tuple[Ruled, ...] = ()

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """All of them, the accepted one first."""
        accepted = () if self.accepted is None else (self.accepted.decision,)
        return accepted + tuple(ruled.decision for ruled in self.rejected)

    def places(self, index: Index) -> array[int]:
        """The places in an index of the entities that were rejected."""
        if not self.rejected:
            return NO_PLACES
        places = (index.place_of(ruled.owner.row) for ruled in self.rejected)
        return array("I", (place for place in places if place >= 0))

    def apply(self, candidates: tuple[Candidate, ...], store: Store, mention: NormalForm) -> tuple[Candidate, ...]:
        """The candidates, best first: an accepted one is sure, whether it was found or not, and the others are not."""
        if self.accepted is None:
            return candidates
        owner = self.accepted.owner
        found = [candidate for candidate in candidates if candidate.entity.id == owner.entity.id]
        first = found[0] if found else _by_name(owner, store, mention)
        others = [replace(other, probability=0.0) for other in candidates if other.entity.id != owner.entity.id]
        return (replace(first, probability=1.0), *others)

    def reason(self, reason: str) -> str:
        """The reason for the outcome, with the decisions that counted."""
        if self.accepted is not None:
            reason = str(self.accepted.decision)
        said = [f"; {o.entity.name} [{o.entity.id}] {decision}" for decision, o in self.rejected]
        return reason + "".join(said)


_FREE = Ruling()


def rule(store: Store, exact: str, type: str | None) -> Ruling:
    """The ruling on mentions with a normal form; with `type` by the decisions on such entities only."""
    decisions = store.decided(exact)
    if not decisions:
        return _FREE
    accepted, rejected = None, []
    for decision in decisions.values():
        owner = store.owner(decision.id)
        if owner is None or (type is not None and owner.entity.type != type):
            continue
        if decision.verdict == "accept":
            accepted = Ruled(decision, owner)
        else:
            rejected.append(Ruled(decision, owner))
    return Ruling(accepted, tuple(rejected))


def _by_name(owner: Owner, store: Store, mention: NormalForm) -> Candidate:
    """The candidate that an entity is, though no search found it, by its best alias; without any probability yet."""
    entity, script = owner.entity, script_of_text(mention.exact)
    bare: Callable[[], Evidence] = partial(Evidence, mention.tokens, (), (), {}, mention.exact)
    best = Candidate(entity, owner.alias, score({}, entity.weight, store.size), 0.0, bare)
    index = next(index for index in store.indexes if index.place_of(owner.row) >= 0)
    for alias in (owner.alias, *entity.aliases):
        written = normal_form(alias.name).exact
        if not written or script_of_text(written) not in ("Latin", "Other", script):
            continue
        form = index.find_form(written.split(" "))
        if form >= 0:
            weigh = partial(evidence, index, mention, form, 0.0, alias.kind == WEAK)
            total = score(weigh().features, entity.weight, store.size)
            if best.weigh is bare or total > best.score:
                best = Candidate(entity, alias, total, 0.0, weigh)
    return best
