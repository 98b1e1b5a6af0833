"""Calibration: from the scores of all candidates to the probability that each is meant.

A nested logit (McFadden, 1978): first whether the mention is in the table at all, by what the candidates add up to;
then which of them it is. The weights were fitted as parameters of just this model, so that its probabilities are the
calibrated ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def log_of_all(sums: Sequence[tuple[float, float]]) -> float:
    """The logarithm of the sum of exp(score) over all candidates; minus infinity without any.

    `sums` cover the candidates by pairs of a score (log-odds) and the sum of exp(score of candidate - it), above 0.
    """
    logs = [top + math.log(mass) for top, mass in sums if mass > 0.0]
    most = max(logs, default=-math.inf)
    return most + math.log(sum(math.exp(value - most) for value in logs)) if logs else most


def in_table(whole: float, steepness: float) -> float:
    """The probability that one of the candidates is meant, whose scores `whole` is the logarithm of the sum of.

    A candidate is meant with exp(its score - whole) times this probability.
    """
    odds = steepness * whole
    return 1.0 / (1.0 + math.exp(-odds)) if odds > -700.0 else 0.0
