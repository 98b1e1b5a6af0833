"""Building a database from canonical tables."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, islice
from pathlib import Path

from sqlite_utils import Database

from resolver.database.carry_over import carry
from resolver.database.connection import Connection, unchanging, written
from resolver.database.schema import APPLICATION_ID, INDEXES, SCHEMA, SCHEMA_VERSION, fingerprint
from resolver.errors import InputError
from resolver.index.index_builder import Indexing
from resolver.index.search_index import to_blobs
from resolver.infra.gc_pause import seldom_collected
from resolver.infra.process_pool import map_forked, processes
from resolver.records import WEAK
from resolver.sources.merging import Links
from resolver.sources.prepared_entities import PreparedEntity
from resolver.sources.source_blocks import PreparedBlock, Source, parts_first
from resolver.sources.source_report import Intake, Lines
from resolver.sources.supplements import Extras

CHUNK = 1 << 22
"""Bytes of the search index in one row."""

LARGE = 1 << 21
"""Sources of so many bytes and more are read by several processes."""

TOGETHER = 50
"""Rows of a table in one statement."""

READING, INDEXING = 0.6, 0.9
"""How much of the work is done when the sources have been read, and when the search index has been made."""

BATCH = 5_000
"""Entities that are taken in at once."""


@dataclass(slots=True)
class BuildReport(Intake):
    """What a build took in: entities, aliases (canonical names too), and what it had to leave out."""

    entities: int = 0
    aliases: int = 0
    decisions: int = 0
    runs: int = 0
    """How many of the earlier file's stay."""
    shared: int = 0
    """How many ids that sources give their entities are those of other entities, or of several; merged: none."""


Progress = Callable[[float], None]
"""Is told again and again how much of the work has been done: from 0 to 1."""


def build_file(
    path: str | Path,
    sources: Iterable[str | Path | Source],
    progress: Progress | None = None,
    jobs: int = 0,
    merge: bool = False,
) -> BuildReport:
    """Write the database of the tables `sources` to `path`, reading them once and block by block.

    Large sources are read by `jobs` processes (0: one a core); the file is the same for any number. It is written
    aside and renamed, so that an earlier file stays whole until the new one is; what people decided and runs saved in
    that one is taken over. With `merge`, entities that share an id become one, under the id of the first. Raises
    InputError for a source that cannot be read, an id that comes twice and a file that cannot be written, ResolverError
    when a process dies, another one does not stop changing the earlier file, or what is taken over cannot be read; rows
    that are wrong by themselves are left out and reported.
    """
    path = Path(path).resolve()
    if path.exists() and not _is_database(path):
        raise InputError("exists and is no database: build into another file", path)
    try:
        with contextlib.ExitStack() as until_renamed, written(path) as connection, seldom_collected():
            report = _fill(connection, sources, progress or (lambda share: None), jobs, merge)
            until_renamed.enter_context(unchanging(path))
            report.decisions, report.runs = carry(path, connection)
    except (OSError, sqlite3.OperationalError) as error:
        raise InputError(f"cannot be written: {reason_of(error)}", path) from error
    return report


def reason_of(error: OSError | sqlite3.Error) -> str:
    """Why a file cannot be written."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _is_database(path: Path) -> bool:
    """Whether a file is SQLite's, or empty; others are not overwritten."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(16) in (b"", b"SQLite format 3\x00")
    except OSError:
        return False


def build_in_memory(sources: Iterable[str | Path]) -> Connection:
    """A connection to the database of the tables `sources`, held in memory."""
    connection = sqlite3.connect(":memory:", check_same_thread=False, factory=Connection)
    _fill(connection, sources, lambda share: None, jobs=1, merge=False)
    return connection


