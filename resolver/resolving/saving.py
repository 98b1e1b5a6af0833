"""Resolutions as rows of the table `resolved`."""

from __future__ import annotations

from resolver.database.saved_runs import (
    MAX_SAVED_CANDIDATES,
    PROBABILITY_DIGITS,
    SavedAnswer,
    SavedCandidate,
    is_short_enough,
)
from resolver.names.normal_form import normal_form
from resolver.resolving.resolution import Resolution


def to_saved(resolution: Resolution, type: str | None = None, place: str = "") -> SavedAnswer:
    """The row of an answer; `type` is the type of entity that was asked for, `place` where the mention stands."""
    entity = resolution.entity
    return SavedAnswer(
        resolution.mention,
        normal_form(resolution.mention).exact if is_short_enough(resolution.mention) else "",
        type or "",
        resolution.outcome,
        None if entity is None else entity.id,
        round(resolution.probability, PROBABILITY_DIGITS),
        tuple(
            SavedCandidate(c.entity.id, c.entity.name, c.entity.type, round(c.probability, PROBABILITY_DIGITS))
            for c in resolution.candidates[:MAX_SAVED_CANDIDATES]
        ),
        place=place,
    )
