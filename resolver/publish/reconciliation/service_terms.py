"""The shared parts of all versions of the Reconciliation API: request limits, and the JSON of types and candidates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from resolver import __version__
from resolver.errors import InputError
from resolver.publish.entity_labels import describe, type_label
from resolver.records import TYPES
from resolver.resolving.resolution import Candidate

VERSION_1_0 = "1.0-draft"
"""The name of the next version of the API until it is final."""


@dataclass(frozen=True, slots=True)
class ReconciliationLimits:
    """Bounds on a request and its reply; a request beyond them is rejected."""

    batch: int = 100
    """Maximum number of queries in a batch, of their names and ids, and of ids or properties in an extension."""
    condition_values: int = 1000
    """Maximum number of values of property conditions in a batch (1.0)."""
    suggestions: int = 10
    """Default number of suggestions in a reply."""
    skipped_suggestions: int = 1000
    """Maximum number of suggestions that a client can skip with the cursor."""
    explained_candidates: int = 3
    """Number of candidates of a query, the best ones, that come with the features of their names (1.0)."""
    preview_names: int = 30
    """Maximum number of other names in a preview."""


LIMITS = ReconciliationLimits()


PREVIEW_SIZE = {"width": 400, "height": 220}
"""The size of the preview of an entity, in pixels."""


def common_manifest(title: str) -> dict[str, Any]:
    """The fields of a service manifest that are the same in all versions."""
    return {"name": title, "serviceVersion": __version__, "defaultTypes": [type_json(type) for type in TYPES]}


def type_json(type: str) -> dict[str, str]:
    """A type of entity as JSON."""
    return {"id": type, "name": type_label(type)}


def candidate_json(candidate: Candidate, features: list[dict[str, Any]], match: bool) -> dict[str, Any]:
    """A candidate with its features as JSON; `match` says that it is the one meant."""
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


def read_limit(place: str, limit: object, maximum: int) -> int:
    """The number of candidates to return: `limit`, or `maximum` if it is larger or missing. Raises InputError."""
    if limit is None:
        return maximum
    if isinstance(limit, bool) or not isinstance(limit, int | float) or limit < 1:
        raise InputError(f"{place}: limit must be a number, 1 or more")
    return int(min(limit, maximum))
