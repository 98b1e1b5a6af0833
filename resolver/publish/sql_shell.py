"""A SQL shell on a file, read-only, whose statements may call the SQL functions."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from resolver.errors import InputError
from resolver.publish.sqlite_registration import ARGUMENTS, register

SHORT = 60
"""A BLOB of more bytes is not shown in a table, only how many they are."""

LOOK = 100_000
"""After so many steps of SQLite the shell looks whether it is interrupted."""

HELP = f"""SQL statements end with a semicolon; the file is read-only. Functions: {", ".join(ARGUMENTS)}.
.tables          tables and views
.schema [NAME]   how they are made, with comments
.help  .quit"""

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What moves the cursor or turns the direction of what follows: a name must not do that to a terminal."""

Write = Callable[[TextIO, Sequence[str], Iterable[Sequence[Any]]], None]
"""Writes rows with these columns."""


class Shell:
    """Runs SQL statements on a file and writes their rows."""

    def __init__(self, path: str | Path, db: str | None, write: Write, out: TextIO) -> None:
        """Open the file `path`; `db` answers the functions, or the file if it is one of ours, or the bundled table.

        Raises InputError when the file is no SQLite database, DatabaseError when the table cannot answer.
        """
        if not Path(path).is_file():
            raise InputError("no such file", path)
        self._write = write
        self._out = out
        self._connection = sqlite3.connect(f"{Path(path).resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)
        self._connection.text_factory = lambda text: text.decode(errors="replace")
        self._connection.set_progress_handler(lambda: None, LOOK)  # Python sees Ctrl-C here, and ends the statement
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
        """Run the statements in some lines. Raises InputError for the first that fails; those before it are done."""
        for statement in statements(lines):
            self.run_one(statement)

    def run_one(self, statement: str) -> None:
        """Run a statement, or a command such as .tables."""
        try:
            if statement.startswith("."):
                self._command(*statement.split())
                return
            cursor = self._connection.execute(statement)
            if cursor.description:
                self._write(self._out, _distinct([column[0] for column in cursor.description]), cursor)
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise InputError(f"{error}, in: {statement[:300]}") from error
        self._out.flush()

    def _command(self, command: str, *names: str) -> None:
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
        """Read lines by `ask`, which takes a prompt, and run them until .quit or the end; problems go to `say`."""
        waiting = ""
        while True:
            try:
                line = ask("     ...> " if waiting else "resolver> ")
            except EOFError:
                return
            except KeyboardInterrupt:
                waiting = ""
                continue
            if not waiting and line.strip() in (".quit", ".exit"):
                return
            waiting += line + "\n"
            if not waiting.strip():
                waiting = ""
            elif waiting.startswith(".") or sqlite3.complete_statement(waiting):
                try:
                    self.run([waiting])
                except (InputError, KeyboardInterrupt) as error:
                    say(str(error) or "interrupted")
                waiting = ""


def statements(lines: Iterable[str]) -> Iterator[str]:
    """The SQL statements in some lines, each with its semicolon, and commands, which are a line each."""
    waiting = ""
    for line in lines:
        if not waiting.strip() and line.startswith("."):
            yield line.strip()
            continue
        for piece in re.split("(?<=;)", line):
            waiting += piece
            if sqlite3.complete_statement(waiting):
                yield waiting.strip()
                waiting = ""
    if waiting.strip():
        yield waiting.strip()


def write_table(out: TextIO, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows for people: aligned, without control characters; NULL is empty."""
    from tabulate import tabulate

    shown = [[_visible(value) for value in row] for row in rows]
    print(tabulate(shown, [_visible(column) for column in columns], disable_numparse=True), file=out)


def write_csv(out: TextIO, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows as CSV (RFC 4180, but with line feeds); NULL is empty."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_plain(value) for value in row] for row in rows)


def write_json(out: TextIO, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows as an array of objects in JSON, one a line."""
    before = "["
    for row in rows:
        values = dict(zip(columns, map(_plain, row), strict=True))
        out.write(before + json.dumps(values, ensure_ascii=False))
        before = ",\n "
    out.write("[]\n" if before == "[" else "]\n")


def _distinct(columns: list[str]) -> list[str]:
    """The names of columns, a repeated one with a number."""
    seen: dict[str, int] = {}
    names = []
    for column in columns:
        seen[column] = seen.get(column, 0) + 1
        names.append(column if seen[column] == 1 else f"{column}_{seen[column]}")
    return names


def _plain(value: Any) -> Any:  # noqa: ANN401
    """A value of SQL, a BLOB or an infinite number as SQL writes it."""
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return str(value) if value in (float("inf"), float("-inf")) else value


def _visible(value: Any) -> str:  # noqa: ANN401
    if value is None:
        return ""
    if isinstance(value, bytes) and len(value) > SHORT:
        return f"<{len(value)} bytes>"
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), str(_plain(value)))
