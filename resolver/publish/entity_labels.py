"""How an entity is labelled for people: the name of its type, and a line that tells it from its namesakes."""

from __future__ import annotations

from resolver.records import Entity

TYPE_LABELS = {"person": "Person", "org": "Organisation", "place": "Place", "other": "Other"}


def type_label(type: str) -> str:
    """The label of a type of entity; the type itself if it has none."""
    return TYPE_LABELS.get(type, type)


def describe(entity: Entity, alias: str) -> str:
    """The type of an entity and, where it was found by another name than its canonical one, that name."""
    label = type_label(entity.type)
    return label if alias == entity.name else f"{label}, also {alias}"
