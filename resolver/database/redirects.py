"""Redirects: former ids of entities, and their ids in other sources."""

from __future__ import annotations

from resolver.database.connection import Connection


def present_id(connection: Connection, entity_id: str) -> str:
    """The current id of the entity that an id refers to: the id itself unless it redirects."""
    found = connection.rows("SELECT new FROM redirect WHERE old = ?", entity_id)
    return str(found[0][0]) if found else entity_id
