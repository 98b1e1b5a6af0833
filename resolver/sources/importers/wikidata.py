"""Wikidata: the JSON dump, an array with one entity per line.

Most entities are not wanted, so a line that does not contain the id of a wanted class is not parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson
import regex

from resolver.errors import RecordError
from resolver.infra.packaged_data import read_table
from resolver.infra.tabular import BOM
from resolver.records import TYPES, Alias, Entity
from resolver.sources.importers.importer import Importer, SourceEntity, SourceOptions, SourceRecord, clean, distinct

ANY = "mul"
"""The language code of names that are the same in all languages."""

_KEYS = (rb'"type"\s*:\s*"', rb'"id"\s*:\s*"[QP][0-9]+"', rb'"labels"\s*:\s*[{\[]')
"""Patterns in the first entity of a dump."""

_MAX_REPORTED_BYTES = 1_000
"""Maximum number of bytes of an unparsable line in a report."""


class WikidataDump(Importer):
    """The people, organisations and places of a dump, selected by their classes."""

    format = "wikidata"
    expects = "a JSON array with one entity per line, each with type, id and labels (latest-all.json)"
    licence = "CC0-1.0"
    url = "https://www.wikidata.org/"

    def __init__(self, path: Path, options: SourceOptions) -> None:
        """Prepare the search for lines with wanted classes."""
        super().__init__(path, options)
        self._types = classes(options)
        self._wanted = re.compile(rb'"id"\s*:\s*"(?:%s)"' % "|".join(self._types).encode())
        self._in_array = True

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        """Whether the first entity has the usual keys, or the array is empty."""
        text = head.removeprefix(BOM).lstrip()
        inner = text.removeprefix(b"[").lstrip()
        if inner.startswith(b"{"):
            return all(regex.search(key, inner) for key in _KEYS)
        return inner.startswith(b"]") and text.startswith(b"[")

    def check_head(self, head: bytes) -> None:
        """Record whether the file is an array, which must be closed at its end."""
        super().check_head(head)
        self._in_array = head.removeprefix(BOM).lstrip().startswith(b"[")

    def is_complete(self, tail: bytes) -> bool:
        """Whether the array is closed at the end."""
        return not self._in_array or tail.rstrip().endswith(b"]")

    def read_lines(self, lines: Iterable[bytes], first: int, header: list[str] | None) -> Iterator[SourceRecord]:
        """The entities of the lines that contain the id of a wanted class."""
        for number, line in enumerate(lines, first):
            if line[-4:].rstrip(b"\r\n,").endswith(b"}") and not self._wanted.search(line):
                continue
            text = line.removeprefix(BOM).strip()
            if text in (b"[", b"]", b""):
                continue
            text = text.removeprefix(b"[").removesuffix(b"]").rstrip().removesuffix(b",")
            try:
                yield number, _parsed(text)
            except ValueError as error:
                shown = line[:_MAX_REPORTED_BYTES].decode(errors="backslashreplace")
                yield number, RecordError(f"no JSON: {error}", self.path, number, shown)

    def entity(self, record: dict[str, Any]) -> SourceEntity | None:
        """The entity, if it is of a wanted class and has a label in a wanted language."""
        type = self._type_of(record)
        if type is None:
            return None
        labels = {lang: value["value"] for lang, value in _map(record, "labels").items() if self._wants(lang)}
        if not labels:
            return None
        first = next((lang for lang in (*self.options.langs, "en", ANY) if lang in labels), next(iter(labels)))
        names = [Alias(clean("label", name), _lang(lang)) for lang, name in labels.items()]
        names += [
            Alias(clean("alias", value["value"]), _lang(lang))
            for lang, values in _map(record, "aliases").items()
            if self._wants(lang)
            for value in values
        ]
        name = clean("label", labels[first])
        return SourceEntity(
            Entity(clean("id", record.get("id")), name, type, distinct(name, names)), modified=record["modified"]
        )

    def _wants(self, lang: str) -> bool:
        return lang == ANY or self.options.wants_language(lang)

    def _type_of(self, record: dict[str, Any]) -> str | None:
        """The type of the first wanted class, preferred claims first; deprecated claims do not count."""
        claims = _map(record, "claims").get("P31", [])
        for claim in sorted(claims, key=lambda claim: claim.get("rank") != "preferred"):
            value = claim["mainsnak"].get("datavalue", {}).get("value", {})
            if claim.get("rank") != "deprecated" and isinstance(value, dict) and value.get("id") in self._types:
                return self._types[value["id"]]
        return None


def classes(options: SourceOptions) -> dict[str, str]:
    """The type of entity of each wanted class."""
    known = read_table("wikidata_classes.tsv")
    wanted: dict[str, str] = {}
    for type in options.types or TYPES:
        own, _, of = type.rpartition("=")
        wanted.update({own: of} if own else {row["class"]: row["type"] for row in known if row["type"] == type})
    return wanted


def _parsed(text: bytes) -> dict[str, Any]:
    """The JSON object of an entity. Raises ValueError."""
    value = orjson.loads(text)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    value["modified"] = str(value.get("modified", ""))[:10]
    return value


def _map(record: dict[str, Any], key: str) -> dict[str, Any]:
    """The map under a key; the dump writes an empty map as a list. Raises ValueError for another value."""
    value = record.get(key) or {}
    if not isinstance(value, dict):
        raise ValueError(f"{key} must be an object, not {str(value)[:60]!r}")
    return value


def _lang(lang: str) -> str:
    return "" if lang == ANY else lang
