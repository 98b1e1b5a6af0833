"""How a mention and one name compare, whether the name is in a table or not."""

from __future__ import annotations

import math

from resolver.database.snapshot import Snapshot
from resolver.names.normal_form import normal_form
from resolver.records import Evidence
from resolver.resolving.calibration import probability_of
from resolver.resolving.in_table import MAX_LEAD, log_odds
from resolver.resolving.matching import compare
from resolver.resolving.prevalence import log_odds_shift
from resolver.resolving.resolution import Comparison
from resolver.resolving.score import score
from resolver.settings import Settings


def compare_pair(mention: str, name: str, snapshot: Snapshot, settings: Settings) -> Comparison:
    """How a mention and a name compare, as if the name were the only candidate of the table, with a prior of 1."""
    left, right = normal_form(mention), normal_form(name)
    reason = ""
    if max(len(mention), len(name)) > settings.max_mention:
        reason = f"{max(len(mention), len(name))} characters, a name has at most {settings.max_mention}"
    elif not left.tokens or not right.tokens:
        reason = f"no letter or digit in the {'name' if left.tokens else 'mention'}"
    if reason:
        return Comparison(mention, name, -math.inf, 0.0, Evidence(left.tokens, right.tokens, (), {}), reason=reason)
    size = snapshot.size
    found = compare(left, right, snapshot.indexes[0])
    total = score(found.features, 1.0, size)
    odds = log_odds(found.features, total, MAX_LEAD, total, size)
    shift = log_odds_shift(settings.assumed_prevalence)
    return Comparison(mention, name, total, probability_of(odds + shift), found, size, odds, shift)
