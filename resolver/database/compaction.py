"""Taking a database forward: changes are folded into its search index, and an earlier layout becomes that of today.

Nearly every layout has another search index than the one before, and that is made anew from the entities in any case.
So a file is not changed step by step, from layout to layout, but filled anew, and what is in no entity comes along. One
that lacks whole tables only is given those where it is. The layout is told by `user_version` alone: `Migrations` of
sqlite-utils would note its steps in a further table, which the files of earlier layouts lack, and whoever reads the
file would find it there.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from itertools import groupby, islice
from pathlib import Path

from resolver.database.build import reason_of
from resolver.database.carry_over import RULES, renew_forms
from resolver.database.connection import Connection, connect, writing, written
from resolver.database.layout import blank_database, create_indexes, create_tables, drop_tables, utils
from resolver.database.schema import SCHEMA_VERSION, fingerprint
from resolver.database.table_writer import BATCH, TableWriter
from resolver.errors import DatabaseError
from resolver.infra.gc_pause import seldom_collected
from resolver.records import Alias, Entity
from resolver.sources.prepared_entities import prepare_entity

KEPT = ("source", "redirect", "meta", "decision", "run", "resolved")
"""Our tables that are not made of entities."""

ADDED_TO = frozenset({5})
"""Layouts that lack whole tables, views and indexes only."""

FIRST = 1
"""The layout whose entities had no rows of their own."""

FORMER = ("token",)
"""Tables that only that one had."""


def compact_file(path: str | Path) -> int:
    """Fold what has been changed in a database into its search index, and return how many changes that were.

    In a new file that takes the place of the old one: its entities get new rows, in the order they have. Readers go
    on with the old one until then, writers wait. A file of an earlier layout, or built with other rules for names, is
    taken forward to those of today. Raises DatabaseError when there is no such database, when it cannot be written, or
    when another process has been changing it for too long.
    """
    path = Path(path).resolve()
    with writing(path, renewing=True) as held:
        layout = held.rows("PRAGMA user_version")[0][0]
        changes: int = 0 if layout == FIRST else held.rows("SELECT count(*) FROM change")[0][0]
        same_rules = held.rows(RULES) == [(fingerprint(),)]
        if layout in ADDED_TO and not changes and same_rules:
            create_tables(held)
            create_indexes(held)
        elif changes or layout != SCHEMA_VERSION or not same_rules:
            try:
                with contextlib.closing(connect(path, renewing=True)) as old, written(path) as new, seldom_collected():
                    old.backup(new)
                    _refill(new, old, layout)
            except (OSError, sqlite3.Error) as error:
                raise DatabaseError(f"{path}: cannot be written: {reason_of(error)}") from error
    return changes


def _refill(new: sqlite3.Connection, old: Connection, layout: int) -> None:
    """Fill our tables in a copy of a database anew; what others keep in the file stays."""
    _renew_layout(new, layout)
    table = TableWriter(new)
    entities = _first_entities(old) if layout == FIRST else _entities(old)
    for sources, alike in groupby(entities, key=lambda found: found[0]):
        while batch := [prepare_entity(entity) for _, entity in islice(alike, BATCH)]:
            table.add(batch, sources)
    renew_forms(new, old)
    table.finish(lambda share: None, jobs=1)
    new.execute("VACUUM")


def _renew_layout(connection: sqlite3.Connection, layout: int) -> None:
    """Give a database the tables and views of the present layout, empty but for those that are not made of entities."""
    database = utils(connection)
    with contextlib.closing(blank_database()) as blank:
        columns = {name: blank.table(name).columns for name in KEPT}
    there = {name: database.table(name).columns_dict for name in KEPT}
    full = [name for name in KEPT if there[name] and database.table(name).count]
    for name in full:
        database.execute(f"CREATE TEMP TABLE kept_{name} AS SELECT * FROM main.{name}")
    drop_tables(connection)
    for name in FORMER if layout == FIRST else ():
        database.table(name).drop()
    create_tables(connection)
    for name in full:
        values = [
            column.name if column.name in there[name] else "''" if column.type == "TEXT" else "NULL"
            for column in columns[name]
        ]
        database.execute(f"INSERT INTO main.{name} SELECT {', '.join(values)} FROM kept_{name} ORDER BY rowid")
        database.execute(f"DROP TABLE kept_{name}")


Found = tuple[list[int], Entity]
"""An entity, with the numbers of its sources."""


def _entities(connection: Connection) -> Iterator[Found]:
    """All entities of a database, which may be of an earlier layout, in the order of their rows."""
    origins = "(SELECT group_concat(source) FROM origin WHERE origin.entity = entity.no)"
    if not connection.rows("SELECT 1 FROM sqlite_master WHERE name = 'origin'"):
        origins = "NULL"
    return _read(
        connection,
        f"SELECT entity.no, {origins}, id, entity.name, type, weight, alias.name, lang, kind FROM alias"
        " CROSS JOIN entity ON entity.no = alias.entity ORDER BY alias.no",
    )


def _first_entities(connection: Connection) -> Iterator[Found]:
    """All entities of a database of the first layout, in the order in which they were put in."""
    return _read(
        connection,
        "SELECT entity.rowid, NULL, id, entity.name, type, weight, alias.name, lang, kind FROM entity"
        " CROSS JOIN alias ON alias.entity = entity.id ORDER BY entity.rowid, position",
    )


def _read(connection: Connection, sql: str) -> Iterator[Found]:
    for (_, sources, *entity), names in groupby(connection.execute(sql), key=lambda row: row[:6]):
        _, *aliases = (Alias(*row[6:]) for row in names)  # the first is the canonical name
        entity_id, name, type, weight = entity
        numbers = sorted(map(int, sources.split(","))) if sources else []
        yield numbers, Entity(entity_id, name, type, tuple(aliases), weight)
