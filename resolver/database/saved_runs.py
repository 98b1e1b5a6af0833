"""Saved runs: the answers of a run, stored in the database to be counted, joined and reviewed.

A run is saved as a whole or not at all, and never changed afterwards. It outlives its entities, later builds to the
same file, and `compact`.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from resolver.database.connection import Connection, is_at, problem, writing
from resolver.errors import InUseError
from resolver.records import Outcome
from resolver.settings import Settings

TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
"""The format of times. The time of a run identifies it."""

MAX_SAVED_CANDIDATES = 5
"""Maximum number of candidates that are saved with an answer."""

MAX_SAVED_MENTION = Settings().max_mention
"""Maximum length of saved mentions in code points."""

PROBABILITY_DIGITS = 6
"""Decimal places of saved probabilities."""


@dataclass(frozen=True, slots=True)
class RecorderLimits:
    """Bounds on the memory and waiting times of a RunRecorder."""

    answers: int = 4096
    """Number of distinct answers counted in memory before they are moved to disk."""
    disk_cache: int = 1 << 16
    """Cache size in kilobytes for the answers on disk."""
    transaction_cache: int = 1 << 18
    """Kilobytes of pages that are written without locking out readers: some 400,000 answers. Beyond it readers wait."""
    wait: float = 10.0
    """Seconds of one attempt to save while other processes change the file."""
    patience: float = 300.0
    """Seconds of all attempts together: the answers may be the work of hours."""


RECORDER_LIMITS = RecorderLimits()

_COLUMNS = "run, mention, exact, type, outcome, id, probability, candidates, times, place"
_RUN_COLUMNS = "command, input, min_precision, no, saved"
_VALUES = "mention, exact, type, outcome, id, probability, candidates, times, place"


@dataclass(frozen=True, slots=True)
class SavedRun:
    """A run whose answers were saved: the command, the name of the input ("": standard input), the required precision.

    `number` and `saved` (time in UTC, ISO 8601) are set when it is saved.
    """

    command: str
    input: str
    min_precision: float
    number: int = 0
    saved: str = ""


@dataclass(frozen=True, slots=True)
class SavedCandidate:
    """A candidate for a mention, as of the time of the run."""

    id: str
    name: str
    type: str
    probability: float

    def to_dict(self) -> dict[str, Any]:
        """The candidate as a JSON object."""
        return {"id": self.id, "name": self.name, "type": self.type, "probability": self.probability}


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """A row of the table `resolved`: the answer for a mention. `resolver schema` documents its columns."""

    mention: str
    exact: str
    type: str
    outcome: Outcome
    id: str | None
    probability: float
    candidates: tuple[SavedCandidate, ...] = ()
    times: int = 1
    place: str = ""
    run: int = 0
    number: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The answer as a JSON object, with the columns of the table as keys."""
        return {
            "no": self.number,
            "run": self.run,
            "mention": self.mention,
            "exact": self.exact,
            "type": self.type,
            "outcome": self.outcome,
            "id": self.id,
            "probability": self.probability,
            "candidates": [choice.to_dict() for choice in self.candidates],
            "times": self.times,
            "place": self.place,
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> SavedAnswer:
        """The answer from the JSON object that `to_dict` returned."""
        others = {name: value[name] for name in ("mention", "exact", "type", "outcome", "id", "probability", "times")}
        choices = tuple(SavedCandidate(**choice) for choice in value["candidates"])
        return cls(candidates=choices, place=value["place"], run=value["run"], number=value["no"], **others)


def is_short_enough(mention: str) -> bool:
    """Whether a mention is short enough to be saved."""
    return len(mention) <= MAX_SAVED_MENTION


class AnswerCounts:
    """Counts equal answers for the same mention and type; the place is that of the first one."""

    def __init__(self) -> None:
        """Start without answers."""
        self._first: dict[tuple[object, ...], SavedAnswer] = {}
        self._times: Counter[tuple[object, ...]] = Counter()

    def __len__(self) -> int:
        return len(self._first)

    def add(self, row: SavedAnswer) -> None:
        """Count an answer."""
        key = (row.mention, row.type, row.outcome, row.candidates)
        self._first.setdefault(key, row)
        self._times[key] += row.times

    def taken(self) -> list[SavedAnswer]:
        """Remove and return all answers, in the order of their first occurrence."""
        rows = [replace(row, times=self._times[key]) for key, row in self._first.items()]
        self._first.clear()
        self._times.clear()
        return rows


class RunRecorder:
    """Counts the answers of a run, on disk if there are many, and saves them at its end."""

    def __init__(self, limits: RecorderLimits = RECORDER_LIMITS) -> None:
        """Start without answers."""
        self._limits = limits
        self.run: SavedRun | None = None
        """The run, once it has been saved."""
        self.count = 0
        """The number of saved answers."""
        self._new = AnswerCounts()
        self._rows = sqlite3.connect("")  # a temporary file, deleted on close
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute(f"PRAGMA cache_size = -{limits.disk_cache}")
        self._rows.execute(f"CREATE TABLE tally (no INTEGER PRIMARY KEY, key BLOB UNIQUE, {_VALUES})")

    def add(self, row: SavedAnswer) -> None:
        """Count an answer. Raises DatabaseError if the disk is full."""
        if is_short_enough(row.mention):
            self._new.add(row)
            if len(self._new) == self._limits.answers:
                self._flush()

    def _flush(self) -> None:
        """Move the counts in memory to disk."""
        rows = map(_values, self._new.taken())
        try:
            self._rows.executemany(
                f"INSERT INTO tally (key, {_VALUES}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET times = times + excluded.times",
                ((_digest(values), *values) for values in rows),
            )
        except sqlite3.Error as error:
            raise problem("answers to save, in the folder for temporary files", error) from error

    def save(self, path: str | Path, run: SavedRun) -> SavedRun:
        """Save all answers in the database file `path`, in one transaction; return the run with number and time.

        If the run has a time already and is in the database, nothing is saved. Raises DatabaseError if the file cannot
        be changed; then nothing is saved either.
        """
        self._flush()
        run = replace(run, command=_text(run.command), input=_text(run.input), saved=run.saved or now())
        end = time.monotonic() + self._limits.patience
        while True:
            try:
                cache, wait = self._limits.transaction_cache, self._limits.wait
                with writing(Path(path), cache=cache, wait=wait) as connection:
                    number = self._save(connection, run)
            except InUseError:
                if time.monotonic() > end:
                    raise
                continue
            if is_at(Path(path), connection.file):
                break  # else another program has replaced the file meanwhile
        self.run = replace(run, number=number)
        return self.run

    def _save(self, connection: Connection, run: SavedRun) -> int:
        known = "SELECT no FROM run WHERE command = ? AND input = ? AND saved = ?"
        for (number,) in connection.rows(known, run.command, run.input, run.saved):
            ((self.count,),) = connection.rows("SELECT count(*) FROM resolved WHERE run = ?", number)
            return int(number)
        ((number,),) = connection.rows(
            "INSERT INTO run (command, input, saved, min_precision) VALUES (?, ?, ?, ?) RETURNING no",
            *(run.command, run.input, run.saved, run.min_precision),
        )
        rows = self._rows.execute(f"SELECT {_VALUES} FROM tally ORDER BY no")
        insert = f"INSERT INTO resolved ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        self.count = connection.executemany(insert, ((number, *row) for row in rows)).rowcount
        return int(number)

    def close(self) -> None:
        """Discard the answers."""
        self._rows.close()


@contextlib.contextmanager
def saving(path: str | Path, run: SavedRun, limits: RecorderLimits = RECORDER_LIMITS) -> Iterator[RunRecorder]:
    """A context manager that gives a recorder of answers.

    They are saved in the database file `path` if the block ends without an exception. Raises DatabaseError if the file
    cannot be changed; where possible at the beginning.
    """
    check_can_save(path)
    with contextlib.closing(RunRecorder(limits)) as recorder:
        yield recorder
        recorder.save(path, run)


def save_run(
    path: str | Path, run: SavedRun, rows: Iterable[SavedAnswer], limits: RecorderLimits = RECORDER_LIMITS
) -> SavedRun:
    """Save the answers of a run in the database file `path`, as `saving` does; return the run with number and time."""
    with saving(path, run, limits) as recorder:
        for row in rows:
            recorder.add(row)
    assert recorder.run is not None
    return recorder.run


class _TriedError(Exception):
    """Rolls back a trial change."""


def check_can_save(path: str | Path) -> None:
    """Raise DatabaseError unless the database file `path` can be changed. It is not changed."""
    with contextlib.suppress(_TriedError), writing(Path(path)) as connection:
        connection.rows("INSERT INTO run (command, input, saved, min_precision) VALUES ('', '', '', 0.0)")
        raise _TriedError


def now() -> str:
    """The current time, in the format of runs."""
    return datetime.now(UTC).strftime(TIME)


def read_runs(connection: Connection) -> list[SavedRun]:
    """All saved runs, in the order of saving."""
    return [SavedRun(*row) for row in connection.rows(f"SELECT {_RUN_COLUMNS} FROM run ORDER BY no")]


def read_resolved(connection: Connection, run: int | None = None, after: int = 0, limit: int = -1) -> list[SavedAnswer]:
    """The answers of a run, or of all, in input order: at most `limit` of those with a number above `after`."""
    where = "no > ?" if run is None else "no > ? AND run = ?"
    values = (after,) if run is None else (after, run)
    rows = connection.rows(f"SELECT no, {_COLUMNS} FROM resolved WHERE {where} ORDER BY no LIMIT ?", *values, limit)
    return [_resolved(*row) for row in rows]


def read_waiting(connection: Connection, run: int | None = None, limit: int = -1, offset: int = 0) -> list[SavedAnswer]:
    """The answers of a run, or of all, that wait for a review (view `waiting`), the most frequent first.

    There is one for each normal form and type, the last answer for it; `times` counts all occurrences.
    """
    where, values = ("", ()) if run is None else ("WHERE run = ?", (run,))
    columns = _COLUMNS.replace("times", "sum(times) AS total")
    grouped = f"SELECT max(no) AS last, {columns} FROM waiting {where} GROUP BY exact, type"
    columns = _COLUMNS.replace("times", "total")
    rows = connection.rows(
        f"SELECT last, {columns} FROM ({grouped}) ORDER BY total DESC, last LIMIT ? OFFSET ?", *values, limit, offset
    )
    return [_resolved(*row) for row in rows]


def _resolved(number: int, run: int, *others: Any) -> SavedAnswer:  # noqa: ANN401
    mention, exact, type, outcome, entity_id, probability, candidates, times, place = others
    choices = tuple(SavedCandidate(c["id"], c["name"], c["type"], c["probability"]) for c in orjson.loads(candidates))
    return SavedAnswer(mention, exact, type, outcome, entity_id, probability, choices, times, place, run, number)


def _values(row: SavedAnswer) -> list[object]:
    candidates = orjson.dumps([choice.to_dict() for choice in row.candidates]).decode()
    exact, mention, place = (_text(text) for text in (row.exact, row.mention, row.place))
    return [mention, exact, row.type, row.outcome, row.id, row.probability, candidates, row.times, place]


def _text(text: str) -> str:
    """The text with "?" in place of lone surrogates, which SQLite cannot store."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _digest(values: Sequence[object]) -> bytes:
    """A hash that is equal for equal answers."""
    mention, _, type, outcome, _, _, candidates, _, _ = values
    return hashlib.blake2b(f"{mention}\0{type}\0{outcome}\0{candidates}".encode(), digest_size=16).digest()
