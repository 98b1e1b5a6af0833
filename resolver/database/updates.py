"""Changing a database: putting in and removing entities in one transaction, which readers see as a whole.

Rows are never updated: a changed entity is removed and inserted again in new rows. The search index in the file stays
unchanged; readers index later changes in memory, until `compact_file` or the next build merges them.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resolver.database.connection import Connection, writing
from resolver.database.redirects import present_id
from resolver.errors import InputError, RecordError
from resolver.records import Alias, Entity
from resolver.sources.entity_rows import entity_from
from resolver.sources.importers.importer import SourceOptions
from resolver.sources.prepared_entities import PreparedEntity, prepare_entity
from resolver.sources.source_blocks import DEFAULTS, EntitySource, supplements_first
from resolver.sources.source_report import SourceLines, SourceReport


@dataclass(slots=True)
class PutReport(SourceReport):
    """The numbers of entities put in that are new, changed, and unchanged."""

    new: int = 0
    changed: int = 0
    same: int = 0
    waiting: int = 0
    """Number of changes, including earlier ones, that are not in the main index yet."""


def put_entities(path: str | Path, entities: Iterable[Entity], wait: float | None = None) -> PutReport:
    """Put entities into the database file `path`; each replaces the entity with its id, if there is one.

    Raises InputError for an invalid entity, a repeated id and an id that redirects to another entity; DatabaseError if
    the file cannot be changed, or another process keeps it locked for `wait` seconds. Then nothing is changed.
    """
    checked: dict[str, Entity] = {}
    for entity in map(_checked, entities):
        if checked.setdefault(entity.id, entity) is not entity:
            raise InputError(f"the id {entity.id!r} is given twice")
    report = PutReport()
    with writing(Path(path), wait=wait) as connection:
        for entity in checked.values():
            _put(connection, prepare_entity(entity), report)
        report.waiting = _waiting(connection)
    return report


def put_tables(path: str | Path, sources: Iterable[str | Path], options: SourceOptions = DEFAULTS) -> PutReport:
    """Put the entities of tables into the database file `path`, as `put_entities` does.

    Bad records are rejected and reported. An InputError for a repeated id names both lines.
    """
    report = PutReport()
    lines = SourceLines()
    numbers: dict[str, int] = {}
    with writing(Path(path)) as connection:
        for source in [EntitySource(source, options) for source in sources]:
            supplements_first([source])  # raises for a source that supplements others
            lines.begin(source.path)
            with contextlib.closing(source.blocks()) as blocks:
                for block in map(source.prepare, blocks):
                    report.add_block(block)
                    for entity in block.entities:
                        _put_once(connection, entity, report, lines, numbers)
        report.waiting = _waiting(connection)
    return report


def _put_once(
    connection: Connection, entity: PreparedEntity, report: PutReport, lines: SourceLines, numbers: dict[str, int]
) -> None:
    """Put an entity of a source. Raises InputError for a repeated id; an id that redirects is reported."""
    lines.extend([entity.line])
    if entity.id in numbers:
        raise lines.repeated_id(entity.id, numbers[entity.id], len(numbers))
    numbers[entity.id] = len(numbers)
    try:
        _put(connection, entity, report)
    except InputError as error:
        report.rejects.append(
            RecordError(error.reason, *lines.place(numbers[entity.id]), f"{entity.id}\t{entity.name}")
        )


def remove_entities(path: str | Path, ids: Iterable[str], wait: float | None = None) -> int:
    """Remove the entities with these ids from the database file `path`, and return their number.

    Raises InputError for an id that no entity has, and DatabaseError as `put_entities` does. Then nothing is changed.
    """
    wanted = dict.fromkeys(ids)
    with writing(Path(path), wait=wait) as connection:
        for entity_id in wanted:
            found: list[tuple[Any, ...]] = []
            with contextlib.suppress(UnicodeEncodeError):  # no entity has such an id
                found = connection.rows("SELECT no FROM entity WHERE id = ?", entity_id)
            if not found:
                raise InputError(f"no entity has the id {entity_id!r}", path)
            row = found[0][0]
            _record_change(connection, row, None, _take_out(connection, row))
    return len(wanted)


def _checked(entity: Entity) -> Entity:
    """The entity, validated like a row of a table. Raises InputError if it is invalid."""
    if not isinstance(entity, Entity):
        raise InputError(f"expected an Entity, not {entity!r}")
    if entity.aliases is None:
        read = f"names.entity({entity.id!r})"
        raise InputError(f"the aliases of the entity {entity.id!r} were not read: use the entity that {read} returns")
    aliases = [
        {"name": alias.name, "lang": alias.lang, "kind": alias.kind} if isinstance(alias, Alias) else alias
        for alias in entity.aliases
    ]
    try:
        return entity_from(
            {"id": entity.id, "name": entity.name, "type": entity.type, "weight": entity.weight, "aliases": aliases}
        )
    except ValueError as error:
        raise InputError(f"the entity {entity.id!r} cannot be put in: {error}") from error


def _put(connection: Connection, entity: PreparedEntity, report: PutReport) -> None:
    found = connection.rows("SELECT no, name, type, weight FROM entity WHERE id = ?", entity.id)
    removed = None
    if found:
        removed, *known = found[0]
        names = [(name.name, name.lang, name.kind) for name in entity.names]
        if known == [entity.name, entity.type, entity.weight] and _names(connection, removed) == names:
            report.same += 1
            return
        report.changed += 1
    elif (present := present_id(connection, entity.id)) != entity.id:
        raise InputError(f"the id {entity.id!r} now redirects to the entity {present!r}: put that one")
    else:
        report.new += 1
    kept = None if removed is None else _take_out(connection, removed)
    _record_change(connection, removed, _insert(connection, entity), kept)


def _waiting(connection: Connection) -> int:
    return int(connection.rows("SELECT coalesce(max(no), 0) FROM change")[0][0])


def _record_change(connection: Connection, removed: int | None, added: int | None, kept: str | None) -> None:
    connection.rows("INSERT INTO change (removed, added, aliases) VALUES (?, ?, ?)", removed, added, kept)


def _names(connection: Connection, row: int) -> list[tuple[Any, ...]]:
    """The (name, language, kind) of each name of the entity in a row, the canonical one first."""
    return connection.rows("SELECT name, lang, kind FROM alias WHERE entity = ? ORDER BY no", row)


def _take_out(connection: Connection, row: int) -> str:
    """Remove the entity in a row, and return its names as a JSON array."""
    names = json.dumps(_names(connection, row), ensure_ascii=False)
    connection.rows("DELETE FROM alias WHERE entity = ?", row)
    connection.rows("DELETE FROM origin WHERE entity = ?", row)
    connection.rows("DELETE FROM entity WHERE no = ?", row)
    return names


def _insert(connection: Connection, entity: PreparedEntity) -> int:
    """Insert an entity with its names, and return its row."""
    insert = "INSERT INTO entity (id, name, type, weight) VALUES (?, ?, ?, ?) RETURNING no"
    row: int = connection.rows(insert, entity.id, entity.name, entity.type, entity.weight)[0][0]
    for name in entity.names:
        insert = "INSERT INTO alias (entity, name, lang, kind, form) VALUES (?, ?, ?, ?, ?)"
        connection.rows(insert, row, name.name, name.lang, name.kind, _form(connection, name.exact))
    return row


def _form(connection: Connection, exact: str) -> int | None:
    """The number of a normal form, which is inserted if new; None for an empty one."""
    if not exact:
        return None
    found = connection.rows("SELECT no FROM form WHERE exact = ?", exact) or connection.rows(
        "INSERT INTO form (exact) VALUES (?) RETURNING no", exact
    )
    return int(found[0][0])
