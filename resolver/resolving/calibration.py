"""Calibration: from the scores of all candidates to the probability that each is meant.

A conditional logit (McFadden, 1974) whose alternatives are the candidates and "none of them", which scores 0. The
weights were fitted as parameters of just this model, so that its probabilities are the calibrated ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def probabilities(scores: Sequence[float]) -> list[float]:
    """The probability of each candidate from its score (log-odds)."""
    top = max([0.0, *scores])
    shares = [math.exp(score - top) for score in scores]
    whole = math.exp(-top) + sum(shares)
    return [share / whole for share in shares]
