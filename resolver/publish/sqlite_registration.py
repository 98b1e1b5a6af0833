"""Registration of the SQL functions with a connection of Python's sqlite3.

Plugins do this for every connection, but few statements call a function, so the first call imports the implementation.
"""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resolver.errors import ResolverError
from resolver.publish.database_detection import database_of

if TYPE_CHECKING:
    from resolver.api.names import Names
    from resolver.publish.sql_functions import Functions
    from resolver.settings import Settings

SQL_FUNCTIONS = {"resolve": 1, "resolve_id": 1, "resolve_json": 1, "name_similarity": 2, "romanise": 1}
"""The SQL functions, with the number of their arguments."""


def register(
    connection: sqlite3.Connection, db: str | Path | Names | None = None, settings: Settings | None = None
) -> None:
    """Register `resolve`, `resolve_id`, `resolve_json`, `name_similarity` and `romanise` with a connection.

    They use `db`, a file or an open table; by default the first database of the connection that is ours, otherwise the
    bundled table. Raises DatabaseError if it cannot be used. A later error ends the statement with
    sqlite3.OperationalError and is logged with its cause, as SQLite does not pass on the message of a function. Call
    them in statements only: views, indexes and generated columns would fail for readers without our code.
    """
    from resolver.publish.sql_functions import Functions

    functions = Functions(database_of(connection) if db is None else db, settings)
    create_functions(connection, lambda: functions)


def register_later(connection: sqlite3.Connection) -> None:
    """Register them so that the first call chooses and opens the table: databases may be attached until then."""
    number = id(connection)

    @cache
    def functions() -> Functions:
        from resolver.publish.sql_functions import Functions

        # A reference to the connection here would be a cycle through SQLite, and it would never be freed. While it
        # calls a function it is alive, so it can be found by its id.
        alive = next((o for o in gc.get_objects() if id(o) == number and isinstance(o, sqlite3.Connection)), None)
        return Functions(database_of(alive) if alive else None)

    create_functions(connection, functions)


def create_functions(connection: sqlite3.Connection, functions: Callable[[], Functions]) -> None:
    """Create the SQL functions of a connection; `functions` is called when one of them is."""
    for name, arguments in SQL_FUNCTIONS.items():
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
