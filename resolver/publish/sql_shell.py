"""A read-only SQL shell on a file, whose statements may call the SQL functions."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TextIO

from resolver.errors import InputError
from resolver.publish.row_writers import RowWriter, distinct_columns
from resolver.publish.sqlite_registration import SQL_FUNCTIONS, register

INTERRUPT_STEPS = 100_000
"""Number of steps of SQLite's virtual machine between two checks for Ctrl-C."""

MAX_SHOWN_STATEMENT_CHARACTERS = 300
"""Maximum number of characters of a statement in an error message."""

HELP = f"""SQL statements end with a semicolon; the file is read-only. Functions: {", ".join(SQL_FUNCTIONS)}.
.tables          tables and views
.schema [NAME]   the SQL that created them, with comments
.help  .quit"""


class SqlShell:
    """Runs SQL statements on a file and writes their rows."""

    def __init__(self, path: str | Path, db: str | None, write: RowWriter, out: TextIO) -> None:
        """Open the file `path`. The SQL functions use `db`, otherwise the file, otherwise the bundled table.

        Raises InputError if the file is not a SQLite database, DatabaseError if the table cannot be used.
        """
        if not Path(path).is_file():
            raise InputError("no such file", path)
        self._write = write
        self._out = out
        self._connection = sqlite3.connect(f"{Path(path).resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
        self._connection.text_factory = lambda text: text.decode(errors="replace")
        self._connection.set_progress_handler(lambda: None, INTERRUPT_STEPS)  # Python handles Ctrl-C in this call
        try:
            self._connection.execute("PRAGMA schema_version")
            register(self._connection, db)
        except sqlite3.Error as error:
            self._connection.close()
            raise InputError(str(error), path) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def run(self, lines: Iterable[str]) -> None:
        """Run the statements in some lines. Raises InputError for the first one that fails, and stops there."""
        for statement in statements(lines):
            self.run_one(statement)

    def run_one(self, statement: str) -> None:
        """Run a statement, or a command such as .tables. Raises InputError if it fails."""
        try:
            if statement.startswith("."):
                self._run_command(*statement.split())
                return
            cursor = self._connection.execute(statement)
            if cursor.description:
                self._write(self._out, distinct_columns(column[0] for column in cursor.description), cursor)
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise InputError(f"{error}, in: {statement[:MAX_SHOWN_STATEMENT_CHARACTERS]}") from error
        self._out.flush()

    def _run_command(self, command: str, *names: str) -> None:
        if command == ".tables":
            self.run_one("SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name")
        elif command == ".schema":
            rows = self._connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
            print("\n".join(f"{sql};" for name, sql in rows if not names or name in names), file=self._out)
        elif command == ".help":
            print(HELP, file=self._out)
        else:
            raise InputError(f"no such command: {command}; .help lists them")

    def converse(self, ask: Callable[[str], str], say: Callable[[str], None]) -> None:
        """Run the lines that `ask(prompt)` returns until .quit or EOFError; `say` is called with errors."""
        statement = ""
        while True:
            try:
                line = ask("     ...> " if statement else "resolver> ")
            except EOFError:
                return
            except KeyboardInterrupt:
                statement = ""
                continue
            if not statement and line.strip() in (".quit", ".exit"):
                return
            statement += line + "\n"
            if not statement.strip():
                statement = ""
            elif statement.startswith(".") or sqlite3.complete_statement(statement):
                try:
                    self.run([statement])
                except (InputError, KeyboardInterrupt) as error:
                    say(str(error) or "interrupted")
                statement = ""


def statements(lines: Iterable[str]) -> Iterator[str]:
    """The SQL statements in some lines, including semicolons, and the commands, which are one line each."""
    statement = ""
    for line in lines:
        if not statement.strip() and line.startswith("."):
            yield line.strip()
            continue
        for part in re.split("(?<=;)", line):
            statement += part
            if sqlite3.complete_statement(statement):
                yield statement.strip()
                statement = ""
    if statement.strip():
        yield statement.strip()
