"""Reconciliation API 0.2 and 0.1 (W3C Entity Reconciliation Community Group): JSON in, JSON out, without the web.

`conditions` has the form that 1.0-draft gives to the same answers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from resolver import __version__
from resolver.api.names import Names
from resolver.errors import InputError
from resolver.names.normal_form import normal_form
from resolver.publish.entity_facts import Source, read_sources
from resolver.records import TYPES, Alias, Entity
from resolver.resolving.resolution import Candidate

BATCH = 100
"""More queries, or ids, are refused in one request."""

SUGGESTED = 10
"""How many suggestions are made unless fewer are asked for."""

DRAFT = "1.0-draft"
"""The version to come, whose clients find its routes beside those of 0.2."""

PREVIEW_SIZE = {"width": 400, "height": 220}
TYPE_NAMES = {"person": "Person", "org": "Organisation", "place": "Place", "other": "Other"}
CONTEXT = "context"
"""The property whose value is text around the mention."""

PROPERTIES = {
    "name": "Canonical name",
    "type": "Type",
    "names": "All names",
    "short": "Short names",
    "acronym": "Acronyms",
    "native": "Native names",
    "former": "Former names",
}
"""What an entity can be extended by; `names:ja` is its names in a language."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A query: a mention, the types it may have (None: any), how many candidates are wanted, and text around it."""

    mention: str
    types: tuple[str, ...] | None
    limit: int
    context: str = ""


def manifest(root: str, title: str) -> dict[str, Any]:
    """The description of the service whose paths begin with `root`."""
    service = f"{root}/reconcile"
    suggest = {
        kind: {"service_url": root, "service_path": f"/reconcile/suggest/{kind}"}
        for kind in ("entity", "type", "property")
    }
    suggest["entity"] |= {"flyout_service_url": root, "flyout_service_path": "/reconcile/flyout/entity?id=${id}"}
    return {
        "versions": ["0.1", "0.2", DRAFT],
        "name": title,
        "identifierSpace": f"{service}/entity/",
        "schemaSpace": f"{service}/type/",
        "serviceVersion": __version__,
        "defaultTypes": [as_type(type) for type in TYPES],
        "view": {"url": f"{service}/preview?id={{{{id}}}}"},
        "preview": {"url": f"{service}/preview?id={{{{id}}}}", **PREVIEW_SIZE},
        "suggest": suggest,
        "extend": {
            "propose_properties": {"service_url": root, "service_path": "/reconcile/properties"},
            "property_settings": [],
        },
    }


def read_queries(text: str, most: int) -> dict[str, Asked]:
    """The queries of a batch by their keys. Raises InputError, which names the key, for one that makes no sense.

    `most` is how many candidates there are at most.
    """
    batch = read_object(text, "queries")
    if len(batch) > BATCH:
        raise InputError(f"queries: {len(batch)} of them; at most {BATCH} in one request")
    return {key: _asked(f"queries: {key[:40]}", query, most) for key, query in batch.items()}


def _asked(place: str, query: object, most: int) -> Asked:
    if not isinstance(query, dict):
        raise InputError(f"{place}: not an object")
    mention, properties = query.get("query", ""), query.get("properties") or []
    limit, types = query.get("limit"), query.get("type")
    if not isinstance(mention, str):
        raise InputError(f"{place}: query must be a string")
    if not isinstance(properties, list) or not all(isinstance(given, dict) for given in properties):
        raise InputError(f"{place}: properties must be a list of objects")
    if "query" not in query and not properties:
        raise InputError(f"{place}: neither query nor properties")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int | float) or limit < 1):
        raise InputError(f"{place}: limit must be a number from 1 on")
    if isinstance(types, str):
        types = [types]
    if types is not None and not (isinstance(types, list) and all(isinstance(type, str) for type in types)):
        raise InputError(f"{place}: type must be a string or a list of strings")
    wanted = set(types or ())
    if query.get("type_strict") == "should":
        wanted.clear()  # a wish only
    elif query.get("type_strict") == "all" and len(wanted) > 1:
        wanted = {""}  # an entity has one type
    context = " ".join(str(given.get("v", "")) for given in properties if given.get("pid") == CONTEXT)
    found = tuple(type for type in TYPES if type in wanted) if wanted else None
    return Asked(mention, found, most if limit is None else min(most, int(min(limit, most))), context)


