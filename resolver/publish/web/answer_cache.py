"""A cache of answers in JSON, which is emptied when the file of the table changes."""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from resolver.api.names import Names

SETTLED = 100_000_000
"""Nanoseconds after a change of the file before answers are cached again: file times are not exact."""

State = tuple[object, ...]
Ask = Callable[[Callable[[Names], bytes]], Awaitable[bytes]]
"""Puts a question to the table in a thread and returns what it finds."""


@dataclass(frozen=True, slots=True)
class CacheLimits:
    """Bounds on what a cache holds."""

    bytes: int = 32 << 20
    """All answers; those used longest ago go first."""
    entry: int = 1 << 16
    """An answer in bytes, and its key in characters; larger ones are not cached."""


class AnswerCache:
    """Answers in JSON for one state of a file, least recently used first. For the thread of the event loop only."""

    def __init__(self, path: Path | None, limits: CacheLimits = CacheLimits()) -> None:
        """A cache for the table in the file `path`; None for a table that never changes."""
        self._path = path
        self._limits = limits
        self._state: State | None = None
        self._answers: OrderedDict[Hashable, bytes] = OrderedDict()
        self._bytes = 0

    async def find(self, ask: Ask, key: Hashable, question: Callable[[Names], Any]) -> orjson.Fragment:
        """The answer for a key, which holds everything that the answer depends on beside the table.

        If it is not cached, `ask` puts the question; the answer becomes JSON in the same thread.
        """
        state = state_of(self._path)
        if state != self._state:
            self._answers.clear()
            self._state, self._bytes = state, 0
        if (cached := self._answers.get(key)) is not None:
            self._answers.move_to_end(key)
            return orjson.Fragment(cached)
        answer = await ask(lambda names: orjson.dumps(question(names)))
        if state is not None and state == self._state:
            self._add(key, answer)
        return orjson.Fragment(answer)

    def _add(self, key: Hashable, answer: bytes) -> None:
        if max(len(answer), len(repr(key))) > self._limits.entry or key in self._answers:
            return
        self._answers[key] = answer
        self._bytes += len(answer)
        while self._bytes > self._limits.bytes:
            _, oldest = self._answers.popitem(last=False)
            self._bytes -= len(oldest)


def state_of(path: Path | None) -> State | None:
    """A value that differs when a database file, or its write-ahead log, has been changed or replaced.

    None when there is no file, or it was written so recently that another change could have the same time. The file is
    not opened: closing it again would drop the locks that SQLite holds on it in this process (POSIX).
    """
    if path is None:
        return ()
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    try:
        log = os.stat(f"{path}-wal")  # noqa: PTH116
        written = (log.st_size, log.st_mtime_ns)
    except OSError:
        written = (0, 0)
    if abs(time.time_ns() - max(found.st_mtime_ns, written[1])) < SETTLED:
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, *written)
