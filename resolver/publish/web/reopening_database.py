"""A Datasette database that is reopened when another file takes the place of its file."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from datasette.database import Database

from resolver.database.connection import file_at

T = TypeVar("T")


class ReopeningDatabase(Database):
    """A database with a connection per thread to the file that is currently at its path.

    Connections of Datasette's own class stay with the first file.
    """

    async def execute_fn(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """The result of a function of a connection, called in a thread of Datasette."""
        return await asyncio.get_running_loop().run_in_executor(self.ds.executor, self._execute, fn)

    def _execute(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        held: threading.local = self.__dict__.setdefault("_held", threading.local())
        connection: sqlite3.Connection | None = getattr(held, "connection", None)
        file = None
        with contextlib.suppress(OSError):  # no file at the moment: use the old one
            file = file_at(Path(self.path))
        if connection is None or file not in (None, held.file):
            if connection is not None:
                held.connection = None
                self._all_file_connections.remove(connection)
                connection.close()
            connection = self.connect()
            self.ds._prepare_connection(connection, self.name)
            held.connection, held.file = connection, file
        return fn(connection)
