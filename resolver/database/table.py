"""An open canonical table: the database file, and the snapshot of its current state."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from resolver.database.connection import Connection, connect
from resolver.database.decisions_in_force import DecisionsInForce
from resolver.database.delta_index import MergePolicy, TableIndexes
from resolver.database.rows import Rows
from resolver.database.schema import fingerprint
from resolver.database.snapshot import Snapshot
from resolver.errors import DatabaseError
from resolver.index.search_index import CHECKSUM, Index, from_chunks


class SourceFacts(NamedTuple):
    """A source of a table, and its licence ("" if unknown)."""

    path: str
    sha256: str
    entities: int
    format: str
    licence: str
    url: str
    version: str


class Table:
    """An open canonical table in SQLite. Threads may share it.

    `snapshot` returns the current state: each call sees changes by other processes, and another file in the place of
    this one.
    """

    def __init__(self, connection: Connection, may_change: bool = False, merging: MergePolicy | None = None) -> None:
        """Read from an open connection. `may_change`: its file may be changed or replaced."""
        self.path = connection.path if may_change else None
        self._merging = merging or MergePolicy()
        self._take(Rows(connection))

    def _take(self, rows: Rows) -> None:
        self.rows = rows
        self._snapshot: Snapshot | None = None
        self._indexes: TableIndexes | None = None
        self._checksum: list[tuple[bytes]] = []
        self._data_version = -1
        self._bytes = 0  # reading a truncated memory-mapped file would kill the process

    @property
    def connection(self) -> Connection:
        """The connection to the file, for readers of its other tables."""
        return self.rows.connection

    @property
    def place(self) -> str:
        """The name of the database in messages."""
        return self.connection.place

    @property
    def is_in_memory(self) -> bool:
        """Whether there is no file that another process could open."""
        return self.connection.path is None

    def close(self) -> None:
        """Close the connection. Snapshots can no longer read rows; answers remain valid."""
        self.connection.close()

    def reopen(self) -> None:
        """Connect to the current file again: a forked process must not use the connection of its parent.

        Raises DatabaseError as `open_table` does.
        """
        rows = self.rows
        if rows.reopen():
            self._data_version = -1
        else:
            self._take(rows)

    def snapshot(self) -> Snapshot:
        """The current state of the table.

        While the file is missing for a moment, the old one is used. Raises DatabaseError for a new file that is damaged
        or not of this program and version, and if another process keeps the file locked.
        """
        with self.rows.lock:
            if self.path is not None:
                self._follow_file(self.path)
                if self._snapshot is not None and self._is_unchanged():
                    return self._snapshot
            elif self._snapshot is not None:
                return self._snapshot
            with self.rows.transaction():
                return self._present()

    @contextlib.contextmanager
    def held(self) -> Iterator[Snapshot]:
        """The current state, in a read transaction: until the block ends, rows stay unchanged and writers wait."""
        with self.rows.lock:
            if self.path is not None:
                self._follow_file(self.path)
            with self.rows.transaction():
                yield self._present()

    def _follow_file(self, path: Path) -> None:
        """Switch to another file at the same path; snapshots keep the old one open."""
        with contextlib.suppress(OSError):
            status = os.stat(path)  # noqa: PTH116 (asked before each mention: Path.stat takes twice as long)
            if (status.st_dev, status.st_ino) != self.connection.file or status.st_size < self._bytes:
                self._take(Rows(connect(path)))
            self._bytes = status.st_size

    def _is_unchanged(self) -> bool:
        """Whether no other connection has written to the file since the last snapshot."""
        return bool(self.connection.rows("PRAGMA data_version")[0][0] == self._data_version)

    def _present(self) -> Snapshot:
        """The snapshot seen by a read transaction: the last one if nothing in it has changed since."""
        connection, last = self.connection, self._snapshot
        data_version = connection.rows("PRAGMA data_version")[0][0]
        checksum = connection.rows("SELECT data FROM search_index WHERE part = ?", CHECKSUM)
        if self._indexes is None or checksum != self._checksum:  # else another table was written over this one
            self._indexes = TableIndexes((self._read_index(),), policy=self._merging)
            self._checksum = checksum
            last = None
        self._indexes = self._indexes.advanced(connection)
        decisions = (last.decisions if last else DecisionsInForce()).advanced(connection)
        if last is None or last.decisions is not decisions or last.indexes is not self._indexes.indexes:
            identity = self._identity(decisions)
            last = Snapshot(self.rows, self._indexes.indexes, decisions, identity)
        self._snapshot, self._data_version = last, data_version
        return last

    def _identity(self, decisions: DecisionsInForce) -> int:
        assert self._indexes is not None
        facts = (fingerprint(), self._checksum, self.sources(), self._indexes.last_change, decisions.version)
        return int.from_bytes(hashlib.blake2b(repr(facts).encode(), digest_size=8).digest())

    def _read_index(self) -> Index:
        connection = self.connection
        ((size,),) = connection.rows("SELECT coalesce(sum(length(data)), 0) FROM search_index")
        try:
            chunks = connection.execute("SELECT part, data FROM search_index ORDER BY part, chunk")
            return from_chunks(chunks, size)
        except (TypeError, ValueError, IndexError, sqlite3.DatabaseError) as error:
            raise self.damaged() from error

    def damaged(self) -> DatabaseError:
        """The error for a search index that does not match the rows."""
        return DatabaseError(f"{self.place}: the search index is damaged; build it again with: resolver build")

    @property
    def counts(self) -> dict[str, int]:
        """The numbers of entities, aliases, forms, decisions, saved runs, redirects, and changes since the build."""
        tables = ("entity", "alias", "form", "decision", "change", "redirect", "run")
        return {table: self.rows.query(f"SELECT count(*) FROM {table}")[0][0] for table in tables}

    def meta(self) -> dict[str, str]:
        """The facts that the build recorded: fingerprint of the rules, version of the program."""
        return dict(self.rows.query("SELECT key, value FROM meta ORDER BY key"))

    def sources(self) -> list[SourceFacts]:
        """The sources of the table, in the order given."""
        rows = self.rows.query(f"SELECT {', '.join(SourceFacts._fields)} FROM source ORDER BY no")
        return [SourceFacts(*row) for row in rows]

    def ids(self) -> list[str]:
        """The ids of all entities, in row order."""
        return [entity_id for (entity_id,) in self.rows.query("SELECT id FROM entity ORDER BY no")]


def open_table(path: str | Path, may_change: bool = True, merging: MergePolicy | None = None) -> Table:
    """The table in the database file `path`, opened read-only. `may_change`: the file may be changed or replaced.

    Raises DatabaseError if the file is missing, damaged, of another program or version, or built by other rules; the
    message says what to do.
    """
    return Table(connect(Path(path)), may_change, merging)
