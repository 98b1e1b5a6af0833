"""The plugin of sqlite-utils: the SQL functions in its queries, also of files that it reads into memory."""

from __future__ import annotations

import sqlite3

from sqlite_utils import hookimpl


@hookimpl
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Let the SQL of a connection call our functions; the first database of ours answers, attached ones too."""
    from resolver.publish.sqlite_registration import register_later

    register_later(conn)
