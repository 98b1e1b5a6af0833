"""What the pages of a Datasette answer from: one open table, asked in threads of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from resolver.api.names import Names
from resolver.database.connection import Connection, connect
from resolver.errors import DatabaseError, SettingError
from resolver.publish.sql_functions import Functions
from resolver.publish.sqlite_registration import is_ours
from resolver.publish.web.answer_cache import Answers
from resolver.publish.web.responses import BusyError, ReadOnlyError
from resolver.settings import Settings

if TYPE_CHECKING:
    from datasette.app import Datasette

SETTINGS = ("db", "min_precision", "min_probability", "writers")
"""Those of the plugin."""

THREADS = 2
"""Resolving is done by one thread at a time; another one may read what the first has found."""

READING = 3.0
"""The SQL of a page may take so many seconds."""

WRITERS = 4
"""So many changes may wait for their turn without keeping others from reading."""

ROOT = "root"
"""Who Datasette's own login link lets in; may write unless the settings say who else."""

T = TypeVar("T")


class Desk:
    """Answers for one Datasette. Its table is opened by the first who asks."""

    def __init__(self, config: dict[str, Any], served: dict[str, Path], immutable: set[str]) -> None:
        """`config` is that of the plugin, `served` the files that Datasette serves by name, `immutable` some of these.

        Raises SettingError when the plugin's config makes no sense.
        """
        self.writers = _ids(config.get("writers", [ROOT]))
        """The ids of those who may decide."""
        self.settings = _settings({key: value for key, value in config.items() if key not in ("db", "writers")})
        self.database: str | None = None
        """The name of the database served that answers, if one does."""
        self._path: Path | None = None
        if "db" in config:
            self._path = Path(str(config["db"])).absolute()
            self.database = next((name for name, path in served.items() if path.absolute() == self._path), None)
        else:
            self.database, self._path = next(((n, p) for n, p in served.items() if is_ours(p)), (None, None))
        self._immutable = self.database in immutable
        self.answers = Answers(self._path)
        """What has been answered in JSON lately."""
        self.root_link_used = multiprocessing.Value("b", 0)
        """Whether root has logged in by the link that holds once; shared with processes forked from this one."""
        self._lock = threading.Lock()
        self._functions: Functions | None = None
        self._pool = ThreadPoolExecutor(THREADS, "resolver")
        self._readers = ThreadPoolExecutor(THREADS, "resolver-read")
        self._writers = ThreadPoolExecutor(WRITERS, "resolver-write")

    def functions(self) -> Functions:
        """The SQL functions, for any thread. Raises ResolverError when the table cannot be opened."""
        with self._lock:
            if self._functions is None:
                self._functions = Functions(self._path, self.settings)
            return self._functions

    async def ask(self, question: Callable[[Names], T]) -> T:
        """What a question to the table finds; the event loop goes on meanwhile."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: question(self.functions().names))

    async def read(self, question: Callable[[Connection], T]) -> T:
        """What the SQL of a question finds in the file that is there now, all of it in one state.

        Raises BusyError when it takes longer than READING, DatabaseError when the file cannot be read.
        """
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, question)

    def _read(self, question: Callable[[Connection], T]) -> T:
        path = self._path
        if path is None:
            names = self.functions().names
            if names.table.is_in_memory:
                with names.table.rows.transaction() as connection:
                    return question(connection)
            path = names.table.connection.path
        assert path is not None
        with contextlib.closing(connect(path)) as connection:
            end = time.monotonic() + READING
            connection.set_progress_handler(lambda: time.monotonic() > end, 10_000)
            try:
                connection.rows("BEGIN")
                return question(connection)
            except DatabaseError as error:
                if time.monotonic() > end:
                    raise BusyError("looking this up takes too long in a table of this size") from error
                raise

    @property
    def read_only(self) -> str:
        """Why decisions cannot be written; "" when they can be."""
        if self._path is None:
            return "The bundled table answers here, which cannot be changed; serve a database of your own."
        if self._immutable:
            return "The database is served as one that nobody changes (immutable)."
        if not (os.access(self._path, os.W_OK) and os.access(self._path.parent, os.W_OK)):
            return "The file of the database, or its folder, is read-only for the server."
        return ""

    async def write(self, change: Callable[[Path], T]) -> T:
        """What a change of the file returns. Raises ReadOnlyError or BusyError, in words that name no folder."""
        return await asyncio.get_running_loop().run_in_executor(self._writers, self._write, change)

    def _write(self, change: Callable[[Path], T]) -> T:
        if self._path is None or self.read_only:
            raise ReadOnlyError(self.read_only)
        try:
            return change(self._path)
        except DatabaseError as error:
            logging.getLogger("resolver").error("%s", error)
            words = str(error).replace(str(self._path), self._path.name)
            if str(self._path.parent) in words:
                words = "the log of the server says why"
            raise BusyError(f"Nothing was written: {words}") from error


def _ids(value: object) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(who, str) and who for who in value):
        raise SettingError(f"the plugin resolver: writers must be a list of ids of actors, not {value!r}")
    return frozenset(value)


def _settings(config: dict[str, Any]) -> Settings:
    for key, value in config.items():
        if key not in ("min_precision", "min_probability"):
            raise SettingError(f"the plugin resolver has the settings {', '.join(SETTINGS)}; not {key!r}")
        if not isinstance(value, int | float):
            raise SettingError(f"the plugin resolver: {key} must be a number, not {value!r}")
    settings = Settings()
    if "min_precision" in config:
        settings = replace(settings, min_precision=float(config["min_precision"]))
    if "min_probability" in config:
        settings = replace(settings, min_probability=float(config["min_probability"]))
    return settings


_DESKS: WeakKeyDictionary[Datasette, Desk] = WeakKeyDictionary()
_LOCK = threading.Lock()


def desk_of(datasette: Datasette) -> Desk:
    """The desk of a Datasette, for the databases that it serves when it is first asked for."""
    with _LOCK:
        if datasette not in _DESKS:
            served = {name: Path(db.path) for name, db in datasette.databases.items() if db.path}
            immutable = {name for name, db in datasette.databases.items() if not db.is_mutable}
            _DESKS[datasette] = Desk(dict(datasette.plugin_config("resolver") or {}), served, immutable)
        return _DESKS[datasette]


def is_private(datasette: Datasette, database: str) -> bool:
    """Whether the metadata say who may see a database, or ask it in SQL."""
    told = (datasette.metadata(key, database=database, fallback=False) for key in ("allow", "allow_sql", "permissions"))
    return any(one is not None for one in told)


async def check_permission(datasette: Datasette, actor: dict[str, Any] | None) -> None:
    """Raises Datasette's Forbidden unless somebody may see the table that answers."""
    database = desk_of(datasette).database
    seen = [("view-database", database)] if database else []
    await datasette.ensure_permissions(actor, [*seen, "view-instance"])
