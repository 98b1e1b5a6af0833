"""The entities put into a table since its search index was made: search indexes of their own, in memory.

A change makes only the last and smallest of them anew. When that one is full it goes into the one before it, and when
many are full they become one, so that there are never more than a few.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby, takewhile
from typing import Any

from resolver.database.connection import Connection
from resolver.index.index_builder import IndexBuilder
from resolver.index.search_index import Index
from resolver.names.normal_form import normal_form
from resolver.records import WEAK

SMALL, FULL = 32, 256
"""The last index is made anew with each change until it has so many names; then it goes into the one before it, and
that one is left alone when it has so many."""

MOST = 7
"""When there are so many of about the same size, they become one."""

_BATCH = 500


class Delta:
    """The search indexes of a table that changes: the one in its file, and those of what was put in since."""

    def __init__(self, connection: Connection, base: Index) -> None:
        """Begin with the index in the file, without any change."""
        self.connection = connection
        self.seen = 0
        """The number of the last change taken in."""
        self._normal = lru_cache(maxsize=1 << 12)(normal_form)
        self.indexes: tuple[Index, ...] = (base,)
        """They have no entity in common, but for those gone from the earlier ones."""

    def catch_up(self) -> bool:
        """Take in the changes since the last time, and say whether there were any. For one read transaction."""
        changes = self.connection.rows("SELECT no, removed, added FROM change WHERE no > ? ORDER BY no", self.seen)
        if not changes:
            return False
        removed = {row for _, row, _ in changes if row is not None}
        for index in self.indexes:
            index.take_out(removed)
        base, *others = self.indexes
        others = [index for index in others if index.taken_out < index.entities]
        self.indexes = (base, *others)
        added = [row for _, _, row in changes if row is not None and row not in removed]
        if added:
            self._put(added)
        self.seen = changes[-1][0]
        return True

    def _put(self, rows: list[int]) -> None:
        base, *others = self.indexes
        new = sum(1 for _ in self._names(rows))
        joined = _to_join([len(index.parts["alias_rows"]) for index in others], new)
        kept = (base, *others[: len(others) - joined])
        rows = [row for index in others[len(others) - joined :] for row in index.rows()] + rows
        self.indexes = (*kept, self._index(rows, max(kept, key=lambda index: index.forms)))

    def _index(self, rows: Sequence[int], background: Index) -> Index:
        indexing = IndexBuilder(background)
        for row, names in groupby(self._names(rows), key=lambda name: name[0]):
            for place, (_, name, type, weight, alias_row, alias, kind) in enumerate(names):
                if place == 0:
                    indexing.add_entity(row, name, type, weight)
                indexing.add_alias(alias_row, self._normal(alias), kind == WEAK)
        return indexing.index()

    def _names(self, rows: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        """All names of the entities in some rows, which ascend: row, canonical name, type, weight, and of the alias
        its row, name and kind."""
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            yield from self.connection.rows(
                "SELECT entity, entity.name, type, weight, alias.no, alias.name, kind FROM alias"
                f" JOIN entity ON entity.no = entity WHERE entity IN ({','.join('?' * len(batch))}) ORDER BY alias.no",
                *batch,
            )


def _to_join(sizes: Sequence[int], size: int) -> int:
    """How many of the last indexes become one with `size` new names, by the numbers of their names."""
    count = 0
    while count < len(sizes):
        left = sizes[: len(sizes) - count]
        more = int(left[-1] < SMALL or (size >= SMALL and left[-1] < FULL))
        if not more and size >= FULL:
            alike = sum(1 for _ in takewhile((4 * size).__gt__, reversed(left)))
            more = alike if alike >= MOST else 0
        if not more:
            break
        size += sum(left[len(left) - more :])
        count += more
    return count
