"""OFAC's list of specially designated nationals (SDN): sdn.csv, with alt.csv for other names, or sdn.xml."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import BinaryIO, TypeAlias
from xml.parsers import expat

from resolver.errors import InputError, RecordError
from resolver.infra.tabular import BOM, csv_cells
from resolver.records import WEAK, Alias, Entity
from resolver.sources.importers.importer import (
    Importer,
    SourceEntity,
    SourceRecord,
    Supplement,
    clean,
    distinct,
    first_row,
)

EMPTY_CELL = "-0-"
"""The value of an empty cell."""

END_OF_FILE = "\x1a"
"""The last character of the tables (end of file in CP/M)."""

TYPES = {"individual": "person", "entity": "org", "vessel": "other", "aircraft": "other"}
KINDS = {"a.k.a.": "", "aka": "", "f.k.a.": "former", "fka": "former", "n.k.a.": "", "nka": ""}
"""The kind of alias by type of other name: also, formerly, now known as."""

XML_CHUNK_BYTES = 1 << 16
"""Number of bytes of XML that are parsed at a time."""


class _OfacImporter(Importer):
    format = "ofac"
    expects = "CSV without a header of 12 columns (sdn.csv) or 5 (alt.csv), or XML with the root sdnList (sdn.xml)"
    by_lines = False
    authority = "ofac"
    licence = "public domain (United States government)"
    url = "https://sanctionslist.ofac.treas.gov/"


class _SdnTable(_OfacImporter):
    """A table without a header."""

    width: int

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        """Whether the number of columns, and the number in the first one, fit."""
        cells = first_row(head)
        return len(cells) == cls.width and cells[0].strip().isdigit()

    def check_head(self, head: bytes) -> None:
        """Check the first row. Raises InputError that names the first invalid column."""
        cells = first_row(head)
        if len(cells) != self.width:
            raise self.unlike(f"the first line has {len(cells)} columns", 1)
        if not cells[0].strip().isdigit():
            raise self.unlike(f"column 1 is not an ent_num: {cells[0]!r}", 1)

    def records(self, file: BinaryIO) -> Iterator[SourceRecord]:
        """The cells of each row; EMPTY_CELL becomes ""."""
        text = (line.removeprefix(BOM).decode("utf-8", "surrogateescape") for line in file)
        reader = csv.reader(takewhile(lambda line: not line.startswith(END_OF_FILE), text))
        for number, row in csv_cells(str(self.path), reader):
            if isinstance(row, RecordError):
                yield number, row
                continue
            cells = ["" if cell.strip() == EMPTY_CELL else cell.strip().rstrip(END_OF_FILE) for cell in row]
            if len(cells) == self.width:
                yield number, cells
            elif any(cells):
                problem = f"{len(cells)} columns where {self.width} are expected"
                yield number, RecordError(problem, self.path, number, ",".join(row))


class SdnEntries(_SdnTable):
    """The table of designated persons, organisations, vessels and aircraft (sdn.csv)."""

    width = 12

    def entity(self, record: list[str]) -> SourceEntity | None:
        """A person (family name first), organisation, vessel or aircraft."""
        number, name, type = record[:3]
        if not number.isdigit():
            raise ValueError(f"column 1 is not an ent_num: {number!r}")
        if type.lower() not in ("", *TYPES):
            raise ValueError(f"column 3 is not an SDN_Type: {type!r}")
        name, own = clean("SDN_Name", name), TYPES.get(type.lower(), "org")
        names = _both_ways(Alias(name)) if own == "person" else [Alias(name)]
        return SourceEntity(Entity(self._prefix + number, names[0].name, own, distinct(names[0].name, names)))

    def id_of(self, record: list[str]) -> str:
        """The ent_num."""
        return self._prefix + record[0] if record else ""

    def joined(self, entity: Entity, more: Iterable[Alias]) -> tuple[Alias, ...]:
        """The aliases with those of alt.csv; names of a person are also added with the given name first."""
        if entity.type == "person":
            more = [turned for alias in more for turned in _both_ways(alias)]
        return super().joined(entity, more)


class SdnOtherNames(_SdnTable):
    """The table of other names (alt.csv)."""

    width = 5
    has_entities = False
    is_part = True

    def supplement(self, record: list[str]) -> Supplement | None:
        """A name as written: the table does not say whether it is a person's."""
        number, _, type, name = record[:4]
        if not number.isdigit():
            raise ValueError(f"column 1 is not an ent_num: {number!r}")
        if type.lower() not in KINDS:
            raise ValueError(f"column 3 is not an alt_type: {type!r}")
        return Supplement(self._prefix + number, Alias(clean("alt_name", name), "", KINDS[type.lower()]))


