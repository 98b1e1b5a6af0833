"""Answers kept while the table stays as it is: mentions repeat, and what was answered is given again at once."""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from pathlib import Path
from typing import Any

import orjson

from resolver.api.names import Names

KEPT = 32 << 20
"""So many bytes of answers are kept, those asked for last."""

LARGEST = 1 << 16
"""A longer answer, or one to a longer question (in code points), is not kept."""

SETTLED = 100_000_000
"""So many nanoseconds after a change of the file answers are kept again: its times are not exact."""

State = tuple[object, ...]
Ask = Callable[[Callable[[Names], bytes]], Awaitable[bytes]]


class Answers:
    """Answers in JSON by what was asked, of one state of a file. For one thread, that of the event loop."""

    def __init__(self, path: Path | None) -> None:
        """Of the table in a file; None when the table never changes."""
        self._path = path
        self._state: State | None = None
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._bytes = 0

    async def find(self, ask: Ask, question: Hashable, work: Callable[[Names], Any]) -> orjson.Fragment:
        """The answer to a question, which includes all that it depends on beside the table.

        `work` finds it where it is not kept, in a thread that `ask` brings it to; there it becomes JSON too.
        """
        state = state_of(self._path)
        if state != self._state:
            self._kept.clear()
            self._state, self._bytes = state, 0
        if (kept := self._kept.get(question)) is not None:
            self._kept.move_to_end(question)
            return orjson.Fragment(kept)
        answer = await ask(lambda names: orjson.dumps(work(names)))
        if state is not None and state == self._state:
            self._keep(question, answer)
        return orjson.Fragment(answer)

    def _keep(self, question: Hashable, answer: bytes) -> None:
        if max(len(answer), len(repr(question))) > LARGEST or question in self._kept:
            return
        self._kept[question] = answer
        self._bytes += len(answer)
        while self._bytes > KEPT:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest)


def state_of(path: Path | None) -> State | None:
    """What differs when a database file has been changed or replaced, or its write-ahead log.

    None when there is no file, or it was written to so lately that another change might bear the same time. The file is
    not opened for it: closing it again would take away the locks that SQLite has on it in this process.
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
