"""The properties of entities for reconciliation clients: their type, and their names by kind and language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resolver.api.names import Names
from resolver.errors import InputError
from resolver.publish.entity_labels import type_label
from resolver.publish.json_objects import read_object
from resolver.publish.reconciliation.service_terms import LIMITS
from resolver.records import Alias, Entity

CONTEXT = "context"
"""The property of a query, not of an entity, whose value is text around the mention."""

PROPERTY_LABELS = {
    "name": "Canonical name",
    "type": "Type",
    "names": "All names",
    "short": "Short names",
    "acronym": "Acronyms",
    "native": "Native names",
    "former": "Former names",
}
"""The properties of an entity, with their labels. There is also one per language: `names:ja` is the names in
Japanese."""


@dataclass(frozen=True, slots=True)
class ExtensionRequest:
    """A request for the values of some properties of some entities, both given by id."""

    ids: tuple[str, ...]
    properties: tuple[str, ...]


def property_label(pid: str) -> str:
    """The label of a property; its id if it has none."""
    kind, _, lang = pid.partition(":")
    return f"Names in {lang}" if kind == "names" and lang else PROPERTY_LABELS.get(pid, pid)


def property_values(entity: Entity | None, pid: str) -> list[Alias]:
    """The distinct values of a property of an entity, with their languages if known; [] without an entity."""
    if entity is None:
        return []
    kind, _, lang = pid.partition(":")
    canonical = Alias(entity.name)
    if pid == "name":
        values = [canonical]
    elif pid == "type":
        values = [Alias(type_label(entity.type))]
    elif pid == "names":
        values = [canonical, *entity.known_aliases]
    elif kind == "names":
        values = [alias for alias in entity.known_aliases if alias.lang == lang]
    else:
        values = [alias for alias in entity.known_aliases if pid in PROPERTY_LABELS and alias.kind == pid]
    distinct: dict[str, Alias] = {}
    for alias in values:
        distinct.setdefault(alias.name, alias)
    return list(distinct.values())


def read_extension(text: str | bytes, what: str) -> ExtensionRequest:
    """The request in JSON, `{"ids": [ID], "properties": [{"id": PID}]}`. Raises InputError if it is malformed."""
    request = read_object(text, what)
    ids, properties = request.get("ids"), request.get("properties")
    if not isinstance(ids, list) or not all(isinstance(id, str) for id in ids):
        raise InputError(f"{what}: ids must be a list of strings")
    if not isinstance(properties, list) or not all(
        isinstance(property, dict) and isinstance(property.get("id"), str) for property in properties
    ):
        raise InputError(f"{what}: properties must be a list of objects, each with an id")
    if max(len(ids), len(properties)) > LIMITS.batch:
        raise InputError(f"{what}: at most {LIMITS.batch} ids and properties in one request")
    return ExtensionRequest(tuple(ids), tuple(property["id"] for property in properties))


def extension_rows(names: Names, request: ExtensionRequest) -> list[tuple[str, dict[str, list[Alias]]]]:
    """The values by property for each id. An unknown entity or property has none."""
    rows = []
    for id in request.ids:
        entity = names.entity(id)
        rows.append((id, {pid: property_values(entity, pid) for pid in request.properties}))
    return rows


def labelled_properties(pids: Sequence[str]) -> list[dict[str, str]]:
    """Properties in the form of replies."""
    return [{"id": pid, "name": property_label(pid)} for pid in pids]
