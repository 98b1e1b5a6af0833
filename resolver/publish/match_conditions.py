"""Reconciliation API 1.0-draft: queries are lists of conditions, candidates say how they compare. JSON without the web.

Names are resolved as everywhere; `reconciling` has what is the same in all versions of the API.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from resolver import __version__
from resolver.api.names import Names
from resolver.errors import InputError
from resolver.names.normal_form import normal_form
from resolver.publish.reconciliation import (
    BATCH,
    CONTEXT,
    DRAFT,
    PREVIEW_SIZE,
    as_candidate,
    as_type,
    find,
    property_name,
    read_object,
    values_of,
)
from resolver.records import TYPES, Alias, Entity, Evidence
from resolver.resolving.features import CONTEXT as CONTEXT_FEATURES
from resolver.resolving.features import FEATURES
from resolver.resolving.resolution import Candidate

EXPLAINED = 3
"""So many candidates, the best, come with the features of their names."""

VALUES = 10 * BATCH
"""More values of properties are refused in one request."""

MEANINGS = FEATURES | CONTEXT_FEATURES
QUANTIFIERS = ("any", "all", "none")
BARE = Evidence((), (), (), {})
"""How an entity that was asked for by its id compares: nothing was compared."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What candidates are found by (`by` is "name" or "id"), or have a property for (`by` is "property")."""

    by: str
    property: str
    values: tuple[str, ...]
    quantifier: str
    required: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A query: its conditions, the type wanted (None: any), how many candidates, and text around the mention."""

    conditions: tuple[Condition, ...]
    type: str | None
    limit: int
    context: str

    def of(self, *kinds: str) -> list[Condition]:
        """The conditions of some kinds."""
        return [condition for condition in self.conditions if condition.by in kinds]


def manifest(service: str, title: str) -> dict[str, Any]:
    """The description of the service at an address, below which its routes are."""
    return {
        "versions": [DRAFT],
        "name": title,
        "serviceVersion": __version__,
        "defaultTypes": [as_type(type) for type in TYPES],
        "view": {"url": f"{service}/preview?id={{id}}"},
        "preview": PREVIEW_SIZE,
        "suggest": {"entity": True, "property": True, "type": True},
        "extend": {"proposeProperties": True, "propertySettings": []},
        "batchSize": BATCH,
        "standardizedScore": True,
    }


def read_queries(body: bytes, most: int) -> list[Asked]:
    """The queries of a batch, with at most `most` candidates each. Raises InputError, which names the query."""
    queries = read_object(body, "the request").get("queries")
    if not isinstance(queries, list):
        raise InputError("queries must be a list")
    asked = [_query(f"query {number}", query, most) for number, query in enumerate(queries)]
    if len(queries) > BATCH or sum(len(c.values) for query in asked for c in query.of("name", "id")) > BATCH:
        raise InputError(f"at most {BATCH} queries, and as many names and ids, in one request")
    if sum(len(c.values) for query in asked for c in query.of("property")) > VALUES:
        raise InputError(f"at most {VALUES} values of properties in one request")
    return asked


def _query(place: str, query: object, most: int) -> Asked:
    if not isinstance(query, dict):
        raise InputError(f"{place}: not an object")
    limit, type, given = query.get("limit"), query.get("type"), query.get("conditions")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int | float) or limit < 1):
        raise InputError(f"{place}: limit must be a number from 1 on")
    if type is not None and not isinstance(type, str):
        raise InputError(f"{place}: type must be a string")
    if not isinstance(given, list) or not given:
        raise InputError(f"{place}: conditions must be a list of at least one condition")
    conditions = [_condition(f"{place}, condition {number}", condition) for number, condition in enumerate(given)]
    context = [value for c in conditions if c.property == CONTEXT for value in c.values]
    return Asked(
        tuple(condition for condition in conditions if condition.property != CONTEXT),
        type or None,
        most if limit is None else int(min(limit, most)),
        " ".join(context),
    )


def _condition(place: str, given: object) -> Condition:
    if not isinstance(given, dict):
        raise InputError(f"{place}: not an object")
    by, property, required = given.get("matchType"), given.get("propertyId", ""), given.get("required", False)
    quantifier, values = given.get("matchQuantifier", "any"), given.get("propertyValue")
    if by not in ("name", "id", "property"):
        raise InputError(f"{place}: matchType must be name, id or property")
    if not isinstance(property, str) or (by == "property") != bool(property):
        raise InputError(f"{place}: propertyId must be a string where matchType is property, and only there")
    if not isinstance(required, bool):
        raise InputError(f"{place}: required must be true or false")
    if quantifier not in QUANTIFIERS:
        raise InputError(f"{place}: matchQuantifier must be any, all or none")
    texts = [_text(place, value, "id" if by == "id" else "name") for value in _as_list(values)]
    return Condition(by, property, tuple(texts), quantifier, required)


def _as_list(values: object) -> list[object]:
    return values if isinstance(values, list) else [values]


def _text(place: str, value: object, key: str) -> str:
    """A value as text; of an entity its id, or its name where it has one and that is the key."""
    if isinstance(value, dict):
        value = value.get(key, value.get("id"))
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise InputError(f"{place}: propertyValue must be strings, numbers, truth values or objects with an id")
    return str(value)


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate, and whether a mention is linked to it, or its id was given."""

    candidate: Candidate
    linked: bool


