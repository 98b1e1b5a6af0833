"""Version 1.0-draft of the API: queries are lists of conditions, and candidates have features."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from resolver.api.names import Names
from resolver.names.normal_form import normal_form
from resolver.publish.reconciliation.entity_properties import (
    ExtensionRequest,
    extension_rows,
    labelled_properties,
    property_label,
    property_values,
)
from resolver.publish.reconciliation.match_conditions import ConditionQuery, MatchCondition
from resolver.publish.reconciliation.service_terms import (
    LIMITS,
    PREVIEW_SIZE,
    VERSION_1_0,
    candidate_json,
    common_manifest,
)
from resolver.records import TYPES, Alias, Entity, Evidence
from resolver.resolving.features import CANDIDATE, FEATURES
from resolver.resolving.resolution import Candidate

FEATURE_MEANINGS = FEATURES | CANDIDATE
NO_EVIDENCE = Evidence((), (), (), {})
"""The evidence for an entity that was given by id: no names were compared."""


def manifest(service: str, title: str) -> dict[str, Any]:
    """The manifest of the service at the address `service`."""
    return {
        "versions": [VERSION_1_0],
        **common_manifest(title),
        "view": {"url": f"{service}/preview?id={{id}}"},
        "preview": PREVIEW_SIZE,
        "suggest": {"entity": True, "property": True, "type": True},
        "extend": {"proposeProperties": True, "propertySettings": []},
        "batchSize": LIMITS.batch,
        "standardizedScore": True,
    }


@dataclass(frozen=True, slots=True)
class ConditionMatch:
    """A candidate found by a condition; `linked` if its mention is linked to it, or its id was given."""

    candidate: Candidate
    linked: bool

    @property
    def probability(self) -> float:
        """The probability of the candidate."""
        return self.candidate.probability


Matches = dict[str, ConditionMatch]
"""The matches of conditions, by entity id."""


def answer(names: Names, query: ConditionQuery) -> dict[str, Any]:
    """The candidates of a query, best first; `match` is true for the one that its names are linked to."""
    folded = _folded_conditions(names, query)
    rows = [
        (match, _met(_with_aliases(names, match.candidate.entity), folded) if folded else {})
        for match in _find_matches(names, query).values()
    ]
    required = [condition for condition in query.conditions_by("property") if condition.required]
    rows = [(match, met) for match, met in rows if all(met.get(condition.property) for condition in required)]
    rows.sort(key=lambda row: -row[0].probability)  # stable: the candidates of a resolution keep their order
    best = _only_link(rows)
    return {
        "candidates": [
            candidate_json(
                match.candidate,
                list(_features(match.candidate, met, explained=place < LIMITS.explained_candidates)),
                match is best,
            )
            for place, (match, met) in enumerate(rows[: query.limit])
        ]
    }


def _find_matches(names: Names, query: ConditionQuery) -> Matches:
    """The matches of all conditions on names and ids together; the best one of each entity."""
    parts = [(condition, _matches_of(names, condition, query)) for condition in query.conditions_by("name", "id")]
    matches: Matches = {}
    for condition, part in parts:
        if condition.quantifier != "none":
            matches |= {id: max(match, matches.get(id, match), key=_probability) for id, match in part.items()}
    for condition, part in parts:
        if condition.quantifier == "none":
            matches = {id: match for id, match in matches.items() if id not in part}
        elif condition.required:
            matches = {id: match for id, match in matches.items() if id in part}
    return matches


def _matches_of(names: Names, condition: MatchCondition, query: ConditionQuery) -> Matches:
    """The matches of any, or all, values of a condition; for "none", the entities that they are linked to."""
    if query.type is not None and query.type not in TYPES:
        return {}
    find = _by_id if condition.by == "id" else _by_name
    by_value = [find(names, value, query) for value in condition.values]
    merged: Matches = {}
    for id in (id for matches in by_value for id in matches):
        found = [matches[id] for matches in by_value if id in matches]
        if condition.quantifier == "any":
            merged.setdefault(id, max(found, key=_probability))
        elif condition.quantifier == "all" and len(found) == len(by_value):
            merged.setdefault(id, min(found, key=_probability))
        elif condition.quantifier == "none" and any(match.linked for match in found):
            merged.setdefault(id, found[0])
    return merged


def _probability(match: ConditionMatch) -> float:
    return match.probability


def _by_name(names: Names, mention: str, query: ConditionQuery) -> Matches:
    resolution = names.resolve(mention, query.type, query.context)
    return {c.entity.id: ConditionMatch(c, c.entity is resolution.entity) for c in resolution.candidates}


def _by_id(names: Names, id: str, query: ConditionQuery) -> Matches:
    entity = names.entity(id)
    if entity is None or (query.type is not None and entity.type != query.type):
        return {}
    candidate = Candidate(entity, Alias(entity.name), math.inf, 1.0, NO_EVIDENCE)
    return {entity.id: ConditionMatch(candidate, linked=True)}


def _only_link(rows: list[tuple[ConditionMatch, dict[str, bool]]]) -> ConditionMatch | None:
    """The match that is meant: the best one, if it alone is linked and it meets all conditions on properties."""
    linked = [row for row in rows if row[0].linked]
    if len(linked) == 1 and linked[0] is rows[0] and all(rows[0][1].values()):
        return rows[0][0]
    return None


def _folded_conditions(names: Names, query: ConditionQuery) -> list[tuple[MatchCondition, list[str]]]:
    """The conditions on properties, each with its values folded for comparison."""
    longest = names.settings.max_mention
    return [
        (condition, [_fold(value[:longest]) for value in condition.values])
        for condition in query.conditions_by("property")
    ]


def _with_aliases(names: Names, entity: Entity) -> Entity:
    """An entity with its aliases, which the candidates of a resolution lack; without any if it has been removed."""
    return entity if entity.aliases is not None else names.entity(entity.id) or replace(entity, aliases=())


def _met(entity: Entity, conditions: list[tuple[MatchCondition, list[str]]]) -> dict[str, bool]:
    """Whether an entity meets each condition on properties, by property.

    Conditions on properties for which the entity has no value are omitted unless required.
    """
    met: dict[str, bool] = {}
    for condition, wanted in conditions:
        values = {_fold(alias.name) for alias in property_values(entity, condition.property)}
        if condition.property == "type":
            values.add(_fold(entity.type))
        if values or condition.required:
            hits = [value in values for value in wanted]
            meets = {"any": any(hits), "all": all(hits), "none": not any(hits)}[condition.quantifier]
            met[condition.property] = met.get(condition.property, True) and meets
    return met


def _fold(text: str) -> str:
    return normal_form(text).exact


def _features(candidate: Candidate, met: dict[str, bool], explained: bool) -> Iterator[dict[str, Any]]:
    """The features of a candidate, each with its id, meaning and value."""
    yield _feature("probability", "calibrated probability that the mention means this entity", candidate.probability)
    if math.isfinite(candidate.score):
        yield _feature("score", "log-odds against a name that is not in the table", candidate.score)
    for pid, meets in met.items():
        yield _feature(f"property:{pid}", f"{property_label(pid)}: condition met", meets)
    for id, value in candidate.evidence.features.items() if explained and candidate.evidence else ():
        if value and math.isfinite(value):
            yield _feature(id, FEATURE_MEANINGS[id], value)


def _feature(id: str, name: str, value: float | bool) -> dict[str, Any]:
    return {"id": id, "name": name, "value": value if isinstance(value, bool) else round(value, 4)}


def extend(names: Names, request: ExtensionRequest) -> dict[str, Any]:
    """The values of properties of entities, names with their languages; an unknown entity or property has none."""
    rows = [
        {"id": id, "properties": [{"id": pid, "values": list(map(_value, values))} for pid, values in row.items()]}
        for id, row in extension_rows(names, request)
    ]
    return {"meta": labelled_properties(request.properties), "rows": rows}


def _value(alias: Alias) -> dict[str, str]:
    return {"str": alias.name, "lang": alias.lang} if alias.lang else {"str": alias.name}
