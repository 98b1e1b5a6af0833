"""Answers: the resolution of a mention with its candidates, and the comparison of a pair. Plain frozen data.

They can be pickled, copied and compared, and stay as they are when the table changes or is closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from resolver.records import Alias, Decision, Entity, Evidence, Outcome, Trace
from resolver.resolving.explanation import evidence_lines, evidence_to_dict, trace_matches
from resolver.resolving.score import weights

EXPLAINED_CANDIDATES = 3
"""Explanations cover at most this many candidates, the best ones. The evidence for one more takes 10 microseconds,
and 4 kB in each cached answer."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entity that the mention may mean, by the alias that fits best.

    `score` is in log-odds against "not in the table"; `probability` is calibrated and sums to at most 1 over the
    candidates of a resolution. The aliases of the entity are not read: `names.entity(id)` has them.
    """

    entity: Entity
    alias: Alias
    score: float
    probability: float
    evidence: Evidence | None = field(repr=False, compare=False)
    """How the mention and the alias compare; None but for the best candidates (EXPLAINED_CANDIDATES)."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer for one mention: outcome, up to ten candidates best first, and the reason."""

    mention: str
    outcome: Outcome
    candidates: tuple[Candidate, ...]
    reason: str
    table_size: int = field(default=0, repr=False)
    """The number of name forms in the table, by which features are weighed; 0 where none was compared."""
    cut: int = field(default=0, repr=False, compare=False)
    """The number of postings (words of names) of the search index that were left unread as too common."""
    decisions: tuple[Decision, ...] = field(default=(), repr=False)
    """The decisions on the mention that were applied."""
    in_table: float = field(default=0.0, repr=False, compare=False)
    """The probability that the mention stands for any entity of the table."""

    @property
    def entity(self) -> Entity | None:
        """The entity that the mention is linked to, or None."""
        return self.candidates[0].entity if self.outcome == "linked" else None

    @property
    def probability(self) -> float:
        """The probability that the best candidate is right; 0 without candidates."""
        return self.candidates[0].probability if self.candidates else 0.0

    @property
    def weights(self) -> Mapping[str, float]:
        """The weight of each feature in a table of this size, in log-odds."""
        return weights(self.table_size) if self.table_size else {}

    def to_dict(self) -> dict[str, Any]:
        """The resolution as the JSON object that `resolver resolve` writes."""
        entity = self.entity
        return {
            "mention": self.mention,
            "outcome": self.outcome,
            "id": entity.id if entity else None,
            "name": entity.name if entity else None,
            "type": entity.type if entity else None,
            "probability": round(self.probability, 6),
            "candidates": [
                {
                    "id": c.entity.id,
                    "name": c.entity.name,
                    "alias": c.alias.name,
                    "score": round(c.score, 4),
                    "probability": round(c.probability, 6),
                }
                for c in self.candidates
            ],
        }

    def traces(self, candidate: Candidate) -> tuple[Trace, ...]:
        """The token matches of a candidate in order, each aligned piece by piece."""
        return trace_matches(candidate.evidence) if candidate.evidence else ()

    def explain(self) -> str:
        """The answer in words: what matched what, and how the scores of the best candidates add up."""
        lines = [f"{self.mention!r}: {self.outcome} ({self.reason})"]
        for candidate in self.candidates[:EXPLAINED_CANDIDATES]:
            lines += self._explain(candidate)
        return "\n".join(lines)

    def _explain(self, candidate: Candidate) -> list[str]:
        entity = candidate.entity
        assert candidate.evidence is not None
        as_alias = "" if candidate.alias.name == entity.name else f" as {candidate.alias.name!r}"
        lines = [
            f"  {entity.name} [{entity.id}]{as_alias}:"
            f" probability {candidate.probability:.3f}, score {candidate.score:+.2f}",
            *evidence_lines(candidate.evidence, self.weights, entity.weight),
        ]
        if self.in_table > 0.0 and not any(decision.verdict == "accept" for decision in self.decisions):
            share = candidate.probability / self.in_table
            lines.append(
                f"    probability = {self.in_table:.3f} to be in the table, times {share:.3f} of all candidates"
            )
        return lines

    def explanation(self) -> list[dict[str, Any]]:
        """The same as JSON objects, for the best candidates: the matches with their pieces, and what each feature adds.

        A decision comes with its candidate, as `decision`; rejected entities follow.
        """
        decided = {decision.id: {"decision": decision.to_dict()} for decision in self.decisions}
        best = [
            {
                "id": candidate.entity.id,
                **evidence_to_dict(candidate.evidence, self.weights, candidate.entity.weight),
                **decided.pop(candidate.entity.id, {}),
            }
            for candidate in self.candidates[:EXPLAINED_CANDIDATES]
            if candidate.evidence
        ]
        return best + [{"id": entity_id, "matches": [], "adds": {}, **more} for entity_id, more in decided.items()]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a mention and one name compare, judged as if the name were in a table.

    `score` is in log-odds, as that of a candidate; `probability` is that the mention means what the name names if no
    other name of the table comes near. They are -inf and 0 when one of the two has no letter or digit.
    """

    mention: str
    name: str
    score: float
    probability: float
    evidence: Evidence
    table_size: int = field(default=0, repr=False)
    """The number of name forms in the table, by which features are weighed."""
    log_odds: float = field(default=0.0, repr=False)
    """Those of the probability, at the fitted prevalence."""
    shift: float = field(default=0.0, repr=False)
    """What another prevalence adds to these log-odds."""
    reason: str = ""
    """Why there is nothing to compare; "" when there is."""

    def to_dict(self) -> dict[str, Any]:
        """The comparison as the JSON object that `resolver compare` writes; a score of -inf is None there."""
        return {
            "mention": self.mention,
            "name": self.name,
            "score": None if self.reason else round(self.score, 4),
            "probability": round(self.probability, 6),
        }

    @property
    def weights(self) -> Mapping[str, float]:
        """The weight of each feature in a table of this size, in log-odds."""
        return weights(self.table_size) if self.table_size else {}

    def explain(self) -> str:
        """The comparison in words: what matched what, and how the score adds up."""
        first = f"{self.mention!r} as {self.name!r}: probability {self.probability:.3f}, score {self.score:+.2f}"
        if self.reason:
            return f"{first} ({self.reason})"
        lines = [first, *evidence_lines(self.evidence, self.weights)]
        shift = f" {self.shift:+.2f} for the prevalence" if self.shift else ""
        lines.append(f"    log-odds of the probability = {self.log_odds:+.2f} by boosted trees{shift}")
        return "\n".join(lines)

    def explanation(self) -> dict[str, Any]:
        """The same as a JSON object: the matches with their pieces, and what each feature adds to the score."""
        return evidence_to_dict(self.evidence, self.weights)
