"""Versions 0.1 and 0.2 of the API: a batch of named queries, each with one mention."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from resolver.api.names import Names
from resolver.errors import InputError
from resolver.publish.json_objects import read_object
from resolver.publish.reconciliation.entity_properties import (
    CONTEXT,
    ExtensionRequest,
    extension_rows,
    labelled_properties,
)
from resolver.publish.reconciliation.service_terms import (
    LIMITS,
    PREVIEW_SIZE,
    VERSION_1_0,
    candidate_json,
    common_manifest,
    read_limit,
)
from resolver.records import TYPES
from resolver.resolving.resolution import Candidate


@dataclass(frozen=True, slots=True)
class MentionQuery:
    """A query: a mention, its allowed types (None: any), the number of candidates, and text around the mention."""

    mention: str
    types: tuple[str, ...] | None
    limit: int
    context: str = ""


def manifest(root: str, title: str) -> dict[str, Any]:
    """The manifest of the service at the address `root`."""
    service = f"{root}/reconcile"
    suggest = {
        kind: {"service_url": root, "service_path": f"/reconcile/suggest/{kind}"}
        for kind in ("entity", "type", "property")
    }
    suggest["entity"] |= {"flyout_service_url": root, "flyout_service_path": "/reconcile/flyout/entity?id=${id}"}
    return {
        "versions": ["0.1", "0.2", VERSION_1_0],
        **common_manifest(title),
        "identifierSpace": f"{service}/entity/",
        "schemaSpace": f"{service}/type/",
        "view": {"url": f"{service}/preview?id={{{{id}}}}"},
        "preview": {"url": f"{service}/preview?id={{{{id}}}}", **PREVIEW_SIZE},
        "suggest": suggest,
        "extend": {
            "propose_properties": {"service_url": root, "service_path": "/reconcile/properties"},
            "property_settings": [],
        },
    }


def read_queries(text: str, max_candidates: int) -> dict[str, MentionQuery]:
    """The queries of a batch by their keys, with at most `max_candidates` candidates each.

    Raises InputError, which names the key, for a malformed query.
    """
    batch = read_object(text, "queries")
    if len(batch) > LIMITS.batch:
        raise InputError(f"queries: there are {len(batch)}; at most {LIMITS.batch} in one request")
    return {key: _read_query(f"queries: {key[:40]}", query, max_candidates) for key, query in batch.items()}


def _read_query(place: str, query: object, max_candidates: int) -> MentionQuery:
    if not isinstance(query, dict):
        raise InputError(f"{place}: not an object")
    mention, properties, types = query.get("query", ""), query.get("properties") or [], query.get("type")
    if not isinstance(mention, str):
        raise InputError(f"{place}: query must be a string")
    if not isinstance(properties, list) or not all(isinstance(property, dict) for property in properties):
        raise InputError(f"{place}: properties must be a list of objects")
    if "query" not in query and not properties:
        raise InputError(f"{place}: neither query nor properties")
    limit = read_limit(place, query.get("limit"), max_candidates)
    if isinstance(types, str):
        types = [types]
    if types is not None and not (isinstance(types, list) and all(isinstance(type, str) for type in types)):
        raise InputError(f"{place}: type must be a string or a list of strings")
    context = " ".join(str(property.get("v", "")) for property in properties if property.get("pid") == CONTEXT)
    return MentionQuery(mention, _required_types(types or [], query.get("type_strict")), limit, context)


def _required_types(types: list[str], strict: object) -> tuple[str, ...] | None:
    """The types that candidates must have; None for any."""
    wanted = set(types)
    if not wanted or strict == "should":  # "should" is a preference, not a requirement
        return None
    if strict == "all" and len(wanted) > 1:  # an entity has one type
        return ()
    return tuple(type for type in TYPES if type in wanted)


def answer(names: Names, query: MentionQuery) -> dict[str, Any]:
    """The candidates of a query, best first; `match` is true for the one that the mention is linked to."""
    types: Sequence[str | None] = (None,) if query.types is None else query.types
    resolutions = [names.resolve(query.mention, type, query.context) for type in types]
    linked = [resolution.entity for resolution in resolutions if resolution.entity]
    candidates = [candidate for resolution in resolutions for candidate in resolution.candidates]
    candidates.sort(key=lambda candidate: -candidate.probability)  # stable: each resolution keeps its order
    match = linked[0] if len(linked) == 1 and candidates[0].entity is linked[0] else None
    return {"result": [_candidate(candidate, candidate.entity is match) for candidate in candidates[: query.limit]]}


def _candidate(candidate: Candidate, match: bool) -> dict[str, Any]:
    features = {"probability": candidate.probability, "score": candidate.score}
    listed = [{"id": id, "value": round(value, 4)} for id, value in features.items() if math.isfinite(value)]
    return candidate_json(candidate, listed, match)


def extend(names: Names, request: ExtensionRequest) -> dict[str, Any]:
    """The values of properties of entities, by entity and property; an unknown entity or property has none."""
    rows = {
        id: {pid: [{"str": value.name} for value in values] for pid, values in row.items()}
        for id, row in extension_rows(names, request)
    }
    return {"meta": labelled_properties(request.properties), "rows": rows}
