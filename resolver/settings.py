"""The settings: all numbers and choices that decide an answer and are not fitted."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from resolver.errors import SettingError

Policy = Literal["variants", "canonical"]

FITTED_PREVALENCE = 0.7
"""The prevalence in the queries that the weights were fitted on (`scripts/fit`)."""

SINGLE_PREVALENCE = 0.5
"""The prevalence that is assumed of a single mention, of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of a resolver. All have defaults that suit news text in English."""

    min_precision: float = 0.95
    """The share of links that should be correct. `data/thresholds.tsv` maps it to the probability that a link needs."""

    min_probability: float | None = None
    """Link a mention if its best entity has at least this probability; overrides `min_precision`."""

    prevalence: float | None = None
    """The share of the mentions whose entity is in the table, on which every probability depends. None: estimated for a
    batch, and SINGLE_PREVALENCE for a mention on its own."""

    ambiguous_share: float = 0.4
    """An entity is a rival of the best one if its probability is at least this share of the best one's."""

    ambiguous_probability: float = 0.75
    """A mention without a link is ambiguous if the best entity and its rivals together have at least this
    probability."""

    candidate_forms: int = 32
    """Maximum number of name forms that are aligned with a mention in Latin script."""

    across_forms: int = 64
    """The same for a mention in another script, which is searched by guesses at its romanisation."""

    max_candidates: int = 10
    """Maximum number of entities that a resolution lists."""

    max_mention: int = 500
    """Maximum length of a mention in code points; the outcome of a longer one is nil."""

    max_context: int = 20_000
    """Maximum length of a context in code points; the rest is ignored."""

    context_candidates: int = 50
    """Maximum number of entities whose probability a context may change."""

    language: str = "en"
    """BCP 47 language of the texts to rewrite. Latin-script aliases in other languages are not accepted forms there."""

    policy: Policy = "variants"
    """The mentions that `rewrite` changes: only distorted ones ("variants"), or every linked one ("canonical")."""

    rewrite_probability: float = 0.5
    """Rewrite a span of text only if its entity has more than this probability."""

    rewrite_sureness: float = 0.5
    """Take words for a distorted name only if that is more probable than this (`data/text_weights.tsv`)."""

    exact: bool = False
    """Rewrite only mentions that are written exactly as a name in the table."""

    rewrite_forms: int = 16
    """Maximum number of name forms that are scored for a span of text."""

    max_span_words: int = 6
    """Maximum number of words that are tried as one distorted name."""

    @property
    def assumed_prevalence(self) -> float:
        """The prevalence that was set, or else that of a mention on its own."""
        return SINGLE_PREVALENCE if self.prevalence is None else self.prevalence

    def __post_init__(self) -> None:
        """Raise SettingError for a value out of its range."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, float) and not 0.0 < value <= 1.0:
                raise SettingError(f"{field.name} must be above 0 and at most 1, not {value!r}")
            if isinstance(value, int) and not isinstance(value, bool) and value < 1:
                raise SettingError(f"{field.name} must be at least 1, not {value!r}")
        if self.prevalence == 1.0:
            raise SettingError("prevalence must be below 1")
        if self.policy not in ("variants", "canonical"):
            raise SettingError(f"policy must be 'variants' or 'canonical', not {self.policy!r}")