def answer(names: Names, asked: Asked) -> dict[str, Any]:
    """The candidates of a query, best first; `match` is true for the one that the mention is linked to."""
    if asked.types is None:
        found = [names.resolve(asked.mention, context=asked.context)]
    else:
        found = [names.resolve(asked.mention, type, asked.context) for type in asked.types]
    linked = [resolution.entity for resolution in found if resolution.entity]
    candidates = [candidate for resolution in found for candidate in resolution.candidates]
    candidates.sort(key=lambda candidate: -candidate.probability)  # those of one resolution stay in their order
    match = linked[0] if len(linked) == 1 and candidates[0].entity is linked[0] else None
    return {"result": [_candidate(candidate, candidate.entity is match) for candidate in candidates[: asked.limit]]}


def _candidate(candidate: Candidate, match: bool) -> dict[str, Any]:
    features = {"probability": candidate.probability, "score": candidate.score}
    told = [{"id": id, "value": round(value, 4)} for id, value in features.items() if math.isfinite(value)]
    return as_candidate(candidate, told, match)


def as_candidate(candidate: Candidate, features: list[dict[str, Any]], match: bool) -> dict[str, Any]:
    """A candidate with its features, as all versions of the API have it; `match` is true for who is meant."""
    entity = candidate.entity
    return {
        "id": entity.id,
        "name": entity.name,
        "description": description_of(entity, candidate.alias.name),
        "type": [as_type(entity.type)],
        "score": round(100 * candidate.probability, 2),
        "features": features,
        "match": match,
    }


def read_extension(text: str | bytes, what: str = "extend") -> tuple[list[str], list[str]]:
    """The ids of entities to extend, and of the properties. Raises InputError for what makes no sense."""
    query = read_object(text, what)
    ids, properties = query.get("ids"), query.get("properties")
    if not isinstance(ids, list) or not all(isinstance(id, str) for id in ids):
        raise InputError(f"{what}: ids must be a list of strings")
    if not isinstance(properties, list) or not all(
        isinstance(given, dict) and isinstance(given.get("id"), str) for given in properties
    ):
        raise InputError(f"{what}: properties must be a list of objects, each with an id")
    if max(len(ids), len(properties)) > BATCH:
        raise InputError(f"{what}: at most {BATCH} ids and properties in one request")
    return ids, [given["id"] for given in properties]


def extend(names: Names, ids: Sequence[str], properties: Sequence[str]) -> dict[str, Any]:
    """The values of properties of entities; an entity or a property that there is not has none."""
    rows = {}
    for id in ids:
        entity = find(names, id)
        rows[id] = {pid: [{"str": value.name} for value in values_of(entity, pid)] for pid in properties}
    return {"meta": [{"id": pid, "name": property_name(pid)} for pid in properties], "rows": rows}


def property_name(pid: str) -> str:
    """What people call a property."""
    kind, _, lang = pid.partition(":")
    return f"Names in {lang}" if kind == "names" and lang else PROPERTIES.get(pid, pid)


def values_of(entity: Entity | None, pid: str) -> list[Alias]:
    """The values of a property of an entity, each once and with its language if it is known; of None there are none."""
    if entity is None:
        return []
    kind, _, lang = pid.partition(":")
    canonical = Alias(entity.name)
    if pid == "name":
        found = [canonical]
    elif pid == "type":
        found = [Alias(TYPE_NAMES.get(entity.type, entity.type))]
    elif pid == "names":
        found = [canonical, *entity.known_aliases]
    elif kind == "names":
        found = [alias for alias in entity.known_aliases if alias.lang == lang]
    else:
        found = [alias for alias in entity.known_aliases if pid in PROPERTIES and alias.kind == pid]
    first: dict[str, Alias] = {}
    for alias in found:
        first.setdefault(alias.name, alias)
    return list(first.values())


