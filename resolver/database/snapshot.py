"""A snapshot: a canonical table as it was at one moment, to resolve against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from resolver.database.decisions_in_force import DecisionsInForce
from resolver.database.rows import Owner, Rows, StaleRowError
from resolver.index.hash_tables import Forms
from resolver.index.search_index import Index
from resolver.infra.bounded_cache import BoundedCache
from resolver.names.normal_form import normal_form
from resolver.records import Alias, Decision, Entity

_CACHED_FORMS = 1 << 16
_CACHED_ENTITIES = 1 << 14
_CACHED_ALIASES = 1 << 14


class Snapshot:
    """The search indexes of a table and the decisions in force at one moment. Immutable; threads may share it.

    Rows of entities are read from the file when they are wanted. They may be gone by then, which raises StaleRowError:
    `Table.snapshot` then has a newer snapshot. Caches belong to the snapshot and are bounded.
    """

    def __init__(self, rows: Rows, indexes: tuple[Index, ...], decisions: DecisionsInForce, identity: int) -> None:
        """Of the indexes and decisions read by `rows` in one transaction."""
        self.rows = rows
        self.indexes = indexes
        """The search indexes: of the names when the table was built, then of those put in since."""
        self.decisions = decisions
        self.identity = identity
        """A 64-bit hash that differs between tables and between states of a table. Equal in all processes."""
        self.size = max(index.counted for index in indexes)
        """The number of distinct name forms."""
        self.named = lru_cache(maxsize=_CACHED_FORMS)(self._named)
        self.begins = lru_cache(maxsize=_CACHED_FORMS)(self._begins)
        self._aliases: BoundedCache[tuple[Entity, Alias]] = BoundedCache(_CACHED_ALIASES)
        self._other_names = lru_cache(maxsize=_CACHED_ENTITIES)(self._read_other_names)

    def read_aliases(self, rows: Sequence[int]) -> Mapping[int, tuple[Entity, Alias]]:
        """The aliases in some rows of the table `alias`, each with its entity, whose aliases are not read.

        Raises StaleRowError when a row that was not read before is not there any more.
        """
        found = {row: owner for row in rows if (owner := self._aliases.get(row)) is not None}
        new = [row for row in rows if row not in found]
        if new:
            for row, owner in self.rows.aliases(new).items():
                found[row] = self._aliases.put(row, owner, 1)
        return found

    def _named(self, exact: str) -> tuple[tuple[Entity, Alias], ...]:
        """The aliases with a normal form, each with its entity, in table order, after decisions: rejected entities
        are left out, and an accepted one is alone."""
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

    def named_as(self, surface: str, exact: str) -> tuple[tuple[Entity, Alias], ...]:
        """As `named`, for the normal form of a surface; of several entities only those whose name has its accents.

        All of them if none has, or the surface has no accents, which a text may lack.
        """
        owners = self.named(exact)
        if surface.isascii() or len({entity.id for entity, _ in owners}) < 2:
            return owners
        written = normal_form(surface).written
        alike = [owner for owner in owners if written and normal_form(owner[1].name).written == written]
        return tuple(alike) or owners

    def decided(self, exact: str) -> Mapping[str, Decision]:
        """The decisions in force on mentions with a normal form, by entity id; at most one accepts."""
        return self.decisions.on(exact)

    def owner(self, entity_id: str) -> Owner | None:
        """The entity with an id, or with the one that the id redirects to; None without any.

        Raises StaleRowError for one put in after this snapshot.
        """
        owner = self.rows.owner(entity_id)
        if owner is not None and not self._holds(owner.row):
            raise StaleRowError
        return owner

    def entity(self, entity_id: str) -> Entity | None:
        """As `owner`, the entity with its aliases."""
        owner = self.owner(entity_id)
        return owner and self.complete(owner.entity)

    def complete(self, entity: Entity) -> Entity:
        """An entity that this snapshot found, with its aliases. Raises StaleRowError as `other_names`."""
        return entity if entity.aliases is not None else replace(entity, aliases=self.other_names(entity))

    def other_names(self, entity: Entity) -> tuple[Alias, ...]:
        """The aliases of an entity that this snapshot found. Raises StaleRowError when the file has it no more."""
        return self._other_names(entity.id) if entity.aliases is None else entity.aliases

    def _read_other_names(self, entity_id: str) -> tuple[Alias, ...]:
        row = self.rows.owner_row(entity_id)
        if row is None or not self._holds(row):
            raise StaleRowError
        return self.rows.other_names(row)

    def _holds(self, row: int) -> bool:
        """Whether the entity in a row of the file is in an index of this snapshot."""
        return any(index.place_of(row) >= 0 for index in self.indexes)

    def names_in_small_letters(self) -> list[str]:
        """The names with a word that begins with a small ASCII letter or a digit, and all mentions decided on."""
        rows = self.rows.query(
            "SELECT name FROM alias WHERE name GLOB '[a-z0-9]*' OR name GLOB '*[^A-Za-z0-9][a-z0-9]*'"
            " UNION ALL SELECT mention FROM decision"
        )
        return [name for (name,) in rows]

    def token_forms(self, token: str) -> int:
        """The number of name forms that have a romanised token as a word."""
        return sum(index.frequency(word) for index in self.indexes if (word := index.find_word(token)) >= 0)

    def has_word(self, written: str) -> bool:
        """Whether a name has a folded word, or a decision is on that word alone."""
        return any(index.find_word(written) >= 0 for index in self.indexes) or bool(self.decided(written))

    def forms_by_words(self) -> Forms | None:
        """The arrays by which `begins` and `named` find all that they find.

        None when there is more than one index or an accepted mention, which is a name too.
        """
        first, *others = self.indexes
        return None if others or self.decisions.longest else first.forms_by_words

    def _begins(self, word: str) -> int:
        """The length in words of the longest name or accepted mention that begins with a folded word; 0 without any."""
        return max(self.decisions.begins(word), *(index.begins(word) for index in self.indexes))
