"""Building a database from canonical tables."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path

from resolver.database.carry_over import carry_over
from resolver.database.connection import Connection, unchanging, written
from resolver.database.layout import create_tables, utils
from resolver.database.table_writer import BATCH, Progress, TableWriter
from resolver.errors import InputError
from resolver.infra.gc_pause import seldom_collected
from resolver.infra.process_pool import map_forked, processes
from resolver.sources.merging import Links
from resolver.sources.source_blocks import PreparedBlock, Source, parts_first
from resolver.sources.source_report import Intake
from resolver.sources.supplements import Extras

LARGE = 1 << 21
"""Sources of so many bytes and more are read by several processes."""

READING = 0.6
"""The share of the work that is done when the sources have been read."""


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
            report.decisions, report.runs = carry_over(path, connection)
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
    create_tables(connection)
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
    utils(connection).table("source").insert_all(
        {"no": number, "path": source.name, "sha256": source.sha256, "entities": counts.get(number, 0)}
        | {"format": source.importer.format, "licence": source.licence, "url": source.url, "version": source.version}
        for number, source in enumerate(sources)
    )
