"""What people and runs put into a database file goes over to the one that takes its place."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from resolver.database.connection import Connection, raw
from resolver.database.decisions import carry_decisions
from resolver.database.saved_runs import carry_runs
from resolver.database.schema import APPLICATION_ID, fingerprint
from resolver.errors import DatabaseError
from resolver.names.normal_form import normal_form

RULES = "SELECT value FROM meta WHERE key = 'fingerprint'"
"""What rules a database was built with."""


def carry(path: Path, new: sqlite3.Connection) -> tuple[int, int]:
    """Copy what is in the database file `path`, if there is one, to a new database: how many decisions and runs.

    Its layout and rules may be earlier ones. Raises DatabaseError when it cannot be read: it must not be replaced then.
    """
    decisions = runs = 0
    if not path.exists():
        return decisions, runs
    try:
        with contextlib.closing(raw(path, "ro")) as old:
            if old.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,):
                return decisions, runs
            there = {name for (name,) in old.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if "decision" in there:
                decisions = carry_decisions(old, new)
            if "run" in there:
                runs = carry_runs(old, new)
            renew_forms(new, old)
    except sqlite3.Error as error:
        problem = f"{path}: what people decided and runs saved cannot be read from it ({error})"
        raise DatabaseError(f"{problem}: move it away before you build it again") from error
    new.commit()
    return decisions, runs


def renew_forms(connection: sqlite3.Connection, old: Connection) -> None:
    """Make the normal forms of decisions and saved answers anew, if those in the old database are by other rules."""
    if old.execute(RULES).fetchall() == [(fingerprint(),)]:
        return
    connection.create_function("normal_form", 1, lambda mention: normal_form(mention).exact)
    for table in ("decision", "resolved"):
        connection.execute(f"UPDATE {table} SET exact = normal_form(mention)")
