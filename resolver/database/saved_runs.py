"""Saved runs: the answers for the mentions of a run, kept in the database to be counted, joined and reviewed.

A run is saved as a whole or not at all, and never changed afterwards. It outlives its entities, every build over the
file, and `compact`.
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

CANDIDATES = 5
"""Candidates of an answer that are saved, at most."""

MENTION_LENGTH = Settings().max_mention
"""Length in code points of mentions that are saved, at most."""

DIGITS = 6
"""Decimal places of saved probabilities."""


@dataclass(frozen=True, slots=True)
class RecorderLimits:
    """Bounds on the memory and the waiting of a RunRecorder."""

    answers: int = 4096
    """Different answers that are counted in memory before they go to the disk."""
    disk_cache: int = 1 << 16
    """Kilobytes of the answers on the disk that are cached."""
    transaction_cache: int = 1 << 18
    """Kilobytes of pages that are written without locking readers out: some 400,000 answers. Beyond it they wait."""
    wait: float = 10.0
    """Seconds of one attempt to save while others change the file."""
    patience: float = 300.0
    """Seconds of all attempts together: the answers may be the work of hours."""


RECORDER_LIMITS = RecorderLimits()

_COLUMNS = "run, mention, exact, type, outcome, id, probability, candidates, times, place"
_RUN_COLUMNS = "command, input, min_precision, no, saved"
_VALUES = "mention, exact, type, outcome, id, probability, candidates, times, place"


@dataclass(frozen=True, slots=True)
class SavedRun:
    """A run whose answers were saved: command, name of its input ("" for standard input), required precision.

    `number` and `saved` (time in UTC, ISO 8601) are set when it is saved.
    """

    command: str
    input: str
    min_precision: float
    number: int = 0
    saved: str = ""


@dataclass(frozen=True, slots=True)
class SavedCandidate:
    """A candidate for a mention, as it was when the run was saved."""

    id: str
    name: str
    type: str
    probability: float

    def to_dict(self) -> dict[str, Any]:
        """The same as a JSON object."""
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
        """The same as a JSON object, with the columns of the table."""
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
        """The answer that `to_dict` made a JSON object of."""
        others = {name: value[name] for name in ("mention", "exact", "type", "outcome", "id", "probability", "times")}
        choices = tuple(SavedCandidate(**choice) for choice in value["candidates"])
        return cls(candidates=choices, place=value["place"], run=value["run"], number=value["no"], **others)


def is_kept(mention: str) -> bool:
    """Whether a mention is short enough to be saved."""
    return len(mention) <= MENTION_LENGTH


class AnswerCounts:
    """Counts equal answers for the same mention and type; the first one gives the place."""

    def __init__(self) -> None:
        """Begin with none."""
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
    """Counts the answers of a run, on the disk when they are many, and saves them at the end of the run."""

    def __init__(self, limits: RecorderLimits = RECORDER_LIMITS) -> None:
        """Begin with no answers."""
        self._limits = limits
        self.run: SavedRun | None = None
        """The run, when it has been saved."""
        self.count = 0
        """Number of answers that were saved."""
        self._new = AnswerCounts()
        self._rows = sqlite3.connect("")  # a temporary file, gone when it is closed
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute(f"PRAGMA cache_size = -{limits.disk_cache}")
        self._rows.execute(f"CREATE TABLE tally (no INTEGER PRIMARY KEY, key BLOB UNIQUE, {_VALUES})")

    def add(self, row: SavedAnswer) -> None:
        """Count an answer. Raises DatabaseError when there is no space left for it."""
        if is_kept(row.mention):
            self._new.add(row)
            if len(self._new) == self._limits.answers:
                self._flush()

    def _flush(self) -> None:
        """Add the answers counted in memory to those on the disk."""
        rows = map(_values, self._new.taken())
        try:
            self._rows.executemany(
                f"INSERT INTO tally (key, {_VALUES}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET times = times + excluded.times",
                ((_digest(values), *values) for values in rows),
            )
        except sqlite3.Error as error:
            raise problem("answers that are to be saved, in the folder for temporary files", error) from error

    def save(self, path: str | Path, run: SavedRun) -> SavedRun:
        """Save all answers in the database file `path`, in one transaction, and return the run with number and time.

        A run that has a time already is saved once: nothing is done if it is there. Raises DatabaseError when the file
        cannot be changed; nothing is saved then.
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
                break  # else a program other than this one has replaced the file meanwhile
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
    """A recorder of a run's answers, which are saved in the database file `path` when the block ends well.

    Raises DatabaseError when the file cannot be changed: at the beginning if that can be told then.
    """
    check_can_save(path)
    with contextlib.closing(RunRecorder(limits)) as recorder:
        yield recorder
        recorder.save(path, run)


def save_run(
    path: str | Path, run: SavedRun, rows: Iterable[SavedAnswer], limits: RecorderLimits = RECORDER_LIMITS
) -> SavedRun:
    """Save the answers of a run in the database file `path`, as `saving` does; the run with its number and time."""
    with saving(path, run, limits) as recorder:
        for row in rows:
            recorder.add(row)
    assert recorder.run is not None
    return recorder.run


class _TriedError(Exception):
    """Rolls back a change that was only tried."""


def check_can_save(path: str | Path) -> None:
    """Raise DatabaseError unless the database file `path` can be changed. It is not changed."""
    with contextlib.suppress(_TriedError), writing(Path(path)) as connection:
        connection.rows("INSERT INTO run (command, input, saved, min_precision) VALUES ('', '', '', 0.0)")
        raise _TriedError


def now() -> str:
    """The present time, in the format of runs."""
    return datetime.now(UTC).strftime(TIME)


def read_runs(connection: Connection) -> list[SavedRun]:
    """All saved runs, in the order of saving."""
    return [SavedRun(*row) for row in connection.rows(f"SELECT {_RUN_COLUMNS} FROM run ORDER BY no")]


def read_resolved(connection: Connection, run: int | None = None, after: int = 0, limit: int = -1) -> list[SavedAnswer]:
    """The answers of a run, or of all, in order of the input: at most `limit` of those with a number above `after`."""
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
    """A text with "?" in place of lone surrogates, which SQLite cannot store."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _digest(values: Sequence[object]) -> bytes:
    """A hash that is equal for equal answers."""
    mention, _, type, outcome, _, _, candidates, _, _ = values
    return hashlib.blake2b(f"{mention}\0{type}\0{outcome}\0{candidates}".encode(), digest_size=16).digest()
