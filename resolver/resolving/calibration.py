"""Calibration: from the scores of all candidates to the probability that each is meant.

A conditional logit (McFadden, 1974) whose alternatives are the candidates and "none of them", which scores 0. The
weights were fitted as parameters of just this model, so that its probabilities are the calibrated ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def log_of_all(sums: Sequence[tuple[float, float]]) -> float:
    """The logarithm of what all alternatives weigh: exp(score) of each candidate, and 1 for none of them.

    `sums` cover the candidates by pairs of a score (log-odds) and the sum of exp(score of candidate - it), above 0.
    The probability of a candidate is exp(its score - the logarithm of all).
    """
    logs = [0.0, *(top + math.log(mass) for top, mass in sums if mass > 0.0)]
    most = max(logs)
    return most + math.log(sum(math.exp(value - most) for value in logs))
