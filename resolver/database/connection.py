"""Database files: opening one, changing one in a transaction, and putting a new one in the place of an old one.

All readers and writers connect here, and what can go wrong with a file is said here. Many processes may read a file
while one changes it: SQLite keeps them apart. A new file takes the place of an old one by a rename, which SQLite does
not expect: a writer that still had the old file open would take the journal of a change to the new file for one of its
own, and play it back. So writers also keep each other out by a lock on the folder, from before they open the file;
and a reader that finds such a journal only waits.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from resolver.database.schema import APPLICATION_ID, EARLIER, SCHEMA_VERSION, fingerprint
from resolver.errors import DatabaseError, InUseError
from resolver.infra.atomic_files import written_aside
from resolver.infra.locks import locked_folder

WAIT = 10.0
"""For so many seconds one process waits for another that is changing the file."""

PAUSE = 0.002
"""Seconds between two looks whether it is done."""

CACHE = 1 << 16
"""Kilobytes of a new file that are kept in memory while names come in no order."""

_PROBLEMS = {
    sqlite3.SQLITE_READONLY: "cannot be changed: the file and its folder must be writable ({error})",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened or changed: the file or its folder is closed to you ({error})",
    sqlite3.SQLITE_PERM: "cannot be opened or changed: the file or its folder is closed to you ({error})",
    sqlite3.SQLITE_FULL: "cannot be changed: no space left ({error})",
    sqlite3.SQLITE_IOERR: "cannot be read or written ({error})",
    sqlite3.SQLITE_NOTADB: "not a database of this program ({error})",
}


def in_use(place: str | Path) -> InUseError:
    """The error that says that others do not stop changing a file."""
    return InUseError(f"{place}: another process has been changing it for {WAIT:g} seconds; try again later")


def problem(place: str | Path, error: sqlite3.Error) -> DatabaseError:
    """The DatabaseError that says in words what SQLite met with."""
    code = getattr(error, "sqlite_errorcode", None)
    if (code or 0) & 0xFF == sqlite3.SQLITE_BUSY:
        return in_use(place)
    if isinstance(error, sqlite3.ProgrammingError) and code is None:
        return DatabaseError(f"{place}: {error}")
    words = _PROBLEMS.get((code or 0) & 0xFF, "damaged ({error}); build it again with: resolver build")
    return DatabaseError(f"{place}: " + words.format(error=error))


class Connection(sqlite3.Connection):
    """A connection whose `rows` raises DatabaseError, and which is closed when the last who has it lets it go."""

    place = ":memory:"
    """How messages name it."""
    path: Path | None = None
    """The file, None in memory."""
    file: tuple[int, int] | None = None
    """Device and number of the file: another one at `path` is another file."""

    def __del__(self) -> None:
        with contextlib.suppress(sqlite3.ProgrammingError):  # never opened
            self.close()

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows that a statement returns."""
        end = 0.0
        while True:
            try:
                return self.execute(sql, values).fetchall()
            except sqlite3.Error as error:
                cut_off = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_READONLY_ROLLBACK
                end = end or time.monotonic() + WAIT
                if not cut_off or self.path is None or time.monotonic() > end:
                    raise problem(self.place, error) from error
            if is_at(self.path, self.file):
                undo_cut_off(self.path)
            else:
                time.sleep(PAUSE)  # what looks like a change cut off is one of the new file at the path


