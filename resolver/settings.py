"""Every number and choice that decides an answer and is not fitted."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from resolver.errors import SettingError

Policy = Literal["variants", "canonical"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of a resolver. All have defaults that suit news text in English."""

    min_precision: float = 0.95
    """The share of the linked mentions that are to be right: the probability that it takes is in
    `data/thresholds.tsv`."""

    min_probability: float | None = None
    """A mention is linked when its best entity has at least this probability, whatever the precision."""

    prevalence: float = 0.7
    """The share of the mentions whose entity is in the table, on which every probability depends. The default is that
    of the queries that the weights were fitted on."""

    ambiguous_share: float = 0.4
    """Entities with at least this share of the best one's probability are its rivals..."""

    ambiguous_probability: float = 0.75
    """...and the mention is ambiguous when its rivals together have at least this one."""

    candidate_forms: int = 32
    """How many name forms are compared with a mention in Latin letters piece by piece."""

    across_forms: int = 64
    """How many with a mention in another script, which is searched by guesses at its romanisation."""

    max_candidates: int = 10
    """How many entities a resolution lists."""

    max_mention: int = 500
    """A longer mention (in code points) is no name: its outcome is nil."""

    max_context: int = 20_000
    """Of the text around a mention only so many code points are read, from its beginning."""

    context_candidates: int = 50
    """How many entities a context may speak for or against."""

    language: str = "en"
    """BCP 47 language of the texts to rewrite: a Latin-script alias marked with another language is no accepted
    form there."""

    policy: Policy = "variants"
    """Which mentions `rewrite` changes: distorted ones only, or every linked one."""

    rewrite_probability: float = 0.5
    """A span of text may be rewritten when its entity has more than this probability."""

    rewrite_sureness: float = 0.5
    """Words are taken for a distorted name when that is judged more probable than this (`data/text_weights.tsv`)."""

    exact: bool = False
    """Whether only mentions that are written as some name of the table are rewritten, and no distorted ones."""

    rewrite_forms: int = 16
    """How many name forms are scored for a span of text: a distorted name to rewrite is among the very first."""

    max_span_words: int = 6
    """The longest run of words that is tried as one distorted name."""

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
