"""The review queue: what runs were not sure of, one mention at a time, the most frequent first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from resolver.database.connection import Connection
from resolver.database.decisions_in_force import COLUMNS
from resolver.database.redirects import present_id
from resolver.database.saved_runs import SavedAnswer, SavedRun, read_resolved, read_runs
from resolver.names.normal_form import normal_form
from resolver.records import Alias, Decision

RUNS = 100
"""So many runs can be chosen from: the last ones."""

AROUND = 4
"""So many mentions before the one at hand are listed, and twice as many after it."""

NAMES = 8
"""So many other names of a candidate are shown."""


@dataclass(frozen=True, slots=True)
class Option:
    """A candidate as it is now: `id` is "" when its entity has gone since the run."""

    id: str
    name: str
    type: str
    probability: float
    names: tuple[Alias, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A mention to decide on: how a run answered, what it may mean, and the decisions on it that stand."""

    answer: SavedAnswer
    options: tuple[Option, ...]
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue of a run, or of all runs, and the item at one place of it (from 0); None when nothing is there."""

    runs: tuple[SavedRun, ...]
    run: int | None
    waiting: int
    place: int
    aside: bool
    """Whether the item does not wait, but was asked for."""
    item: Item | None
    first: int
    """Place of the first of `listed`."""
    listed: tuple[SavedAnswer, ...]
    seen: int
    """The number of the last decision that this takes into account."""


def read_queue(
    connection: Connection, run: int | None, place: int, mention: str = "", type: str | None = None
) -> Queue:
    """The queue, with the item at a place, or the last one if there are fewer.

    With `mention` the item is that mention, whether it waits or not; with `type` as it was asked for with that type.
    """
    ((seen,),) = connection.rows("SELECT coalesce(max(no), 0) FROM decision")
    order = _order(connection, run)
    last = _last(connection, normal_form(mention).exact, type, run) if mention else None
    found = next((at for at, one in enumerate(order) if one[:2] == last[:2]), None) if last else None
    place = max(0, min(place, len(order) - 1) if found is None else found)
    first = max(0, place - AROUND)
    listed = [_read(connection, one) for one in order[first : first + 3 * AROUND]]
    waits = listed[place - first] if listed and not mention else None
    answer = _read(connection, order[found] if found is not None else last) if last else waits
    item = Item(answer, _options(connection, answer), _decisions(connection, answer.exact)) if answer else None
    runs = tuple(reversed(read_runs(connection)[-RUNS:]))
    return Queue(runs, run, len(order), place, bool(mention) and found is None, item, first, tuple(listed), seen)


class _Waiting(NamedTuple):
    """The last answer for a normal form and type, and how often that stands in all that was read."""

    exact: str
    type: str
    number: int
    times: int


def _order(connection: Connection, run: int | None) -> list[_Waiting]:
    """What waits of a run, or of all, in the order of the review."""
    where, values = ("", ()) if run is None else ("WHERE run = ?", (run,))
    sql = f"SELECT exact, type, max(no), sum(times) FROM waiting {where} GROUP BY exact, type"
    return [_Waiting(*row) for row in connection.rows(f"{sql} ORDER BY sum(times) DESC, max(no)", *values)]


def _last(connection: Connection, exact: str, type: str | None, run: int | None) -> _Waiting | None:
    """The same for what has a normal form (and a type), whether it waits or not."""
    wanted = {"exact": exact, "type": type, "run": run}
    given = {column: value for column, value in wanted.items() if value is not None}
    where = " AND ".join(f"{column} = ?" for column in given)
    sql = f"SELECT exact, type, max(no), sum(times) FROM resolved WHERE {where} GROUP BY type"
    found = connection.rows(f"{sql} ORDER BY max(no) DESC LIMIT 1", *given.values())
    return _Waiting(*found[0]) if found else None


def _read(connection: Connection, one: _Waiting) -> SavedAnswer:
    return replace(read_resolved(connection, after=one.number - 1, limit=1)[0], times=one.times)


def _options(connection: Connection, answer: SavedAnswer) -> tuple[Option, ...]:
    options: list[Option] = []
    for choice in answer.candidates:
        id = present_id(connection, choice.id)
        if any(option.id == id for option in options):
            continue  # two have become one since
        found = connection.rows("SELECT no, name, type FROM entity WHERE id = ?", id)
        if not found:
            options.append(Option("", choice.name, choice.type, choice.probability, ()))
            continue
        ((row, name, type),) = found
        names = connection.rows(
            "SELECT name, lang, kind FROM alias WHERE entity = ? ORDER BY no LIMIT ?", row, NAMES + 1
        )
        options.append(Option(id, name, type, choice.probability, tuple(Alias(*values) for values in names[1:])))
    return tuple(options)


def _decisions(connection: Connection, exact: str) -> tuple[Decision, ...]:
    sql = f"SELECT {COLUMNS} FROM decision WHERE exact = ? AND undone IS NULL ORDER BY no"
    return tuple(Decision(*row) for row in connection.rows(sql, exact))