def undo_cut_off(path: Path) -> None:
    """Undo the change of a writer that was killed halfway, which SQLite only does for who may write."""
    try:
        with alone(path), contextlib.closing(raw(path, "rw")) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise DatabaseError(
            f"{path}: a change was cut off halfway, and undoing it needs write access to the file and its folder:"
            f" run as their owner: resolver info --db {path}"
        ) from error


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keeps other writers away from the folder of a file. The lock goes with the process, however that ends.

    Raises DatabaseError when another one has it for too long, and when the folder cannot be read.
    """
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locked_folder(path.resolve().parent, WAIT))
        except BlockingIOError as error:
            raise in_use(path) from error
        except OSError as error:
            raise DatabaseError(f"{path}: its folder cannot be read: {error.strerror}") from error
        yield


def raw(path: Path, mode: str) -> Connection:
    """A connection to the file `path` in autocommit mode, whatever is in it. Raises sqlite3.Error."""
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}",
        uri=True,
        timeout=WAIT,
        isolation_level=None,
        check_same_thread=False,
        factory=Connection,
    )
    connection.place, connection.path = str(path), path.absolute()
    return connection


def file_at(path: Path) -> tuple[int, int]:
    """Device and number of the file at a path."""
    status = os.stat(path)  # noqa: PTH116 (asked before each mention: Path.stat takes twice as long)
    return status.st_dev, status.st_ino


def is_at(path: Path, file: tuple[int, int] | None) -> bool:
    """Whether a file is still the one at a path."""
    try:
        return file_at(path) == file
    except OSError:
        return False


def connect(path: Path, mode: str = "ro", renewing: bool = False) -> Connection:
    """A connection to the database file `path`, in autocommit mode.

    Raises DatabaseError when there is no such file, it is not ours, it is of another version, damaged, or built with
    other rules; the message says what to do. `renewing` takes one of an earlier version or built with other rules.
    """
    while True:
        if not path.is_file():
            raise DatabaseError(f"{path}: no such file; build it with: resolver build -o {path} SOURCE...")
        try:
            file = file_at(path)
            connection = raw(path, mode)
            if file_at(path) != file:
                continue
        except OSError:
            continue  # replaced or gone meanwhile
        except sqlite3.Error as error:
            raise problem(path, error) from error
        connection.file = file
        try:
            _check(connection, renewing)
        except DatabaseError:
            connection.close()
            raise
        return connection


def _check(connection: Connection, renewing: bool) -> None:
    place = connection.place
    again = f"build it again with: resolver build -o {place} SOURCE..."
    forward = f"take it forward with: resolver compact --db {place}, or {again}"
    application_id = connection.rows("PRAGMA application_id")[0][0]
    version = connection.rows("PRAGMA user_version")[0][0]
    if application_id != APPLICATION_ID:
        raise DatabaseError(f"{place}: a SQLite file, but not a database of this program")
    if version > SCHEMA_VERSION:
        known = f"layout {version}, known: {SCHEMA_VERSION}"
        raise DatabaseError(f"{place}: made by a newer version of this program ({known}); upgrade it")
    if version < SCHEMA_VERSION and not (renewing and version in EARLIER):
        todo = forward if version in EARLIER else again
        raise DatabaseError(f"{place}: of an older layout ({version}); {todo}")
    if not renewing and connection.rows("SELECT value FROM meta WHERE key = 'fingerprint'") != [(fingerprint(),)]:
        raise DatabaseError(f"{place}: built with other rules for names; {forward}")


@contextlib.contextmanager
def writing(path: Path, renewing: bool = False, most: int | None = None) -> Iterator[Connection]:
    """A connection to the file at `path` in a transaction, which is committed when the block ends well.

    There is one writer at a time: others wait. Readers see the table as it was until the end; `most` kilobytes of
    changes are kept in memory (None: all), and while more are made readers wait too. Raises DatabaseError as `connect`
    does, and when the file cannot be changed or another process has been changing it for too long.
    """
    try:
        with alone(path), contextlib.closing(connect(path, "rw", renewing)) as connection:
            connection.rows("PRAGMA journal_mode = DELETE")  # a write-ahead log would be left behind by a rename
            # what is written before the end shuts readers out until then
            connection.rows("PRAGMA cache_spill = OFF" if most is None else f"PRAGMA cache_size = -{most}")
            connection.rows("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.rows("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.rollback()
    except sqlite3.Error as error:
        raise problem(path, error) from error


@contextlib.contextmanager
def written(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a new database, which takes the place of `path` when the block ends well."""
    with written_aside(path) as aside, contextlib.closing(sqlite3.connect(aside)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(f"PRAGMA cache_size = -{CACHE}")
        yield connection
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA journal_mode = DELETE")


@contextlib.contextmanager
def unchanging(path: Path) -> Iterator[None]:
    """Keeps all others from changing the file at `path`, if there is one, while it is replaced."""
    with alone(path), contextlib.ExitStack() as stack:
        if path.exists():
            try:
                stack.enter_context(contextlib.closing(raw(path, "rw"))).execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
                    raise problem(path, error) from error
                # else it is damaged or read-only: nobody is changing it
        path.with_name(f"{path.name}-journal").unlink(missing_ok=True)  # of a change cut off: not for the new file
        yield
