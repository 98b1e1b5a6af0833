"""The decisions in force: those neither undone nor superseded by a later one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from resolver.database.connection import Connection
from resolver.database.redirects import present_id
from resolver.records import Decision

COLUMNS = "no, mention, id, verdict, who, decided, why, coalesce(undone, '')"
"""The columns of a `Decision`, in the order of its fields."""

NO_DECISIONS: Mapping[str, Decision] = {}


@dataclass(frozen=True, slots=True)
class DecisionsInForce:
    """The decisions in force at one moment, by normal form of the mention. Immutable: `advanced` returns a new object.

    Entity ids are current ids: a decision on a merged entity applies to the entity that it became part of.
    """

    by_form: Mapping[str, Mapping[str, Decision]] = field(default_factory=dict)
    """For each normal form, its decisions by entity id; at most one of them is an `accept`."""
    longest: Mapping[str, int] = field(default_factory=dict)
    """For each first word of accepted normal forms, the length in words of the longest one."""
    last: tuple[Any, ...] = (None, None, None, None)
    """The last decision read: number, normal form, entity id, time."""
    undone: int = 0
    """The number of undone decisions."""

    @property
    def version(self) -> tuple[Any, ...]:
        """A value that differs between any two states of the decision table."""
        return (*self.last, self.undone)

    def on(self, exact: str) -> Mapping[str, Decision]:
        """The decisions on mentions with a normal form, by entity id."""
        return self.by_form.get(exact, NO_DECISIONS)

    def begins(self, word: str) -> int:
        """The length in words of the longest accepted normal form that begins with a folded word, or 0."""
        return self.longest.get(word, 0)

    def advanced(self, connection: Connection) -> DecisionsInForce:
        """The decisions in force now; this object if none was made or undone since.

        Must be called in a read transaction.
        """
        ((*last, undone),) = connection.rows("SELECT max(no), exact, id, decided, count(undone) FROM decision")
        if (*last, undone) == self.version:
            return self
        known = self._only_added_to(connection, undone)
        by_form = {exact: dict(decisions) for exact, decisions in self.by_form.items()} if known else {}
        longest = dict(self.longest) if known else {}
        rows = connection.rows(
            f"SELECT exact, {COLUMNS} FROM decision WHERE no > ? AND undone IS NULL ORDER BY no",
            self.last[0] if known else 0,
        )
        for exact, *values in rows:
            decision = Decision(*values)
            _add(by_form, longest, exact, replace(decision, id=present_id(connection, decision.id)))
        return DecisionsInForce(by_form, longest, tuple(last), undone)

    def _only_added_to(self, connection: Connection, undone: int) -> bool:
        """Whether the table still holds what was read before, and at most new decisions after it."""
        return undone == self.undone and [self.last] == connection.rows(
            "SELECT no, exact, id, decided FROM decision WHERE no = ?", self.last[0]
        )


def _add(by_form: dict[str, dict[str, Decision]], longest: dict[str, int], exact: str, decision: Decision) -> None:
    """Add a later decision: it replaces one on the same entity, and an `accept` replaces one for another entity."""
    known = by_form.setdefault(exact, {})
    known.pop(decision.id, None)
    if decision.verdict == "accept":
        for other in [other for other in known.values() if other.verdict == "accept"]:
            del known[other.id]
        first, *more = exact.split(" ")
        longest[first] = max(longest.get(first, 0), 1 + len(more))
    known[decision.id] = decision
