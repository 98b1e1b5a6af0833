"""Tables that are opened once in a process, whoever asks."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from pathlib import Path

from resolver.api.names import Names
from resolver.api.opening import open as open_names
from resolver.settings import Settings

MOST = 4
"""How many open tables are remembered, those asked for last."""

_Key = tuple[str | None, Settings]


class _Opened:
    """The open tables of this process."""

    def __init__(self) -> None:
        self._names: OrderedDict[_Key, Names] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: _Key) -> Names:
        with self._lock:
            names = self._names.get(key)
            if names is None:
                names = self._names[key] = open_names(*key)
                if len(self._names) > MOST:
                    self._names.popitem(last=False)  # not closed: somebody may be using it
            self._names.move_to_end(key)
            return names


_opened = [_Opened()]


def names_of(db: str | Path | None = None, settings: Settings | None = None) -> Names:
    """The names of the database file `db`, or of the bundled table: opened at the first call in this process.

    What is changed in the file, and another file in its place, is seen at the next use. Raises as `resolver.open`.
    """
    return _opened[-1].get((None if db is None else str(Path(db).resolve()), settings or Settings()))


def _begin_anew() -> None:
    """In a forked process, which must neither use nor close the connections of its parent."""
    _opened.append(_Opened())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
