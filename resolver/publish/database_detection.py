"""Detection of our databases among files, and among the databases of a SQLite connection."""

from __future__ import annotations

import sqlite3
from pathlib import Path

_MAGIC = b"SQLite format 3\0"
_APPLICATION_ID = slice(68, 72)
"""The position of the application id in the header of a file (https://www.sqlite.org/fileformat2.html)."""


def is_ours(path: Path) -> bool:
    """Whether a file is a SQLite database with our application id, of any version."""
    from resolver.database.schema import APPLICATION_ID

    try:
        with path.open("rb") as file:
            header = file.read(_APPLICATION_ID.stop)
    except OSError:
        return False
    return header.startswith(_MAGIC) and header[_APPLICATION_ID] == APPLICATION_ID.to_bytes(4, "big")


def database_of(connection: sqlite3.Connection) -> Path | None:
    """The file of the first database of a connection, main or attached, that is ours; None if there is none."""
    cursor = connection.cursor()
    cursor.row_factory = None
    files = (Path(row[2]) for row in cursor.execute("PRAGMA database_list").fetchall() if row[2])
    return next(filter(is_ours, files), None)
