"""Entities that share an id: redirects from other ids, and merging on request.

Entities are stored on disk until all sources have been read; only those that are merged are loaded into memory.
"""

from __future__ import annotations

import pickle
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from resolver.errors import InputError
from resolver.records import WEAK
from resolver.sources.prepared_entities import PreparedEntity, PreparedName
from resolver.sources.source_blocks import EntitySource, OtherId

_TABLES = """
CREATE TEMP TABLE link (source INTEGER, line INTEGER, id TEXT, other TEXT, replaces INTEGER);
CREATE TEMP TABLE record (no INTEGER PRIMARY KEY, source INTEGER, line INTEGER, id TEXT, data BLOB);
"""


class StoredEntity(NamedTuple):
    """An entity on disk; `no` is its number in the order of reading."""

    no: int
    source: int
    line: int
    id: str


class SharedIds:
    """The other ids of the entities of all sources."""

    def __init__(self, connection: sqlite3.Connection, sources: Sequence[EntitySource]) -> None:
        """Store them in temporary tables of a new database."""
        self._connection = connection
        self._sources = sources
        connection.executescript(_TABLES)

    def add(self, source: int, other_ids: Iterable[OtherId]) -> None:
        """Add the other ids of the source with a number."""
        self._connection.executemany("INSERT INTO link VALUES (?, ?, ?, ?, ?)", ((source, *one) for one in other_ids))

    def store(self, source: int, entities: Iterable[PreparedEntity]) -> None:
        """Store entities of a source that may have to be merged with others."""
        self._connection.executemany(
            "INSERT INTO record (source, line, id, data) VALUES (?, ?, ?, ?)",
            ((source, entity.line, entity.id, pickle.dumps(entity, -1)) for entity in entities),
        )

    def redirect(self) -> int:
        """Write the redirects, and return the number of other ids that cannot redirect.

        These are ids that one or several entities have. Raises InputError for a cycle of former ids.
        """
        connection = self._connection
        connection.execute("CREATE INDEX temp.link_other ON link (other)")
        self._refuse_cycles("entity")
        connection.execute(
            "INSERT INTO redirect SELECT other, min(id), min(source) FROM link"
            " WHERE other NOT IN (SELECT id FROM entity) GROUP BY other HAVING count(DISTINCT id) = 1"
        )
        ((others,),) = connection.execute("SELECT count(DISTINCT other) FROM link").fetchall()
        ((redirects,),) = connection.execute("SELECT count(*) FROM redirect").fetchall()
        return int(others - redirects)

    def merged(self) -> Iterator[tuple[list[int], PreparedEntity]]:
        """All entities after merging, in order of reading, each with the numbers of its sources.

        Writes the redirects. Raises InputError for an id that one source repeats or two authorities assign, and for a
        cycle of former ids.
        """
        connection = self._connection
        connection.execute("CREATE INDEX temp.link_other ON link (other)")
        connection.execute("CREATE INDEX temp.record_id ON record (id)")
        self._refuse_repeated()
        self._refuse_cycles("record")
        groups = self._groups()
        self._write_redirects(groups)
        members = {record.no: (winner, group) for winner, group in groups for record in group}
        for no, source, data in connection.execute("SELECT no, source, data FROM record ORDER BY no"):
            winner, group = members.get(no, (None, []))
            if winner is None:
                yield [source], pickle.loads(data)
            elif winner.no == no:
                yield (
                    sorted({record.source for record in group}),
                    _merged_entity([self._entity(record.no) for record in group]),
                )

    def _entity(self, no: int) -> PreparedEntity:
        ((data,),) = self._connection.execute("SELECT data FROM record WHERE no = ?", (no,)).fetchall()
        entity: PreparedEntity = pickle.loads(data)
        return entity

    def _groups(self) -> list[tuple[StoredEntity, list[StoredEntity]]]:
        """The groups of entities to merge: the one whose id remains, and the whole group, beginning with it.

        It is the first whose id is not a former id of another. Groups are found by union-find over the shared ids.
        """
        together: dict[str, str] = {}

        def root(one: str) -> str:
            while (up := together.setdefault(one, one)) != one:
                together[one] = one = together.setdefault(up, up)
            return one

        shared = (
            "SELECT id, other FROM link WHERE other IN (SELECT id FROM record) OR other IN"
            " (SELECT other FROM link GROUP BY other HAVING count(DISTINCT id) > 1)"
        )
        for one, other in self._connection.execute(shared):
            together[root(other)] = root(one)
        repeated = "SELECT id FROM record GROUP BY id HAVING count(*) > 1"
        for (one,) in self._connection.execute(repeated):
            root(one)
        found: defaultdict[str, list[StoredEntity]] = defaultdict(list)
        for one in list(together):
            rows = self._connection.execute("SELECT no, source, line, id FROM record WHERE id = ?", (one,))
            found[root(one)] += [StoredEntity(*row) for row in rows]
        gone = "SELECT other FROM link WHERE replaces AND other IN (SELECT id FROM record)"
        replaced = {other for (other,) in self._connection.execute(gone)}
        groups = []
        for group in found.values():
            winner, *others = sorted(group, key=lambda record: (record.id in replaced, record.no))
            groups.append((winner, [winner, *others]))
        return groups

    def _write_redirects(self, groups: Sequence[tuple[StoredEntity, Sequence[StoredEntity]]]) -> None:
        connection = self._connection
        connection.execute("CREATE TEMP TABLE winner (id TEXT PRIMARY KEY, winner TEXT, source INTEGER)")
        connection.executemany(
            "INSERT OR IGNORE INTO winner VALUES (?, ?, ?)",
            ((record.id, winner.id, record.source) for winner, group in groups for record in group),
        )
        connection.execute("INSERT INTO redirect SELECT id, winner, source FROM winner WHERE id != winner")
        connection.execute(
            "INSERT OR IGNORE INTO redirect SELECT other, coalesce(winner, link.id), link.source FROM link"
            " LEFT JOIN winner ON winner.id = link.id WHERE other NOT IN (SELECT id FROM record) ORDER BY link.rowid"
        )

    def _refuse_repeated(self) -> None:
        rows = self._connection.execute(
            "SELECT a.id, a.source, a.line, b.source, b.line FROM record AS b JOIN record AS a"
            " ON a.id = b.id AND a.no < b.no WHERE b.id IN (SELECT id FROM record GROUP BY id HAVING count(*) > 1)"
            " ORDER BY b.no, a.no"
        )
        for entity_id, first, line, again, at in rows:
            there, here = self._sources[first], self._sources[again]
            stands = f"the id {entity_id!r} is already used at {there.path}:{line}"
            if first == again:
                raise InputError(stands, here.path, at)
            own, other = here.importer.authority, there.importer.authority
            if own and other and own != other:
                raise InputError(
                    f"{stands}, as one of {other}, not of {own}: use --prefix to distinguish them", here.path, at
                )

    def _refuse_cycles(self, table: str) -> None:
        """Raise InputError if entities of a table replace each other in a cycle."""
        rows = self._connection.execute(
            "SELECT id, other, source, line FROM link"
            f" WHERE replaces AND other IN (SELECT id FROM {table}) ORDER BY rowid"
        )
        replaced: defaultdict[str, list[str]] = defaultdict(list)
        places = {}
        for one, other, source, line in rows:
            replaced[one].append(other)
            places[one] = (self._sources[source].path, line)
        done: set[str] = set()
        for start in replaced:
            cycle = _cycle(start, replaced, done)
            if cycle:
                raise InputError(f"ids replace each other in a cycle: {' → '.join(cycle)}", *places[cycle[0]])


