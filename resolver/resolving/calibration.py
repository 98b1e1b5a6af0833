"""Calibration: from the scores of all candidates to the probability that each is meant.

A nested choice (McFadden, 1978): first whether the mention is in the table at all (`in_table`), then which of the
candidates it is, by their scores. Both were fitted as parts of this model: its probabilities are the calibrated ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_LARGEST_EXPONENT = 700.0
"""exp() of more overflows a double."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The probabilities of the candidates of one mention, by their scores (log-odds)."""

    log_sum: float
    """The logarithm of the sum of exp(score) over all candidates; -inf without any."""
    in_table: float
    """The probability that one of the candidates is meant."""

    def probability(self, score: float) -> float:
        """The probability that the candidate with a score is meant: its share of the sum, times `in_table`."""
        return self.in_table * math.exp(min(score - self.log_sum, 0.0))

    def probability_of_sum(self, top: float, mass: float) -> float:
        """The probability that any of some candidates is meant; `mass` is the sum of exp(score - `top`) over them."""
        return self.in_table * math.exp(min(top - self.log_sum, _LARGEST_EXPONENT)) * mass


def log_of_sum(sums: Sequence[tuple[float, float]]) -> float:
    """The logarithm of the sum of exp(score) over candidates that come in groups; -inf without any.

    Each group is given by a score `top` and the sum of exp(score - top).
    """
    logs = [top + math.log(mass) for top, mass in sums if mass > 0.0]
    most = max(logs, default=-math.inf)
    return most + math.log(sum(math.exp(value - most) for value in logs)) if logs else most


def probability_of(log_odds: float) -> float:
    """The probability (0 to 1) with some log-odds."""
    return 1.0 / (1.0 + math.exp(-log_odds)) if log_odds > -_LARGEST_EXPONENT else 0.0
