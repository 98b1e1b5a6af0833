"""A cache of open tables: each process opens a table once."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from pathlib import Path

from resolver.api.names import Names
from resolver.api.opening import open as open_names
from resolver.settings import Settings

MAX_OPEN_TABLES = 4
"""Maximum number of tables that stay open; the least recently used ones are dropped."""

_Key = tuple[str | None, Settings]


class _OpenTables:
    """The open tables, least recently used first."""

    def __init__(self) -> None:
        self._names: OrderedDict[_Key, Names] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: _Key) -> Names:
        with self._lock:
            names = self._names.get(key)
            if names is None:
                names = self._names[key] = open_names(*key)
                if len(self._names) > MAX_OPEN_TABLES:
                    self._names.popitem(last=False)  # not closed: it may be in use
            self._names.move_to_end(key)
            return names


_open_tables = [_OpenTables()]


def names_of(db: str | Path | None = None, settings: Settings | None = None) -> Names:
    """The open table of the database file `db`, or the bundled one; opened at the first call in a process.

    Each use sees changes of the file, or another file in its place. Raises as `resolver.open` does.
    """
    return _open_tables[-1].get((None if db is None else str(Path(db).resolve()), settings or Settings()))


def _start_anew() -> None:
    """Discard the open tables in a forked process, which must neither use nor close its parent's connections."""
    _open_tables.append(_OpenTables())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
