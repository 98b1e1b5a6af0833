"""A cache of JSON answers, which is emptied when the table changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import orjson

from resolver.api.names import Names


@dataclass(frozen=True, slots=True)
class CacheLimits:
    """Bounds on a cache."""

    bytes: int = 32 << 20
    """Maximum size of all answers; the least recently used ones are dropped."""
    entry: int = 1 << 16
    """Maximum size of an answer in bytes, and of its key in characters; larger ones are not cached."""


class AnswerCache:
    """JSON answers for one state of a table, least recently used first. Threads may share it."""

    def __init__(self, limits: CacheLimits = CacheLimits()) -> None:
        """Start with an empty cache."""
        self._limits = limits
        self._lock = threading.Lock()
        self._identity: int | None = None
        self._answers: OrderedDict[Hashable, bytes] = OrderedDict()
        self._bytes = 0

    def find(self, names: Names, key: Hashable, question: Callable[[Names], Any]) -> bytes:
        """The answer to a question as JSON; `question(names)` is called if the answer is not cached.

        `key` is everything that the answer depends on except the table.
        """
        identity = names.table.snapshot().identity
        with self._lock:
            if identity != self._identity:
                self._answers.clear()
                self._identity, self._bytes = identity, 0
            if (cached := self._answers.get(key)) is not None:
                self._answers.move_to_end(key)
                return cached
        answer = orjson.dumps(question(names))
        with self._lock:
            if identity == self._identity:
                self._add(key, answer)
        return answer

    def _add(self, key: Hashable, answer: bytes) -> None:
        if max(len(answer), len(repr(key))) > self._limits.entry or key in self._answers:
            return
        self._answers[key] = answer
        self._bytes += len(answer)
        while self._bytes > self._limits.bytes:
            _, oldest = self._answers.popitem(last=False)
            self._bytes -= len(oldest)
