"""The table behind the pages and the service of a Datasette: queried, read and changed in its own threads."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Collection, Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

import orjson

from resolver.api.names import Names
from resolver.database.connection import Connection, connect
from resolver.errors import DatabaseError
from resolver.publish.database_detection import is_ours
from resolver.publish.sql_functions import Functions
from resolver.publish.web.answer_cache import AnswerCache
from resolver.publish.web.plugin_settings import PluginSettings, plugin_settings
from resolver.publish.web.web_errors import BusyError, ReadOnlyError

if TYPE_CHECKING:
    from datasette.app import Datasette

RESOLVING_THREADS = 2
"""Number of threads that query the table: one resolves at a time, the other can fetch cached answers."""

READING_THREADS = 2

WRITING_THREADS = 4
"""Number of threads that write: changes that can wait for the file at the same time."""

T = TypeVar("T")


class ServedTable:
    """The table of one Datasette. It is opened by the first request."""

    def __init__(self, plugin: PluginSettings, files: Mapping[str, Path], immutable: Collection[str]) -> None:
        """`files` are the databases that Datasette serves, by name; those named in `immutable` never change."""
        self.writers = plugin.writers
        self.settings = plugin.resolving
        self.limits = plugin.limits
        self.database: str | None = None
        """The name under which Datasette serves the table; None if it does not."""
        self._path: Path | None = None
        if plugin.db is not None:
            self._path = plugin.db
            self.database = next((name for name, path in files.items() if path.absolute() == plugin.db), None)
        else:
            self.database, self._path = next(((n, p) for n, p in files.items() if is_ours(p)), (None, None))
        self._immutable = self.database in immutable
        self.answers = AnswerCache()
        self.root_link_used = multiprocessing.Value("b", 0)
        """Whether root has logged in by the link that works once; shared with processes forked from this one."""
        self._lock = threading.Lock()
        self._functions: Functions | None = None
        self._resolving = ThreadPoolExecutor(RESOLVING_THREADS, "resolver")
        self._reading = ThreadPoolExecutor(READING_THREADS, "resolver-read")
        self._writing = ThreadPoolExecutor(WRITING_THREADS, "resolver-write")

    def functions(self) -> Functions:
        """The SQL functions of the table, for any thread. Raises ResolverError if it cannot be opened."""
        with self._lock:
            if self._functions is None:
                self._functions = Functions(self._path, self.settings)
            return self._functions

    async def ask(self, question: Callable[[Names], T]) -> T:
        """The result of a question to the open table, without blocking the event loop."""
        return await asyncio.get_running_loop().run_in_executor(
            self._resolving, lambda: question(self.functions().names)
        )

    async def ask_for_json(self, key: Hashable, question: Callable[[Names], Any]) -> orjson.Fragment:
        """The result of a question as JSON, from the cache if it is there.

        `key` is everything that the result depends on except the table.
        """
        return orjson.Fragment(await self.ask(lambda names: self.answers.find(names, key, question)))

    async def read(self, query: Callable[[Connection], T]) -> T:
        """The result of an SQL query, in one transaction, on the current file.

        Raises BusyError if it takes longer than `limits.sql_seconds`, DatabaseError if the file cannot be read.
        """
        return await asyncio.get_running_loop().run_in_executor(self._reading, self._read, query)

    def _read(self, query: Callable[[Connection], T]) -> T:
        path = self._path
        if path is None:
            names = self.functions().names
            if names.table.is_in_memory:
                with names.table.rows.transaction() as connection:
                    return query(connection)
            path = names.table.connection.path
        assert path is not None
        with contextlib.closing(connect(path)) as connection:
            end = time.monotonic() + self.limits.sql_seconds
            connection.set_progress_handler(lambda: time.monotonic() > end, 10_000)
            try:
                connection.rows("BEGIN")
                return query(connection)
            except DatabaseError as error:
                if time.monotonic() > end:
                    raise BusyError("this lookup takes too long in a table of this size") from error
                raise

    @property
    def read_only(self) -> str:
        """The reason why the table cannot be changed, as a sentence; "" if it can."""
        if self._path is None:
            return "This is the bundled table, which cannot be changed; serve a database of your own."
        if self._immutable:
            return "The database is served as immutable, so it cannot be changed."
        if not (os.access(self._path, os.W_OK) and os.access(self._path.parent, os.W_OK)):
            return "The server has no permission to write to the database file, or to its folder."
        return ""

    async def write(self, change: Callable[[Path], T]) -> T:
        """The result of a change of the file. Raises ReadOnlyError or BusyError, whose messages name no folder."""
        return await asyncio.get_running_loop().run_in_executor(self._writing, self._write, change)

    def _write(self, change: Callable[[Path], T]) -> T:
        if self._path is None or self.read_only:
            raise ReadOnlyError(self.read_only)
        try:
            return change(self._path)
        except DatabaseError as error:
            logging.getLogger("resolver").error("%s", error)
            words = str(error).replace(str(self._path), self._path.name)
            if str(self._path.parent) in words:
                words = "see the server's log"
            raise BusyError(f"Nothing was written: {words}") from error


_TABLES: WeakKeyDictionary[Datasette, ServedTable] = WeakKeyDictionary()
_LOCK = threading.Lock()


def table_of(datasette: Datasette) -> ServedTable:
    """The table of a Datasette, chosen at the first call among the databases that it serves.

    Raises SettingError if the settings of the plugin are invalid.
    """
    with _LOCK:
        if datasette not in _TABLES:
            files = {name: Path(db.path) for name, db in datasette.databases.items() if db.path}
            immutable = {name for name, db in datasette.databases.items() if not db.is_mutable}
            _TABLES[datasette] = ServedTable(plugin_settings(datasette), files, immutable)
        return _TABLES[datasette]
