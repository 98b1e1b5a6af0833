"""Reading a database: the entities, aliases and forms behind the search index."""

from __future__ import annotations

import math
import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from resolver.errors import DatabaseError
from resolver.gazetteer.index import Index
from resolver.gazetteer.schema import APPLICATION_ID, SCHEMA_VERSION, fingerprint
from resolver.names.parts import roles_of
from resolver.records import Alias, Entity

CANONICAL = "canonical"
"""The kind under which the canonical name stands in the alias table."""


@dataclass(frozen=True, slots=True)
class Form:
    """A distinct normal form and the aliases that have it, as (entity id, alias)."""

    number: int
    exact: str
    core: str
    tokens: tuple[str, ...]
    roles: tuple[str, ...]
    owners: tuple[tuple[str, Alias], ...]


class Store:
    """A canonical table in SQLite. Everything is read when it is first asked for; caches are bounded."""

    def __init__(self, connection: sqlite3.Connection, place: str) -> None:
        """Read from an open connection; `place` names it in errors. `open_store` checks a file first."""
        self.place = place
        self._connection = connection
        self.form = lru_cache(maxsize=1 << 16)(self._form)
        self.entity = lru_cache(maxsize=1 << 14)(self._entity)
        self.token_forms = lru_cache(maxsize=1 << 16)(self._token_forms)
        self.token_weight = lru_cache(maxsize=1 << 16)(self._token_weight)
        self.find_exact = lru_cache(maxsize=1 << 16)(self._find_exact)
        self.begins = lru_cache(maxsize=1 << 16)(self._begins)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise DatabaseError(f"{self.place}: damaged ({error}); build it again with: resolver build") from error

    @cached_property
    def index(self) -> Index:
        """The search index."""
        parts: dict[str, bytearray] = defaultdict(bytearray)
        for part, data in self._rows("SELECT part, data FROM search_index ORDER BY part, chunk"):
            parts[part] += data
        try:
            return Index.from_parts({part: bytes(data) for part, data in parts.items()})
        except (KeyError, ValueError) as error:
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

    def _form(self, number: int) -> Form:
        rows = self._rows("SELECT exact, core, tokens FROM form WHERE no = ?", number)
        if len(rows) != 1:
            raise DatabaseError(f"{self.place}: form {number} is missing; build it again with: resolver build")
        ((exact, core, tokens),) = rows
        owners = self._rows(
            "SELECT entity, name, lang, kind FROM alias WHERE form = ? ORDER BY position, entity", number
        )
        split = tuple(str(tokens).split(" "))
        named = tuple((e, Alias(n, lang, k)) for e, n, lang, k in owners)
        return Form(number, exact, core, split, roles_of(tuple(str(exact).split(" "))), named)

    def _entity(self, entity_id: str) -> Entity:
        rows = self._rows("SELECT name, type, weight FROM entity WHERE id = ?", entity_id)
        if not rows:
            raise KeyError(entity_id)
        ((name, kind, weight),) = rows
        aliases = self._rows(
            "SELECT name, lang, kind FROM alias WHERE entity = ? AND position > 0 ORDER BY position", entity_id
        )
        listed = tuple(Alias(n, lang, k) for n, lang, k in aliases)
        return Entity(entity_id, name, kind, listed, float(weight))

    def _token_weight(self, token: str) -> float:
        """How much the token tells: 1 for a token that no name or one name has, falling to 0 for one in all."""
        frequency = max(self.token_forms(token), 1)
        forms = max(self.counts["form"], 1)
        return math.log(1.0 + forms / frequency) / math.log(1.0 + forms)

    def _token_forms(self, token: str) -> int:
        """How many forms have the romanised token."""
        rows = self._rows("SELECT forms FROM token WHERE text = ?", token)
        return int(rows[0][0]) if rows else 0

    def _find_exact(self, exact: str) -> int | None:
        """The form equal to `exact`, if there is one."""
        rows = self._rows("SELECT no FROM form WHERE exact = ?", exact)
        return int(rows[0][0]) if rows else None

    def find_core(self, core: str) -> list[int]:
        """The forms that are equal to `core` but for legal forms and titles."""
        return [int(row[0]) for row in self._rows("SELECT no FROM form WHERE core = ? ORDER BY no", core)]

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


def open_store(path: str | Path) -> Store:
    """A store on the database file `path`, opened read-only.

    Raises DatabaseError when there is no such file, it is not ours, it is of a newer version, damaged, or built
    with other rules; the message says what to do.
    """
    path = Path(path)
    if not path.is_file():
        raise DatabaseError(f"{path}: no such file; build it with: resolver build -o {path} SOURCE...")
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False)
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
