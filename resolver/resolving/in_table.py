"""Whether a mention is in the table at all: the log-odds, by the evidence for its best candidate.

Two judges have to agree: the lower log-odds count. The first is the score: the sum over all candidates, times a
steepness. It tells the likely from the certain, but a sum of weights lets much that agrees outweigh what contradicts.
The second are boosted trees (`data/in_table.tsv`, made by `scripts/fit`) over the features of the best candidate: a
word that differs may mean little in a long name, and all in a short one. In each tree the log-odds rise with
everything that agrees and fall with everything that contradicts. Part of the score is added to them, and all of what
they were not taught: the features set by hand, the prior of an entity, its context.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from resolver.infra.packaged_data import read_table
from resolver.resolving.kernel.boosted_trees import sum_of_leaves
from resolver.resolving.score import by_hand, steepness, table_tenfolds, weights

CIRCUMSTANCES = {
    "tenfolds": "the size of the table, in tenfolds of 50,000 forms of names",
    "lead": "score of the best candidate over that of the next one (at most 30)",
    "share": "the logarithm of the best candidate's share of all (0 at most)",
}
"""What the trees know beside the features of the best candidate."""

MAX_LEAD = 30.0

_UNTAUGHT = "acronym"
"""A feature that replaces all others: a candidate that has it is judged by its score alone."""

SCORE = "score"
"""The first row of the table: the part of the score that is added to the trees."""


class _Trees(NamedTuple):
    beside: float
    """The part of the score that is added to the sum of the leaves."""
    names: list[str]
    """The features that the trees know, in the order of a row."""
    roots: array[int]
    feature: array[int]
    number: array[float]
    low: array[int]
    high: array[int]


@cache
def _trees() -> _Trees:
    score, *rows = read_table("in_table.tsv")
    if score["tree"] != SCORE:
        raise ValueError(f"in_table.tsv does not begin with the row {SCORE!r}")
    names = sorted({row["feature"] for row in rows if row["feature"]})
    place = {name: number for number, name in enumerate(names)}
    starts = [number for number, row in enumerate(rows) if not number or row["tree"] != rows[number - 1]["tree"]]
    return _Trees(
        float(score["number"]),
        names,
        array("i", starts),
        array("i", [place[row["feature"]] if row["feature"] else -1 for row in rows]),
        array("d", [float(row["number"]) for row in rows]),
        array("i", [int(row["low"] or 0) for row in rows]),
        array("i", [int(row["high"] or 0) for row in rows]),
    )


def log_odds(features: Mapping[str, float], score: float, lead: float, log_sum: float, forms: int) -> float:
    """The log-odds that a mention is in a table of `forms` name forms, at the fitted prevalence.

    `features` and `score` are those of its best candidate, `lead` is the difference to the next best score, `log_sum`
    the logarithm of the sum of exp(score) over all candidates.
    """
    by_score = steepness(forms, bool(features.get("across"))) * log_sum
    if features.get(_UNTAUGHT) or not features:
        return by_score
    return min(by_score, odds_by_trees(features, score, lead, log_sum, forms))


def odds_by_trees(features: Mapping[str, float], score: float, lead: float, log_sum: float, forms: int) -> float:
    """The same by the trees alone."""
    trees = _trees()
    known = {**features, "tenfolds": table_tenfolds(forms), "lead": min(lead, MAX_LEAD), "share": score - log_sum}
    row = array("d", [known.get(name, 0.0) for name in trees.names])
    leaves: float = sum_of_leaves(row, trees.roots, trees.feature, trees.number, trees.low, trees.high)
    untaught = score - taught_score(features, forms)
    steep = steepness(forms, bool(features.get("across")))
    return leaves + steep * (trees.beside * (log_sum - untaught) + untaught)


def taught_score(features: Mapping[str, float], forms: int) -> float:
    """The part of a score that comes from the features whose weights were fitted."""
    fitted, untaught = weights(forms), by_hand()
    return sum([fitted[name] * value for name, value in features.items() if name not in untaught])
