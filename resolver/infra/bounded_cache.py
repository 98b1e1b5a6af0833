"""A cache bounded by the size of what is in it."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class BoundedCache(Generic[Value]):
    """Values by key, up to a total size; those put in first go first. Threads may share it."""

    def __init__(self, maxsize: int) -> None:
        """Keep values whose sizes add up to at most `maxsize`, in any unit."""
        self._maxsize = maxsize
        self._size = 0
        self._entries: dict[Hashable, tuple[Value, int]] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Value | None:
        """The value of a key, or None."""
        entry = self._entries.get(key)
        return None if entry is None else entry[0]

    def put(self, key: Hashable, value: Value, size: int) -> Value:
        """Keep the value of a key, unless it is larger than the cache; return it."""
        with self._lock:
            if size <= self._maxsize and key not in self._entries:
                self._size += size
                while self._size > self._maxsize:
                    self._size -= self._entries.pop(next(iter(self._entries)))[1]
                self._entries[key] = (value, size)
        return value

    def cache_clear(self) -> None:
        """Forget all values."""
        with self._lock:
            self._entries.clear()
            self._size = 0

    def cache_parameters(self) -> dict[str, int]:
        """The bound, named as functools.lru_cache names it."""
        return {"maxsize": self._maxsize}
