"""What all versions of the Reconciliation API share: the limits of a request, and the JSON of types and candidates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from resolver import __version__
from resolver.errors import InputError
from resolver.publish.entity_labels import describe, type_label
from resolver.records import TYPES
from resolver.resolving.resolution import Candidate

VERSION_1_0 = "1.0-draft"
"""How the next version of the API calls itself until it is final."""


@dataclass(frozen=True, slots=True)
class ReconciliationLimits:
    """Bounds on one request and its reply; a request beyond them is refused."""

    batch: int = 100
    """Queries of a batch, their names and ids, and ids or properties of an extension."""
    condition_values: int = 1000
    """Values of property conditions in a batch (1.0)."""
    suggestions: int = 10
    """Suggestions in a reply unless fewer or more are asked for."""
    skipped_suggestions: int = 1000
    """Suggestions that a client can skip, by the cursor."""
    explained_candidates: int = 3
    """Candidates of a query, the best ones, that come with the features of their names (1.0)."""
    preview_names: int = 30
    """Other names in a preview."""


LIMITS = ReconciliationLimits()


PREVIEW_SIZE = {"width": 400, "height": 220}
"""The size of a preview of an entity, in pixels."""


def common_manifest(title: str) -> dict[str, Any]:
    """The fields of a service manifest that are the same in all versions."""
    return {"name": title, "serviceVersion": __version__, "defaultTypes": [type_json(type) for type in TYPES]}


def type_json(type: str) -> dict[str, str]:
    """A type of entity."""
    return {"id": type, "name": type_label(type)}


def candidate_json(candidate: Candidate, features: list[dict[str, Any]], match: bool) -> dict[str, Any]:
    """A candidate with its features; `match` says that it is the one meant."""
    entity = candidate.entity
    return {
        "id": entity.id,
        "name": entity.name,
        "description": describe(entity, candidate.alias.name),
        "type": [type_json(entity.type)],
        "score": round(100 * candidate.probability, 2),
        "features": features,
        "match": match,
    }


def read_limit(place: str, limit: object, most: int) -> int:
    """The number of candidates that a query asks for, `most` at most and by default. Raises InputError otherwise."""
    if limit is None:
        return most
    if isinstance(limit, bool) or not isinstance(limit, int | float) or limit < 1:
        raise InputError(f"{place}: limit must be a number, 1 or more")
    return int(min(limit, most))
