"""GLEIF: the golden copy of legal entity identifiers (LEI), CSV with more than 300 columns, which are found by name."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, takewhile
from typing import BinaryIO

from resolver.infra.tabular import read_rows
from resolver.records import Alias, Entity
from resolver.sources.importers.importer import Importer, SourceEntity, SourceRecord, clean, distinct, first_row

NAME = "Entity.LegalName"
OTHERS = (
    "Entity.OtherEntityNames.OtherEntityName",
    "Entity.TransliteratedOtherEntityNames.TransliteratedOtherEntityName",
)
"""Prefixes of the columns of other names, numbered from 1, each with a language (.xmllang) and a type (.type)."""

REQUIRED_COLUMNS = ("LEI", NAME, *(f"{OTHERS[0]}.1{more}" for more in ("", ".xmllang", ".type")))

KINDS = {
    "PREVIOUS_LEGAL_NAME": "former",
    "TRADING_OR_OPERATING_NAME": "",
    "ALTERNATIVE_LANGUAGE_LEGAL_NAME": "",
    "PREFERRED_ASCII_TRANSLITERATED_LEGAL_NAME": "",
    "AUTO_ASCII_TRANSLITERATED_LEGAL_NAME": "variant",
}
"""The kind of alias by type of name."""

UPDATED = "Registration.LastUpdateDate"


class GoldenCopy(Importer):
    """Legal entities, one per row."""

    format = "gleif"
    expects = f"CSV with the columns LEI, {NAME}, {OTHERS[0]}.1 and more"
    licence = "CC0-1.0"
    url = "https://www.gleif.org/"
    by_lines = False

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        """Whether the header has the columns of the golden copy."""
        return {"LEI", NAME} <= set(first_row(head))

    def check_head(self, head: bytes) -> None:
        """Find the columns of other names, with their languages and types. Raises InputError if one is missing."""
        header = self.with_columns(head, REQUIRED_COLUMNS)
        names = [
            column
            for other in OTHERS
            for column in takewhile(header.__contains__, (f"{other}.{number}" for number in count(1)))
        ]
        self._columns = [(column, f"{column}.xmllang", f"{column}.type") for column in names]

    def records(self, file: BinaryIO) -> Iterator[SourceRecord]:
        """The LEI, the names and the day of the last change of each row."""
        for line, row in read_rows(str(self.path), file, "csv", REQUIRED_COLUMNS):
            if isinstance(row, dict):
                names = [
                    (row[c], row.get(lang, ""), row.get(type, "")) for c, lang, type in self._columns if row.get(c)
                ]
                yield line, (row.get("LEI", ""), row.get(NAME, ""), names, row.get(UPDATED, "")[:10])
            else:
                yield line, row

    def entity(self, record: tuple[str, str, list[list[str]], str]) -> SourceEntity | None:
        """A legal entity under its legal name."""
        lei, name, others, updated = record
        name = clean(NAME, name)
        aliases = [Alias(clean("other name", other), lang.strip(), KINDS.get(type, "")) for other, lang, type in others]
        return SourceEntity(Entity(clean("LEI", lei), name, "org", distinct(name, aliases)), modified=updated)
