"""Lookups in an open table: entities by the prefix of a name, and the sources of an entity."""

from __future__ import annotations

from typing import NamedTuple

from resolver.api.names import Names
from resolver.publish.entity_facts import EntityOrigin, read_sources
from resolver.records import Entity

_WITH_PREFIX = (
    "SELECT entity.id, entity.name, type, alias.name FROM form JOIN alias ON alias.form = form.no"
    " JOIN entity ON entity.no = alias.entity WHERE exact >= ? AND exact < ? ORDER BY exact, weight DESC LIMIT ?"
)
_AFTER_PREFIX = "\U0010ffff"


class NameMatch(NamedTuple):
    """An entity, without aliases, and the name of it that matched."""

    entity: Entity
    alias: str


def entity_sources(names: Names, entity: Entity) -> list[EntityOrigin]:
    """The sources of an entity."""
    with names.table.rows.transaction() as connection:
        return read_sources(connection, entity.id)


def names_with_prefix(names: Names, exact: str, limit: int) -> list[NameMatch]:
    """At most `limit` names whose normal form begins with `exact`, in the order of their forms, then by weight."""
    rows = names.table.rows.query(_WITH_PREFIX, exact, exact + _AFTER_PREFIX, limit)
    return [NameMatch(Entity(id, name, type, None), alias) for id, name, type, alias in rows]
