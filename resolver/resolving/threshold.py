"""Thresholds: the least probability at which a mention is linked, from the precision that is wanted."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, lru_cache
from itertools import pairwise

from resolver.infra.packaged_data import read_table
from resolver.settings import Settings

DIGITS = 4
"""Decimal places of a threshold, so that it is exactly what the reason prints."""


LINKS, EDITS = "thresholds.tsv", "text_thresholds.tsv"
"""Tables from precision to the least probability that gives it, ascending: of links (made by `scripts/thresholds`) and
of distorted names in texts (by `scripts/fit_text`)."""


@cache
def _learned(table: str) -> tuple[tuple[float, float], ...]:
    return tuple((float(row["precision"]), float(row["probability"])) for row in read_table(table))


@lru_cache(maxsize=64)
def probability_for(precision: float, table: str = LINKS) -> float:
    """The least probability at which links, or edits, have a precision (both above 0 and at most 1).

    Linear between the rows of the table and from the last row to (1, 1); below the first row, that of the first.
    """
    rows = (*_learned(table), (1.0, 1.0))
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
    return probability_for(settings.min_precision)


def in_words(settings: Settings) -> str:
    """The least probability in words, with the precision if it follows from one."""
    least = f"{least_probability(settings):g}"
    return least if settings.min_probability is not None else f"{least}, for a precision of {settings.min_precision:g}"
