"""What runs took mentions for, kept in the database that answered: for who counts them, joins them or reviews them.

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
"""How times are written: a run is known by its own."""

MOST = 5
"""So many candidates of an answer are kept."""

LONGEST = Settings().max_mention
"""Longer mentions, in code points, are not kept."""

DIGITS = 6
"""Probabilities are rounded so."""

AT_ONCE = 4096
"""So many different answers are counted in memory, before those on the disk."""

CACHE = 1 << 16
"""Kilobytes of what is on the disk that are kept in memory too."""

LARGE = 1 << 18
"""Kilobytes of answers that are saved without readers noticing: some 400,000. While more are, they wait."""

PATIENCE = 300.0
"""For so many seconds a run waits for others that are changing the file: its answers may be the work of hours."""

_COLUMNS = "run, mention, exact, type, outcome, id, probability, candidates, times, place"
_RUN_COLUMNS = "command, input, min_precision, no, saved"
_VALUES = "mention, exact, type, outcome, id, probability, candidates, times, place"


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

    def to_dict(self) -> dict[str, Any]:
        """The same as a JSON object."""
        return {"id": self.id, "name": self.name, "type": self.type, "probability": self.probability}


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
    def from_dict(cls, value: Mapping[str, Any]) -> Resolved:
        """What `to_dict` made a JSON object of."""
        others = {name: value[name] for name in ("mention", "exact", "type", "outcome", "id", "probability", "times")}
        choices = tuple(Choice(**choice) for choice in value["candidates"])
        return cls(candidates=choices, place=value["place"], run=value["run"], number=value["no"], **others)


def is_kept(mention: str) -> bool:
    """Whether a mention is short enough to be a name: others are not saved."""
    return len(mention) <= LONGEST


class Counted:
    """Answers, counted: those for a mention that are the same for the same type become one, with the first's place."""

    def __init__(self) -> None:
        """Begin with none."""
        self._first: dict[tuple[object, ...], Resolved] = {}
        self._times: Counter[tuple[object, ...]] = Counter()

    def __len__(self) -> int:
        return len(self._first)

    def add(self, row: Resolved) -> None:
        """Count an answer."""
        key = (row.mention, row.type, row.outcome, row.candidates)
        self._first.setdefault(key, row)
        self._times[key] += row.times

    def taken(self) -> list[Resolved]:
        """All of them in the order of their places; none are left."""
        rows = [replace(row, times=self._times[key]) for key, row in self._first.items()]
        self._first.clear()
        self._times.clear()
        return rows


class Tally:
    """Counts the answers of a run, on the disk when they are many, and saves them when it is over."""

    def __init__(self) -> None:
        """Begin with none."""
        self.run: Run | None = None
        """The run, once it is saved."""
        self.count = 0
        """How many answers were saved."""
        self._new = Counted()
        self._rows = sqlite3.connect("")  # a file without a name, gone when it is closed
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute(f"PRAGMA cache_size = -{CACHE}")
        self._rows.execute(f"CREATE TABLE tally (no INTEGER PRIMARY KEY, key BLOB UNIQUE, {_VALUES})")

    def add(self, row: Resolved) -> None:
        """Count an answer. Raises DatabaseError when there is no space left for it."""
        if is_kept(row.mention):
            self._new.add(row)
            if len(self._new) == AT_ONCE:
                self._put_down()

    def _put_down(self) -> None:
        """Go over to the disk with what was counted in memory."""
        rows = map(_values, self._new.taken())
        try:
            self._rows.executemany(
                f"INSERT INTO tally (key, {_VALUES}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET times = times + excluded.times",
                ((_digest(values), *values) for values in rows),
            )
        except sqlite3.Error as error:
            raise problem("answers that are to be saved, in the folder for temporary files", error) from error

    def save(self, path: str | Path, run: Run) -> Run:
        """Save it all as a run, in one transaction, in the database file `path`; the run with its number and time.

        A run that has a time is saved once: when it is there, nothing is done. Raises DatabaseError when the file
        cannot be changed; nothing is saved then.
        """
        self._put_down()
        run = replace(run, command=_text(run.command), input=_text(run.input), saved=run.saved or now())
        end = time.monotonic() + PATIENCE
        while True:
            try:
                with writing(Path(path), most=LARGE) as connection:
                    number = self._save(connection, run)
            except InUseError:
                if time.monotonic() > end:
                    raise
                continue
            if is_at(Path(path), connection.file):
                break  # else another file has taken its place meanwhile, in a way that ours never do
        self.run = replace(run, number=number)
        return self.run

    def _save(self, connection: Connection, run: Run) -> int:
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
        """Forget it all."""
        self._rows.close()


