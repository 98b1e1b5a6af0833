"""Score: the weighted sum of the features of a candidate, in log-odds.

A weight depends on the size of the table: among a million names, almost any name has a near namesake. It is given for a
table of `MIDDLE` name forms, with its change for each tenfold of that size.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from functools import cache, lru_cache

from resolver.infra.packaged_data import read_table
from resolver.resolving.features import FEATURES

MIDDLE, FEWEST, MOST = 50_000, 1_000, 5_000_000
"""The table size (name forms) that weights are given for; and the sizes below and above which they no longer change."""


@cache
def fitted() -> tuple[tuple[str, float, float], ...]:
    """From `data/weights.tsv` (made by `scripts/fit`): feature, weight, change with each tenfold of the table."""
    return tuple((row["feature"], float(row["weight"]), float(row["tenfold"])) for row in read_table("weights.tsv"))


@cache
def by_hand() -> frozenset[str]:
    """The features whose weights are set by hand."""
    return frozenset(row["feature"] for row in read_table("weights.tsv") if row["by"] == "hand")


def table_tenfolds(forms: int) -> float:
    """The size of a table in tenfolds of MIDDLE: how often the weights change as they do with each tenfold."""
    return math.log10(min(max(forms, FEWEST), MOST) / MIDDLE)


@lru_cache(maxsize=64)
def weights(forms: int) -> Mapping[str, float]:
    """The weight of each feature, and the steepnesses of calibration, in a table of `forms` name forms."""
    tenfolds = table_tenfolds(forms)
    return {feature: weight + tenfolds * change for feature, weight, change in fitted()}


@lru_cache(maxsize=64)
def weight_row(forms: int) -> array[float]:
    """The weights in the order of the features."""
    known = weights(forms)
    return array("d", (known.get(name, 0.0) for name in FEATURES))


def steepness(forms: int, across: bool) -> float:
    """The factor from score to log-odds of the probability; `across`: the best name is in another script."""
    return weights(forms)["across_steepness" if across else "steepness"]


def score(features: Mapping[str, float], prior: float, forms: int) -> float:
    """The weighted sum of the features and the logarithm of the entity's prior weight."""
    fitted = weights(forms)
    return sum(fitted[name] * value for name, value in features.items()) + math.log(prior)
