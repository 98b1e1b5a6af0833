"""Registering the SQL functions with a connection of Python's sqlite3.

Plugins do this for each connection, though few statements call one: what answers is imported by the first call.
"""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resolver.errors import ResolverError

if TYPE_CHECKING:
    from resolver.api.names import Names
    from resolver.publish.sql_functions import Functions
    from resolver.settings import Settings

ARGUMENTS = {"resolve": 1, "resolve_id": 1, "resolve_json": 1, "name_similarity": 2, "romanise": 1}
"""The SQL functions, and how many arguments each takes."""

_HEADER = 72
_MAGIC = b"SQLite format 3\0"


def register(
    connection: sqlite3.Connection, db: str | Path | Names | None = None, settings: Settings | None = None
) -> None:
    """Let the SQL of a connection call `resolve`, `resolve_id`, `resolve_json`, `name_similarity` and `romanise`.

    `db`, a file or an open table, answers; without it the first database of the connection that is one of ours,
    or the bundled table. Raises DatabaseError when that cannot answer. What goes wrong later ends a statement with
    sqlite3.OperationalError, and says why on stderr, by `logging`: SQLite does not take the message of a function.
    Use them in statements only: a view, index or generated column with one of them would be of no use to others.
    """
    from resolver.publish.sql_functions import Functions

    functions = Functions(database_of(connection) if db is None else db, settings)
    create_functions(connection, lambda: functions)


def register_later(connection: sqlite3.Connection) -> None:
    """The same, but the table is chosen and opened by the first call, when databases may have been attached."""
    number = id(connection)

    @cache
    def functions() -> Functions:
        from resolver.publish.sql_functions import Functions

        # The functions must not hold the connection that holds them: nobody could free it any more. It is there
        # while it calls one.
        held = next((o for o in gc.get_objects() if id(o) == number and isinstance(o, sqlite3.Connection)), None)
        return Functions(database_of(held) if held else None)

    create_functions(connection, functions)


def create_functions(connection: sqlite3.Connection, functions: Callable[[], Functions]) -> None:
    """Create the SQL functions of a connection, from what `functions` returns when one is called."""
    for name, arguments in ARGUMENTS.items():
        connection.create_function(name, arguments, _sql_function(name, functions), deterministic=True)


def _sql_function(name: str, functions: Callable[[], Functions]) -> Callable[..., Any]:
    def call(*values: Any) -> Any:  # noqa: ANN401 (any value of SQL)
        try:
            return getattr(functions(), name)(*values)
        except ResolverError as error:
            import logging

            logging.getLogger("resolver").error("%s(): %s", name, error)
            raise

    return call


def database_of(connection: sqlite3.Connection) -> Path | None:
    """The file of the first database of a connection, main or attached, that is one of ours."""
    cursor = connection.cursor()
    cursor.row_factory = None
    files = (Path(row[2]) for row in cursor.execute("PRAGMA database_list").fetchall() if row[2])
    return next(filter(is_ours, files), None)


def is_ours(path: Path) -> bool:
    """Whether a file is a SQLite database with our application id, of whatever version."""
    from resolver.database.schema import APPLICATION_ID

    try:
        with path.open("rb") as file:
            header = file.read(_HEADER)
    except OSError:
        return False
    return header.startswith(_MAGIC) and header[68:] == APPLICATION_ID.to_bytes(4, "big")
