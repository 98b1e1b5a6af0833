"""Score: the features of a candidate, weighed and added up, in log-odds against "not in the table"."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from functools import cache

from resolver.locate import read_table
from resolver.resolving.features import FEATURES


@cache
def weights() -> Mapping[str, float]:
    """The fitted weight of each feature, from `data/weights.tsv` (made by `scripts/fit`)."""
    return {row["feature"]: float(row["weight"]) for row in read_table("weights.tsv")}


@cache
def weight_row() -> array[float]:
    """The weights in the order of the features."""
    known = weights()
    return array("d", (known.get(name, 0.0) for name in FEATURES))


def score(features: Mapping[str, float], prior: float) -> float:
    """The weighted sum of the features and the logarithm of the entity's prior weight."""
    fitted = weights()
    return sum(fitted[name] * value for name, value in features.items()) + math.log(prior)
