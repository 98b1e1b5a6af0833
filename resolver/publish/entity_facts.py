"""What is known of one entity: its names, ids and sources, what mentions were taken for it, what people decided."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from resolver.database.connection import Connection
from resolver.database.decisions_in_force import COLUMNS
from resolver.database.redirects import present_id
from resolver.records import Alias, Decision

NAMES, MENTIONS, OTHERS = 500, 100, 100
"""So many names, mentions, and of all else (ids, decisions) are read at most."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where an entity is from: the file without its folder, its licence, and where it is given out."""

    name: str
    licence: str
    url: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A mention that runs took for an entity: how often in all, in how many runs, and how sure they were at most."""

    mention: str
    times: int
    runs: int
    probability: float


@dataclass(frozen=True, slots=True)
class Facts:
    """An entity and what belongs to it."""

    id: str
    name: str
    type: str
    weight: float
    names: tuple[Alias, ...]
    redirects: tuple[str, ...]
    sources: tuple[Source, ...]
    mentions: tuple[Mention, ...]
    decisions: tuple[Decision, ...]
    more: frozenset[str]
    """The names of those fields that do not have all there is."""


def read_facts(connection: Connection, id: str) -> Facts | None:
    """What is known of the entity that an id means now; None when it means none."""
    found = connection.rows("SELECT no, id, name, type, weight FROM entity WHERE id = ?", present_id(connection, id))
    if not found:
        return None
    ((row, present, name, type, weight),) = found
    aliases = "SELECT name, lang, kind FROM alias WHERE entity = ? ORDER BY no"
    redirects = [
        old for (old,) in connection.rows("SELECT old FROM redirect WHERE new = ? LIMIT ?", present, OTHERS + 1)
    ]
    ids = [present, *redirects[:OTHERS]]
    marks = ",".join("?" * len(ids))
    mentions = (
        "SELECT mention, sum(times), count(DISTINCT run), max(probability) FROM resolved"
        f" WHERE id IN ({marks}) GROUP BY mention ORDER BY sum(times) DESC, mention"
    )
    decisions = f"SELECT {COLUMNS} FROM decision WHERE id IN ({marks}) ORDER BY no DESC"
    found_names = connection.rows(f"{aliases} LIMIT ?", row, NAMES + 1)
    found_mentions = connection.rows(f"{mentions} LIMIT ?", *ids, MENTIONS + 1)
    found_decisions = connection.rows(f"{decisions} LIMIT ?", *ids, OTHERS + 1)
    more = {
        "names": len(found_names) > NAMES,
        "redirects": len(redirects) > OTHERS,
        "mentions": len(found_mentions) > MENTIONS,
        "decisions": len(found_decisions) > OTHERS,
    }
    return Facts(
        present,
        name,
        type,
        weight,
        tuple(Alias(*values) for values in found_names[:NAMES]),
        tuple(redirects[:OTHERS]),
        tuple(read_sources(connection, present)),
        tuple(Mention(*values) for values in found_mentions[:MENTIONS]),
        tuple(Decision(*values) for values in found_decisions[:OTHERS]),
        frozenset(kind for kind, is_so in more.items() if is_so),
    )


def read_sources(connection: Connection, id: str) -> list[Source]:
    """What the entity with an id is from."""
    sql = (
        "SELECT path, licence, url FROM entity JOIN origin ON origin.entity = entity.no"
        " JOIN source ON source.no = origin.source WHERE entity.id = ? ORDER BY source.no"
    )
    return [Source(PurePath(path).name, licence, url) for path, licence, url in connection.rows(sql, id)]
