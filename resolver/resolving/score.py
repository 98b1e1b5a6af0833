"""Score: the features of a candidate, weighed and added up, in log-odds against the other candidates.

What a feature tells depends on how many names the table has: among a million names there is a near namesake of
almost any name. So a weight is that for a table of `MIDDLE` forms of names, and what it changes by with each tenfold.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from functools import cache, lru_cache

from resolver.infra.packaged_data import read_table
from resolver.resolving.features import FEATURES

MIDDLE, FEWEST, MOST = 50_000, 1_000, 5_000_000
"""Weights hold for so many forms of names; below and above the other two they change no more."""


@cache
def fitted() -> tuple[tuple[str, float, float], ...]:
    """From `data/weights.tsv` (made by `scripts/fit`): feature, weight, change with each tenfold of the table."""
    return tuple((row["feature"], float(row["weight"]), float(row["tenfold"])) for row in read_table("weights.tsv"))


@lru_cache(maxsize=64)
def weights(forms: int) -> Mapping[str, float]:
    """The fitted weight of each feature in a table of so many forms of names, and the steepnesses of calibration."""
    tenfolds = math.log10(min(max(forms, FEWEST), MOST) / MIDDLE)
    return {feature: weight + tenfolds * change for feature, weight, change in fitted()}


@lru_cache(maxsize=64)
def weight_row(forms: int) -> array[float]:
    """The weights in the order of the features."""
    known = weights(forms)
    return array("d", (known.get(name, 0.0) for name in FEATURES))


def steepness(forms: int, across: bool) -> float:
    """How steeply probability rises with score, where the best name is in another script than the mention or not."""
    return weights(forms)["across_steepness" if across else "steepness"]


def score(features: Mapping[str, float], prior: float, forms: int) -> float:
    """The weighted sum of the features and the logarithm of the entity's prior weight."""
    fitted = weights(forms)
    return sum(fitted[name] * value for name, value in features.items()) + math.log(prior)
