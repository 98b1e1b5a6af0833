"""Prepared entities: their names normalised, ready for the tables of a database and its search index."""

from __future__ import annotations

from typing import NamedTuple

from resolver.names.normal_form import normal_form
from resolver.records import CANONICAL, Entity


class PreparedName(NamedTuple):
    """A name of an entity and its normal form; `exact` and `romanised` are "" for a name without letter or digit."""

    name: str
    """The name as written in the source."""
    lang: str
    """The language (BCP 47), or ""."""
    kind: str
    """The kind as in `Alias.kind`; CANONICAL for the canonical name."""
    exact: str
    """The folded words in their own script, separated by spaces."""
    romanised: str
    """The same words in Latin letters."""
    written: str = ""
    """The same words with accents and variant letters; "" if they have none."""


class PreparedEntity(NamedTuple):
    """A row of the table `entity` with its rows of the table `alias`."""

    line: int
    """The line in the source, from 1; 0 if unknown."""
    id: str
    name: str
    type: str
    weight: float
    names: list[PreparedName]
    """All names, the canonical one first."""


def prepare_entity(entity: Entity, line: int = 0) -> PreparedEntity:
    """The entity with its names normalised; `line` is its line in the source."""
    names = [_prepare_name(entity.name, "", CANONICAL)]
    names += [_prepare_name(alias.name, alias.lang, alias.kind) for alias in entity.known_aliases]
    return PreparedEntity(line, entity.id, entity.name, entity.type, entity.weight, names)


def _prepare_name(name: str, lang: str, kind: str) -> PreparedName:
    normal = normal_form(name)
    romanised = normal.exact if normal.exact.isascii() else " ".join(normal.tokens)
    return PreparedName(name, lang, kind, normal.exact, romanised, " ".join(normal.written))
