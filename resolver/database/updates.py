"""Changing a database: entities are put in and taken out in one transaction, and readers see all of it or nothing.

Rows are never changed: an entity that is changed is taken out and put in again in new rows. The search index in the
file stays as it is; readers keep what is not in it in indexes of their own, until `compact_file` or the next build.
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
from resolver.sources.importers.importer import Options
from resolver.sources.prepared_entities import PreparedEntity, prepare_entity
from resolver.sources.source_blocks import DEFAULTS, Source, parts_first
from resolver.sources.source_report import Intake, Lines


@dataclass(slots=True)
class PutReport(Intake):
    """What was done with the entities put in: how many are new, changed, and the same as before."""

    new: int = 0
    changed: int = 0
    same: int = 0
    waiting: int = 0
    """How many changes wait to be folded in by now."""


def put_entities(path: str | Path, entities: Iterable[Entity]) -> PutReport:
    """Put entities into the database file `path`: those with a new id are added, the others take the place of theirs.

    Raises InputError for an entity that makes no sense, an id that comes twice and one that redirects to another
    entity, and DatabaseError when the file cannot be changed; nothing is changed then.
    """
    checked: dict[str, Entity] = {}
    for entity in map(_checked, entities):
        if checked.setdefault(entity.id, entity) is not entity:
            raise InputError(f"the id {entity.id!r} is given twice")
    report = PutReport()
    with writing(Path(path)) as connection:
        for entity in checked.values():
            _put(connection, prepare_entity(entity), report)
        report.waiting = _waiting(connection)
    return report


def put_tables(path: str | Path, sources: Iterable[str | Path], options: Options = DEFAULTS) -> PutReport:
    """Put the entities of tables into the database file `path`, as `put_entities`.

    Rows that are wrong by themselves are left out and reported. An InputError for an id that comes twice names both
    lines.
    """
    report = PutReport()
    lines = Lines()
    numbers: dict[str, int] = {}
    with writing(Path(path)) as connection:
        for source in [Source(source, options) for source in sources]:
            parts_first([source])  # or it speaks of entities elsewhere
            lines.begin(source.path)
            with contextlib.closing(source.blocks()) as blocks:
                for block in map(source.prepare, blocks):
                    report.take(block)
                    for entity in block.entities:
                        _put_once(connection, entity, report, lines, numbers)
        report.waiting = _waiting(connection)
    return report


def _put_once(
    connection: Connection, entity: PreparedEntity, report: PutReport, lines: Lines, numbers: dict[str, int]
) -> None:
    """Put an entity of a source, unless its id comes twice or means another entity."""
    lines.extend([entity.line])
    if entity.id in numbers:
        raise lines.twice(entity.id, numbers[entity.id], len(numbers))
    numbers[entity.id] = len(numbers)
    try:
        _put(connection, entity, report)
    except InputError as error:
        report.rejects.append(
            RecordError(error.reason, *lines.place(numbers[entity.id]), f"{entity.id}\t{entity.name}")
        )


def remove_entities(path: str | Path, ids: Iterable[str]) -> int:
    """Take the entities with these ids out of the database file `path`, and return how many they are.

    Raises InputError for an id that no entity has, and DatabaseError when the file cannot be changed; nothing is
    changed then.
    """
    wanted = dict.fromkeys(ids)
    with writing(Path(path)) as connection:
        for entity_id in wanted:
            found: list[tuple[Any, ...]] = []
            with contextlib.suppress(UnicodeEncodeError):  # such an id is none
                found = connection.rows("SELECT no FROM entity WHERE id = ?", entity_id)
            if not found:
                raise InputError(f"no entity has the id {entity_id!r}", path)
            row = found[0][0]
            _note(connection, row, None, _take_out(connection, row))
    return len(wanted)


def _checked(entity: Entity) -> Entity:
    """The entity as a row of a table would give it. Raises InputError when it makes no sense."""
    if not isinstance(entity, Entity):
        raise InputError(f"an Entity is wanted, not {entity!r}")
    if entity.aliases is None:
        read = f"names.entity({entity.id!r})"
        raise InputError(f"the aliases of the entity {entity.id!r} were not read: change what {read} returns")
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
        raise InputError(f"the id {entity.id!r} means the entity {present!r} by now: put that")
    else:
        report.new += 1
    kept = None if removed is None else _take_out(connection, removed)
    _note(connection, removed, _insert(connection, entity), kept)


def _waiting(connection: Connection) -> int:
    return int(connection.rows("SELECT coalesce(max(no), 0) FROM change")[0][0])


def _note(connection: Connection, removed: int | None, added: int | None, kept: str | None) -> None:
    connection.rows("INSERT INTO change (removed, added, aliases) VALUES (?, ?, ?)", removed, added, kept)


def _names(connection: Connection, row: int) -> list[tuple[Any, ...]]:
    """The names of the entity in a row, the canonical one first, each with language and kind."""
    return connection.rows("SELECT name, lang, kind FROM alias WHERE entity = ? ORDER BY no", row)


def _take_out(connection: Connection, row: int) -> str:
    """Remove the entity in a row, and return its names as JSON."""
    names = json.dumps(_names(connection, row), ensure_ascii=False)
    connection.rows("DELETE FROM alias WHERE entity = ?", row)
    connection.rows("DELETE FROM origin WHERE entity = ?", row)
    connection.rows("DELETE FROM entity WHERE no = ?", row)
    return names


def _insert(connection: Connection, entity: PreparedEntity) -> int:
    """Insert an entity and its names, and return its row."""
    insert = "INSERT INTO entity (id, name, type, weight) VALUES (?, ?, ?, ?) RETURNING no"
    row: int = connection.rows(insert, entity.id, entity.name, entity.type, entity.weight)[0][0]
    for name in entity.names:
        insert = "INSERT INTO alias (entity, name, lang, kind, form) VALUES (?, ?, ?, ?, ?)"
        connection.rows(insert, row, name.name, name.lang, name.kind, _form(connection, name.exact))
    return row


def _form(connection: Connection, exact: str) -> int | None:
    """The number of a normal form, a new one after the last if need be; None for one without a word."""
    if not exact:
        return None
    found = connection.rows("SELECT no FROM form WHERE exact = ?", exact) or connection.rows(
        "INSERT INTO form (exact) VALUES (?) RETURNING no", exact
    )
    return int(found[0][0])