class SdnXml(_OfacImporter):
    """The list as XML in any namespace, with separate family and given names (sdn.xml)."""

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        """Whether the root element fits."""
        return b"<" in head[:8] and b"sdnList" in head[:2000]

    def records(self, file: BinaryIO) -> Iterator[SourceRecord]:
        """The entries with their line numbers, as their elements end."""
        reader = _SdnParser()
        try:
            while data := file.read(XML_CHUNK_BYTES):
                reader.parser.Parse(data, False)
                yield from reader.take()
            reader.parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise InputError(f"cannot be read: not XML, or truncated: {error}", self.path, error.lineno) from error
        yield from reader.take()
        if reader.root != "sdnList":
            raise self.unlike(f"the root is {reader.root}")
        if not reader.count:
            raise self.unlike("it has no sdnEntry")

    def entity(self, record: _Entry) -> SourceEntity | None:
        """A person, organisation, vessel or aircraft, with its other names."""
        entry, akas, published = record
        type = TYPES.get(entry.get("sdnType", "").lower())
        if type is None:
            raise ValueError(f"sdnType is not one of {', '.join(TYPES)}: {entry.get('sdnType')!r}")
        names = _names(entry, "")
        for aka in akas:
            weak = aka.get("category", "").lower() == WEAK
            names += _names(aka, WEAK if weak else KINDS.get(aka.get("type", "").lower(), ""))
        name = names[0].name
        entity = Entity(self._prefix + clean("uid", entry.get("uid")), name, type, distinct(name, names))
        return SourceEntity(entity, modified=_iso(published))


_Entry: TypeAlias = tuple[dict[str, str], list[dict[str, str]], str]
"""The child elements of an entry by tag, those of each of its other names, and the day of the list."""


class _SdnParser:
    """Collects the entries while expat parses the XML."""

    def __init__(self) -> None:
        self.root = ""
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._take_text
        self._text: list[str] = []
        self._depth = self._line = 0
        self._entry: _Entry = ({}, [], "")
        self._inside: dict[str, str] = {}
        self._published = ""
        self._done: list[SourceRecord] = []
        self.count = 0
        """Number of entries so far."""

    def take(self) -> list[SourceRecord]:
        """The entries that ended since the last call."""
        done, self._done = self._done, []
        return done

    def _start(self, name: str, _: dict[str, str]) -> None:
        name = name.rpartition(" ")[2]
        self.root = self.root or name
        self._depth += 1
        self._text.clear()
        if name == "sdnEntry":
            self._inside = {}
            self._entry, self._line = (self._inside, [], self._published), self.parser.CurrentLineNumber
        elif name == "aka":
            self._inside = {}
            self._entry[1].append(self._inside)

    def _end(self, name: str) -> None:
        name = name.rpartition(" ")[2]
        self._depth -= 1
        if name == "sdnEntry":
            self._done.append((self._line, self._entry))
            self.count += 1
        elif name == "aka":
            self._inside = self._entry[0]
        elif name == "Publish_Date":
            self._published = " ".join("".join(self._text).split())
        elif self._inside is not self._entry[0] or self._depth == 2:  # not in its documents, addresses and so on
            self._inside[name] = " ".join("".join(self._text).split())
        self._text.clear()

    def _take_text(self, text: str) -> None:
        self._text.append(text)


def _both_ways(alias: Alias) -> list[Alias]:
    """A person's name with the family name first, before a comma: with the given name first, and as written."""
    family, comma, given = alias.name.partition(", ")
    turned = Alias(alias.name, "", alias.kind if alias.kind == WEAK else "variant")
    return [Alias(f"{given} {family}".strip(), "", alias.kind), turned] if comma else [alias]


def _names(record: dict[str, str], kind: str) -> list[Alias]:
    """The names of an element with lastName and firstName: in both orders for a person."""
    family, given = clean("lastName", record.get("lastName")), record.get("firstName", "").strip()
    return _both_ways(Alias(f"{family}, {given}", "", kind)) if given else [Alias(family, "", kind)]


def _iso(day: str) -> str:
    """A day such as 11/20/2026 in ISO 8601; "" for anything else."""
    parts = day.split("/")
    return f"{parts[2]}-{parts[0]}-{parts[1]}" if [len(part) for part in parts] == [2, 2, 4] else ""
