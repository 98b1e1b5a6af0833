"""Carrying decisions and saved runs over from a database file to the new file that replaces it."""

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
"""Selects the fingerprint of the rules that a database was built with."""


def carry_over(path: Path, new: sqlite3.Connection) -> tuple[int, int]:
    """Copy decisions and saved runs from the database file `path` to a new database: how many of each.

    There are none where the file is missing or not of this program. Its layout and rules may be earlier ones. Raises
    DatabaseError when it cannot be read: it must not be replaced then.
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
        problem = f"{path}: what people decided and runs saved cannot be read from it ({error})"
        raise DatabaseError(f"{problem}: move it away before you build it again") from error
    new.commit()
    return decisions, runs


def _copy(table: str, old: Database, new: Database) -> int:
    """Copy the rows of a table, if the old database has it, into the empty one: how many there are."""
    columns = [column.name for column in old.table(table).columns]
    if columns:
        rows = old.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY no")
        new.table(table).insert_all(chain([columns], rows))
    return new.table(table).count


def renew_forms(connection: sqlite3.Connection, old: Connection) -> None:
    """Recompute the normal forms of decisions and saved answers if the old database was built with other rules."""
    if old.execute(RULES).fetchall() == [(fingerprint(),)]:
        return
    for table in ("decision", "resolved"):
        utils(connection).table(table).convert("mention", _exact, output="exact")


def _exact(mention: str) -> str:
    return normal_form(mention).exact
