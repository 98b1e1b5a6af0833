"""Building a database file: all entities of the sources go into its tables, and all names into its search index."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path

from resolver.database.carry_over import carry_over
from resolver.database.connection import WRITER_WAIT_SECONDS, Connection, new_database, without_writers
from resolver.database.layout import create_tables, utils
from resolver.database.table_writer import MAX_BATCH_ENTITIES, Progress, TableWriter, no_progress
from resolver.errors import InputError
from resolver.infra.gc_pause import rare_collections
from resolver.infra.process_pool import map_forked, processes
from resolver.sources.merging import SharedIds
from resolver.sources.source_blocks import LIMITS, BlockLimits, EntitySource, PreparedBlock, supplements_first
from resolver.sources.source_report import SourceReport
from resolver.sources.supplements import Supplements

SHARE_AFTER_READING = 0.6
"""Share of the work that is done when the sources have been read."""


@dataclass(slots=True)
class BuildReport(SourceReport):
    """The numbers of rows that a build wrote, and the rejected records; `aliases` includes canonical names."""

    entities: int = 0
    aliases: int = 0
    decisions: int = 0
    """Decisions carried over from the earlier file."""
    runs: int = 0
    """Saved runs carried over from the earlier file."""
    shared: int = 0
    """Number of other ids that cannot redirect because one or several entities have them; 0 after merging."""


def build_file(
    path: str | Path,
    sources: Iterable[str | Path | EntitySource],
    progress: Progress = no_progress,
    jobs: int = 0,
    merge: bool = False,
    limits: BlockLimits = LIMITS,
    wait: float = WRITER_WAIT_SECONDS,
) -> BuildReport:
    """Write the database of some sources to `path`, and return a report.

    Large sources are prepared by `jobs` processes (0: one per core); the file is the same for any number. With `merge`,
    entities that share an id become one, with the id of the first. The file appears when it is complete; decisions and
    saved runs of an earlier file are carried over. Bad records are rejected and reported.

    Raises InputError for a source that cannot be read, a repeated id and a file that cannot be written; ResolverError
    if a process dies; DatabaseError if another process keeps the earlier file locked for `wait` seconds, or its
    decisions and runs cannot be read.
    """
    path = Path(path).resolve()
    if path.exists() and not _is_database(path):
        raise InputError("exists, but is not a database: build into another file", path)
    try:
        with contextlib.ExitStack() as until_renamed, new_database(path) as connection, rare_collections():
            report = _fill(connection, sources, progress, jobs, merge, limits)
            until_renamed.enter_context(without_writers(path, wait))
            report.decisions, report.runs = carry_over(path, connection)
    except (OSError, sqlite3.OperationalError) as error:
        raise InputError(f"cannot be written: {reason_of(error)}", path) from error
    return report


def build_in_memory(sources: Iterable[str | Path]) -> Connection:
    """A connection to an in-memory database of some sources."""
    connection = sqlite3.connect(":memory:", check_same_thread=False, factory=Connection)
    _fill(connection, sources, no_progress, jobs=1, merge=False, limits=LIMITS)
    return connection


def reason_of(error: OSError | sqlite3.Error) -> str:
    """The reason why a file cannot be written."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _is_database(path: Path) -> bool:
    """Whether a file is a SQLite file or empty; others are not overwritten."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(16) in (b"", b"SQLite format 3\x00")
    except OSError:
        return False


def _fill(
    connection: sqlite3.Connection,
    given: Iterable[str | Path | EntitySource],
    progress: Progress,
    jobs: int,
    merge: bool,
    limits: BlockLimits,
) -> BuildReport:
    """Fill a new database: read all sources, write their entities, then the search index."""
    sources = [source if isinstance(source, EntitySource) else EntitySource(source) for source in given]
    jobs = processes(jobs if sum(source.size for source in sources) >= limits.parallel_bytes else 1)
    create_tables(connection)
    table = TableWriter(connection)
    shared_ids = SharedIds(connection, sources)
    report = BuildReport()
    with contextlib.closing(_prepared_blocks(sources, jobs, limits, report, progress)) as blocks:
        for number, block in blocks:
            shared_ids.add(number, block.other_ids)
            if merge:
                shared_ids.store(number, block.entities)
            else:
                table.lines.begin(sources[number].path)
                table.add(block.entities, [number])
    if merge:
        for numbers, entities in groupby(shared_ids.merged(), key=lambda found: found[0]):
            while batch := [entity for _, entity in islice(entities, MAX_BATCH_ENTITIES)]:
                table.add(batch, numbers)
    else:
        report.shared = shared_ids.redirect()
    report.entities, report.aliases = table.counts
    _describe(connection, sources)
    table.finish(progress, jobs)
    return report


def _prepared_blocks(
    sources: Sequence[EntitySource], jobs: int, limits: BlockLimits, report: BuildReport, progress: Progress
) -> Generator[tuple[int, PreparedBlock], None, None]:
    """The prepared blocks of all sources, each with the number of its source; supplements go to later sources."""
    size = max(sum(source.size for source in sources), 1)
    read = 0
    with contextlib.closing(Supplements()) as supplements:
        for number, source in supplements_first(sources):
            source_jobs = jobs if source.size >= limits.parallel_bytes else 1
            with (
                contextlib.closing(source.blocks(supplements, limits)) as blocks,
                contextlib.closing(map_forked(source.prepare, blocks, source_jobs)) as prepared,
            ):
                for block in prepared:
                    source.modified = max(source.modified, block.modified)
                    report.add_block(block)
                    supplements.add(source.importer, block.supplements)
                    yield number, block
                    read += block.size
                    progress(SHARE_AFTER_READING * min(read / size, 1.0))
        for source in sources:
            report.add_unused(source.importer, supplements)


def _describe(connection: sqlite3.Connection, sources: Sequence[EntitySource]) -> None:
    """Fill the table `source`."""
    counts = dict(connection.execute("SELECT source, count(*) FROM origin GROUP BY source").fetchall())
    utils(connection).table("source").insert_all(
        {"no": number, "path": source.name, "sha256": source.sha256, "entities": counts.get(number, 0)}
        | {"format": source.importer.format, "licence": source.licence, "url": source.url, "version": source.version}
        for number, source in enumerate(sources)
    )
