"""Building a database from canonical tables."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from sqlite_utils import Database

from resolver.aside import written_aside
from resolver.errors import InputError, RecordError
from resolver.gazetteer.index import to_blobs
from resolver.gazetteer.indexing import Indexing
from resolver.gazetteer.schema import APPLICATION_ID, INDEXES, SCHEMA, SCHEMA_VERSION, fingerprint
from resolver.gazetteer.sources import read_source
from resolver.gazetteer.store import CANONICAL, WEAK
from resolver.names.normal import normal_form
from resolver.records import KINDS, Alias, Entity

CHUNK = 1 << 22
"""Bytes of the search index in one row."""

BATCH = 5_000
"""Entities taken in at once."""


@dataclass(slots=True)
class BuildReport:
    """What a build took in: entities, aliases (canonical names too), and the rows that it had to leave out."""

    entities: int = 0
    aliases: int = 0
    rejects: list[RecordError] = field(default_factory=list)
    unknown_kinds: Counter[str] = field(default_factory=Counter)
    """How many aliases have a kind that is not known; they are taken as correct names."""


Progress = Callable[[int], None]
"""Is told how many more rows have been taken in."""


def build_file(path: str | Path, sources: Iterable[str | Path], progress: Progress | None = None) -> BuildReport:
    """Write the database of the tables `sources` to `path`, reading them once and row by row.

    Written aside and renamed, so that an earlier file stays whole until the new one is. Raises InputError for a
    source that cannot be read or an id that comes twice; rows that are wrong by themselves are left out and reported.
    """
    path = Path(path).resolve()
    if path.exists() and not _is_database(path):
        raise InputError("exists and is no database: build into another file", path)
    with _written(path) as connection:
        return _fill(connection, sources, progress or (lambda rows: None))


@contextlib.contextmanager
def _written(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a new database that takes the place of `path` at the end."""
    try:
        with written_aside(path) as aside, contextlib.closing(sqlite3.connect(aside)) as connection:
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            yield connection
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA journal_mode = DELETE")
    except (OSError, sqlite3.OperationalError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"cannot be written: {reason}", path) from error


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
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    _fill(connection, sources, lambda rows: None)
    return connection


def _fill(connection: sqlite3.Connection, sources: Iterable[str | Path], progress: Progress) -> BuildReport:
    report = BuildReport()
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.executescript(SCHEMA)
    table = TableWriter(connection)
    files = Database(connection).table("source")
    for path in sources:
        before = report.entities
        entities = _taken(Path(path), report, table.lines, progress)
        table.lines.begin(path)
        while batch := list(islice(entities, BATCH)):
            table.add(batch)
            report.entities += len(batch)
            report.aliases += sum(1 + len(entity.aliases) for entity in batch)
        with Path(path).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        files.insert({"path": Path(path).name, "sha256": digest, "entities": report.entities - before})
    table.finish()
    return report


def _taken(path: Path, report: BuildReport, lines: Lines, progress: Progress) -> Iterator[Entity]:
    """The entities of a source; rows that are none go into the report."""
    for row in read_source(path):
        progress(1)
        if row.entity is None:
            report.rejects.append(row.error or RecordError("no entity", path, row.line))
            continue
        lines.append(row.line)
        report.unknown_kinds.update(alias.kind for alias in row.entity.aliases if alias.kind not in KINDS)
        yield row.entity


class Lines:
    """Which line of which source each entity comes from."""

    def __init__(self) -> None:
        """Begin with no source."""
        self._numbers = array("I")
        self._sources: list[tuple[int, str]] = []

    def begin(self, path: str | Path) -> None:
        """Go on with another source."""
        self._sources.append((len(self._numbers), str(path)))

    def append(self, line: int) -> None:
        """Take the line of the next entity."""
        self._numbers.append(line)

    def place(self, entity: int) -> tuple[str, int]:
        """The source and line of an entity."""
        path = next(path for first, path in reversed(self._sources) if first <= entity)
        return path, self._numbers[entity]


class TableWriter:
    """Fills the tables of a new database and makes the search index of them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Write to a connection that has the empty tables."""
        self._connection = connection
        self._indexing = Indexing()
        self._entities = self._aliases = self._forms = 0
        self.lines = Lines()

    def add(self, entities: list[Entity]) -> None:
        """Take in more entities. Raises InputError for an id that is there already, and names both lines."""
        rows, aliases, forms = [], [], []
        for entity in entities:
            row = self._entities
            self._entities += 1
            rows.append((row, entity.id, entity.name, entity.type, entity.weight))
            self._indexing.add_entity(row, entity.name, entity.type, entity.weight)
            for alias in (Alias(entity.name, "", CANONICAL), *entity.aliases):
                normal = normal_form(alias.name)
                form = self._indexing.add_alias(self._aliases, normal, alias.kind == WEAK)
                if form == self._forms:
                    forms.append((form, normal.exact))
                    self._forms += 1
                aliases.append((self._aliases, row, alias.name, alias.lang, alias.kind, form))
                self._aliases += 1
        execute = self._connection.executemany
        try:
            execute("INSERT INTO entity VALUES (?, ?, ?, ?, ?)", rows)
        except sqlite3.IntegrityError:
            self._say_which(rows)
            raise
        execute("INSERT INTO form VALUES (?, ?)", forms)
        execute("INSERT INTO alias VALUES (?, ?, ?, ?, ?, ?)", aliases)

    def _say_which(self, rows: list[tuple[int, str, str, str, float]]) -> None:
        """Raise the InputError for an id that two rows have."""
        seen: dict[str, int] = {}
        for row, entity_id, *_ in rows:
            found = self._connection.execute("SELECT no FROM entity WHERE id = ? AND no < ?", (entity_id, rows[0][0]))
            first = next((no for (no,) in found), seen.setdefault(entity_id, row))
            if first != row:
                (path, line), (other, at) = self.lines.place(first), self.lines.place(row)
                raise InputError(f"the id {entity_id!r} stands already at {path}:{line}", Path(other), at)

    def finish(self) -> None:
        """Write the search index and the indexes of the tables."""
        connection = self._connection
        Database(connection).table("meta").insert({"key": "fingerprint", "value": fingerprint()})
        connection.executemany(
            "INSERT INTO search_index VALUES (?, ?, ?)",
            (
                (part, place // CHUNK, data[place : place + CHUNK])
                for part, data in to_blobs(self._indexing.parts())
                for place in range(0, max(len(data), 1), CHUNK)
            ),
        )
        connection.executescript(INDEXES)
        connection.commit()
