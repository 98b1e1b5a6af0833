"""Overrides: what people decided on a mention comes before any score."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, replace
from typing import NamedTuple

from resolver.database.rows import Owner
from resolver.database.snapshot import Snapshot
from resolver.index.search_index import Index
from resolver.names.normal_form import NormalForm, normal_form
from resolver.names.scripts import script_of_text
from resolver.records import WEAK, Decision, Evidence
from resolver.resolving.matching import NO_PLACES, evidence
from resolver.resolving.resolution import Candidate
from resolver.resolving.score import score


class AppliedDecision(NamedTuple):
    """A decision, and the entity that it is about."""

    decision: Decision
    owner: Owner


@dataclass(frozen=True, slots=True)
class Overrides:
    """The decisions on a mention: the entity that was accepted, if any, and those that were rejected."""

    accepted: AppliedDecision | None = None
    rejected: tuple[AppliedDecision, ...] = ()

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """All decisions, the accepted one first."""
        accepted = () if self.accepted is None else (self.accepted.decision,)
        return accepted + tuple(applied.decision for applied in self.rejected)

    def places(self, index: Index) -> array[int]:
        """The places in an index of the rejected entities."""
        if not self.rejected:
            return NO_PLACES
        places = (index.place_of(applied.owner.row) for applied in self.rejected)
        return array("I", (place for place in places if place >= 0))

    def apply(
        self, candidates: tuple[Candidate, ...], snapshot: Snapshot, mention: NormalForm
    ) -> tuple[Candidate, ...]:
        """The candidates, best first: an accepted one has probability 1, whether it was found or not, all others 0."""
        if self.accepted is None:
            return candidates
        owner = self.accepted.owner
        found = [candidate for candidate in candidates if candidate.entity.id == owner.entity.id]
        first = found[0] if found else _candidate(owner, snapshot, mention)
        others = [replace(other, probability=0.0) for other in candidates if other.entity.id != owner.entity.id]
        return (replace(first, probability=1.0), *others)

    def reason(self, reason: str) -> str:
        """The reason for the outcome, with the decisions that were applied."""
        if self.accepted is not None:
            reason = str(self.accepted.decision)
        return reason + "".join(
            f"; {owner.entity.name} [{owner.entity.id}] {decision}" for decision, owner in self.rejected
        )


_NONE = Overrides()


def overrides_on(snapshot: Snapshot, exact: str, type: str | None) -> Overrides:
    """The decisions on mentions with a normal form; with `type` only those about entities of that type."""
    decisions = snapshot.decided(exact)
    if not decisions:
        return _NONE
    accepted, rejected = None, []
    for decision in decisions.values():
        owner = snapshot.owner(decision.id)
        if owner is None or (type is not None and owner.entity.type != type):
            continue
        if decision.verdict == "accept":
            accepted = AppliedDecision(decision, owner)
        else:
            rejected.append(AppliedDecision(decision, owner))
    return Overrides(accepted, tuple(rejected))


def _candidate(owner: Owner, snapshot: Snapshot, mention: NormalForm) -> Candidate:
    """An entity that no search found as a candidate with probability 0, by the alias that fits best."""
    entity, script = owner.entity, script_of_text(mention.exact)
    bare = Evidence(mention.tokens, (), (), {}, mention.exact)
    best = Candidate(entity, owner.alias, score({}, entity.weight, snapshot.size), 0.0, bare)
    index = next(index for index in snapshot.indexes if index.place_of(owner.row) >= 0)
    for alias in (owner.alias, *snapshot.other_names(entity)):
        written = normal_form(alias.name).exact
        if not written or script_of_text(written) not in ("Latin", "Other", script):
            continue
        form = index.find_form(written.split(" "))
        if form >= 0:
            found = evidence(index, mention, form, 0.0, alias.kind == WEAK)
            total = score(found.features, entity.weight, snapshot.size)
            if best.evidence is bare or total > best.score:
                best = Candidate(entity, alias, total, 0.0, found)
    return best