def find(names: Names, id: str) -> Entity | None:
    """The entity with an id."""
    return names.entity(id)


def sources_of(names: Names, entity: Entity) -> list[Source]:
    """What an entity is from."""
    with names.table.rows.transaction() as connection:
        return read_sources(connection, entity.id)


def suggest_entities(names: Names, prefix: str, limit: int = SUGGESTED, skipped: int = 0) -> dict[str, Any]:
    """The entity with that id, those with a name that begins like a prefix, then those that it may be a name of.

    The first `skipped` of them are left out.
    """
    exact = normal_form(prefix[: names.settings.max_mention]).exact
    wanted = skipped + limit
    found: dict[str, dict[str, Any]] = {}
    if exact:
        if entity := find(names, prefix.strip()):
            found[entity.id] = _suggestion(entity, entity.name)
        for id, name, type, alias in _beginning(names, exact, wanted):
            found.setdefault(id, _suggestion(Entity(id, name, type), alias))
        for candidate in names.resolve(prefix).candidates:
            found.setdefault(candidate.entity.id, _suggestion(candidate.entity, candidate.alias.name))
    return {"result": list(found.values())[skipped:wanted]}


def _beginning(names: Names, exact: str, limit: int) -> list[tuple[Any, ...]]:
    sql = (
        "SELECT entity.id, entity.name, type, alias.name FROM form JOIN alias ON alias.form = form.no"
        " JOIN entity ON entity.no = alias.entity WHERE exact >= ? AND exact < ? ORDER BY exact, weight DESC LIMIT ?"
    )
    return names.table.rows.query(sql, exact, exact + "\U0010ffff", 10 * limit)


def suggest_types(prefix: str) -> dict[str, Any]:
    """The types whose id or name begins with a prefix, whatever its case."""
    return {"result": [as_type(id) for id, name in TYPE_NAMES.items() if _begins(prefix, id, name)]}


def suggest_properties(prefix: str) -> dict[str, Any]:
    """The properties that a query may have and those to extend by that begin with a prefix."""
    known = {CONTEXT: "Text around the name", **PROPERTIES}
    return {"result": [{"id": id, "name": name} for id, name in known.items() if _begins(prefix, id, name)]}


def propose_properties(type: str, limit: int | None) -> dict[str, Any]:
    """The properties that entities of a type can be extended by: they are the same for all."""
    found = [{"id": id, "name": name} for id, name in PROPERTIES.items()][:limit]
    return {"properties": found, "type": type} | ({} if limit is None else {"limit": limit})


def _begins(prefix: str, *words: str) -> bool:
    return any(word.casefold().startswith(prefix.casefold().strip()) for word in words)


def _suggestion(entity: Entity, alias: str) -> dict[str, Any]:
    description = description_of(entity, alias)
    return {"id": entity.id, "name": entity.name, "description": description, "notable": [as_type(entity.type)]}


def description_of(entity: Entity, alias: str) -> str:
    """What helps to tell an entity from its namesakes, which was found by one of its names."""
    type = TYPE_NAMES.get(entity.type, entity.type)
    return type if alias == entity.name else f"{type}, also {alias}"


def as_type(type: str) -> dict[str, str]:
    """A type of entity as it stands in replies."""
    return {"id": type, "name": TYPE_NAMES.get(type, type)}


def read_object(text: str | bytes, what: str) -> dict[str, Any]:
    """The object that some JSON is. Raises InputError, which begins with `what` it is, when it is none."""
    try:
        value = orjson.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{what}: no JSON: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"{what}: not a JSON object")
    return value
