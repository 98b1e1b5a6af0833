"""JRC-Names: lines with an id, a type, a language and a name with + for spaces; many lines per entity."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from typing import BinaryIO

from resolver.errors import RecordError
from resolver.records import Alias, Entity
from resolver.sources.importers.importer import SourceEntity, SourceRecord, TabbedImporter, clean, distinct

TYPES = {"P": "person", "O": "org"}
ANY = "u"
"""The language code of a name that is the same in all languages."""


class JrcNames(TabbedImporter):
    """The names, grouped by id in a temporary file."""

    format = "jrc"
    expects = "lines of 4 tab-separated columns: id, type, language (u: any), name with + for spaces"
    authority = "jrc"
    licence = "free reuse with acknowledgement (Commission Decision 2011/833/EU)"
    url = "https://data.jrc.ec.europa.eu/dataset/jrc-emm-jrc-names"
    by_lines = False
    columns = (4,)

    @classmethod
    def misplaced(cls, cells: list[str]) -> str:
        """The first invalid column: id, type, language or name; "" if there is none."""
        entity_id, type, lang, name = cells
        if not entity_id.isdigit():
            return f"column 1 is not an id: {entity_id!r}"
        if len(type) != 1:
            return f"column 2 is not a type (one letter): {type!r}"
        if not (0 < len(lang) <= 8 and lang.isascii() and lang.replace("-", "").isalpha()):
            return f"column 3 is not a language: {lang!r}"
        return "" if name else "column 4 has no name"

    def records(self, file: BinaryIO) -> Iterator[SourceRecord]:
        """The id of each entity with the (type, language, name) of its lines, in the order of their first lines."""
        with closing(sqlite3.connect("")) as gathered:  # a temporary file, deleted on close
            gathered.execute("CREATE TABLE name (line INTEGER PRIMARY KEY, id TEXT, type TEXT, lang TEXT, name TEXT)")
            errors: list[RecordError] = []
            gathered.executemany("INSERT INTO name VALUES (?, ?, ?, ?, ?)", self._names(file, errors))
            yield from ((error.line or 0, error) for error in errors)
            gathered.execute("CREATE INDEX name_id ON name (id)")
            rows = gathered.execute(
                "SELECT first, id, type, lang, name FROM (SELECT id, min(line) AS first FROM name GROUP BY id)"
                " JOIN name USING (id) ORDER BY first, line"
            )
            for (line, entity_id), names in groupby(rows, key=lambda row: row[:2]):
                yield line, (entity_id, [row[2:] for row in names])

    def _names(self, file: BinaryIO, errors: list[RecordError]) -> Iterator[tuple[object, ...]]:
        for line, cells in self.read_lines(file, 1, None):
            if isinstance(cells, RecordError):
                errors.append(cells)
                continue
            try:
                problem = self.misplaced(cells)
                name = clean("name", cells[3].replace("+", " "))
            except ValueError as error:
                problem = str(error)
            if problem:
                errors.append(RecordError(problem, self.path, line, "\t".join(cells)))
            else:
                yield (line, *cells[:3], name)

    def entity(self, record: tuple[str, list[tuple[str, str, str]]]) -> SourceEntity | None:
        """An entity with all its names.

        The canonical name is the first one with the language "u", otherwise the first one. Other names with that
        language are spellings from newspapers: variants.
        """
        entity_id, names = record
        type = TYPES.get(names[0][0], "other")
        chosen = next((name for _, lang, name in names if lang == ANY), names[0][2])
        aliases = [Alias(name, "", "variant") if lang == ANY else Alias(name, lang) for _, lang, name in names]
        return SourceEntity(Entity(self._prefix + entity_id, chosen, type, distinct(chosen, aliases)))
