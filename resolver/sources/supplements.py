"""Supplements: names and ids of entities in other files, stored on disk until those are read."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from resolver.errors import RecordError
from resolver.records import Alias
from resolver.sources.importers.importer import Importer, SourceRecord, Supplement

MAX_IDS_PER_QUERY = 500
"""Maximum number of ids in one query."""


class Supplements:
    """Further names and other ids of entities, by authority and id."""

    def __init__(self) -> None:
        """Start without supplements."""
        self._rows = sqlite3.connect("")  # a temporary file, deleted on close
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute(
            "CREATE TABLE supplement (no INTEGER PRIMARY KEY, authority TEXT, id TEXT, path TEXT, line INTEGER,"
            " name TEXT, lang TEXT, kind TEXT, other_id TEXT, used INTEGER)"
        )
        self._indexed = False

    def add(self, importer: Importer, found: Iterable[tuple[int, Supplement]]) -> None:
        """Store the supplements of a source, each with its line."""
        self._rows.executemany(
            "INSERT INTO supplement (authority, id, path, line, name, lang, kind, other_id, used)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)",
            (
                (importer.authority, one.id, str(importer.path), line, *_cells(one.alias), one.other_id)
                for line, one in found
            ),
        )

    def for_records(
        self, importer: Importer, lines: bytes, records: Sequence[SourceRecord]
    ) -> dict[str, list[Supplement]]:
        """The supplements to the entities in some lines or records, by id, in the order in which they were added."""
        if not self._indexed:
            self._rows.execute("CREATE INDEX supplement_id ON supplement (authority, id)")
            self._indexed = True
        ids_of = [importer.id_of(line) for line in lines.split(b"\n") if line]
        ids_of += [importer.id_of(record) for _, record in records if not isinstance(record, RecordError)]
        wanted = [entity_id for entity_id in ids_of if entity_id.isascii()]  # other ids are bad records
        found: defaultdict[str, list[Supplement]] = defaultdict(list)
        for start in range(0, len(wanted), MAX_IDS_PER_QUERY):
            ids = wanted[start : start + MAX_IDS_PER_QUERY]
            where = f"authority = ? AND id IN ({', '.join('?' * len(ids))})"
            rows = self._rows.execute(
                f"SELECT id, name, lang, kind, other_id FROM supplement WHERE {where} ORDER BY no",
                (importer.authority, *ids),
            )
            for entity_id, name, lang, kind, other_id in rows:
                found[entity_id].append(Supplement(entity_id, Alias(name, lang, kind) if name else None, other_id))
            self._rows.execute(f"UPDATE supplement SET used = 1 WHERE {where}", (importer.authority, *ids))
        return dict(found)

    def unused(self, importer: Importer) -> Iterator[RecordError]:
        """A RecordError for each supplement of a source to an entity in none of the sources."""
        rows = self._rows.execute(
            "SELECT id, line, name, other_id FROM supplement WHERE NOT used AND path = ? ORDER BY no",
            (str(importer.path),),
        )
        for entity_id, line, name, other_id in rows:
            reason = f"no entity has the id {entity_id!r}"
            yield RecordError(reason, importer.path, line, f"{entity_id}\t{name or other_id}")

    def count_unused(self, importer: Importer) -> int:
        """The number of errors that `unused` yields."""
        count = "SELECT count(*) FROM supplement WHERE NOT used AND path = ?"
        return int(self._rows.execute(count, (str(importer.path),)).fetchone()[0])

    def close(self) -> None:
        """Delete the supplements."""
        self._rows.close()


def _cells(alias: Alias | None) -> tuple[str, str, str]:
    return ("", "", "") if alias is None else (alias.name, alias.lang, alias.kind)
