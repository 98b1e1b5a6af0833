"""The review queue: the mentions with uncertain answers in saved runs, the most frequent first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from resolver.database.connection import Connection
from resolver.database.decisions_in_force import COLUMNS
from resolver.database.redirects import present_id
from resolver.database.saved_runs import SavedAnswer, SavedRun, read_resolved, read_runs
from resolver.names.normal_form import normal_form
from resolver.records import Alias, Decision


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """Maximum number of rows of the queue that are read for one page."""

    runs: int = 100
    """Runs to choose from, the last ones."""
    listed_before: int = 4
    """Mentions listed before the current one."""
    listed: int = 12
    """Mentions listed in total."""
    names: int = 8
    """Other names of a candidate."""


LIMITS = QueueLimits()


@dataclass(frozen=True, slots=True)
class ReviewCandidate:
    """A candidate in the current table; `id` is "" if its entity has been removed since the run."""

    id: str
    name: str
    type: str
    probability: float
    names: tuple[Alias, ...]


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A mention to decide on: the answer of a run, the current candidates, and the decisions in force on it."""

    answer: SavedAnswer
    candidates: tuple[ReviewCandidate, ...]
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class ReviewQueue:
    """The queue of one run, or of all, and the item at one place."""

    runs: tuple[SavedRun, ...]
    """The runs to choose from, the last one first."""
    run: int | None
    """The number of the run; None for all."""
    waiting: int
    """The number of items in the queue."""
    place: int
    """The place of the item, from 0."""
    aside: bool
    """Whether the item was requested by its mention and is not in the queue."""
    item: ReviewItem | None
    """None if the queue is empty, or no run has the mention."""
    first: int
    """The place of the first item of `listed`."""
    listed: tuple[SavedAnswer, ...]
    """The items around `place`."""
    seen: int
    """The number of the last decision taken into account."""


def read_queue(
    connection: Connection, run: int | None, place: int, mention: str = "", type: str | None = None
) -> ReviewQueue:
    """The queue with the item at a place, or the last item if there are fewer.

    With `mention`, the item is that mention, whether in the queue or not; with `type`, requested with that type.
    """
    ((seen,),) = connection.rows("SELECT coalesce(max(no), 0) FROM decision")
    entries = _read_entries(connection, run)
    wanted = _entry_of(connection, normal_form(mention).exact, type, run) if mention else None
    at = next((at for at, entry in enumerate(entries) if entry[:2] == wanted[:2]), None) if wanted else None
    place = max(0, min(place, len(entries) - 1) if at is None else at)
    first = max(0, place - LIMITS.listed_before)
    listed = [_read_answer(connection, entry) for entry in entries[first : first + LIMITS.listed]]
    answer = listed[place - first] if listed and not mention else None
    if wanted:
        answer = _read_answer(connection, wanted if at is None else entries[at])
    return ReviewQueue(
        runs=tuple(reversed(read_runs(connection)[-LIMITS.runs :])),
        run=run,
        waiting=len(entries),
        place=place,
        aside=bool(mention) and at is None,
        item=_read_item(connection, answer) if answer else None,
        first=first,
        listed=tuple(listed),
        seen=seen,
    )


class _QueueEntry(NamedTuple):
    """A normal form and type, the number of its last answer, and its occurrences in all rows read."""

    exact: str
    type: str
    number: int
    times: int


def _read_entries(connection: Connection, run: int | None) -> list[_QueueEntry]:
    """The queue of a run, or of all."""
    where, values = ("", ()) if run is None else ("WHERE run = ?", (run,))
    sql = f"SELECT exact, type, max(no), sum(times) FROM waiting {where} GROUP BY exact, type"
    return [_QueueEntry(*row) for row in connection.rows(f"{sql} ORDER BY sum(times) DESC, max(no)", *values)]


def _entry_of(connection: Connection, exact: str, type: str | None, run: int | None) -> _QueueEntry | None:
    """The last answer for a normal form (and a type), whether it is in the queue or not."""
    wanted = {"exact": exact, "type": type, "run": run}
    given = {column: value for column, value in wanted.items() if value is not None}
    where = " AND ".join(f"{column} = ?" for column in given)
    sql = f"SELECT exact, type, max(no), sum(times) FROM resolved WHERE {where} GROUP BY type"
    found = connection.rows(f"{sql} ORDER BY max(no) DESC LIMIT 1", *given.values())
    return _QueueEntry(*found[0]) if found else None


def _read_answer(connection: Connection, entry: _QueueEntry) -> SavedAnswer:
    return replace(read_resolved(connection, after=entry.number - 1, limit=1)[0], times=entry.times)


def _read_item(connection: Connection, answer: SavedAnswer) -> ReviewItem:
    sql = f"SELECT {COLUMNS} FROM decision WHERE exact = ? AND undone IS NULL ORDER BY no"
    decisions = tuple(Decision(*row) for row in connection.rows(sql, answer.exact))
    return ReviewItem(answer, _read_candidates(connection, answer), decisions)


def _read_candidates(connection: Connection, answer: SavedAnswer) -> tuple[ReviewCandidate, ...]:
    """The candidates of an answer in the current table; merged entities are one candidate."""
    candidates: list[ReviewCandidate] = []
    for choice in answer.candidates:
        id = present_id(connection, choice.id)
        if any(candidate.id == id for candidate in candidates):
            continue
        found = connection.rows("SELECT no, name, type FROM entity WHERE id = ?", id)
        if not found:
            candidates.append(ReviewCandidate("", choice.name, choice.type, choice.probability, ()))
            continue
        ((row, name, type),) = found
        names = connection.rows(
            "SELECT name, lang, kind FROM alias WHERE entity = ? ORDER BY no LIMIT ?", row, LIMITS.names + 1
        )
        others = tuple(Alias(*values) for values in names[1:])
        candidates.append(ReviewCandidate(id, name, type, choice.probability, others))
    return tuple(candidates)
