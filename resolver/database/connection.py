"""Connections to database files: opening a file, changing it in a transaction, and replacing it.

All readers and writers connect here, and SQLite errors become messages here. SQLite keeps readers and the writer of a
file apart, but does not expect a file to be replaced by a rename: a writer with the old file still open would take the
journal of the new file for its own, and play it back. So writers also lock the folder before they open the file, and a
reader that finds such a journal waits.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from resolver.database.schema import APPLICATION_ID, EARLIER_LAYOUTS, SCHEMA_VERSION, fingerprint
from resolver.errors import DatabaseError, InUseError
from resolver.infra.atomic_files import atomic_replacement
from resolver.infra.locks import locked_folder

WRITER_WAIT_SECONDS = 10.0
"""Seconds that a writer waits for another process to unlock the file."""

REOPEN_POLL_SECONDS = 0.002
"""Seconds between two attempts of a reader while the file is being replaced."""

BUILD_CACHE_KILOBYTES = 1 << 16
"""Cache size in kilobytes while a new file is filled, as its indexes are written in random order."""

_PROBLEMS = {
    sqlite3.SQLITE_READONLY: "cannot be changed: the file and its folder must be writable ({error})",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened or changed: no permission for the file or its folder ({error})",
    sqlite3.SQLITE_PERM: "cannot be opened or changed: no permission for the file or its folder ({error})",
    sqlite3.SQLITE_FULL: "cannot be changed: no space left ({error})",
    sqlite3.SQLITE_IOERR: "cannot be read or written ({error})",
    sqlite3.SQLITE_NOTADB: "not a database of this program ({error})",
}


def in_use(place: str | Path, wait: float) -> InUseError:
    """The error for a file that another process has kept locked for `wait` seconds."""
    return InUseError(f"{place}: another process has kept it locked for {wait:g} seconds; try again later")


def problem(place: str | Path, error: sqlite3.Error, wait: float = WRITER_WAIT_SECONDS) -> DatabaseError:
    """The DatabaseError for a SQLite error; its message says what to do."""
    code = getattr(error, "sqlite_errorcode", None)
    if (code or 0) & 0xFF == sqlite3.SQLITE_BUSY:
        return in_use(place, wait)
    if isinstance(error, sqlite3.ProgrammingError) and code is None:
        return DatabaseError(f"{place}: {error}")
    words = _PROBLEMS.get((code or 0) & 0xFF, "damaged ({error}); build it again with: resolver build")
    return DatabaseError(f"{place}: " + words.format(error=error))


class Connection(sqlite3.Connection):
    """A connection whose `rows` raises DatabaseError. It is closed when its last reference goes away."""

    place = ":memory:"
    """The name of the database in messages."""
    path: Path | None = None
    """The file; None for a database in memory."""
    file: tuple[int, int] | None = None
    """Device and inode of the file, which distinguish it from another file at the same path."""
    wait: float = WRITER_WAIT_SECONDS
    """Seconds that it waits for another process to unlock the file."""

    def __del__(self) -> None:
        with contextlib.suppress(sqlite3.ProgrammingError):  # it was never opened
            self.close()

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows that a statement returns. Raises DatabaseError if it fails."""
        end = 0.0
        while True:
            try:
                return self.execute(sql, values).fetchall()
            except sqlite3.Error as error:
                interrupted = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_READONLY_ROLLBACK
                end = end or time.monotonic() + self.wait
                if not interrupted or self.path is None or time.monotonic() > end:
                    raise problem(self.place, error, self.wait) from error
            if is_at(self.path, self.file):
                undo_interrupted(self.path)
            else:
                time.sleep(REOPEN_POLL_SECONDS)  # the journal belongs to the new file at the path


def undo_interrupted(path: Path) -> None:
    """Roll back the change of a killed writer, which SQLite does only with write access."""
    try:
        with only_writer(path), contextlib.closing(raw(path, "rw")) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise DatabaseError(
            f"{path}: a change was interrupted; to roll it back needs write access to the file and its folder:"
            f" run as their owner: resolver info --db {path}"
        ) from error


@contextlib.contextmanager
def only_writer(path: Path, wait: float = WRITER_WAIT_SECONDS) -> Iterator[None]:
    """Lock the folder of a file against other writers in the block; the lock ends with this process.

    Raises InUseError if another process holds it for `wait` seconds, DatabaseError if the folder cannot be read.
    """
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locked_folder(path.resolve().parent, wait))
        except BlockingIOError as error:
            raise in_use(path, wait) from error
        except OSError as error:
            raise DatabaseError(f"{path}: its folder cannot be read: {error.strerror}") from error
        yield


