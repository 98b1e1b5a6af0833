"""The plugin of sqlite-utils: the SQL functions in its queries, `sqlite-utils memory` included."""

from __future__ import annotations

import sqlite3

from sqlite_utils import hookimpl


@hookimpl
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Give a connection the SQL functions; the first of its databases that is ours answers, main or attached."""
    from resolver.publish.sqlite_registration import register_later

    register_later(conn)
