"""The decisions that stand: what people decided on a mention and nobody took back or decided otherwise since.

They are kept in memory by normal form, and read only when there are others than before. Ids are those that entities
have now: a decision on one that was merged is on the one that it became.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from resolver.database.connection import Connection
from resolver.database.redirects import present_id
from resolver.records import Decision

COLUMNS = "no, mention, id, verdict, who, decided, why, coalesce(undone, '')"
"""What a Decision is made of."""

NOTHING: Mapping[str, Decision] = {}


class Standing:
    """The decisions that stand in a table, as they were at the last look."""

    def __init__(self) -> None:
        """Begin with none."""
        self._by_form: dict[str, dict[str, Decision]] = {}
        self._longest: dict[str, int] = {}
        self._last: tuple[Any, ...] = (None, None, None, None)
        self._undone = 0

    @property
    def seen(self) -> tuple[object, ...]:
        """What tells the decisions taken in from any others."""
        return (*self._last, self._undone)

    def catch_up(self, connection: Connection) -> bool:
        """Take in what was decided and taken back since the last time, and say whether there was anything."""
        ((*last, undone),) = connection.rows("SELECT max(no), exact, id, decided, count(undone) FROM decision")
        if (tuple(last), undone) == (self._last, self._undone):
            return False
        known = self._last[0] if self._goes_on(connection, undone) else 0
        if not known:
            self._by_form.clear()
            self._longest.clear()
        rows = connection.rows(
            f"SELECT exact, {COLUMNS} FROM decision WHERE no > ? AND undone IS NULL ORDER BY no", known
        )
        for exact, *values in rows:
            decision = Decision(*values)
            self._take(exact, replace(decision, id=present_id(connection, decision.id)))
        self._last, self._undone = tuple(last), undone
        return True

    def _goes_on(self, connection: Connection, undone: int) -> bool:
        """Whether decisions have only been added to those known."""
        return undone == self._undone and [self._last] == connection.rows(
            "SELECT no, exact, id, decided FROM decision WHERE no = ?", self._last[0]
        )

    def _take(self, exact: str, decision: Decision) -> None:
        """A later decision on a mention and an entity takes the place of an earlier one; so does, of an earlier accept
        of another entity, an accept."""
        known = self._by_form.setdefault(exact, {})
        known.pop(decision.id, None)
        if decision.verdict == "accept":
            for other in [other for other in known.values() if other.verdict == "accept"]:
                del known[other.id]
            first, *more = exact.split(" ")
            self._longest[first] = max(self._longest.get(first, 0), 1 + len(more))
        known[decision.id] = decision

    def on(self, exact: str) -> Mapping[str, Decision]:
        """The decisions on mentions with a normal form, by id of the entity; at most one of them accepts."""
        return self._by_form.get(exact, NOTHING)

    @property
    def accepts(self) -> bool:
        """Whether any decision accepts."""
        return bool(self._longest)

    def begins(self, word: str) -> int:
        """The most words that an accepted normal form beginning with the folded `word` has; 0 when none does."""
        return self._longest.get(word, 0)
