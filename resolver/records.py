"""The records that pass from one step of the line to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Outcome = Literal["linked", "ambiguous", "nil"]
Verdict = Literal["accept", "reject"]
Query = str | tuple[str, str]
"""A mention, or one with its context: the text around it."""
TYPES = ("person", "org", "place", "other")

CANONICAL = "canonical"
"""The kind of the canonical name among the aliases of a table."""

WEAK = "weak"
"""The kind of an alias that often means something else."""

ACCEPTED_KINDS = frozenset({"", "short", "acronym", "native", "former"})
"""Kinds of alias that are correct as written; `variant` aliases are replaced by rewriting, `weak` ones are left
alone."""
KINDS = ACCEPTED_KINDS | {"variant", WEAK}


@dataclass(frozen=True, slots=True)
class Alias:
    """A name of an entity, with its BCP 47 language and its kind ("" is any other correct name)."""

    name: str
    lang: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Entity:
    """A row of the canonical table: id, canonical name, type, aliases in the given order, and prior weight.

    `aliases` is None if they were not read, as in the candidates of a resolution: `names.entity(id)` reads them.
    """

    id: str
    name: str
    type: str = "other"
    aliases: tuple[Alias, ...] | None = ()
    weight: float = 1.0

    @property
    def known_aliases(self) -> tuple[Alias, ...]:
        """The aliases. Raises ValueError if they were not read."""
        if self.aliases is None:
            raise ValueError(f"the aliases of the entity {self.id!r} were not read")
        return self.aliases


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that a mention means the entity with an id (accept), or that it does not (reject).

    It applies to all mentions with the same normal form. Times are in UTC (ISO 8601); `undone` is "" while the decision
    is in force.
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
    """A match of mention tokens with name tokens, as indexes, and its similarity (0 to 1).

    `heard` is the similarity by the costs learned between Latin spellings; across scripts it is 0.
    """

    mention: tuple[int, ...]
    name: tuple[int, ...]
    similarity: float
    heard: float = 0.0


@dataclass(frozen=True, slots=True)
class PieceMatch:
    """A piece of a mention, the piece of a name that it is aligned with (either may be empty), and the cost in nats."""

    mention: str
    name: str
    cost: float


@dataclass(frozen=True, slots=True)
class Trace:
    """The best alignment of a token match, piece by piece, by the language table under which it costs least."""

    match: TokenMatch
    table: str
    pieces: tuple[PieceMatch, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The comparison of a mention with one name form: the token matches and the features that make up the score."""

    mention_tokens: tuple[str, ...]
    name_tokens: tuple[str, ...]
    matches: tuple[TokenMatch, ...]
    features: Mapping[str, float]
    mention_exact: str = ""
    name_exact: str = ""


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
"""Maps a text and the name of its document to the new text and its edits."""
