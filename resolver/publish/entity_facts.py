"""The facts about an entity: its names, ids and sources, the mentions linked to it, and the decisions on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from resolver.database.connection import Connection
from resolver.database.decisions_in_force import COLUMNS
from resolver.database.redirects import present_id
from resolver.records import Alias, Decision


@dataclass(frozen=True, slots=True)
class FactLimits:
    """Maximum number of rows of each kind that are read."""

    names: int = 500
    redirects: int = 100
    mentions: int = 100
    decisions: int = 100


LIMITS = FactLimits()


@dataclass(frozen=True, slots=True)
class EntityOrigin:
    """A source of an entity: the file name without its folder, the licence, and the web address."""

    name: str
    licence: str
    url: str


@dataclass(frozen=True, slots=True)
class LinkedMention:
    """A mention that saved runs linked to an entity: its occurrences, runs, and highest probability."""

    mention: str
    times: int
    runs: int
    probability: float


@dataclass(frozen=True, slots=True)
class EntityFacts:
    """The facts about an entity in the database."""

    id: str
    name: str
    type: str
    weight: float
    names: tuple[Alias, ...]
    redirects: tuple[str, ...]
    """Other ids that mean this entity."""
    sources: tuple[EntityOrigin, ...]
    mentions: tuple[LinkedMention, ...]
    """The most frequent first."""
    decisions: tuple[Decision, ...]
    """The last one first, including undone ones."""
    cut: frozenset[str]
    """Those of `names`, `redirects`, `mentions` and `decisions` that have more rows in the database."""


def read_facts(connection: Connection, id: str) -> EntityFacts | None:
    """The facts about the current entity of an id; None if there is none."""
    found = connection.rows("SELECT no, id, name, type, weight FROM entity WHERE id = ?", present_id(connection, id))
    if not found:
        return None
    ((row, present, name, type, weight),) = found

    def read(sql: str, values: Sequence[object], limit: int) -> list[tuple[Any, ...]]:
        return connection.rows(f"{sql} LIMIT ?", *values, limit + 1)  # one more, which shows whether there are more

    names = read("SELECT name, lang, kind FROM alias WHERE entity = ? ORDER BY no", [row], LIMITS.names)
    redirects = [old for (old,) in read("SELECT old FROM redirect WHERE new = ?", [present], LIMITS.redirects)]
    ids = [present, *redirects[: LIMITS.redirects]]
    marks = ",".join("?" * len(ids))
    mentions = read(
        "SELECT mention, sum(times), count(DISTINCT run), max(probability) FROM resolved"
        f" WHERE id IN ({marks}) GROUP BY mention ORDER BY sum(times) DESC, mention",
        ids,
        LIMITS.mentions,
    )
    decisions = read(f"SELECT {COLUMNS} FROM decision WHERE id IN ({marks}) ORDER BY no DESC", ids, LIMITS.decisions)
    cut = {
        "names": len(names) > LIMITS.names,
        "redirects": len(redirects) > LIMITS.redirects,
        "mentions": len(mentions) > LIMITS.mentions,
        "decisions": len(decisions) > LIMITS.decisions,
    }
    return EntityFacts(
        present,
        name,
        type,
        weight,
        tuple(Alias(*values) for values in names[: LIMITS.names]),
        tuple(redirects[: LIMITS.redirects]),
        tuple(read_sources(connection, present)),
        tuple(LinkedMention(*values) for values in mentions[: LIMITS.mentions]),
        tuple(Decision(*values) for values in decisions[: LIMITS.decisions]),
        frozenset(kind for kind, is_cut in cut.items() if is_cut),
    )


def read_sources(connection: Connection, id: str) -> list[EntityOrigin]:
    """The sources of the entity with an id, in the order in which the database was built from them."""
    sql = (
        "SELECT path, licence, url FROM entity JOIN origin ON origin.entity = entity.no"
        " JOIN source ON source.no = origin.source WHERE entity.id = ? ORDER BY source.no"
    )
    return [EntityOrigin(PurePath(path).name, licence, url) for path, licence, url in connection.rows(sql, id)]
