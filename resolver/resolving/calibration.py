"""Calibration: from the scores of all candidates to the probability that each is meant.

A nested logit (McFadden, 1978): first whether the mention is in the table at all, by the sum over all candidates; then
which of them it is. The weights were fitted as parameters of this model, so its probabilities are the calibrated ones.
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


def calibrate(sums: Sequence[tuple[float, float]], steepness: float, shift: float = 0.0) -> Calibration:
    """The calibration of candidates that come in groups, each given by a score `top` and the sum of exp(score - top).

    `steepness` is the factor from the log-odds of the sum to those of being in the table, `shift` is added to these for
    another prevalence than the fitted one (`prevalence.log_odds_shift`).
    """
    logs = [top + math.log(mass) for top, mass in sums if mass > 0.0]
    most = max(logs, default=-math.inf)
    log_sum = most + math.log(sum(math.exp(value - most) for value in logs)) if logs else most
    return Calibration(log_sum, in_table(log_sum, steepness, shift))


def in_table(log_sum: float, steepness: float, shift: float = 0.0) -> float:
    """The probability that one of the candidates is meant, by the logarithm of the sum of exp(score) over them."""
    odds = steepness * log_sum + shift
    return 1.0 / (1.0 + math.exp(-odds)) if odds > -_LARGEST_EXPONENT else 0.0
