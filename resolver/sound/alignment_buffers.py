"""Work arrays of the alignments of two spellings: each thread has its own."""

from __future__ import annotations

import threading
from array import array

from resolver.infra.arrays import zeros
from resolver.infra.limits import MAX_LETTERS
from resolver.sound.multigram_alignment import NEVER


class AlignmentBuffers(threading.local):
    """The work arrays of the current thread, grown as needed."""

    def __init__(self) -> None:
        """Make the arrays of a thread, when it first reads one."""
        self.distance_rows = zeros("d", 4 * (MAX_LETTERS + 1))
        """Three rows of edit distances, and the costs of gaps."""
        self.cells = zeros("i", (MAX_LETTERS + 1) ** 2)
        """The scores of all pairs of prefixes."""
        self.prefixes = zeros("d", MAX_LETTERS + 1)
        """The probabilities of the prefixes of a word."""
        self._heads = zeros("i", 0)
        self._tops = zeros("i", 0)
        self._bounds = zeros("i", 0)
        self._arcs = zeros("i", 0)

    def heads(self, nodes: int) -> array[int]:
        """Zeros, one for each node of a trie; who writes there leaves zeros behind."""
        if len(self._heads) < nodes:
            self._heads = zeros("i", nodes)
        return self._heads

    def tops(self, nodes: int) -> array[int]:
        """NEVER, once for each node of a trie; who writes there leaves NEVER behind."""
        if len(self._tops) < nodes:
            self._tops = array("i", [NEVER]) * nodes
        return self._tops

    def bounds(self, pieces: int) -> array[int]:
        """Room for the bounds of the alignments of a spelling with `pieces` numbers of pieces."""
        count = 3 * (MAX_LETTERS + 1) + pieces
        if len(self._bounds) < count:
            self._bounds = zeros("i", 2 * count)
        return self._bounds

    def arcs(self, count: int) -> array[int]:
        """Room for `count` numbers, whatever is in it."""
        if len(self._arcs) < count:
            self._tops = zeros("i", 0)
        self._bounds = zeros("i", 0)
        self._arcs = zeros("i", 2 * count)
        return self._arcs


BUFFERS = AlignmentBuffers()
"""The work arrays, a different set in each thread."""
