"""Building a database from canonical tables."""

from __future__ import annotations

import contextlib
import sqlite3
from array import array
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from sqlite_utils import Database

from resolver.aside import written_aside
from resolver.errors import InputError, RecordError
from resolver.forking import map_forked, processes
from resolver.garbage import seldom_collected
from resolver.gazetteer.blocks import PreparedBlock, PreparedEntity, Source
from resolver.gazetteer.index import to_blobs
from resolver.gazetteer.indexing import Indexing
from resolver.gazetteer.schema import APPLICATION_ID, INDEXES, SCHEMA, SCHEMA_VERSION, fingerprint
from resolver.gazetteer.store import WEAK

CHUNK = 1 << 22
"""Bytes of the search index in one row."""

LARGE = 1 << 21
"""Sources of so many bytes and more are read by several processes."""

TOGETHER = 50
"""Rows of a table in one statement."""

READING, INDEXING = 0.6, 0.9
"""How much of the work is done when the sources have been read, and when the search index has been made."""

CACHE = 1 << 16
"""Kilobytes of the new file that are kept in memory while names come in no order."""


@dataclass(slots=True)
class BuildReport:
    """What a build took in: entities, aliases (canonical names too), and the rows that it had to leave out."""

    entities: int = 0
    aliases: int = 0
    rejects: list[RecordError] = field(default_factory=list)
    unknown_kinds: Counter[str] = field(default_factory=Counter)
    """How many aliases have a kind that is not known; they are taken as correct names."""


Progress = Callable[[float], None]
"""Is told again and again how much of the work has been done: from 0 to 1."""


def build_file(
    path: str | Path, sources: Iterable[str | Path], progress: Progress | None = None, jobs: int = 0
) -> BuildReport:
    """Write the database of the tables `sources` to `path`, reading them once and block by block.

    Large sources are read by `jobs` processes (0: one a core); the file is the same for any number. It is written
    aside and renamed, so that an earlier file stays whole until the new one is. Raises InputError for a source that
    cannot be read, an id that comes twice and a file that cannot be written, ResolverError when a process dies; rows
    that are wrong by themselves are left out and reported.
    """
    path = Path(path).resolve()
    if path.exists() and not _is_database(path):
        raise InputError("exists and is no database: build into another file", path)
    with _written(path) as connection, seldom_collected():
        return _fill(connection, sources, progress or (lambda share: None), jobs)


@contextlib.contextmanager
def _written(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a new database that takes the place of `path` at the end."""
    try:
        with written_aside(path) as aside, contextlib.closing(sqlite3.connect(aside)) as connection:
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(f"PRAGMA cache_size = -{CACHE}")
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
    _fill(connection, sources, lambda share: None, jobs=1)
    return connection


def _fill(connection: sqlite3.Connection, paths: Iterable[str | Path], progress: Progress, jobs: int) -> BuildReport:
    report = BuildReport()
    sources = [Source(path) for path in paths]
    size, read = sum(source.size for source in sources), 0
    if size < LARGE:
        jobs = 1
    jobs = processes(jobs)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.executescript(SCHEMA)
    table = TableWriter(connection)
    files = Database(connection).table("source")
    for source in sources:
        before = report.entities
        table.lines.begin(source.path)
        with contextlib.closing(_prepared(source, jobs)) as blocks:
            for block in blocks:
                table.add(block.entities)
                report.entities += len(block.entities)
                report.aliases += sum([len(names) for *_, names in block.entities])
                report.rejects += block.errors
                report.unknown_kinds.update(block.unknown_kinds)
                read += block.size
                progress(READING * min(read / max(size, 1), 1.0))
        files.insert({"path": source.path.name, "sha256": source.sha256, "entities": report.entities - before})
    table.finish(progress, jobs)
    return report


def _prepared(source: Source, jobs: int) -> Generator[PreparedBlock, None, None]:
    """The blocks of a source, prepared; of a large one by several processes."""
    return map_forked(source.prepare, source.blocks(), jobs if source.size >= LARGE else 1)


class Lines:
    """Which line of which source each entity comes from."""

    def __init__(self) -> None:
        """Begin with no source."""
        self._numbers = array("I")
        self._sources: list[tuple[int, str]] = []

    def begin(self, path: str | Path) -> None:
        """Go on with another source."""
        self._sources.append((len(self._numbers), str(path)))

    def extend(self, lines: Iterable[int]) -> None:
        """Take the lines of the next entities."""
        self._numbers.extend(lines)

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

    def add(self, entities: Sequence[PreparedEntity]) -> None:
        """Take in more entities. Raises InputError for an id that is there already, and names both lines."""
        rows: list[tuple[int, str, str, str, float]] = []
        aliases: list[tuple[int, int, str, str, str, int | None]] = []
        forms: list[tuple[int, str]] = []
        add_entity, add_name = self._indexing.add_entity, self._indexing.add_name
        self.lines.extend([entity[0] for entity in entities])
        for row, (_, entity_id, name, type, weight, names) in enumerate(entities, self._entities):
            rows.append((row, entity_id, name, type, weight))
            add_entity(row, name, type, weight)
            for number, (alias, lang, kind, exact, romanised) in enumerate(names, self._aliases + len(aliases)):
                form = add_name(number, exact, romanised, kind == WEAK)
                if form == self._forms + len(forms):
                    forms.append((form, exact))
                aliases.append((number, row, alias, lang, kind, form))
        try:
            self._insert("entity", rows)
        except sqlite3.IntegrityError:
            self._say_which(rows)
            raise
        self._insert("form", forms)
        self._insert("alias", aliases)
        self._entities += len(rows)
        self._aliases += len(aliases)
        self._forms += len(forms)

    def _insert(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Insert rows, many in one statement, which takes half the time."""
        if not rows:
            return
        together = len(rows) - len(rows) % TOGETHER
        row = f"({', '.join('?' * len(rows[0]))})"
        many = (chain.from_iterable(rows[place : place + TOGETHER]) for place in range(0, together, TOGETHER))
        statement = f"INSERT INTO {table} VALUES {row}"
        self._connection.executemany(statement + f", {row}" * (TOGETHER - 1), map(tuple, many))
        self._connection.executemany(statement, rows[together:])

    def _say_which(self, rows: list[tuple[int, str, str, str, float]]) -> None:
        """Raise the InputError for an id that two rows have."""
        seen: dict[str, int] = {}
        for row, entity_id, *_ in rows:
            found = self._connection.execute("SELECT no FROM entity WHERE id = ? AND no < ?", (entity_id, rows[0][0]))
            first = next((no for (no,) in found), seen.setdefault(entity_id, row))
            if first != row:
                (path, line), (other, at) = self.lines.place(first), self.lines.place(row)
                raise InputError(f"the id {entity_id!r} stands already at {path}:{line}", Path(other), at)

    def finish(self, progress: Progress, jobs: int) -> None:
        """Write the search index, made by some processes, and the indexes of the tables."""
        connection = self._connection
        Database(connection).table("meta").insert({"key": "fingerprint", "value": fingerprint()})
        parts = self._indexing.parts(jobs)
        progress(INDEXING)
        connection.executemany(
            "INSERT INTO search_index VALUES (?, ?, ?)",
            (
                (part, place // CHUNK, data[place : place + CHUNK])
                for part, data in to_blobs(parts)
                for place in range(0, max(len(data), 1), CHUNK)
            ),
        )
        connection.executescript(INDEXES)
        connection.commit()
        progress(1.0)