def _fill(
    connection: sqlite3.Connection, given: Iterable[str | Path | Source], progress: Progress, jobs: int, merge: bool
) -> BuildReport:
    report = BuildReport()
    sources = [source if isinstance(source, Source) else Source(source) for source in given]
    size = sum(source.size for source in sources)
    jobs = processes(jobs if size >= LARGE else 1)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.executescript(SCHEMA)
    table = TableWriter(connection)
    links = Links(connection, sources)
    with contextlib.closing(Extras()) as extras:
        read = 0
        for number, source in parts_first(sources):
            table.lines.begin(source.path)
            with contextlib.closing(_prepared(source, extras, jobs)) as blocks:
                for block in blocks:
                    report.take(block)
                    links.add(number, block.links)
                    extras.add(source.importer, block.more)
                    if merge:
                        links.keep(number, block.entities)
                    else:
                        table.add(block.entities, [number])
                    read += block.size
                    progress(READING * min(read / max(size, 1), 1.0))
        for source in sources:
            report.take_left(source.importer, extras)
    if merge:
        for numbers, entities in groupby(links.merged(), key=lambda found: found[0]):
            while batch := [entity for _, entity in islice(entities, BATCH)]:
                table.add(batch, numbers)
    else:
        report.shared = links.redirect()
    report.entities, report.aliases = table.counts
    _describe(connection, sources)
    table.finish(progress, jobs)
    return report


def _prepared(source: Source, extras: Extras, jobs: int) -> Generator[PreparedBlock, None, None]:
    """The blocks of a source, prepared; of a large one by several processes."""
    with contextlib.closing(source.blocks(extras)) as blocks:
        prepared = map_forked(source.prepare, blocks, jobs if source.size >= LARGE else 1)
        with contextlib.closing(prepared):
            for block in prepared:
                source.dated = max(source.dated, block.dated)
                yield block


def _describe(connection: sqlite3.Connection, sources: Sequence[Source]) -> None:
    """Write what the table was built from."""
    counts = dict(connection.execute("SELECT source, count(*) FROM origin GROUP BY source").fetchall())
    Database(connection).table("source").insert_all(
        {"no": number, "path": source.name, "sha256": source.sha256, "entities": counts.get(number, 0)}
        | {"format": source.importer.format, "licence": source.licence, "url": source.url, "version": source.version}
        for number, source in enumerate(sources)
    )


class TableWriter:
    """Fills the tables of a new database and makes the search index of them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Write to a connection that has the empty tables."""
        self._connection = connection
        self._indexing = Indexing()
        self._entities = self._aliases = self._forms = 0
        self.lines = Lines()

    @property
    def counts(self) -> tuple[int, int]:
        """How many entities and aliases there are."""
        return self._entities, self._aliases

    def add(self, entities: Sequence[PreparedEntity], sources: Sequence[int]) -> None:
        """Take in more entities, which are from some sources.

        Raises InputError for an id that is there already, and names both lines.
        """
        rows: list[tuple[int, str, str, str, float]] = []
        aliases: list[tuple[int, int, str, str, str, int | None]] = []
        forms: list[tuple[int, str]] = []
        add_entity, add_name = self._indexing.add_entity, self._indexing.add_name
        self.lines.extend([entity.line for entity in entities])
        for row, entity in enumerate(entities, self._entities):
            rows.append((row, entity.id, entity.name, entity.type, entity.weight))
            add_entity(row, entity.name, entity.type, entity.weight)
            for number, name in enumerate(entity.names, self._aliases + len(aliases)):
                form = add_name(number, name.exact, name.romanised, name.kind == WEAK)
                if form == self._forms + len(forms):
                    forms.append((form, name.exact))
                aliases.append((number, row, name.name, name.lang, name.kind, form))
        try:
            self._insert("entity", rows)
        except sqlite3.IntegrityError:
            self._say_which(rows)
            raise
        self._insert("origin", [(row, source) for row, *_ in rows for source in sources])
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
                raise self.lines.twice(entity_id, first, row)

    def finish(self, progress: Progress, jobs: int) -> None:
        """Write the search index, made by some processes, and the indexes of the tables."""
        connection = self._connection
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('fingerprint', ?)", [fingerprint()])
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
