"""Decisions that a mention means an entity, or does not mean it.

A decision is added, and may be marked as undone; otherwise it is never changed or removed. It applies to the normal
form of its mention, and outlives its entity, later builds to the same file, and `compact`.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from resolver.database.connection import Connection, writing
from resolver.database.decisions_in_force import COLUMNS
from resolver.database.redirects import present_id
from resolver.errors import InputError, RecordError
from resolver.infra.tabular import read_rows
from resolver.names.normal_form import normal_form
from resolver.records import Decision
from resolver.settings import Settings
from resolver.sources.entity_rows import check_characters

TIME = "%Y-%m-%dT%H:%M:%SZ"
"""The format of times."""

TSV_COLUMNS = ("number", "mention", "id", "verdict", "who", "decided", "why", "undone")
"""The columns of a table of decisions."""

REQUIRED_COLUMNS = ("mention", "id", "verdict")
"""The columns that it must have."""

MAX_NOTE_CHARACTERS = 10_000
"""Maximum number of characters in `who` and in `why`, which are part of every answer that the decision determines."""


@dataclass(slots=True)
class ImportReport:
    """The numbers of imported decisions that are new, newly undone, and unchanged."""

    new: int = 0
    undone: int = 0
    same: int = 0
    unknown: int = 0
    """Number of decisions without effect, as no entity has their id."""


class DecidedError(InputError):
    """Another person has decided on the mention meanwhile; `decision` is that decision."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(f"{decision.mention!r} was decided meanwhile: {decision.id!r} {decision}")
        self.decision = decision


def add_decision(path: str | Path, decision: Decision) -> Decision:
    """Add a decision to the database file `path`, and return it with its number and the current time.

    If its id redirects, the decision is stored for the current entity. Raises InputError if it is invalid or no entity
    has its id, and DatabaseError if the file cannot be changed.
    """
    return add_decisions(path, [decision])[0]


def add_decisions(path: str | Path, decisions: Sequence[Decision], seen: int | None = None) -> list[Decision]:
    """Add decisions in one transaction, each as `add_decision` does, and return them.

    `seen` is the number of the last decision that their author has seen: raises DecidedError if a later one on one of
    the mentions is in force. If any of them raises an error, none is added.
    """
    checked = []
    for decision in decisions:
        try:
            checked.append(
                _checked(
                    {"mention": decision.mention, "id": decision.id, "verdict": decision.verdict}
                    | {"who": decision.who, "why": decision.why}
                )
            )
        except ValueError as error:
            raise InputError(str(error)) from error
    with writing(Path(path)) as connection:
        for values, exact in checked:
            since = f"SELECT {COLUMNS} FROM decision WHERE exact = ? AND no > ? AND undone IS NULL ORDER BY no DESC"
            if seen is not None and (later := connection.rows(f"{since} LIMIT 1", exact, seen)):
                raise DecidedError(Decision(*later[0]))
            values["id"] = present_id(connection, values["id"])
            if not _is_there(connection, values["id"]):
                raise InputError(f"no entity has the id {values['id']!r}", path)
        return [_insert(connection, values, exact) for values, exact in checked]


def undo_last(path: str | Path, who: str) -> list[Decision]:
    """Undo the last step of `who` that is in force, and return all decisions of that step.

    Raises InputError if there is none, and DatabaseError if the file cannot be changed.
    """
    with writing(Path(path)) as connection:
        standing = "SELECT exact, verdict, decided FROM decision WHERE who = ? AND undone IS NULL"
        last = connection.rows(f"{standing} ORDER BY no DESC LIMIT 1", who)
        if not last:
            raise InputError("you have made no decision that is still in force")
        rows = connection.rows(
            "UPDATE decision SET undone = ? WHERE who = ? AND undone IS NULL AND exact = ? AND verdict = ?"
            f" AND decided = ? RETURNING {COLUMNS}",
            *(_now(), who, *last[0]),
        )
        return sorted((Decision(*row) for row in rows), key=lambda decision: decision.number)


def undo_decision(path: str | Path, number: int | None = None) -> Decision:
    """Undo a decision in the database file `path`, by default the last one in force, and return it.

    Raises InputError if there is none, and DatabaseError if the file cannot be changed.
    """
    with writing(Path(path)) as connection:
        which = "undone IS NULL ORDER BY no DESC LIMIT 1" if number is None else "no = ?"
        values = () if number is None else (_number(number),)
        found = [Decision(*row) for row in connection.rows(f"SELECT {COLUMNS} FROM decision WHERE {which}", *values)]
        if not found:
            raise InputError("no decision to undo" if number is None else f"no decision {number}", path)
        (decision,) = found
        if decision.undone:
            raise InputError(f"decision {number} was undone on {decision.undone}", path)
        (row,) = connection.rows(
            f"UPDATE decision SET undone = ? WHERE no = ? RETURNING {COLUMNS}", _now(), decision.number
        )
        return Decision(*row)


