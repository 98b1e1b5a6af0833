"""The workspaces of one index: each thread that resolves takes one, and gives it back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from resolver.index.search_index import Index
from resolver.resolving.kernel.workspace import Workspace

MAX_SPARE = 8
"""Workspaces that are kept for later; those of more threads at once are thrown away after use."""


class WorkspacePool:
    """Workspaces that no thread uses just now. Any number of threads may share a pool."""

    def __init__(self, index: Index, max_forms: int) -> None:
        """Keep workspaces of an index for batches of at most `max_forms` forms."""
        self._index = index
        self._max_forms = max_forms
        self._spare: deque[Workspace] = deque(maxlen=MAX_SPARE)

    @contextmanager
    def workspace(self) -> Iterator[Workspace]:
        """A workspace for the current thread alone; it is thrown away if an error leaves it half used."""
        try:
            taken = self._spare.pop()
        except IndexError:
            taken = Workspace(self._index, self._max_forms)
        yield taken
        self._spare.append(taken)
