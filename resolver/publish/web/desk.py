"""What the pages of a Datasette answer from: one open table, asked in threads of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from resolver.errors import SettingError
from resolver.opening import Names
from resolver.publish.functions import Functions
from resolver.publish.registering import is_ours
from resolver.publish.web.answers import Answers
from resolver.settings import Settings

if TYPE_CHECKING:
    from datasette.app import Datasette

THREADS = 2
"""Resolving is done by one thread at a time; another one may read what the first has found."""

T = TypeVar("T")


class Desk:
    """Answers for one Datasette. Its table is opened by the first who asks."""

    def __init__(self, config: dict[str, Any], served: dict[str, Path]) -> None:
        """`config` is that of the plugin, `served` the files that Datasette serves, by name.

        Raises SettingError when the plugin's config makes no sense.
        """
        self.settings = _settings({key: value for key, value in config.items() if key != "db"})
        self.database: str | None = None
        """The name of the database served that answers, if one does."""
        self._path: Path | None = None
        if "db" in config:
            self._path = Path(str(config["db"])).absolute()
            self.database = next((name for name, path in served.items() if path.absolute() == self._path), None)
        else:
            self.database, self._path = next(((n, p) for n, p in served.items() if is_ours(p)), (None, None))
        self.answers = Answers(self._path)
        """What has been answered in JSON lately."""
        self._lock = threading.Lock()
        self._functions: Functions | None = None
        self._pool = ThreadPoolExecutor(THREADS, "resolver")

    def functions(self) -> Functions:
        """The SQL functions, for any thread. Raises ResolverError when the table cannot be opened."""
        with self._lock:
            if self._functions is None:
                self._functions = Functions(self._path, self.settings)
            return self._functions

    async def ask(self, question: Callable[[Names], T]) -> T:
        """What a question to the table finds; the event loop goes on meanwhile."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: question(self.functions().names))


def _settings(config: dict[str, Any]) -> Settings:
    for key, value in config.items():
        if key not in ("min_precision", "min_probability"):
            raise SettingError(f"the plugin resolver has the settings db, min_precision, min_probability; not {key!r}")
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
            _DESKS[datasette] = Desk(dict(datasette.plugin_config("resolver") or {}), served)
        return _DESKS[datasette]


async def check_permission(datasette: Datasette, actor: dict[str, Any] | None) -> None:
    """Raises Datasette's Forbidden unless somebody may see the table that answers."""
    database = desk_of(datasette).database
    seen = [("view-database", database)] if database else []
    await datasette.ensure_permissions(actor, [*seen, "view-instance"])