def _cycle(start: str, replaced: dict[str, list[str]], done: set[str]) -> list[str]:
    """A cycle of former ids reachable from `start`, with its first id repeated at the end; empty if there is none.

    Ids from which no cycle can be reached are added to `done`.
    """
    way: list[str] = []
    waiting = [(start, 0)]
    while waiting:
        one, depth = waiting.pop()
        while len(way) > depth:
            done.add(way.pop())
        if one in way:
            return [*way[way.index(one) :], one]
        if one in done:
            continue
        way.append(one)
        waiting += [(other, len(way)) for other in replaced.get(one, ())]
    done.update(way)
    return []


def _merged_entity(entities: Sequence[PreparedEntity]) -> PreparedEntity:
    """The merged entity: the first one, with the names of all. A name that is weak in one of them is weak."""
    first, *others = entities
    canonical, *aliases = first.names
    names: dict[str, PreparedName] = {alias.name: alias for alias in aliases}
    for entity in others:
        other_canonical, *more = entity.names
        for added in (other_canonical._replace(kind=""), *more):
            known = names.setdefault(added.name, added)
            if added.kind == WEAK != known.kind:
                names[added.name] = known._replace(kind=WEAK)
    names.pop(first.name, None)
    return first._replace(
        type=next((entity.type for entity in entities if entity.type != "other"), "other"),
        weight=max(entity.weight for entity in entities),
        names=[canonical, *names.values()],
    )
