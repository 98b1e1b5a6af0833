"""Reading a database: the entities and aliases, and the search indexes of them, as they are at the moment."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, overload

from resolver.database.connection import Connection, connect
from resolver.database.decisions_in_force import Standing
from resolver.database.delta_index import Delta
from resolver.database.redirects import present_id
from resolver.database.schema import fingerprint
from resolver.errors import DatabaseError
from resolver.index.hash_tables import Forms
from resolver.index.search_index import CHECKSUM, Index, from_chunks
from resolver.infra.turns import in_turn
from resolver.records import Alias, Decision, Entity

T = TypeVar("T")


class RowGoneError(LookupError):
    """A row that the indexes name has been removed by another process: look again."""


class Aliases(Sequence[Alias]):
    """The aliases of an entity, read when they are first looked at."""

    def __init__(self, connection: Connection, row: int) -> None:
        """Those of the entity in a row of a database."""
        self.connection = connection
        self.row = row

    @cached_property
    @in_turn
    def _read(self) -> tuple[Alias, ...]:
        """All but the canonical name, in the order given; of an entity taken out since, as they were."""
        rows = self.connection.rows("SELECT name, lang, kind FROM alias WHERE entity = ? ORDER BY no", self.row)
        if not rows:
            kept = self.connection.rows("SELECT aliases FROM change WHERE removed = ?", self.row)
            rows = json.loads(kept[0][0]) if kept else []
        return tuple(Alias(*row) for row in rows[1:])

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


class SourceFacts(NamedTuple):
    """What a table was built from, and under what conditions that may be used ("" where it is not known)."""

    path: str
    sha256: str
    entities: int
    format: str
    licence: str
    url: str
    version: str


class Owner(NamedTuple):
    """An entity with its row, and its canonical name as an alias."""

    row: int
    entity: Entity
    alias: Alias


class Store:
    """A canonical table in SQLite. Everything is read when it is first asked for; caches are bounded.

    A store on a file sees what other connections change: `refresh` looks, and `version` grows when there is something
    new. Between two refreshes it answers from one state of the table, or raises RowGoneError.
    """

    def __init__(self, connection: Connection, growing: bool = False) -> None:
        """Read from an open connection. `growing` says that its file may be changed or replaced."""
        self.path = connection.path if growing else None
        self.version = 0
        self._answering = False
        self.named = lru_cache(maxsize=1 << 16)(self._named)
        self.begins = lru_cache(maxsize=1 << 16)(self._begins)
        self._take(connection)

    def _take(self, connection: Connection) -> None:
        connection.execute(f"PRAGMA mmap_size = {1 << 40}")  # rows are read from all over the file
        self.connection = connection
        self._delta: Delta | None = None
        self._standing = Standing()
        self._data_version = -1
        self._size = 0  # what is mapped of a file that was cut off since must not be looked at: it ends the process

    @property
    def place(self) -> str:
        """How messages name the database."""
        return self.connection.place

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    @property
    def is_in_memory(self) -> bool:
        """Whether there is no file to open again."""
        return self.connection.path is None

    def reopen(self) -> None:
        """Go on with another connection, to the file that is there now: in a forked process, which must not use its
        parent's."""
        assert self.connection.path is not None
        self._inherited = self.connection  # not to be closed here either
        delta = self._delta
        self._take(connect(self.connection.path))
        if delta is not None and self.connection.file == self._inherited.file:
            self._delta = delta
            delta.connection = self.connection
        self._changed()

    def refresh(self) -> None:
        """See what has been changed, or that another file has taken the place of this one.

        When there is no file for the moment the old one answers on. Raises DatabaseError for a new one that is not a
        database of ours and of this version, and when another process keeps the file locked.
        """
        if self.path is None:
            return
        with contextlib.suppress(OSError):
            status = os.stat(self.path)  # noqa: PTH116 (as in file_at)
            if (status.st_dev, status.st_ino) != self.connection.file or status.st_size < self._size:
                self._take(connect(self.path))  # the old connection lives on while aliases may be read from it
                self._changed()
            self._size = status.st_size
        data_version = self.connection.rows("PRAGMA data_version")[0][0]
        if data_version != self._data_version:
            with self._reading():
                if self._delta is not None and self._checksum() != self._base_checksum:
                    self._delta = None  # another table was written over this one, in the same file
                    self._changed()
                self._catch_up()
            self._data_version = data_version

    @in_turn
    def in_one_state(self, answer: Callable[[], T]) -> T:
        """What `answer` returns, when all that it reads is of one state of the table: the present one.

        An answer may ask for others in the same way; they are of the same state.
        """
        if self._answering:
            return answer()
        self._answering = True
        try:
            self.refresh()
            with contextlib.suppress(RowGoneError):
                return answer()
            self.refresh()
            with self._reading():  # which keeps writers waiting meanwhile
                self._catch_up()
                return answer()
        except RowGoneError as error:
            raise self._damaged() from error
        finally:
            self._answering = False

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """All that the block reads is of one moment."""
        if self.connection.in_transaction:
            yield
            return
        self.connection.rows("BEGIN")
        try:
            yield
        finally:
            self.connection.rollback()

    def _catch_up(self) -> None:
        changes = self._delta is not None and self._delta.catch_up()
        decisions = self._standing.catch_up(self.connection)
        if changes or decisions:
            self._changed()

    def _changed(self) -> None:
        self.version += 1
        self.named.cache_clear()
        self.begins.cache_clear()

    @property
    def state(self) -> int:
        """A number of 64 bits that tells this state of the table from others, the same in forked processes."""
        delta = self._delta
        facts = (self.connection.file, self._base_checksum, delta and delta.seen, self._standing.seen)
        return int.from_bytes(hashlib.blake2b(repr(facts).encode(), digest_size=8).digest())

    @property
    def indexes(self) -> tuple[Index, ...]:
        """The search indexes: of what was there when the table was built, then of what has been put in since."""
        if self._delta is None:
            with self._reading():
                delta = Delta(self.connection, self._base())
                delta.catch_up()
            self._delta = delta
        return self._delta.indexes

    @property
    def size(self) -> int:
        """How many distinct forms of names there are, with those put in since the table was built."""
        return max(index.counted for index in self.indexes)

    def _base(self) -> Index:
        self._base_checksum = self._checksum()
        ((size,),) = self.connection.rows("SELECT coalesce(sum(length(data)), 0) FROM search_index")
        try:
            chunks = self.connection.execute("SELECT part, data FROM search_index ORDER BY part, chunk")
            return from_chunks(chunks, size)
        except (TypeError, ValueError, IndexError, sqlite3.DatabaseError) as error:
            raise self._damaged() from error

    def _checksum(self) -> list[tuple[bytes]]:
        return self.connection.rows("SELECT data FROM search_index WHERE part = ?", CHECKSUM)

    def _damaged(self) -> DatabaseError:
        return DatabaseError(f"{self.place}: the search index is damaged; build it again with: resolver build")

    @property
    def counts(self) -> dict[str, int]:
        """How many entities, aliases, forms, decisions, saved runs, and changes since the build there are."""
        tables = ("entity", "alias", "form", "decision", "change", "redirect", "run")
        return {table: self.connection.rows(f"SELECT count(*) FROM {table}")[0][0] for table in tables}

    def answering(self) -> list[Any]:
        """What the answers depend on, as JSON: another one when the table is another, or has been changed.

        Not so `state`, which is of this opened file: what others save in it makes no difference here.
        """
        last = self.connection.rows(
            "SELECT (SELECT max(no) FROM change), (SELECT max(no) FROM decision), (SELECT count(undone) FROM decision)"
        )
        return [
            fingerprint(),
            self.place,
            *(part.hex() for (part,) in self._checksum()),
            *map(list, self.sources()),
            *map(list, last),
        ]

    def meta(self) -> dict[str, str]:
        """What the build wrote down: rules fingerprint, version of the program."""
        return dict(self.connection.rows("SELECT key, value FROM meta ORDER BY key"))

    def sources(self) -> list[SourceFacts]:
        """What the table was built from."""
        rows = self.connection.rows(f"SELECT {', '.join(SourceFacts._fields)} FROM source ORDER BY no")
        return [SourceFacts(*row) for row in rows]

    def read_aliases(self, rows: Sequence[int]) -> dict[int, tuple[Entity, Alias]]:
        """The aliases in some rows, each with its entity. Raises RowGoneError when one is not there any more."""
        marks = ",".join("?" * len(rows))
        found = self.connection.rows(
            "SELECT alias.no, alias.name, lang, kind, entity, id, entity.name, type, weight FROM alias"
            f" JOIN entity ON entity.no = entity WHERE alias.no IN ({marks})",
            *rows,
        )
        if len(found) < len(rows):
            raise RowGoneError
        return {
            row: (
                Entity(entity_id, name, type, Aliases(self.connection, entity), weight),
                Alias(alias, lang, kind),
            )
            for row, alias, lang, kind, entity, entity_id, name, type, weight in found
        }

    def _named(self, exact: str) -> tuple[tuple[Entity, Alias], ...]:
        """The aliases with a normal form, each with its entity, in the order of the table, and as people decided:
        without entities that were rejected, or those of an accepted one only."""
        written = exact.split(" ")
        rows: list[int] = []
        for index in self.indexes:
            form = index.find_form(written)
            if form >= 0:
                rows += [index.parts["alias_rows"][alias] for alias in index.aliases(form)]
        found = self.read_aliases(rows) if rows else {}
        owners = tuple(found[row] for row in sorted(rows))
        decisions = self.decided(exact)
        for decision in decisions.values():
            if decision.verdict == "accept" and (accepted := self.owner(decision.id)) is not None:
                own = tuple(owner for owner in owners if owner[0].id == decision.id)
                return own or ((accepted.entity, Alias(decision.mention, "", "variant")),)
        return tuple(owner for owner in owners if owner[0].id not in decisions) if decisions else owners

    def decided(self, exact: str) -> Mapping[str, Decision]:
        """What people decided on mentions with a normal form, by id of the entity; at most one decision accepts."""
        return self._standing.on(exact)

    def owner(self, entity_id: str) -> Owner | None:
        """The entity with an id, or with the one that it redirects to, if there is one."""
        found = self.connection.rows(
            "SELECT alias.no FROM entity JOIN alias ON alias.entity = entity.no WHERE id = ? ORDER BY alias.no LIMIT 1",
            present_id(self.connection, entity_id),
        )
        if not found:
            return None
        ((alias_row,),) = found
        entity, alias = self.read_aliases([alias_row])[alias_row]
        assert isinstance(entity.aliases, Aliases)
        row = entity.aliases.row
        if all(index.place_of(row) < 0 for index in self.indexes):
            raise RowGoneError  # it was put in a moment ago
        return Owner(row, entity, alias)

    def names_in_small_letters(self) -> list[str]:
        """The names that have a word that begins with a small ASCII letter or a digit, and all mentions decided on."""
        rows = self.connection.rows(
            "SELECT name FROM alias WHERE name GLOB '[a-z0-9]*' OR name GLOB '*[^A-Za-z0-9][a-z0-9]*'"
            " UNION ALL SELECT mention FROM decision"
        )
        return [name for (name,) in rows]

    def ids(self) -> list[str]:
        """The ids of all entities, in the order of their rows."""
        return [entity_id for (entity_id,) in self.connection.rows("SELECT id FROM entity ORDER BY no")]

    def token_forms(self, token: str) -> int:
        """How many forms have the romanised token as a word."""
        return sum(index.frequency(word) for index in self.indexes if (word := index.find_word(token)) >= 0)

    def has_word(self, written: str) -> bool:
        """Whether a name has a folded word, or people decided what it means alone."""
        return any(index.find_word(written) >= 0 for index in self.indexes) or bool(self.decided(written))

    def forms_by_words(self) -> Forms | None:
        """The parts of the index by which `begins` and `named` find all that they find; None when there is more than
        one index, or people decided what else is a name."""
        first, *others = self.indexes
        return None if others or self._standing.accepts else first.forms_by_words

    def _begins(self, word: str) -> int:
        """The most words that a form beginning with the folded `word` has, of names and accepted mentions; 0 when none
        does."""
        return max(self._standing.begins(word), *(index.begins(word) for index in self.indexes))


def open_store(path: str | Path, growing: bool = True) -> Store:
    """A store on the database file `path`, opened read-only.

    `growing` says that it may be changed or replaced. Raises DatabaseError when there is no such file, it is not ours,
    it is of another version, damaged, or built with other rules; the message says what to do.
    """
    return Store(connect(Path(path)), growing)
