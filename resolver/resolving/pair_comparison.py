"""Pairing: how a mention and one name that need not be in any table compare, in words and in numbers."""

from __future__ import annotations

import math

from resolver.database.store import Store
from resolver.names.normal_form import normal_form
from resolver.records import Comparison, Evidence
from resolver.resolving.calibration import in_table
from resolver.resolving.explanation import trace_matches
from resolver.resolving.matching import compare
from resolver.resolving.score import score, steepness, weights
from resolver.settings import Settings


def compare_pair(mention: str, name: str, store: Store, settings: Settings) -> Comparison:
    """How a mention and a name compare, if the name were one of those of the store, alone, and with a prior of 1."""
    left, right = normal_form(mention), normal_form(name)
    reason = ""
    if max(len(mention), len(name)) > settings.max_mention:
        reason = f"{max(len(mention), len(name))} characters, a name has at most {settings.max_mention}"
    elif not left.tokens or not right.tokens:
        reason = f"no letter or digit in the {'name' if left.tokens else 'mention'}"
    if reason:
        return Comparison(mention, name, -math.inf, 0.0, Evidence(left.tokens, right.tokens, (), {}), reason=reason)
    found = compare(left, right, store.indexes[0])
    size = store.size
    total, steep = score(found.features, 1.0, size), steepness(size, bool(found.features.get("across")))
    chance = in_table(total, steep)
    return Comparison(mention, name, total, chance, found, weights(size), steep, tracer=trace_matches)
