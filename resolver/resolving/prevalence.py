"""Prevalence: the share of the mentions whose entity is in the table, which moves every probability.

The weights were fitted on queries of which FITTED_PREVALENCE are in the table. For mentions of another prevalence the
log-odds of being in the table shift by the difference of the prior log-odds (Saerens, Latinne and Decaestecker, 2002:
"Adjusting the outputs of a classifier to new a priori probabilities").
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from resolver.settings import FITTED_PREVALENCE, SINGLE_PREVALENCE

MIN_PREVALENCE, MAX_PREVALENCE = 0.001, 0.999
"""The bounds of an estimate."""

PRIOR_MENTIONS = 10
"""An estimate counts SINGLE_PREVALENCE as so many more mentions: a few mentions say little of their share."""

_ROUNDS, _TOLERANCE = 500, 1e-6


def log_odds_shift(prevalence: float) -> float:
    """The log-odds to add to those of being in the table, for mentions of a prevalence (above 0 and below 1)."""
    return _logit(prevalence) - _logit(FITTED_PREVALENCE)


def estimate_prevalence(in_table: Sequence[float], prevalence: float) -> float:
    """The most likely prevalence of a batch, by expectation maximisation (Saerens et al., 2002, section 2.2).

    `in_table` holds for each mention the probability (0 to 1) that its entity is in the table, under an assumed
    `prevalence`. The estimate, of three digits, is that with the greatest posterior probability, after a beta prior
    (PRIOR_MENTIONS).
    """
    prior = prevalence / (1.0 - prevalence)
    ratios = [p / (1.0 - p) / prior if p < 1.0 else math.inf for p in in_table]
    share = SINGLE_PREVALENCE
    before, mentions = PRIOR_MENTIONS * SINGLE_PREVALENCE, PRIOR_MENTIONS + len(ratios)
    for _ in range(_ROUNDS):
        odds = share / (1.0 - share)
        found = sum(1.0 if math.isinf(r) else odds * r / (1.0 + odds * r) for r in ratios)
        new = (before + found) / mentions
        new = min(max(new, MIN_PREVALENCE), MAX_PREVALENCE)
        if abs(new - share) < _TOLERANCE:
            break
        share = new
    return float(f"{new:.3g}")


def _logit(share: float) -> float:
    return math.log(share / (1.0 - share))
