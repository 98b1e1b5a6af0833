"""The delta index: small in-memory indexes of the entities put in since the search index of the file was built.

They form a log-structured merge (O'Neil et al., 1996): a change rebuilds only the last and smallest index; a full index
is merged into the one before it, and several full ones of about the same size into one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, takewhile
from typing import Any

from resolver.database.connection import Connection
from resolver.index.index_builder import IndexBuilder
from resolver.index.search_index import Index
from resolver.names.normal_form import normal_form
from resolver.records import WEAK

_ROWS_PER_QUERY = 500

_normal_form = lru_cache(maxsize=1 << 12)(normal_form)


@dataclass(frozen=True, slots=True)
class MergePolicy:
    """The sizes at which indexes of the delta are merged."""

    small: int = 32
    """An index of fewer names than this is rebuilt with each change."""
    full: int = 256
    """An index of at least this many names is no longer merged with a smaller one."""
    runs: int = 7
    """This many full indexes of about the same size are merged into one."""


@dataclass(frozen=True, slots=True)
class TableIndexes:
    """The search indexes of a table at one moment: the one in its file, then the delta indexes.

    Immutable: `advanced` returns a new object. An entity is in one index only, except where marked as removed in an
    earlier one.
    """

    indexes: tuple[Index, ...]
    last_change: int = 0
    """The number of the last row read from the table `change`."""
    policy: MergePolicy = MergePolicy()

    def advanced(self, connection: Connection) -> TableIndexes:
        """The indexes with all later changes; this object if there are none. Must be called in a read transaction."""
        changes = connection.rows("SELECT no, removed, added FROM change WHERE no > ? ORDER BY no", self.last_change)
        if not changes:
            return self
        removed = {row for _, row, _ in changes if row is not None}
        base, *others = (index.without(removed) for index in self.indexes)
        indexes = (base, *(index for index in others if index.taken_out < index.entities))
        added = [row for _, _, row in changes if row is not None and row not in removed]
        if added:
            indexes = _with_rows(connection, indexes, added, self.policy)
        return TableIndexes(indexes, changes[-1][0], self.policy)


def _with_rows(
    connection: Connection, indexes: tuple[Index, ...], rows: list[int], policy: MergePolicy
) -> tuple[Index, ...]:
    """The indexes, including the entities in some new rows."""
    base, *others = indexes
    new = sum(1 for _ in _names(connection, rows))
    merged = count_to_merge([len(index.parts["alias_rows"]) for index in others], new, policy)
    kept = (base, *others[: len(others) - merged])
    rows = [row for index in others[len(others) - merged :] for row in index.rows()] + rows
    return (*kept, _index(connection, rows, max(kept, key=lambda index: index.forms)))


def _index(connection: Connection, rows: Sequence[int], background: Index) -> Index:
    builder = IndexBuilder(background)
    for row, names in groupby(_names(connection, rows), key=lambda name: name[0]):
        for place, (_, name, type, weight, alias_row, alias, kind) in enumerate(names):
            if place == 0:
                builder.add_entity(row, name, type, weight)
            builder.add_alias(alias_row, _normal_form(alias), kind == WEAK)
    return builder.index()


def _names(connection: Connection, rows: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    """All names of the entities in some ascending rows.

    Columns: entity row, canonical name, type, weight; alias row, name, kind.
    """
    for start in range(0, len(rows), _ROWS_PER_QUERY):
        batch = rows[start : start + _ROWS_PER_QUERY]
        yield from connection.rows(
            "SELECT entity, entity.name, type, weight, alias.no, alias.name, kind FROM alias"
            f" JOIN entity ON entity.no = entity WHERE entity IN ({','.join('?' * len(batch))}) ORDER BY alias.no",
            *batch,
        )


def count_to_merge(sizes: Sequence[int], size: int, policy: MergePolicy) -> int:
    """The number of last indexes to merge with `size` new names; `sizes` are their numbers of names."""
    count = 0
    while count < len(sizes):
        left = sizes[: len(sizes) - count]
        more = int(left[-1] < policy.small or (size >= policy.small and left[-1] < policy.full))
        if not more and size >= policy.full:
            alike = sum(1 for _ in takewhile((4 * size).__gt__, reversed(left)))
            more = alike if alike >= policy.runs else 0
        if not more:
            break
        size += sum(left[len(left) - more :])
        count += more
    return count
