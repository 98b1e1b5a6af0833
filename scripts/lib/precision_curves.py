"""The least probability at which links reach a precision, from queries whose answers are known."""

import math

TAIL = 0.02
"""The share of the queries without an answer whose number is smoothed."""

NOISE = 0.01
"""The share of the queries without an answer that may have one after all. Of the ten nearest to a link, six name what
is in the table under another id."""

MOST, STEPS = 15, 20
"""The greatest log-odds of a threshold, and how many are tried from each whole number to the next."""


def log_odds(probability):
    return math.log(probability / (1 - probability)) if probability < 1 - 1e-15 else MOST


class Tail:
    """How many of the queries without an answer are linked from some log-odds on.

    That is counted, but for the TAIL share that is nearest to a link: there it falls exponentially, at the rate of the
    mean excess (Pickands, 1975), as the highest of few queries says little of those that were not drawn. The excess of
    the NOISE share is taken as censored.
    """

    def __init__(self, points):
        self.points = sorted(points, reverse=True)
        whole = sum(weight for _, weight in self.points)
        self.mass, place = 0.0, 0
        while self.mass < TAIL * whole:
            self.mass += self.points[place][1]
            place += 1
        self.start = self.points[place][0]
        noise, counted = 0, 0.0
        while counted < NOISE * whole:
            counted += self.points[noise][1]
            noise += 1
        most = self.points[noise][0]
        excess = sum((min(value, most) - self.start) * weight for value, weight in self.points[:place])
        self.excess = excess / (self.mass - counted)

    def above(self, value):
        """The weight of those with at least these log-odds."""
        if value >= self.start:
            return self.mass * math.exp((self.start - value) / self.excess)
        return sum(weight for other, weight in self.points if other >= value)


def least_at(points, precisions):
    """The lowest probability at which links reach each precision, never falling.

    It is never more than the precision itself: links that are each so probable reach it as far as probabilities are
    calibrated, also where the queries are too few to show it.
    """
    tail = Tail([(value, weight) for value, known, _, weight in points if not known])
    reached = []
    for step in range(-STEPS * MOST, STEPS * MOST + 1):
        value = step / STEPS
        right = sum(weight for other, _, right, weight in points if right and other >= value)
        wrong = sum(weight for other, known, right, weight in points if known and not right and other >= value)
        reached.append((1 / (1 + math.exp(-value)), right / max(right + wrong + tail.above(value), 1e-12)))
    least = [min((p for p, precision in reached if precision >= wanted), default=wanted) for wanted in precisions]
    least = [min(p, wanted) for p, wanted in zip(least, precisions, strict=True)]
    return [max(least[: n + 1]) for n in range(len(least))]
