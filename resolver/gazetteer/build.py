"""Building a database from canonical tables, and building it anew with what has been changed since."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, islice
from pathlib import Path

from sqlite_utils import Database

from resolver.errors import DatabaseError, InputError
from resolver.forking import map_forked, processes
from resolver.garbage import seldom_collected
from resolver.gazetteer.blocks import PreparedBlock, PreparedEntity, Source, parts_first, prepare
from resolver.gazetteer.database import Connection, connect, raw, unchanging, writing, written
from resolver.gazetteer.decisions import carry_decisions
from resolver.gazetteer.extras import Extras
from resolver.gazetteer.index import to_blobs
from resolver.gazetteer.indexing import Indexing
from resolver.gazetteer.intake import Intake, Lines
from resolver.gazetteer.merging import Links
from resolver.gazetteer.resolved import carry_runs
from resolver.gazetteer.schema import APPLICATION_ID, INDEXES, SCHEMA, SCHEMA_VERSION, WEAK, fingerprint
from resolver.names.normal import normal_form
from resolver.records import Alias, Entity

CHUNK = 1 << 22
"""Bytes of the search index in one row."""

LARGE = 1 << 21
"""Sources of so many bytes and more are read by several processes."""

TOGETHER = 50
"""Rows of a table in one statement."""

READING, INDEXING = 0.6, 0.9
"""How much of the work is done when the sources have been read, and when the search index has been made."""

KEPT = ("source", "redirect", "meta", "decision", "run", "resolved")
"""Our tables that are not made of entities."""

RULES = "SELECT value FROM meta WHERE key = 'fingerprint'"
"""What rules a database was built with."""

BATCH = 5_000
"""Entities of a database that are taken over at once."""


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
            _carry(path, connection, report)
    except (OSError, sqlite3.OperationalError) as error:
        raise InputError(f"cannot be written: {_reason(error)}", path) from error
    return report


def _carry(path: Path, new: sqlite3.Connection, report: BuildReport) -> None:
    """Copy what people and runs put into the database file `path`, if there is one, to the new one for its place.

    Its layout and rules may be earlier ones. Raises DatabaseError when it cannot be read: it must not be replaced then.
    """
    if not path.exists():
        return
    try:
        with contextlib.closing(raw(path, "ro")) as old:
            if old.execute("PRAGMA application_id").fetchone() != (APPLICATION_ID,):
                return
            there = {name for (name,) in old.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if "decision" in there:
                report.decisions = carry_decisions(old, new)
            if "run" in there:
                report.runs = carry_runs(old, new)
            _renew_forms(new, old)
    except sqlite3.Error as error:
        problem = f"{path}: what people decided and runs saved cannot be read from it ({error})"
        raise DatabaseError(f"{problem}: move it away before you build it again") from error
    new.commit()


def _renew_forms(connection: sqlite3.Connection, old: Connection) -> None:
    """Make the normal forms of decisions and saved answers anew, if those in the old database are by other rules."""
    if old.execute(RULES).fetchall() == [(fingerprint(),)]:
        return
    connection.create_function("normal_form", 1, lambda mention: normal_form(mention).exact)
    for table in ("decision", "resolved"):
        connection.execute(f"UPDATE {table} SET exact = normal_form(mention)")


def compact_file(path: str | Path) -> int:
    """Fold what has been changed in a database into its search index, and return how many changes that were.

    In a new file that takes the place of the old one: its entities get new rows, in the order they have. Readers go
    on with the old one until then, writers wait. A file of an earlier layout, or built with other rules for names, is
    taken forward to those of today. Raises DatabaseError when there is no such database, when it cannot be written, or
    when another process has been changing it for too long.
    """
    path = Path(path).resolve()
    with writing(path, renewing=True) as held:
        changes: int = held.rows("SELECT count(*) FROM change")[0][0]
        layout = held.rows("PRAGMA user_version")[0][0]
        rules = held.rows(RULES)
        if changes or layout != SCHEMA_VERSION or rules != [(fingerprint(),)]:
            try:
                with contextlib.closing(connect(path, renewing=True)) as old, written(path) as new, seldom_collected():
                    old.backup(new)
                    _refill(new, old)
            except (OSError, sqlite3.Error) as error:
                raise DatabaseError(f"{path}: cannot be written: {_reason(error)}") from error
    return changes


def _refill(new: sqlite3.Connection, old: Connection) -> None:
    """Fill our tables in a copy of a database anew; what others keep in the file stays."""
    _renew_layout(new)
    table = TableWriter(new)
    for sources, entities in groupby(_entities(old), key=lambda found: found[0]):
        while batch := [prepare(entity) for _, entity in islice(entities, BATCH)]:
            table.add(batch, sources)
    _renew_forms(new, old)
    table.finish(lambda share: None, jobs=1)
    new.execute("VACUUM")


def _renew_layout(connection: sqlite3.Connection) -> None:
    """Give a database the tables and views of today, empty but for those that no entities are in."""
    own = sqlite3.connect(":memory:")
    with contextlib.closing(own):
        own.executescript(SCHEMA)
        ours = own.execute("SELECT type, name FROM sqlite_master WHERE sql NOT NULL AND name NOT LIKE 'sqlite_%'")
        drops = [f"DROP {type} IF EXISTS {name}" for type, name in ours]
        columns = {name: [row[1:3] for row in own.execute(f"PRAGMA table_info({name})")] for name in KEPT}
    there = {name: {row[1] for row in connection.execute(f"PRAGMA table_info({name})")} for name in KEPT}
    for name in filter(there.get, KEPT):
        connection.execute(f"CREATE TEMP TABLE kept_{name} AS SELECT * FROM main.{name}")
    for drop in reversed(drops):
        connection.execute(drop)
    connection.executescript(SCHEMA)
    for name in filter(there.get, KEPT):
        values = [
            column if column in there[name] else "''" if type == "TEXT" else "NULL" for column, type in columns[name]
        ]
        connection.execute(f"INSERT INTO main.{name} SELECT {', '.join(values)} FROM kept_{name} ORDER BY rowid")
        connection.execute(f"DROP TABLE kept_{name}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _entities(connection: Connection) -> Iterator[tuple[list[int], Entity]]:
    """All entities of a database, which may be of an earlier layout, with their sources, in the order of their rows."""
    origins = "(SELECT group_concat(source) FROM origin WHERE origin.entity = entity.no)"
    if not connection.rows("SELECT 1 FROM sqlite_master WHERE name = 'origin'"):
        origins = "NULL"
    rows = connection.execute(
        f"SELECT entity.no, {origins}, id, entity.name, type, weight, alias.name, lang, kind FROM alias"
        " CROSS JOIN entity ON entity.no = alias.entity ORDER BY alias.no"
    )
    for (_, sources, *entity), names in groupby(rows, key=lambda row: row[:6]):
        _, *aliases = (Alias(*row[6:]) for row in names)  # the first is the canonical name
        entity_id, name, type, weight = entity
        numbers = sorted(map(int, sources.split(","))) if sources else []
        yield numbers, Entity(entity_id, name, type, tuple(aliases), weight)


def _reason(error: OSError | sqlite3.Error) -> str:
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
