"""The plugin of sqlite-utils: the SQL functions in its queries, including `sqlite-utils memory`."""

from __future__ import annotations

import sqlite3

from sqlite_utils import hookimpl


@hookimpl
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Register the SQL functions; they use the first of its databases, main or attached, that is ours."""
    from resolver.publish.sqlite_registration import register_later

    register_later(conn)
