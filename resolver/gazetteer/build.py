"""Building a database from canonical tables."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlite_utils import Database

from resolver.aside import written_aside
from resolver.errors import InputError, RecordError
from resolver.gazetteer.index import Index
from resolver.gazetteer.schema import APPLICATION_ID, SCHEMA, SCHEMA_VERSION, fingerprint
from resolver.gazetteer.sources import read_source
from resolver.gazetteer.store import CANONICAL
from resolver.names.normal import normal_form
from resolver.records import KINDS, Alias, Entity

CHUNK = 1 << 24
"""Bytes of the search index in one row."""


@dataclass(slots=True)
class BuildReport:
    """What a build took in: entities, aliases (canonical names too), and the rows that it had to leave out."""

    entities: int = 0
    aliases: int = 0
    rejects: list[RecordError] = field(default_factory=list)
    unknown_kinds: Counter[str] = field(default_factory=Counter)
    """How many aliases have a kind that is not known; they are taken as correct names."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """The entities of the sources, and what is known of each source file."""

    entities: list[Entity]
    sources: list[dict[str, object]]


def build_file(path: str | Path, sources: Iterable[str | Path]) -> BuildReport:
    """Write the database of the tables `sources` to `path`.

    Written aside and renamed, so that an earlier file stays whole until the new one is. Raises InputError for a
    source that cannot be read or an id that comes twice; rows that are wrong by themselves are left out and reported.
    """
    path = Path(path).resolve()
    if path.exists() and not _is_database(path):
        raise InputError("exists and is no database: build into another file", path)
    report = BuildReport()
    taken = _take(sources, report)
    try:
        with written_aside(path) as aside, contextlib.closing(sqlite3.connect(aside)) as connection:
            _fill(connection, taken, report)
            connection.execute("VACUUM")
    except (OSError, sqlite3.OperationalError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"cannot be written: {reason}", path) from error
    return report


def _is_database(path: Path) -> bool:
    """Whether a file is SQLite's, or empty; others are not overwritten."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(16) in (b"", b"SQLite format 3\x00")
    except OSError:
        return False


def build_in_memory(sources: Iterable[str | Path]) -> sqlite3.Connection:
    """A connection to the database of the tables `sources`, held in memory."""
    report = BuildReport()
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    _fill(connection, _take(sources, report), report)
    return connection


def _take(paths: Iterable[str | Path], report: BuildReport) -> _Taken:
    entities: list[Entity] = []
    sources: list[dict[str, object]] = []
    places: dict[str, str] = {}
    for path in paths:
        before = len(entities)
        for row in read_source(path):
            if row.entity is None:
                report.rejects.append(row.error or RecordError("no entity", path, row.line))
                continue
            first = places.setdefault(row.entity.id, f"{path}:{row.line}")
            if first != f"{path}:{row.line}":
                raise InputError(f"the id {row.entity.id!r} stands already at {first}", path, row.line)
            entities.append(row.entity)
            report.unknown_kinds.update(alias.kind for alias in row.entity.aliases if alias.kind not in KINDS)
        digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        sources.append({"path": Path(path).name, "sha256": digest, "entities": len(entities) - before})
    report.entities = len(entities)
    return _Taken(entities, sources)


def _fill(connection: sqlite3.Connection, taken: _Taken, report: BuildReport) -> None:
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.executescript(SCHEMA)
    forms: dict[str, int] = {}
    rows: list[dict[str, object]] = []
    tokens: list[tuple[str, ...]] = []

    def aliases() -> Iterator[dict[str, object]]:
        for entity in taken.entities:
            for position, alias in enumerate((Alias(entity.name, "", CANONICAL), *entity.aliases)):
                report.aliases += 1
                normal = normal_form(alias.name)
                number = forms.get(normal.exact) if normal.exact else None
                if normal.exact and number is None:
                    number = forms[normal.exact] = len(tokens)
                    tokens.append(normal.tokens)
                    rows.append(
                        {"no": number, "exact": normal.exact, "core": normal.core, "tokens": " ".join(normal.tokens)}
                    )
                yield {
                    "entity": entity.id,
                    "position": position,
                    "name": alias.name,
                    "lang": alias.lang,
                    "kind": alias.kind,
                    "form": number,
                }

    alias_rows = list(aliases())
    frequencies = Counter(token for name in tokens for token in set(name))
    index = Index.build(tokens)
    database = Database(connection)
    with database.conn:
        database.table("entity").insert_all(
            {"id": e.id, "name": e.name, "type": e.type, "weight": e.weight} for e in taken.entities
        )
        database.table("form").insert_all(rows)
        database.table("alias").insert_all(alias_rows)
        database.table("token").insert_all({"text": text, "forms": frequencies[text]} for text in sorted(frequencies))
        database.table("source").insert_all(taken.sources)
        database.table("meta").insert({"key": "fingerprint", "value": fingerprint()})
        database.table("search_index").insert_all(
            {"part": part, "chunk": place // CHUNK, "data": data[place : place + CHUNK]}
            for part, data in sorted(index.parts().items())
            for place in range(0, max(len(data), 1), CHUNK)
        )
