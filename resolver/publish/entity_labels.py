"""Labels of entities for users: the name of the type, and a line that distinguishes namesakes."""

from __future__ import annotations

from resolver.records import Entity

TYPE_LABELS = {"person": "Person", "org": "Organisation", "place": "Place", "other": "Other"}


def type_label(type: str) -> str:
    """The label of a type of entity; the type itself if it has none."""
    return TYPE_LABELS.get(type, type)


def describe(entity: Entity, alias: str) -> str:
    """The type of an entity, with the name by which it was found unless that is the canonical one."""
    label = type_label(entity.type)
    return label if alias == entity.name else f"{label}, also {alias}"
