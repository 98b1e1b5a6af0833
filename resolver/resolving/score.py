"""Score: the features of a candidate, weighed and added up, in log-odds against "not in the table"."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache

from resolver.locate import read_table


@cache
def weights() -> Mapping[str, float]:
    """The fitted weight of each feature, from `data/weights.tsv` (made by `scripts/fit`)."""
    return {row["feature"]: float(row["weight"]) for row in read_table("weights.tsv")}


def score(features: Mapping[str, float], prior: float) -> float:
    """The weighted sum of the features and the logarithm of the entity's prior weight."""
    fitted = weights()
    return sum(fitted[name] * value for name, value in features.items()) + math.log(prior)