def read_decisions(connection: Connection) -> list[Decision]:
    """All decisions of a database, in the order in which they were made, including undone ones."""
    return [Decision(*row) for row in connection.rows(f"SELECT {COLUMNS} FROM decision ORDER BY no")]


def to_tsv(decisions: Iterable[Decision]) -> Iterator[bytes]:
    """The lines of a table of decisions, including its header."""
    yield "\t".join(TSV_COLUMNS).encode() + b"\n"
    for decision in decisions:
        yield "\t".join(map(str, decision.to_dict().values())).encode() + b"\n"


def import_tsv(path: str | Path, name: str, lines: Iterable[bytes]) -> ImportReport:
    """Import the decisions of a table from `to_tsv`, or of one with only the columns mention, id and verdict.

    They count as made after the existing ones. A decision that exists with the same time (for a row without a time: one
    in force) is not added again; it is undone if the table says so. So importing a table again changes nothing. Ids
    that no entity has are allowed. Raises InputError, naming the table as `name`, for an invalid row; then nothing is
    imported.
    """
    rows = []
    for line, record in read_rows(name, lines, "tsv", REQUIRED_COLUMNS):
        if isinstance(record, RecordError):
            raise record
        try:
            rows.append(_checked(record))
        except ValueError as error:
            raise InputError(str(error), name, line) from error
    report = ImportReport()
    with writing(Path(path)) as connection:
        known: dict[tuple[str, ...], list[Decision]] = defaultdict(list)
        for decision in read_decisions(connection):
            known[_what(decision.to_dict())].append(decision)
        for values, exact in rows:
            report.unknown += not _is_there(connection, present_id(connection, values["id"]))
            alike = known[_what(values)]
            same = next((d for d in alike if values["decided"] == (d.decided if values["decided"] else d.undone)), None)
            if same is None:
                _insert(connection, values, exact)
                report.new += 1
                continue
            alike.remove(same)
            if values["undone"] and not same.undone:
                connection.rows("UPDATE decision SET undone = ? WHERE no = ?", values["undone"], same.number)
                report.undone += 1
            else:
                report.same += 1
    return report


def _insert(connection: Connection, values: dict[str, str], exact: str) -> Decision:
    mention, entity_id, verdict, who, decided, why, undone = (values[column] for column in TSV_COLUMNS[1:])
    (row,) = connection.rows(
        "INSERT INTO decision (mention, exact, id, verdict, who, decided, why, undone)"
        f" VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING {COLUMNS}",
        *(mention, exact, entity_id, verdict, who, decided or _now(), why, undone or None),
    )
    return Decision(*row)


def _is_there(connection: Connection, entity_id: str) -> bool:
    return bool(connection.rows("SELECT 1 FROM entity WHERE id = ?", entity_id))


def _what(values: dict[str, Any]) -> tuple[str, ...]:
    """A key that is equal for equal decisions of one person, whatever their time."""
    return tuple([values[column] for column in ("mention", "id", "verdict", "who", "why")])


def _checked(record: dict[str, Any]) -> tuple[dict[str, str], str]:
    """The values of a decision as stored, and the normal form of its mention.

    Runs of spaces, tabs and line ends become single spaces, so that each row is a line. Raises ValueError if it is
    invalid.
    """
    values = {column: _text(column, record.get(column, "")) for column in TSV_COLUMNS[1:]}
    for column in REQUIRED_COLUMNS:
        if not values[column]:
            raise ValueError(f"{column} is missing or empty")
    if values["verdict"] not in ("accept", "reject"):
        raise ValueError(f"verdict must be accept or reject, not {values['verdict']!r}")
    exact, maximum = normal_form(values["mention"]).exact, Settings().max_mention
    if not exact:
        raise ValueError(f"mention {values['mention']!r} has no letter or digit")
    if len(values["mention"]) > maximum:
        raise ValueError(f"mention {values['mention'][:40] + '...'!r} is too long: more than {maximum} characters")
    for column in ("who", "why"):
        if len(values[column]) > MAX_NOTE_CHARACTERS:
            raise ValueError(f"{column} has {len(values[column]):,} characters, more than {MAX_NOTE_CHARACTERS:,}")
    for column in ("decided", "undone"):
        values[column] = _time(column, values[column])
    return values, exact


def _text(column: str, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{column} must be a string, not {value!r}")
    text = " ".join(value.split())
    check_characters(column, text)
    return text


def _time(column: str, text: str) -> str:
    """A time with a time zone (ISO 8601), converted to UTC; "" for "". Raises ValueError for another text."""
    if not text:
        return ""
    with contextlib.suppress(ValueError, OverflowError):
        time = datetime.fromisoformat(text)
        if time.tzinfo is not None:
            return time.astimezone(UTC).strftime(TIME)
    raise ValueError(f"{column} must be a time with a time zone, such as {_now()}, not {text!r}")


def _number(number: object) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 1 << 63:
        raise InputError(f"the number of a decision must be an integer, not {number!r}")
    return number


def _now() -> str:
    return datetime.now(UTC).strftime(TIME)
