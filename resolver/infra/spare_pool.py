"""A pool of buffers of which each thread needs one of its own for a while: search states, workspaces."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")

MAX_SPARE = 8
"""Objects that a pool keeps for later; those of more threads at once are thrown away after use."""


class SparePool(Generic[T]):
    """Objects that no thread uses just now. Any number of threads may share a pool."""

    def __init__(self, make: Callable[[], T]) -> None:
        """Start empty; `make` makes an object when none is spare."""
        self._make = make
        self._spare: deque[T] = deque(maxlen=MAX_SPARE)

    @contextmanager
    def lent(self) -> Iterator[T]:
        """An object for the current thread alone; it is thrown away if an error leaves it half used."""
        try:
            taken = self._spare.pop()
        except IndexError:
            taken = self._make()
        yield taken
        self._spare.append(taken)
