"""Reading a database: the entities and aliases, and the search indexes of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, overload

from resolver.errors import DatabaseError
from resolver.gazetteer.index import Index, from_chunks
from resolver.gazetteer.schema import APPLICATION_ID, SCHEMA_VERSION, fingerprint
from resolver.records import Alias, Entity

CANONICAL = "canonical"
"""The kind under which the canonical name stands in the alias table."""

WEAK = "weak"
"""The kind of an alias that as often means something else."""


class Aliases(Sequence[Alias]):
    """The aliases of an entity, read when they are first looked at."""

    def __init__(self, store: Store, row: int) -> None:
        """Those of the entity in a row of the store."""
        self._store = store
        self.row = row

    @cached_property
    def _read(self) -> tuple[Alias, ...]:
        return self._store.aliases_of(self.row)

    def __len__(self) -> int:
        return len(self._read)

    @overload
    def __getitem__(self, place: int) -> Alias: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Alias, ...]: ...
    def __getitem__(self, place: int | slice) -> Alias | tuple[Alias, ...]:
        return self._read[place]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self._read) == tuple(other)

    def __hash__(self) -> int:
        return hash(self._read)

    def __repr__(self) -> str:
        return repr(self._read)


class Store:
    """A canonical table in SQLite. Everything is read when it is first asked for; caches are bounded."""

    def __init__(self, connection: sqlite3.Connection, place: str) -> None:
        """Read from an open connection; `place` names it in errors. `open_store` checks a file first."""
        self.place = place
        self._connection = connection
        self._file = _file_of(connection)
        self.entity = lru_cache(maxsize=1 << 14)(self._entity)
        self.named = lru_cache(maxsize=1 << 16)(self._named)
        self.begins = lru_cache(maxsize=1 << 16)(self._begins)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @property
    def is_in_memory(self) -> bool:
        """Whether there is no file to open again."""
        return self._file is None

    def reopen(self) -> None:
        """Go on with another connection to the same file: in a forked process, which must not use its parent's.

        Raises DatabaseError when another file has taken its place.
        """
        assert self._file is not None
        self._inherited = self._connection  # not to be closed here either
        self._connection = _connect(self._file[0])
        if _file_of(self._connection) != self._file:
            raise DatabaseError(f"{self.place}: was replaced by another file meanwhile; open it again")

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise DatabaseError(f"{self.place}: damaged ({error}); build it again with: resolver build") from error

    @cached_property
    def indexes(self) -> tuple[Index, ...]:
        """The search indexes, which have no entity in common."""
        ((size,),) = self._rows("SELECT coalesce(sum(length(data)), 0) FROM search_index")
        try:
            chunks = self._connection.execute("SELECT part, data FROM search_index ORDER BY part, chunk")
            return (from_chunks(chunks, size),)
        except (TypeError, ValueError, IndexError, sqlite3.DatabaseError) as error:
            raise DatabaseError(
                f"{self.place}: the search index is damaged; build it again with: resolver build"
            ) from error

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many entities, aliases and forms there are."""
        return {table: int(self._rows(f"SELECT count(*) FROM {table}")[0][0]) for table in ("entity", "alias", "form")}

    def meta(self) -> dict[str, str]:
        """What the build wrote down: rules fingerprint, version of the program."""
        return dict(self._rows("SELECT key, value FROM meta ORDER BY key"))

    def sources(self) -> list[tuple[str, str, int]]:
        """The files the table was built from, as (path, SHA-256, entities)."""
        rows = self._rows("SELECT path, sha256, entities FROM source ORDER BY rowid")
        return [(p, s, int(n)) for p, s, n in rows]

    def read_aliases(self, rows: Sequence[int]) -> dict[int, tuple[Entity, Alias]]:
        """The aliases in some rows, each with its entity."""
        marks = ",".join("?" * len(rows))
        found = self._rows(
            "SELECT alias.no, alias.name, lang, kind, entity, id, entity.name, type, weight FROM alias"
            f" JOIN entity ON entity.no = entity WHERE alias.no IN ({marks})",
            *rows,
        )
        return {
            row: (Entity(entity_id, name, type, Aliases(self, entity), weight), Alias(alias, lang, kind))
            for row, alias, lang, kind, entity, entity_id, name, type, weight in found
        }

    def aliases_of(self, row: int) -> tuple[Alias, ...]:
        """The aliases of an entity but its canonical name, in the order given."""
        rows = self._rows("SELECT name, lang, kind FROM alias WHERE entity = ? ORDER BY no", row)
        return tuple(Alias(name, lang, kind) for name, lang, kind in rows[1:])

    def _entity(self, entity_id: str) -> Entity:
        """The entity with an id; KeyError when there is none."""
        rows = self._rows("SELECT no, name, type, weight FROM entity WHERE id = ?", entity_id)
        if not rows:
            raise KeyError(entity_id)
        ((row, name, kind, weight),) = rows
        return Entity(entity_id, name, kind, Aliases(self, row), float(weight))

    def _named(self, exact: str) -> tuple[tuple[str, Alias], ...]:
        """The aliases with a normal form, each with the id of its entity, in the order of the table."""
        if all(index.find_form(exact.split(" ")) < 0 for index in self.indexes):
            return ()
        rows = self._rows(
            "SELECT id, alias.name, lang, kind FROM form JOIN alias ON alias.form = form.no"
            " JOIN entity ON entity.no = alias.entity WHERE exact = ? ORDER BY alias.no",
            exact,
        )
        return tuple((entity_id, Alias(name, lang, kind)) for entity_id, name, lang, kind in rows)

    def ids(self) -> list[str]:
        """The ids of all entities, in the order of their rows."""
        return [entity_id for (entity_id,) in self._rows("SELECT id FROM entity ORDER BY no")]

    def token_forms(self, token: str) -> int:
        """How many forms have the romanised token as a word."""
        return sum(index.frequency(word) for index in self.indexes if (word := index.find_word(token)) >= 0)

    def _begins(self, word: str) -> int:
        """The most words that a form beginning with the folded `word` has; 0 when none does."""
        rows = self._rows(
            "SELECT max(length(exact) - length(replace(exact, ' ', '')) + 1) FROM form"
            " WHERE exact = ? OR (exact > ? AND exact < ?)",
            word,
            word + " ",
            word + "!",
        )
        return int(rows[0][0] or 0)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, check_same_thread=False)
    connection.execute(f"PRAGMA mmap_size = {1 << 40}")  # rows are read from all over the file
    return connection


