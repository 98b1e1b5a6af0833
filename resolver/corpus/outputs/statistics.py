"""Statistics of a run: the number of changed mentions, in total and of each entity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from resolver.records import Edit

MAX_LISTED_ENTITIES = 20
"""Maximum number of entities that are listed in words."""

Entity = tuple[str, str]
"""The id of an entity and its canonical name."""


def count(edits: Iterable[Edit]) -> Counter[Entity]:
    """The number of edits of each entity."""
    return Counter((edit.id, edit.name) for edit in edits)


def in_order(counts: Mapping[Entity, int]) -> list[tuple[Entity, int]]:
    """The entities with the most changes first, then by id."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def as_json(counts: Mapping[Entity, int], totals: dict[str, int]) -> dict[str, Any]:
    """The totals, and the number of edits of each entity, as JSON."""
    entities = [{"id": id_, "name": name, "edits": number} for (id_, name), number in in_order(counts)]
    return {**totals, "entities": entities}


def in_words(counts: Mapping[Entity, int]) -> list[str]:
    """A line for each of the entities with the most changes, and one for the rest."""
    rows = in_order(counts)
    width = len(str(rows[0][1])) if rows else 0
    lines = [f"{number:>{width}}  {name} [{id_}]" for (id_, name), number in rows[:MAX_LISTED_ENTITIES]]
    rest = rows[MAX_LISTED_ENTITIES:]
    if rest:
        lines.append(f"{sum(number for _, number in rest):>{width}}  of {len(rest)} other entities")
    return lines
