"""OpenSanctions: entities.ftm.json (FollowTheMoney, JSON lines) and targets.simple.csv."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import regex

from resolver.infra.tabular import BOM, read_rows
from resolver.records import WEAK, Alias, Entity
from resolver.sources.importers.importer import Importer, SourceEntity, SourceRecord, clean, distinct, first_row

TYPES = {
    "Person": "person",
    "Organization": "org",
    "Company": "org",
    "PublicBody": "org",
    "LegalEntity": "org",
    "Vessel": "other",
    "Airplane": "other",
}
"""The type of entity by schema; other schemata describe such entities."""

KINDS = {"name": "", "alias": "", "previousName": "former", "weakAlias": WEAK, "abbreviation": WEAK}
"""The kind of alias by property. Abbreviations are weak, as OpenSanctions does not match them either."""

REQUIRED_COLUMNS = ("id", "schema", "name", "aliases")
"""The required columns of the simple table."""

IDENTIFIERS = ("wikidataId", "leiCode")
"""The properties that hold ids in other sources."""


_KEYS = (rb'"id"\s*:\s*"', rb'"schema"\s*:\s*"', rb'"properties"\s*:\s*\{')
"""Patterns in the first FollowTheMoney entity of a file."""


class _OpenSanctionsImporter(Importer):
    licence = "CC-BY-NC-4.0"
    url = "https://www.opensanctions.org/"


class FtmEntities(_OpenSanctionsImporter):
    """FollowTheMoney entities, one per line."""

    format = "ftm"
    expects = "JSON lines with id, schema and properties (entities.ftm.json)"

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        """Whether the first object has the keys of an entity."""
        line = head.removeprefix(BOM).lstrip().split(b"\n", 1)[0]
        return line.startswith(b"{") and all(regex.search(key, line) for key in _KEYS)

    def read_lines(self, lines: Iterable[bytes], first: int, header: list[str] | None) -> Iterator[SourceRecord]:
        """The JSON object of each line."""
        return read_rows(str(self.path), lines, "jsonl", (), first)

    def entity(self, record: dict[str, Any]) -> SourceEntity | None:
        """A person, organisation or vessel; its referents are former ids."""
        schema, properties = record.get("schema"), record.get("properties")
        if not isinstance(schema, str) or not isinstance(properties, dict):
            raise ValueError("schema or properties are missing")
        if schema not in TYPES:
            return None
        entity_id = clean("id", record.get("id"))
        names = [
            Alias(clean(key, name), "", kind) for key, kind in KINDS.items() for name in _texts(properties, key) if name
        ]
        caption = record.get("caption")
        proper = [alias.name for alias in names if alias.kind != WEAK]
        name = clean("caption", caption) if caption else ""
        if name not in proper:  # without a name, the caption may be an address or an identifier
            name = next(iter(proper), name)
        replaces = tuple(other for other in _texts(record, "referents") if other != entity_id)
        other_ids = tuple(i for key in IDENTIFIERS for i in _texts(properties, key) if i and i != entity_id)
        entity = Entity(entity_id, clean("name", name), TYPES[schema], distinct(name, names))
        return SourceEntity(entity, replaces, other_ids, str(record.get("last_change") or "")[:10])


class SimpleTargets(_OpenSanctionsImporter):
    """The simple table, one target per row."""

    format = "opensanctions-csv"
    expects = "CSV with the columns id, schema, name, aliases and more (targets.simple.csv)"
    by_lines = False

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        """Whether the header fits."""
        return {"id", "schema", "name", "aliases", "dataset", "last_change"} <= set(first_row(head))

    def check_head(self, head: bytes) -> None:
        """Check the columns. Raises InputError if one is missing."""
        self.with_columns(head, REQUIRED_COLUMNS)

    def records(self, file: BinaryIO) -> Iterator[SourceRecord]:
        """The rows as dicts by column."""
        return read_rows(str(self.path), file, "csv", REQUIRED_COLUMNS)

    def entity(self, record: dict[str, str]) -> SourceEntity | None:
        """A target. Its aliases are in one cell, as CSV with semicolons."""
        type = TYPES.get(record.get("schema", ""))
        if type is None:
            return None
        name = clean("name", record.get("name"))
        cells = next(csv.reader([" ".join(record.get("aliases", "").split())], delimiter=";"), [])
        aliases = distinct(name, [Alias(clean("alias", cell)) for cell in cells if cell.strip()])
        entity = Entity(clean("id", record.get("id")), name, type, aliases)
        return SourceEntity(entity, modified=record.get("last_change", "")[:10])


def _texts(record: dict[str, Any], key: str) -> list[str]:
    """The list of texts under a key."""
    value = record.get(key) or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{key} must be a list of strings, not {value!r}")
    return value
