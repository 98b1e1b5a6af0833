"""What some sources say of entities in others, such as their names in other languages: on the disk until those come."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from resolver.errors import RecordError
from resolver.records import Alias
from resolver.sources.importers.importer import Importer, MoreName, Record

AT_ONCE = 500
"""Ids in one query."""


class Extras:
    """More names of entities and ids that others give them, by who gives the ids and by id."""

    def __init__(self) -> None:
        """Begin with none."""
        self._rows = sqlite3.connect("")  # a file without a name, gone when it is closed
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute(
            "CREATE TABLE more (no INTEGER PRIMARY KEY, authority TEXT, id TEXT, path TEXT, line INTEGER,"
            " name TEXT, lang TEXT, kind TEXT, same TEXT, used INTEGER)"
        )
        self._indexed = False

    def add(self, importer: Importer, found: Iterable[tuple[int, MoreName]]) -> None:
        """Keep what some lines of a source say."""
        self._rows.executemany(
            "INSERT INTO more (authority, id, path, line, name, lang, kind, same, used)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)",
            (
                (importer.authority, more.id, str(importer.path), line, *_cells(more.alias), more.same)
                for line, more in found
            ),
        )

    def of(self, importer: Importer, lines: bytes, records: Sequence[Record]) -> dict[str, list[MoreName]]:
        """What is known of the entities in some lines or records, by id, in the order in which it was added."""
        if not self._indexed:
            self._rows.execute("CREATE INDEX more_id ON more (authority, id)")
            self._indexed = True
        ids_of = [importer.id_of(line) for line in lines.split(b"\n") if line]
        ids_of += [importer.id_of(record) for _, record in records if not isinstance(record, RecordError)]
        wanted = [entity_id for entity_id in ids_of if entity_id.isascii()]  # others are bad records
        found: defaultdict[str, list[MoreName]] = defaultdict(list)
        for start in range(0, len(wanted), AT_ONCE):
            ids = wanted[start : start + AT_ONCE]
            where = f"authority = ? AND id IN ({', '.join('?' * len(ids))})"
            rows = self._rows.execute(
                f"SELECT id, name, lang, kind, same FROM more WHERE {where} ORDER BY no", (importer.authority, *ids)
            )
            for entity_id, name, lang, kind, same in rows:
                found[entity_id].append(MoreName(entity_id, Alias(name, lang, kind) if name else None, same))
            self._rows.execute(f"UPDATE more SET used = 1 WHERE {where}", (importer.authority, *ids))
        return dict(found)

    def left(self, importer: Importer) -> Iterator[RecordError]:
        """What a source said of entities that there are not, each as a record that is left out."""
        rows = self._rows.execute(
            "SELECT id, line, name, same FROM more WHERE NOT used AND path = ? ORDER BY no", (str(importer.path),)
        )
        for entity_id, line, name, same in rows:
            reason = f"no entity has the id {entity_id!r}"
            yield RecordError(reason, importer.path, line, f"{entity_id}\t{name or same}")

    def count_left(self, importer: Importer) -> int:
        """How many of those there are."""
        count = "SELECT count(*) FROM more WHERE NOT used AND path = ?"
        return int(self._rows.execute(count, (str(importer.path),)).fetchone()[0])

    def close(self) -> None:
        """Let go of the disk."""
        self._rows.close()


def _cells(alias: Alias | None) -> tuple[str, str, str]:
    return ("", "", "") if alias is None else (alias.name, alias.lang, alias.kind)
