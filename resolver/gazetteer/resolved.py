"""What runs took mentions for, kept in the database that answered: for who counts them, joins them or reviews them.

A run is saved as a whole or not at all, and never changed afterwards. It outlives its entities, every build over the
file, and `compact`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from resolver.gazetteer.database import Connection, writing
from resolver.names.normal import normal_form
from resolver.records import Outcome, Resolution

TIME = "%Y-%m-%dT%H:%M:%SZ"
"""How times are written."""

MOST = 5
"""So many candidates of an answer are kept."""

DIGITS = 6
"""Probabilities are rounded so."""

_COLUMNS = "run, mention, exact, type, outcome, id, probability, candidates, times, place"
_RUN_COLUMNS = "command, input, min_precision, no, saved"


@dataclass(frozen=True, slots=True)
class Run:
    """A run whose answers were saved: the command, what it read ("" for standard input), what precision was asked.

    `number` and `saved` (UTC, ISO 8601) are those that it got.
    """

    command: str
    input: str
    min_precision: float
    number: int = 0
    saved: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """An entity that a mention may mean, as it was when the run was saved."""

    id: str
    name: str
    type: str
    probability: float


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a run took a mention for: a row of the table `resolved`, whose documentation says what each is."""

    mention: str
    exact: str
    type: str
    outcome: Outcome
    id: str | None
    probability: float
    candidates: tuple[Choice, ...] = ()
    times: int = 1
    place: str = ""
    run: int = 0


def resolved_from(resolution: Resolution, type: str | None = None, place: str = "") -> Resolved:
    """The answer for a mention as it is saved, with the type that was asked for and the place of the mention."""
    entity = resolution.entity
    return Resolved(
        resolution.mention,
        normal_form(resolution.mention).exact,
        type or "",
        resolution.outcome,
        None if entity is None else entity.id,
        round(resolution.probability, DIGITS),
        tuple(
            Choice(c.entity.id, c.entity.name, c.entity.type, round(c.probability, DIGITS))
            for c in resolution.candidates[:MOST]
        ),
        place=place,
    )


def save_run(path: str | Path, run: Run, rows: Iterable[Resolved]) -> Run:
    """Save the answers of a run, in one transaction, in the database file `path`; the run with its number and time.

    Raises DatabaseError when the file cannot be changed; nothing is saved then.
    """
    saved = datetime.now(UTC).strftime(TIME)
    with writing(Path(path)) as connection:
        ((number,),) = connection.rows(
            "INSERT INTO run (command, input, saved, min_precision) VALUES (?, ?, ?, ?) RETURNING no",
            *(run.command, run.input, saved, run.min_precision),
        )
        connection.executemany(
            f"INSERT INTO resolved ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            ((number, *_values(row)) for row in rows),
        )
    return replace(run, number=number, saved=saved)


def carry_runs(old: Connection, new: sqlite3.Connection) -> int:
    """Copy the runs of a database, with their answers, to a new one; how many runs there are."""
    runs = old.execute("SELECT no, command, input, saved, min_precision FROM run ORDER BY no").fetchall()
    new.executemany("INSERT INTO run VALUES (?, ?, ?, ?, ?)", runs)
    answers = old.execute(f"SELECT no, {_COLUMNS} FROM resolved ORDER BY no")
    new.executemany(f"INSERT INTO resolved (no, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", answers)
    return len(runs)


def read_runs(connection: Connection) -> list[Run]:
    """All runs that were saved, in that order."""
    return [Run(*row) for row in connection.rows(f"SELECT {_RUN_COLUMNS} FROM run ORDER BY no")]


def read_resolved(connection: Connection, run: int | None = None, limit: int = -1, offset: int = 0) -> list[Resolved]:
    """What a run, or all of them, took mentions for, in the order of the input; at most `limit` behind `offset`."""
    where, values = ("", ()) if run is None else ("WHERE run = ?", (run,))
    return _read(connection, f"SELECT {_COLUMNS} FROM resolved {where} ORDER BY no", *values, limit, offset)


def read_waiting(connection: Connection, run: int | None = None, limit: int = -1, offset: int = 0) -> list[Resolved]:
    """What waits to be looked at (view `waiting`) of a run, or of all: the most frequent first.

    One row for each normal form and type, with its last answer; `times` is how often it stands in all that was read.
    """
    where, values = ("", ()) if run is None else ("WHERE run = ?", (run,))
    columns = _COLUMNS.replace("times", "sum(times) AS total")
    grouped = f"SELECT max(no) AS last, {columns} FROM waiting {where} GROUP BY exact, type"
    columns = _COLUMNS.replace("times", "total")
    return _read(connection, f"SELECT {columns} FROM ({grouped}) ORDER BY total DESC, last", *values, limit, offset)


def _read(connection: Connection, sql: str, *values: object) -> list[Resolved]:
    return [_row(*row) for row in connection.rows(f"{sql} LIMIT ? OFFSET ?", *values)]


def _row(run: int, mention: str, *others: Any) -> Resolved:  # noqa: ANN401
    exact, type, outcome, entity_id, probability, candidates, times, place = others
    choices = tuple(Choice(c["id"], c["name"], c["type"], c["probability"]) for c in json.loads(candidates))
    return Resolved(mention, exact, type, outcome, entity_id, probability, choices, times, place, run)


def _values(row: Resolved) -> tuple[object, ...]:
    choices = [{"id": c.id, "name": c.name, "type": c.type, "probability": c.probability} for c in row.candidates]
    candidates = json.dumps(choices, ensure_ascii=False)
    return (
        *(row.mention, row.exact, row.type, row.outcome, row.id, row.probability),
        *(candidates, row.times, row.place),
    )