@contextlib.contextmanager
def saving(path: str | Path, run: Run) -> Iterator[Tally]:
    """What to count the answers of a run with, which is saved in the database file `path` when the block ends well.

    Raises DatabaseError when the file cannot be changed: if that can be told, at once.
    """
    check_can_save(path)
    with contextlib.closing(Tally()) as tally:
        yield tally
        tally.save(path, run)


def save_run(path: str | Path, run: Run, rows: Iterable[Resolved]) -> Run:
    """Save the answers of a run in the database file `path`, as `saving`; the run with its number and time."""
    with saving(path, run) as tally:
        for row in rows:
            tally.add(row)
    assert tally.run is not None
    return tally.run


class _NeverMindError(Exception):
    """A change was only tried."""


def check_can_save(path: str | Path) -> None:
    """Raise DatabaseError unless the database file `path` can be changed. It stays as it is."""
    with contextlib.suppress(_NeverMindError), writing(Path(path)) as connection:
        connection.rows("INSERT INTO run (command, input, saved, min_precision) VALUES ('', '', '', 0.0)")
        raise _NeverMindError


def now() -> str:
    """The time, as runs have it."""
    return datetime.now(UTC).strftime(TIME)


def read_runs(connection: Connection) -> list[Run]:
    """All runs that were saved, in that order."""
    return [Run(*row) for row in connection.rows(f"SELECT {_RUN_COLUMNS} FROM run ORDER BY no")]


def read_resolved(connection: Connection, run: int | None = None, after: int = 0, limit: int = -1) -> list[Resolved]:
    """What a run, or all of them, took mentions for, in the order of the input: at most `limit` behind a number."""
    where = "no > ?" if run is None else "no > ? AND run = ?"
    values = (after,) if run is None else (after, run)
    rows = connection.rows(f"SELECT no, {_COLUMNS} FROM resolved WHERE {where} ORDER BY no LIMIT ?", *values, limit)
    return [_resolved(*row) for row in rows]


def read_waiting(connection: Connection, run: int | None = None, limit: int = -1, offset: int = 0) -> list[Resolved]:
    """What waits to be looked at (view `waiting`) of a run, or of all: the most frequent first.

    One for each normal form and type, with its last answer; `times` is how often it stands in all that was read.
    """
    where, values = ("", ()) if run is None else ("WHERE run = ?", (run,))
    columns = _COLUMNS.replace("times", "sum(times) AS total")
    grouped = f"SELECT max(no) AS last, {columns} FROM waiting {where} GROUP BY exact, type"
    columns = _COLUMNS.replace("times", "total")
    rows = connection.rows(
        f"SELECT last, {columns} FROM ({grouped}) ORDER BY total DESC, last LIMIT ? OFFSET ?", *values, limit, offset
    )
    return [_resolved(*row) for row in rows]


def _resolved(number: int, run: int, *others: Any) -> Resolved:  # noqa: ANN401
    mention, exact, type, outcome, entity_id, probability, candidates, times, place = others
    choices = tuple(Choice(c["id"], c["name"], c["type"], c["probability"]) for c in orjson.loads(candidates))
    return Resolved(mention, exact, type, outcome, entity_id, probability, choices, times, place, run, number)


def _values(row: Resolved) -> list[object]:
    candidates = orjson.dumps([choice.to_dict() for choice in row.candidates]).decode()
    exact, mention, place = (_text(text) for text in (row.exact, row.mention, row.place))
    return [mention, exact, row.type, row.outcome, row.id, row.probability, candidates, row.times, place]


def _text(text: str) -> str:
    """A text without lone surrogates, which cannot be written."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _digest(values: Sequence[object]) -> bytes:
    """What is equal for equal answers."""
    mention, _, type, outcome, _, _, candidates, _, _ = values
    return hashlib.blake2b(f"{mention}\0{type}\0{outcome}\0{candidates}".encode(), digest_size=16).digest()
