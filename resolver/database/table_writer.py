"""Filling the tables of a new database, and the search index with them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from itertools import chain

from resolver.database.layout import create_indexes, utils
from resolver.database.schema import fingerprint
from resolver.index.index_builder import Indexing
from resolver.index.search_index import to_blobs
from resolver.records import WEAK
from resolver.sources.prepared_entities import PreparedEntity
from resolver.sources.source_report import Lines

CHUNK = 1 << 22
"""Bytes of the search index in one row."""

TOGETHER = 50
"""Rows of a table in one statement."""

INDEXING = 0.9
"""The share of the work that is done when the search index has been made."""

BATCH = 5_000
"""Entities that are taken in at once."""

Progress = Callable[[float], None]
"""Is told again and again how much of the work has been done: from 0 to 1."""


class TableWriter:
    """Fills the tables of a new database and makes the search index of them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Write to a connection that has the empty tables."""
        self._connection = connection
        self._indexing = Indexing()
        self._entities = self._aliases = self._forms = 0
        self.lines = Lines()

    @property
    def counts(self) -> tuple[int, int]:
        """How many entities and aliases there are."""
        return self._entities, self._aliases

    def add(self, entities: Sequence[PreparedEntity], sources: Sequence[int]) -> None:
        """Take in more entities, which are from some sources.

        Raises InputError for an id that is there already, and names both lines.
        """
        rows: list[tuple[int, str, str, str, float]] = []
        aliases: list[tuple[int, int, str, str, str, int | None]] = []
        forms: list[tuple[int, str]] = []
        add_entity, add_name = self._indexing.add_entity, self._indexing.add_name
        self.lines.extend([entity.line for entity in entities])
        for row, entity in enumerate(entities, self._entities):
            rows.append((row, entity.id, entity.name, entity.type, entity.weight))
            add_entity(row, entity.name, entity.type, entity.weight)
            for number, name in enumerate(entity.names, self._aliases + len(aliases)):
                form = add_name(number, name.exact, name.romanised, name.kind == WEAK)
                if form == self._forms + len(forms):
                    forms.append((form, name.exact))
                aliases.append((number, row, name.name, name.lang, name.kind, form))
        try:
            self._insert("entity", rows)
        except sqlite3.IntegrityError:
            self._say_which(rows)
            raise
        self._insert("origin", [(row, source) for row, *_ in rows for source in sources])
        self._insert("form", forms)
        self._insert("alias", aliases)
        self._entities += len(rows)
        self._aliases += len(aliases)
        self._forms += len(forms)

    def _insert(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Insert rows, many in one statement, which takes half the time."""
        if not rows:
            return
        together = len(rows) - len(rows) % TOGETHER
        row = f"({', '.join('?' * len(rows[0]))})"
        many = (chain.from_iterable(rows[place : place + TOGETHER]) for place in range(0, together, TOGETHER))
        statement = f"INSERT INTO {table} VALUES {row}"
        self._connection.executemany(statement + f", {row}" * (TOGETHER - 1), map(tuple, many))
        self._connection.executemany(statement, rows[together:])

    def _say_which(self, rows: list[tuple[int, str, str, str, float]]) -> None:
        """Raise the InputError for an id that two rows have."""
        seen: dict[str, int] = {}
        for row, entity_id, *_ in rows:
            found = self._connection.execute("SELECT no FROM entity WHERE id = ? AND no < ?", (entity_id, rows[0][0]))
            first = next((no for (no,) in found), seen.setdefault(entity_id, row))
            if first != row:
                raise self.lines.twice(entity_id, first, row)

    def finish(self, progress: Progress, jobs: int) -> None:
        """Write the search index, made by some processes, and the indexes of the tables."""
        connection = self._connection
        utils(connection).table("meta").insert({"key": "fingerprint", "value": fingerprint()}, replace=True)
        parts = self._indexing.parts(jobs)
        progress(INDEXING)
        connection.executemany(
            "INSERT INTO search_index VALUES (?, ?, ?)",
            (
                (part, place // CHUNK, data[place : place + CHUNK])
                for part, data in to_blobs(parts)
                for place in range(0, max(len(data), 1), CHUNK)
            ),
        )
        create_indexes(connection)
        connection.commit()
        progress(1.0)
