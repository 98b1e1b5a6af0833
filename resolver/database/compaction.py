"""Compaction and migration: merging changes into the main index, and converting earlier layouts to the current one.

Nearly every layout changed the search index, which is then rebuilt from the entities. So a file is not migrated step by
step: its tables are filled again, and the rows that are not derived from entities are copied. A layout that only lacks
whole tables gets them in place. `Migrations` of sqlite-utils is not used: it would record its steps in a further table,
while `user_version` identifies the layout of all files, including old ones.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from itertools import groupby, islice
from pathlib import Path

from resolver.database.build import reason_of
from resolver.database.carry_over import RULES, renew_forms
from resolver.database.connection import Connection, connect, new_database, writing
from resolver.database.layout import blank_database, create_indexes, create_tables, drop_tables, utils
from resolver.database.schema import SCHEMA_VERSION, fingerprint
from resolver.database.table_writer import MAX_BATCH_ENTITIES, TableWriter, no_progress
from resolver.errors import DatabaseError
from resolver.infra.gc_pause import rare_collections
from resolver.records import Alias, Entity
from resolver.sources.prepared_entities import prepare_entity

COPIED_TABLES = ("source", "redirect", "meta", "decision", "run", "resolved")
"""Tables whose rows are copied unchanged: they are not derived from entities."""

LAYOUTS_LACKING_TABLES = frozenset({5})
"""Layouts that lack only whole tables, views and indexes."""

FIRST_LAYOUT = 1
"""The layout whose aliases referred to entities by id, not by row number."""

FIRST_LAYOUT_TABLES = ("token",)
"""Tables that only the first layout had."""


def compact_file(path: str | Path, wait: float | None = None) -> int:
    """Merge the changes since the build into the main index, and return their number.

    A new file replaces the old one; its entities get new row numbers in the same order. Until then readers use the old
    file, and writers wait. A file of an earlier layout, or built by other rules for names, is migrated.

    Raises DatabaseError if there is no such database, it cannot be written, or another process keeps it locked for
    `wait` seconds.
    """
    path = Path(path).resolve()
    with writing(path, renewing=True, wait=wait) as held:
        layout = held.rows("PRAGMA user_version")[0][0]
        changes: int = 0 if layout == FIRST_LAYOUT else held.rows("SELECT count(*) FROM change")[0][0]
        same_rules = held.rows(RULES) == [(fingerprint(),)]
        if layout in LAYOUTS_LACKING_TABLES and not changes and same_rules:
            create_tables(held)
            create_indexes(held)
        elif changes or layout != SCHEMA_VERSION or not same_rules:
            try:
                with (
                    contextlib.closing(connect(path, renewing=True)) as old,
                    new_database(path) as new,
                    rare_collections(),
                ):
                    old.backup(new)
                    _refill(new, old, layout)
            except (OSError, sqlite3.Error) as error:
                raise DatabaseError(f"{path}: cannot be written: {reason_of(error)}") from error
    return changes


def _refill(new: sqlite3.Connection, old: Connection, layout: int) -> None:
    """Fill the tables of a copy of a database again; tables of other programs in it stay."""
    _renew_layout(new, layout)
    table = TableWriter(new)
    entities = _first_entities(old) if layout == FIRST_LAYOUT else _entities(old)
    for sources, alike in groupby(entities, key=lambda found: found[0]):
        while batch := [prepare_entity(entity) for _, entity in islice(alike, MAX_BATCH_ENTITIES)]:
            table.add(batch, sources)
    renew_forms(new, old)
    table.finish(no_progress, jobs=1)
    new.execute("VACUUM")


def _renew_layout(connection: sqlite3.Connection, layout: int) -> None:
    """Give a database the tables and views of the current layout, empty except for those in COPIED_TABLES."""
    database = utils(connection)
    with contextlib.closing(blank_database()) as blank:
        columns = {name: blank.table(name).columns for name in COPIED_TABLES}
    there = {name: database.table(name).columns_dict for name in COPIED_TABLES}
    full = [name for name in COPIED_TABLES if there[name] and database.table(name).count]
    for name in full:
        database.execute(f"CREATE TEMP TABLE kept_{name} AS SELECT * FROM main.{name}")
    drop_tables(connection)
    for name in FIRST_LAYOUT_TABLES if layout == FIRST_LAYOUT else ():
        database.table(name).drop()
    create_tables(connection)
    for name in full:
        values = [
            column.name if column.name in there[name] else "''" if column.type == "TEXT" else "NULL"
            for column in columns[name]
        ]
        database.execute(f"INSERT INTO main.{name} SELECT {', '.join(values)} FROM kept_{name} ORDER BY rowid")
        database.execute(f"DROP TABLE kept_{name}")


SourcedEntity = tuple[list[int], Entity]
"""The numbers of the sources of an entity, and the entity."""


def _entities(connection: Connection) -> Iterator[SourcedEntity]:
    """All entities of a database of any layout but the first, in row order."""
    origins = "(SELECT group_concat(source) FROM origin WHERE origin.entity = entity.no)"
    if not connection.rows("SELECT 1 FROM sqlite_master WHERE name = 'origin'"):
        origins = "NULL"
    return _read(
        connection,
        f"SELECT entity.no, {origins}, id, entity.name, type, weight, alias.name, lang, kind FROM alias"
        " CROSS JOIN entity ON entity.no = alias.entity ORDER BY alias.no",
    )


def _first_entities(connection: Connection) -> Iterator[SourcedEntity]:
    """All entities of a database of the first layout, in the order in which they were inserted."""
    return _read(
        connection,
        "SELECT entity.rowid, NULL, id, entity.name, type, weight, alias.name, lang, kind FROM entity"
        " CROSS JOIN alias ON alias.entity = entity.id ORDER BY entity.rowid, position",
    )


def _read(connection: Connection, sql: str) -> Iterator[SourcedEntity]:
    for (_, sources, *entity), names in groupby(connection.execute(sql), key=lambda row: row[:6]):
        _, *aliases = (Alias(*row[6:]) for row in names)  # the first one is the canonical name
        entity_id, name, type, weight = entity
        numbers = sorted(map(int, sources.split(","))) if sources else []
        yield numbers, Entity(entity_id, name, type, tuple(aliases), weight)
