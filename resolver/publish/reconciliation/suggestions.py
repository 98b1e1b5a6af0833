"""Suggestions for typed text: entities, types and properties."""

from __future__ import annotations

from typing import Any

from resolver.api.names import Names
from resolver.names.normal_form import normal_form
from resolver.publish.entity_labels import TYPE_LABELS, describe
from resolver.publish.entity_lookup import names_with_prefix
from resolver.publish.reconciliation.entity_properties import CONTEXT, PROPERTY_LABELS, labelled_properties
from resolver.publish.reconciliation.service_terms import LIMITS, type_json
from resolver.records import Entity

NAMES_PER_ENTITY = 10
"""Number of names with a prefix that are read per requested entity, as an entity may have several."""


def suggest_entities(names: Names, prefix: str, limit: int = LIMITS.suggestions, skipped: int = 0) -> dict[str, Any]:
    """The entity with this id, then those with a name that begins with it, then the candidates for it as a mention.

    The first `skipped` of them are omitted.
    """
    exact = normal_form(prefix[: names.settings.max_mention]).exact
    wanted = skipped + limit
    suggestions: dict[str, dict[str, Any]] = {}
    if exact:
        if entity := names.entity(prefix.strip()):
            suggestions[entity.id] = _suggestion(entity, entity.name)
        for entity, alias in names_with_prefix(names, exact, NAMES_PER_ENTITY * wanted):
            suggestions.setdefault(entity.id, _suggestion(entity, alias))
        for candidate in names.resolve(prefix).candidates:
            suggestions.setdefault(candidate.entity.id, _suggestion(candidate.entity, candidate.alias.name))
    return {"result": list(suggestions.values())[skipped:wanted]}


def suggest_types(prefix: str, skipped: int = 0) -> dict[str, Any]:
    """The types whose id or label begins with a prefix, ignoring case."""
    types = [type_json(id) for id, label in TYPE_LABELS.items() if _begins(prefix, id, label)]
    return {"result": types[skipped:]}


def suggest_properties(prefix: str, skipped: int = 0) -> dict[str, Any]:
    """The properties of queries and entities whose id or label begins with a prefix, ignoring case."""
    labels = {CONTEXT: "Text around the name", **PROPERTY_LABELS}
    properties = [{"id": id, "name": label} for id, label in labels.items() if _begins(prefix, id, label)]
    return {"result": properties[skipped:]}


def propose_properties(type: str, limit: int | None) -> dict[str, Any]:
    """The properties by which entities of a type can be extended: the same ones for all types."""
    properties = labelled_properties(list(PROPERTY_LABELS)[:limit])
    return {"properties": properties, "type": type} | ({} if limit is None else {"limit": limit})


def _begins(prefix: str, *words: str) -> bool:
    return any(word.casefold().startswith(prefix.casefold().strip()) for word in words)


def _suggestion(entity: Entity, alias: str) -> dict[str, Any]:
    return {
        "id": entity.id,
        "name": entity.name,
        "description": describe(entity, alias),
        "notable": [type_json(entity.type)],
    }
