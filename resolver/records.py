"""The records that pass from one step of the line to the next."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Outcome = Literal["linked", "ambiguous", "nil"]
Verdict = Literal["accept", "reject"]
Query = str | tuple[str, str]
"""A mention, or one with its context: the text around it."""
TYPES = ("person", "org", "place", "other")

CANONICAL = "canonical"
"""The kind under which the canonical name stands among the aliases of a table."""

WEAK = "weak"
"""The kind of an alias that as often means something else."""

ACCEPTED_KINDS = frozenset({"", "short", "acronym", "native", "former"})
"""Kinds of alias that are right as they stand; `variant` is unified and `weak` is left alone."""
KINDS = ACCEPTED_KINDS | {"variant", WEAK}


@dataclass(frozen=True, slots=True)
class Alias:
    """A name of an entity, with its BCP 47 language and its kind ("" is just another correct name)."""

    name: str
    lang: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Entity:
    """A row of the canonical table: its canonical name, and its other names in the order given."""

    id: str
    name: str
    type: str = "other"
    aliases: Sequence[Alias] = ()
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided: that a mention means the entity with an id (accept), or that it does not (reject).

    It is on all mentions with the same normal form. Times are in UTC (ISO 8601); `undone` is "" while it stands.
    """

    number: int
    mention: str
    id: str
    verdict: Verdict
    who: str = ""
    decided: str = ""
    why: str = ""
    undone: str = ""

    def __str__(self) -> str:
        by = f" by {self.who}" if self.who else ""
        because = f": {self.why}" if self.why else ""
        return f"{self.verdict}ed{by} on {self.decided[:10]}{because}"

    def to_dict(self) -> dict[str, Any]:
        """The decision as a JSON object, and as a row of the table that `resolver decisions` prints."""
        return {
            "number": self.number,
            "mention": self.mention,
            "id": self.id,
            "verdict": self.verdict,
            "who": self.who,
            "decided": self.decided,
            "why": self.why,
            "undone": self.undone,
        }


@dataclass(frozen=True, slots=True)
class TokenMatch:
    """Which tokens of the mention stand for which tokens of the name, and how alike they are (0 to 1).

    `heard` is their similarity by the costs learned between Latin spellings; across scripts it is not reckoned apart.
    """

    mention: tuple[int, ...]
    name: tuple[int, ...]
    similarity: float
    heard: float = 0.0


@dataclass(frozen=True, slots=True)
class PieceMatch:
    """A piece of a mention that stands for a piece of a name, and the cost of that (nats; either may be empty)."""

    mention: str
    name: str
    cost: float


