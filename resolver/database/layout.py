"""Creating and inspecting the tables, views and indexes of a database file, with sqlite-utils.

Only code that builds, migrates or documents a file imports this module: readers do not need sqlite-utils.
"""

from __future__ import annotations

import contextlib
import sqlite3

from sqlite_utils import Database

from resolver.database.schema import APPLICATION_ID, INDEXES, SCHEMA_VERSION, TABLES, VIEWS


def utils(connection: sqlite3.Connection) -> Database:
    """The sqlite-utils object of a connection, without the SQL functions of plugins, of which ours is one."""
    return Database(connection, recursive_triggers=False, execute_plugins=False)


def create_tables(connection: sqlite3.Connection) -> None:
    """Create the missing tables and views of the current layout, and write the number of the layout.

    An open transaction stays open. `create_indexes` creates the indexes when the tables are full, which is faster.
    """
    database = utils(connection)
    database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    database.executescript(TABLES)
    for name, select in VIEWS.items():
        database.create_view(name, select, ignore=True)


def create_indexes(connection: sqlite3.Connection) -> None:
    """Create the missing indexes of the tables. An open transaction stays open."""
    database = utils(connection)
    for name, (table, column) in INDEXES.items():
        database.table(table).create_index([column], index_name=name, if_not_exists=True)


def drop_tables(connection: sqlite3.Connection) -> None:
    """Drop the tables, views and indexes of the current layout; tables of other programs stay."""
    database = utils(connection)
    for view in database.views:
        if view.name in VIEWS:
            view.drop()
    for name in reversed(table_names()):
        database.table(name).drop(ignore=True)


def table_names() -> list[str]:
    """The names of the tables of the current layout, in the order of creation."""
    with contextlib.closing(blank_database()) as blank:
        return [name for name in blank.table_names() if not name.startswith("sqlite_")]


def blank_database() -> Database:
    """An in-memory database with the tables, views and indexes of the current layout, for inspection."""
    database = Database(memory=True, execute_plugins=False)
    create_tables(database.conn)
    create_indexes(database.conn)
    return database
