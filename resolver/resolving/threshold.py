"""Thresholds: the least probability at which a mention is linked, from the precision that is wanted."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, lru_cache
from itertools import pairwise

from resolver.infra.packaged_data import read_table
from resolver.resolving.prevalence import log_odds_shift
from resolver.settings import FITTED_PREVALENCE, Settings

DIGITS = 4
"""Decimal places of a threshold, so that it is exactly what the reason prints."""


LINKS, EDITS = "thresholds.tsv", "text_thresholds.tsv"
"""Tables from precision to the least probability that gives it, ascending: of links, for each prevalence (made by
`scripts/thresholds`), and of distorted names in texts (by `scripts/fit_text`)."""

Curve = tuple[tuple[float, float], ...]
"""Precisions, ascending, each with the least probability that gives it."""


@cache
def _curves(table: str) -> dict[float, Curve]:
    """The curve for each prevalence, ascending; a table without a column for it holds for all."""
    curves: dict[float, list[tuple[float, float]]] = {}
    for row in read_table(table):
        prevalence = float(row.get("prevalence", FITTED_PREVALENCE))
        curves.setdefault(prevalence, []).append((float(row["precision"]), float(row["probability"])))
    return {prevalence: (*curves[prevalence], (1.0, 1.0)) for prevalence in sorted(curves)}


@lru_cache(maxsize=256)
def probability_for(precision: float, table: str = LINKS, prevalence: float = FITTED_PREVALENCE) -> float:
    """The least probability at which links, or edits, have a precision, for mentions of a prevalence (all 0 to 1).

    Linear between precisions, and from the last one of the table to (1, 1); below the first, that of the first. Linear
    in the log-odds of the prevalence; outside the table that of its first or last one.
    """
    curves = _curves(table)
    below = max((known for known in curves if known <= prevalence), default=min(curves))
    above = min((known for known in curves if known >= prevalence), default=max(curves))
    low, high = _on_curve(curves[below], precision), _on_curve(curves[above], precision)
    if below == above:
        return low
    start = log_odds_shift(below)
    part = (log_odds_shift(prevalence) - start) / (log_odds_shift(above) - start)
    return round(low + (high - low) * part, DIGITS)


def _on_curve(rows: Curve, precision: float) -> float:
    if precision <= rows[0][0]:
        return rows[0][1]
    for (low, start), (high, end) in pairwise(rows):
        if precision <= high:
            return round(start + (end - start) * (precision - low) / (high - low), DIGITS)
    return 1.0


def for_edits(settings: Settings, precision: float) -> Settings:
    """The settings with which about this share of the edits is right."""
    least, sureness = probability_for(precision), probability_for(precision, EDITS)
    return replace(settings, rewrite_probability=least, rewrite_sureness=sureness)


def least_probability(settings: Settings) -> float:
    """The least probability at which a mention is linked: the one set, or the one that the precision takes."""
    if settings.min_probability is not None:
        return settings.min_probability
    return probability_for(settings.min_precision, LINKS, settings.assumed_prevalence)


def in_words(settings: Settings) -> str:
    """The least probability in words, with the precision if it follows from one."""
    least = f"{least_probability(settings):g}"
    if settings.min_probability is not None:
        return least
    share = f"{settings.assumed_prevalence:.3g} of the mentions are in the table"
    return f"{least}, for a precision of {settings.min_precision:g} where {share}"
