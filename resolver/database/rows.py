"""Reading the rows of entities and aliases from a database, for any thread."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from resolver.database.connection import Connection, connect
from resolver.database.redirects import present_id
from resolver.records import Alias, Entity

_MMAP_BYTES = 1 << 40
"""Rows are read from all over the file: the system maps as much of it as it has."""


class StaleRowError(LookupError):
    """A row that the indexes of a snapshot name has been removed from the file since: take a newer snapshot."""


class Owner(NamedTuple):
    """An entity with its row, and its canonical name as an alias."""

    row: int
    entity: Entity
    alias: Alias


class Rows:
    """The rows of one database file, by one connection that threads share.

    A forked process must not use the connection of its parent: `reopen` gives it one of its own.
    """

    def __init__(self, connection: Connection) -> None:
        """Read by an open connection."""
        self._use(connection)
        _OPEN.add(self)

    def _use(self, connection: Connection) -> None:
        connection.execute(f"PRAGMA mmap_size = {_MMAP_BYTES}")
        self.connection = connection
        self.lock = threading.RLock()
        """Held while the connection is in a transaction."""

    def reopen(self) -> bool:
        """Connect again to the path, in a forked process; whether the file there is still the same one."""
        assert self.connection.path is not None
        self._inherited = self.connection  # must not be closed here
        connection = connect(self.connection.path)
        same = connection.file == self._inherited.file
        self._use(connection)
        return same

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows that a statement returns."""
        with self.lock:
            return self.connection.rows(sql, *values)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A read transaction: all that is read in the block is of one moment, and writers wait until it ends."""
        with self.lock:
            if self.connection.in_transaction:
                yield self.connection
                return
            self.connection.rows("BEGIN")
            try:
                yield self.connection
            finally:
                self.connection.rollback()

    def aliases(self, rows: Sequence[int]) -> Mapping[int, tuple[Entity, Alias]]:
        """The aliases in some rows of the table `alias`, each with its entity, whose aliases are not read.

        Raises StaleRowError when a row is not there any more.
        """
        marks = ",".join("?" * len(rows))
        found = self.query(
            "SELECT alias.no, alias.name, lang, kind, id, entity.name, type, weight FROM alias"
            f" JOIN entity ON entity.no = entity WHERE alias.no IN ({marks})",
            *rows,
        )
        if len(found) < len(rows):
            raise StaleRowError
        return {
            row: (Entity(entity_id, name, type, None, weight), Alias(alias, lang, kind))
            for row, alias, lang, kind, entity_id, name, type, weight in found
        }

    def owner(self, entity_id: str) -> Owner | None:
        """The entity with an id, or with the one that the id redirects to; None without any."""
        with self.lock:
            found = self.connection.rows(
                "SELECT entity.no, id, entity.name, type, weight, lang, kind FROM entity"
                " JOIN alias ON entity = entity.no WHERE id = ? ORDER BY alias.no LIMIT 1",
                present_id(self.connection, entity_id),
            )
        if not found:
            return None
        ((row, present, name, type, weight, lang, kind),) = found
        return Owner(row, Entity(present, name, type, None, weight), Alias(name, lang, kind))

    def other_names(self, row: int) -> tuple[Alias, ...]:
        """The aliases of the entity in a row of the table `entity`, but for its canonical name, in the order given.

        Raises StaleRowError when the row is not there any more.
        """
        rows = self.query("SELECT name, lang, kind FROM alias WHERE entity = ? ORDER BY no", row)
        if not rows:
            raise StaleRowError
        return tuple(Alias(*alias) for alias in rows[1:])

    def owner_row(self, entity_id: str) -> int | None:
        """The row of the entity with just this id."""
        found = self.query("SELECT no FROM entity WHERE id = ?", entity_id)
        return found[0][0] if found else None


_OPEN: weakref.WeakSet[Rows] = weakref.WeakSet()


def _renew_locks() -> None:
    """In a forked process: another thread of the parent may have held a lock, and is not here to release it."""
    for rows in _OPEN:
        rows.lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)