@dataclass(frozen=True, slots=True)
class Trace:
    """The best alignment of a match, piece by piece, by the language table that explains it best."""

    match: TokenMatch
    table: str
    pieces: tuple[PieceMatch, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """How a mention and one name form compare: the token matches and the features that the score adds up."""

    mention_tokens: tuple[str, ...]
    name_tokens: tuple[str, ...]
    matches: tuple[TokenMatch, ...]
    features: Mapping[str, float]
    mention_exact: str = ""
    name_exact: str = ""


Tracer = Callable[[Evidence], tuple[Trace, ...]]
"""What aligns the matches of some evidence, piece by piece."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entity that the mention may mean, by the alias that fits best.

    `score` is in log-odds against "not in the table"; `probability` is calibrated and sums to at most 1 over
    the candidates of a resolution.
    """

    entity: Entity
    alias: Alias
    score: float
    probability: float
    weigh: Callable[[], Evidence] = field(repr=False, compare=False)
    """How `evidence` is worked out."""

    @property
    def evidence(self) -> Evidence:
        """How the mention and the alias compare, worked out anew each time."""
        return self.weigh()


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer for one mention: outcome, up to ten candidates best first, and why."""

    mention: str
    outcome: Outcome
    candidates: tuple[Candidate, ...]
    reason: str
    weights: Mapping[str, float] = field(default_factory=dict, repr=False)
    """What a score multiplies each feature by."""
    tracer: Tracer = field(default=lambda evidence: (), repr=False, compare=False)
    """How `traces` aligns the matches of a candidate."""
    cut: int = field(default=0, repr=False, compare=False)
    """How much of the search index was left out, as too common: postings, that is words of names."""
    decisions: tuple[Decision, ...] = field(default=(), repr=False)
    """What people decided on the mention, as far as it counted here."""
    in_table: float = field(default=0.0, repr=False, compare=False)
    """The probability that it stands for any of the entities, by what all candidates add up to."""

    @property
    def entity(self) -> Entity | None:
        """The entity that the mention is linked to, or None."""
        return self.candidates[0].entity if self.outcome == "linked" else None

    @property
    def probability(self) -> float:
        """The probability that the best candidate is right; 0 without any candidate."""
        return self.candidates[0].probability if self.candidates else 0.0

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
        """What stands for what in each match of a candidate, piece by piece, in the order of its matches."""
        return self.tracer(candidate.evidence)

    def explain(self) -> str:
        """The answer in words: what matched what, and how the score of the best candidates adds up."""
        lines = [f"{self.mention!r}: {self.outcome} ({self.reason})"]
        for candidate in self.candidates[:3]:
            lines += self._explain(candidate)
        return "\n".join(lines)

    def _explain(self, candidate: Candidate) -> list[str]:
        as_alias = "" if candidate.alias.name == candidate.entity.name else f" as {candidate.alias.name!r}"
        first = (
            f"  {candidate.entity.name} [{candidate.entity.id}]{as_alias}:"
            f" probability {candidate.probability:.3f}, score {candidate.score:+.2f}"
        )
        lines = [first, *_explain_evidence(candidate.evidence, self.tracer, self.weights, candidate.entity.weight)]
        if self.in_table > 0.0 and not any(decision.verdict == "accept" for decision in self.decisions):
            share = candidate.probability / self.in_table
            lines.append(
                f"    probability = {self.in_table:.3f} to be in the table, times {share:.3f} of all candidates"
            )
        return lines

    def explanation(self) -> list[dict[str, Any]]:
        """The same as data, for the best three candidates: matches with their pieces, and what each feature adds.

        What people decided comes with them, as `decision`; the entities they rejected follow.
        """
        decided = {decision.id: {"decision": decision.to_dict()} for decision in self.decisions}
        best = [
            {
                "id": candidate.entity.id,
                **_evidence_to_dict(candidate.evidence, self.tracer, self.weights, candidate.entity.weight),
                **decided.pop(candidate.entity.id, {}),
            }
            for candidate in self.candidates[:3]
        ]
        return best + [{"id": entity_id, "matches": [], "adds": {}, **more} for entity_id, more in decided.items()]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a mention and one name compare, judged as if the name were one of those of a table.

    `score` is in log-odds as that of a candidate, `probability` that the mention means what the name names if no other
    name of the table comes near. Without a letter or digit in one of them they are -inf and 0.
    """

    mention: str
    name: str
    score: float
    probability: float
    evidence: Evidence
    weights: Mapping[str, float] = field(default_factory=dict, repr=False)
    """What the score multiplies each feature by."""
    steepness: float = field(default=0.0, repr=False)
    """What the score is multiplied by for the log-odds of the probability."""
    reason: str = ""
    """Why there is nothing to compare, if so."""
    tracer: Tracer = field(default=lambda evidence: (), repr=False, compare=False)
    """How `explain` aligns the matches."""

    def to_dict(self) -> dict[str, Any]:
        """The comparison as the JSON object that `resolver compare` writes; a score of -inf is None there."""
        return {
            "mention": self.mention,
            "name": self.name,
            "score": None if self.reason else round(self.score, 4),
            "probability": round(self.probability, 6),
        }

    def explain(self) -> str:
        """The comparison in words: what matched what, and how the score adds up."""
        first = f"{self.mention!r} as {self.name!r}: probability {self.probability:.3f}, score {self.score:+.2f}"
        if self.reason:
            return f"{first} ({self.reason})"
        lines = [first, *_explain_evidence(self.evidence, self.tracer, self.weights)]
        lines.append(f"    log-odds of the probability = {self.steepness:.2f} times the score")
        return "\n".join(lines)

    def explanation(self) -> dict[str, Any]:
        """The same as data: the matches with their pieces, and what each feature adds to the score."""
        return _evidence_to_dict(self.evidence, self.tracer, self.weights)


def _explain_evidence(
    evidence: Evidence, tracer: Tracer, weights: Mapping[str, float], prior: float = 1.0
) -> list[str]:
    lines = []
    for trace in tracer(evidence):
        match = trace.match
        left, right = _matched_words(evidence, match)
        line = f"    {left} ~ {right}: similarity {match.similarity:.2f}"
        differing = ", ".join(f"{p.mention or '-'}→{p.name or '-'}" for p in trace.pieces if p.mention != p.name)
        lines.append(f"{line} ({differing}: {trace.table})" if differing else line)
    extra, missing = _left_over(evidence)
    if extra:
        lines.append(f"    only in the mention: {', '.join(extra)}")
    if missing:
        lines.append(f"    only in the name: {', '.join(missing)}")
    lines.append("    score = " + " ".join(f"{value:+.2f} {name}" for name, value in _adds(evidence, weights, prior)))
    return lines


def _evidence_to_dict(
    evidence: Evidence, tracer: Tracer, weights: Mapping[str, float], prior: float = 1.0
) -> dict[str, Any]:
    extra, missing = _left_over(evidence)
    return {
        "matches": [_trace_to_dict(evidence, trace) for trace in tracer(evidence)],
        "only_in_mention": extra,
        "only_in_name": missing,
        "adds": {name: round(value, 4) for name, value in _adds(evidence, weights, prior)},
    }


def _left_over(evidence: Evidence) -> tuple[list[str], list[str]]:
    """The tokens of the mention, and those of the name, that no match has."""
    used_mention = {i for match in evidence.matches for i in match.mention}
    used_name = {i for match in evidence.matches for i in match.name}
    extra = [token for i, token in enumerate(evidence.mention_tokens) if i not in used_mention]
    return extra, [token for i, token in enumerate(evidence.name_tokens) if i not in used_name]


def _adds(evidence: Evidence, weights: Mapping[str, float], prior: float) -> list[tuple[str, float]]:
    """What each feature and the prior add to the score, the most first; those that add nothing are left out."""
    adds = {name: weights[name] * value for name, value in evidence.features.items()}
    adds["prior"] = math.log(prior)
    return sorted(((name, value) for name, value in adds.items() if value), key=lambda item: -abs(item[1]))


def _matched_words(evidence: Evidence, match: TokenMatch) -> tuple[str, str]:
    """The words of the mention and of the name in a match, in their own scripts."""
    mention = evidence.mention_exact.split(" ")
    name = evidence.name_exact.split(" ")
    return " ".join(mention[i] for i in match.mention), " ".join(name[i] for i in match.name)


def _trace_to_dict(evidence: Evidence, trace: Trace) -> dict[str, Any]:
    mention, name = _matched_words(evidence, trace.match)
    return {
        "mention": mention,
        "name": name,
        "similarity": round(trace.match.similarity, 4),
        "table": trace.table,
        "pieces": [[piece.mention, piece.name, round(piece.cost, 2)] for piece in trace.pieces],
    }


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a text. `start` and `end` are half-open code-point offsets into the original text."""

    start: int
    end: int
    before: str
    after: str
    id: str
    name: str
    probability: float
    reason: str
    doc: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The edit as the JSON object that `resolver rewrite --edits` writes."""
        return {
            "doc": self.doc,
            "start": self.start,
            "end": self.end,
            "before": self.before,
            "after": self.after,
            "id": self.id,
            "name": self.name,
            "probability": round(self.probability, 6),
            "reason": self.reason,
        }


Rewrite = Callable[[str, str], tuple[str, list[Edit]]]
"""From a text and the name of its document to the new text and the edits."""
