"""Carrying over decisions and saved runs from a database file to the file that replaces it."""

from __future__ import annotations

import contextlib
import sqlite3
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.database.connection import Connection, raw
from resolver.database.layout import utils
from resolver.database.schema import APPLICATION_ID, fingerprint
from resolver.errors import DatabaseError
from resolver.names.normal_form import normal_form

if TYPE_CHECKING:
    from sqlite_utils import Database

RULES = "SELECT value FROM meta WHERE key = 'fingerprint'"
"""Selects the fingerprint of the rules by which a database was built."""


def carry_over(path: Path, new: sqlite3.Connection) -> tuple[int, int]:
    """Copy decisions and saved runs from the database file `path` to a new database; return their numbers.

    They are 0 if the file is missing or of another program. Its layout and rules may be earlier ones. Raises
    DatabaseError if it cannot be read, as it must not be replaced then.
    """
    decisions = runs = 0
    if not path.exists():
        return decisions, runs
    try:
        with contextlib.closing(raw(path, "ro")) as old:
            if old.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,):
                return decisions, runs
            decisions = _copy("decision", utils(old), utils(new))
            runs = _copy("run", utils(old), utils(new))
            _copy("resolved", utils(old), utils(new))
            renew_forms(new, old)
    except sqlite3.Error as error:
        problem = f"{path}: its decisions and saved runs cannot be read ({error})"
        raise DatabaseError(f"{problem}: move it away before you build again") from error
    new.commit()
    return decisions, runs


def _copy(table: str, old: Database, new: Database) -> int:
    """Copy the rows of a table, if the old database has it, into the empty one; return their number."""
    columns = [column.name for column in old.table(table).columns]
    if columns:
        rows = old.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY no")
        new.table(table).insert_all(chain([columns], rows))
    return new.table(table).count


def renew_forms(connection: sqlite3.Connection, old: Connection) -> None:
    """Recompute the normal forms of decisions and saved answers if the old database was built by other rules."""
    if old.execute(RULES).fetchall() == [(fingerprint(),)]:
        return
    for table in ("decision", "resolved"):
        utils(connection).table(table).convert("mention", _exact, output="exact")


def _exact(mention: str) -> str:
    return normal_form(mention).exact