def raw(path: Path, mode: str, wait: float = WRITER_WAIT_SECONDS) -> Connection:
    """An unchecked connection to the file `path`, in autocommit mode. Raises sqlite3.Error."""
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}",
        uri=True,
        timeout=wait,
        isolation_level=None,
        check_same_thread=False,
        factory=Connection,
    )
    connection.place, connection.path, connection.wait = str(path), path.absolute(), wait
    return connection


def file_at(path: Path) -> tuple[int, int]:
    """Device and inode of the file at a path."""
    status = os.stat(path)  # noqa: PTH116 (called for each mention: Path.stat takes twice as long)
    return status.st_dev, status.st_ino


def is_at(path: Path, file: tuple[int, int] | None) -> bool:
    """Whether the file at a path is the one with this device and inode."""
    try:
        return file_at(path) == file
    except OSError:
        return False


def connect(path: Path, mode: str = "ro", renewing: bool = False, wait: float = WRITER_WAIT_SECONDS) -> Connection:
    """A connection to the database file `path`, in autocommit mode.

    Raises DatabaseError if the file is missing, damaged, of another program or layout, or built by other rules; the
    message says what to do. With `renewing`, an earlier layout and other rules are accepted.
    """
    while True:
        if not path.is_file():
            raise DatabaseError(f"{path}: no such file; build it with: resolver build -o {path} SOURCE...")
        try:
            file = file_at(path)
            connection = raw(path, mode, wait)
            if file_at(path) != file:
                continue
        except OSError:
            continue  # replaced or removed meanwhile
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
    forward = f"migrate it with: resolver compact --db {place}, or {again}"
    application_id = connection.rows("PRAGMA application_id")[0][0]
    version = connection.rows("PRAGMA user_version")[0][0]
    if application_id != APPLICATION_ID:
        raise DatabaseError(f"{place}: a SQLite file, but not a database of this program")
    if version > SCHEMA_VERSION:
        known = f"layout {version}, known: {SCHEMA_VERSION}"
        raise DatabaseError(f"{place}: made by a newer version of this program ({known}); upgrade this one")
    if version < SCHEMA_VERSION and not (renewing and version in EARLIER_LAYOUTS):
        todo = forward if version in EARLIER_LAYOUTS else again
        raise DatabaseError(f"{place}: of an older layout ({version}); {todo}")
    if not renewing and connection.rows("SELECT value FROM meta WHERE key = 'fingerprint'") != [(fingerprint(),)]:
        raise DatabaseError(f"{place}: built by other rules for names; {forward}")


@contextlib.contextmanager
def writing(
    path: Path, renewing: bool = False, cache: int | None = None, wait: float | None = None
) -> Iterator[Connection]:
    """A connection to the file at `path` in a transaction, committed if the block ends without an exception.

    There is one writer at a time: others wait, up to `wait` seconds (None: the default). Readers see the old table
    until the end. `cache` bounds the changes held in memory, in kilobytes (None: no bound); beyond it readers wait too.
    Raises DatabaseError as `connect` does, and if the file cannot be changed; InUseError after `wait` seconds.
    """
    wait = WRITER_WAIT_SECONDS if wait is None else wait
    try:
        with only_writer(path, wait), contextlib.closing(connect(path, "rw", renewing, wait)) as connection:
            connection.rows("PRAGMA journal_mode = DELETE")  # a rename would leave a write-ahead log behind
            # pages written before the end lock out readers until the end
            connection.rows("PRAGMA cache_spill = OFF" if cache is None else f"PRAGMA cache_size = -{cache}")
            connection.rows("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.rows("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.rollback()
    except sqlite3.Error as error:
        raise problem(path, error, wait) from error


@contextlib.contextmanager
def new_database(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a new database, which replaces the file `path` if the block ends without an exception."""
    with atomic_replacement(path) as aside, contextlib.closing(sqlite3.connect(aside)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(f"PRAGMA cache_size = -{BUILD_CACHE_KILOBYTES}")
        yield connection
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA journal_mode = DELETE")


@contextlib.contextmanager
def without_writers(path: Path, wait: float = WRITER_WAIT_SECONDS) -> Iterator[None]:
    """Lock the file at `path`, if there is one, against changes by others while it is replaced.

    Raises InUseError if another process keeps it locked for `wait` seconds.
    """
    with only_writer(path, wait), contextlib.ExitStack() as stack:
        if path.exists():
            try:
                stack.enter_context(contextlib.closing(raw(path, "rw", wait))).execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
                    raise problem(path, error, wait) from error
                # else it is damaged or read-only: nobody is changing it
        path.with_name(f"{path.name}-journal").unlink(missing_ok=True)  # of an interrupted change of the old file
        yield