def answer(names: Names, asked: Asked) -> dict[str, Any]:
    """The candidates of a query, best first; `match` is true for the one that its names are linked to."""
    parts = [(condition, _found(names, condition, asked)) for condition in asked.of("name", "id")]
    found: dict[str, Found] = {}
    for condition, part in parts:
        if condition.quantifier != "none":
            found |= {id: max(one, found.get(id, one), key=_probability) for id, one in part.items()}
    for condition, part in parts:
        if condition.required or condition.quantifier == "none":
            found = {id: one for id, one in found.items() if (id in part) != (condition.quantifier == "none")}
    wanted = _wanted(names, asked)
    rows = [
        (one, _held(_with_aliases(names, one.candidate.entity), wanted) if wanted else {}) for one in found.values()
    ]
    rows = [(one, held) for one, held in rows if all(held.get(c.property) for c in asked.of("property") if c.required)]
    rows.sort(key=lambda row: -_probability(row[0]))  # those of one resolution stay in their order
    linked = [one for one, held in rows if one.linked and all(held.values())]
    alone = len(linked) == sum(one.linked for one, _ in rows) == 1
    match = linked[0] if alone and linked[0] is rows[0][0] else None
    return {
        "candidates": [
            _candidate(one.candidate, one is match, held, place < EXPLAINED)
            for place, (one, held) in enumerate(rows[: asked.limit])
        ]
    }


def _probability(found: Found) -> float:
    return found.candidate.probability


def _found(names: Names, condition: Condition, asked: Asked) -> dict[str, Found]:
    """What any, or all, of a condition's values find, by id; with "none" what they are linked to."""
    if asked.type is not None and asked.type not in TYPES:
        return {}
    look = _by_id if condition.by == "id" else _by_name
    found = [look(names, value, asked) for value in condition.values]
    merged: dict[str, Found] = {}
    for id in (id for one in found for id in one):
        every = [one[id] for one in found if id in one]
        if condition.quantifier == "any":
            merged.setdefault(id, max(every, key=_probability))
        elif condition.quantifier == "all" and len(every) == len(found):
            merged.setdefault(id, min(every, key=_probability))
        elif condition.quantifier == "none" and any(one.linked for one in every):
            merged.setdefault(id, every[0])
    return merged


def _by_name(names: Names, mention: str, asked: Asked) -> dict[str, Found]:
    resolution = names.resolve(mention, asked.type, asked.context)
    return {c.entity.id: Found(c, c.entity is resolution.entity) for c in resolution.candidates}


def _by_id(names: Names, id: str, asked: Asked) -> dict[str, Found]:
    entity = find(names, id)
    if entity is None or (asked.type is not None and entity.type != asked.type):
        return {}
    return {entity.id: Found(Candidate(entity, Alias(entity.name), math.inf, 1.0, BARE), True)}


def _wanted(names: Names, asked: Asked) -> list[tuple[Condition, list[str]]]:
    """The conditions on properties, each with its values as they are compared."""
    longest = names.settings.max_mention
    return [(c, [_folded(value[:longest]) for value in c.values]) for c in asked.of("property")]


def _with_aliases(names: Names, entity: Entity) -> Entity:
    """An entity of a resolution with its aliases; without any when it has been removed since."""
    return entity if entity.aliases is not None else names.entity(entity.id) or replace(entity, aliases=())


def _held(entity: Entity, wanted: list[tuple[Condition, list[str]]]) -> dict[str, bool]:
    """Which conditions on properties an entity meets; those on properties that it has not are left out, unless they
    are required."""
    held: dict[str, bool] = {}
    for condition, values in wanted:
        has = {_folded(alias.name) for alias in values_of(entity, condition.property)}
        if condition.property == "type":
            has.add(_folded(entity.type))
        if has or condition.required:
            meets = [value in has for value in values]
            true = {"any": any(meets), "all": all(meets), "none": not any(meets)}[condition.quantifier]
            held[condition.property] = held.get(condition.property, True) and true
    return held


def _folded(text: str) -> str:
    return normal_form(text).exact


def _candidate(candidate: Candidate, match: bool, held: dict[str, bool], explained: bool) -> dict[str, Any]:
    features = [
        {"id": id, "name": name, "value": value if isinstance(value, bool) else round(value, 4)}
        for id, name, value in _features(candidate, held, explained)
    ]
    return as_candidate(candidate, features, match)


def _features(candidate: Candidate, held: dict[str, bool], explained: bool) -> Iterator[tuple[str, str, float | bool]]:
    """The features of a candidate: id, what it means, and value."""
    yield "probability", "calibrated probability that the mention means this entity", candidate.probability
    if math.isfinite(candidate.score):
        yield "score", "log-odds against a name that is not in the table", candidate.score
    for pid, true in held.items():
        yield f"property:{pid}", f"{property_name(pid)}: as asked for", true
    for id, value in candidate.evidence.features.items() if explained else ():
        if value and math.isfinite(value):
            yield id, MEANINGS[id], value


def extend(names: Names, ids: Sequence[str], properties: Sequence[str]) -> dict[str, Any]:
    """The values of properties of entities, names with their languages; where there is none the list is empty."""
    rows = []
    for id in ids:
        entity = find(names, id)
        values = [{"id": pid, "values": [_value(alias) for alias in values_of(entity, pid)]} for pid in properties]
        rows.append({"id": id, "properties": values})
    return {"meta": [{"id": pid, "name": property_name(pid)} for pid in properties], "rows": rows}


def _value(alias: Alias) -> dict[str, str]:
    return {"str": alias.name, "lang": alias.lang} if alias.lang else {"str": alias.name}
