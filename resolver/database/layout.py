"""Making and inspecting the tables, views and indexes of a database file, with sqlite-utils.

Only what builds, migrates or documents a file imports this: a reader needs no sqlite-utils.
"""

from __future__ import annotations

import contextlib
import sqlite3

from sqlite_utils import Database

from resolver.database.schema import APPLICATION_ID, INDEXES, SCHEMA_VERSION, TABLES, VIEWS


def utils(connection: sqlite3.Connection) -> Database:
    """A connection as sqlite-utils has it, without the SQL functions of its plugins, of which ours is one."""
    return Database(connection, recursive_triggers=False, execute_plugins=False)


def create_tables(connection: sqlite3.Connection) -> None:
    """Make those tables and views of the present layout that are not there, and write the number of the layout.

    An open transaction stays open. The indexes are made by `create_indexes` when the tables are full, which is faster.
    """
    database = utils(connection)
    database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    database.executescript(TABLES)
    for name, select in VIEWS.items():
        database.create_view(name, select, ignore=True)


def create_indexes(connection: sqlite3.Connection) -> None:
    """Make those indexes of the tables that are not there. An open transaction stays open."""
    database = utils(connection)
    for name, (table, column) in INDEXES.items():
        database.table(table).create_index([column], index_name=name, if_not_exists=True)


def drop_tables(connection: sqlite3.Connection) -> None:
    """Remove the tables, views and indexes of the present layout that are there; tables of others stay."""
    database = utils(connection)
    for view in database.views:
        if view.name in VIEWS:
            view.drop()
    for name in reversed(table_names()):
        database.table(name).drop(ignore=True)


def table_names() -> list[str]:
    """The names of the tables of the present layout, in the order in which they are made."""
    with contextlib.closing(blank_database()) as blank:
        return [name for name in blank.table_names() if not name.startswith("sqlite_")]


def blank_database() -> Database:
    """A database in memory with the tables, views and indexes of the present layout, to look them up in."""
    database = Database(memory=True, execute_plugins=False)
    create_tables(database.conn)
    create_indexes(database.conn)
    return database
