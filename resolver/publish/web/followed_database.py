"""A database of Datasette's that follows its file: when another one takes the place of that, it asks the new one."""

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


class FollowingDatabase(Database):
    """A database whose threads each have a connection to the file that is there now; Datasette's stay with the old."""

    async def execute_fn(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """What a function returns for a connection, in a thread of Datasette's."""
        return await asyncio.get_running_loop().run_in_executor(self.ds.executor, self._ask, fn)

    def _ask(self, fn: Callable[[sqlite3.Connection], T]) -> T:
        held: threading.local = self.__dict__.setdefault("_held", threading.local())
        connection: sqlite3.Connection | None = getattr(held, "connection", None)
        file = None
        with contextlib.suppress(OSError):  # none there for the moment: the old one answers on
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