def _file_of(connection: sqlite3.Connection) -> tuple[Path, int, int] | None:
    """The file of a connection, with the numbers of its device and inode; None in memory."""
    try:
        ((_, _, name),) = connection.execute("PRAGMA database_list")
        found = Path(name).stat() if name else None
    except (OSError, ValueError, sqlite3.DatabaseError):
        return None
    return (Path(name), found.st_dev, found.st_ino) if found else None


def open_store(path: str | Path) -> Store:
    """A store on the database file `path`, opened read-only.

    Raises DatabaseError when there is no such file, it is not ours, it is of a newer version, damaged, or built
    with other rules; the message says what to do.
    """
    path = Path(path)
    if not path.is_file():
        raise DatabaseError(f"{path}: no such file; build it with: resolver build -o {path} SOURCE...")
    try:
        connection = _connect(path.resolve())
        application_id = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise DatabaseError(f"{path}: not a database of this program ({error})") from error
    problem = ""
    if application_id != APPLICATION_ID:
        problem = "a SQLite file, but not a database of this program"
    elif version > SCHEMA_VERSION:
        problem = f"made by a newer version of this program (layout {version}, known: {SCHEMA_VERSION}); upgrade it"
    elif version < SCHEMA_VERSION:
        problem = f"of an older layout ({version}); build it again with: resolver build -o {path} SOURCE..."
    if not problem:
        store = Store(connection, str(path))
        try:
            built_with = store.meta().get("fingerprint")
        except DatabaseError:
            connection.close()
            raise
        if built_with == fingerprint():
            return store
        problem = f"built with other rules for names; build it again with: resolver build -o {path} SOURCE..."
    connection.close()
    raise DatabaseError(f"{path}: {problem}")
