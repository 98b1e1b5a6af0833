"""The commands that build, change and describe a database."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from resolver import __version__
from resolver.commands.help_texts import BUILD
from resolver.commands.shared_options import (
    Rejects,
    changed_db_option,
    check_outputs,
    db_option,
    rejects_into,
    rejects_option,
    source_options,
    split_list,
    whole,
)

if TYPE_CHECKING:
    from resolver.sources.importers.importer import SourceOptions
    from resolver.sources.source_report import SourceReport

COMPACT_HINT_CHANGES = 5_000
"""Number of changes from which `put` recommends `compact`: they noticeably slow down the start of a process."""


@click.command(epilog=BUILD)
@click.argument("sources", nargs=-1, type=click.Path())
@click.option("-o", "--output", required=True, type=click.Path(), help="The database file to write.")
@source_options
@click.option(
    "--with",
    "with_",
    metavar="TABLE,...",
    help="Tables of installed packages: countries, languages, cities, companies.",
)
@click.option("--merge", is_flag=True, help="Merge entities that share an id; the first one's id and name remain.")
@click.option(
    "--jobs",
    type=click.IntRange(min=0),
    default=0,
    help="Number of processes for large sources. [default: 0, one per core]",
)
@rejects_option
def build(
    sources: tuple[str, ...],
    output: str,
    options: SourceOptions,
    with_: str | None,
    merge: bool,
    jobs: int,
    rejects: str | None,
) -> None:
    """Build a database from tables. These are TSV, CSV or JSONL with id and name, and optionally type, aliases, weight.

    Without SOURCES it is built from the bundled table. Aliases are separated by "|", each name, name@lang,
    name@lang:kind or name@:kind; a backslash escapes | @ and itself. Kinds: short, acronym, native and former names are
    correct as written; variant names are replaced by rewriting; weak names are linked but never rewritten. Decisions
    ("accept", "reject") and saved runs ("resolve --save") of an earlier file at OUTPUT are carried over.

    Other formats are detected by their first bytes: Wikidata's JSON dump, OpenSanctions' entities.ftm.json and
    targets.simple.csv, GeoNames' cities*.txt with alternateNamesV2.txt, GLEIF's golden copy, JRC-Names, OFAC's sdn.csv
    with alt.csv, and sdn.xml. All sources may be compressed: .gz, .bz2, .zst, or .zip.
    """
    from resolver.api.database_build import build as build_database

    check_outputs([output, rejects], sources)
    with rejects_into(rejects) as rejected:
        with _progress_bar() as progress:
            report = build_database(
                output,
                sources,
                installed=split_list(with_),
                format=options.format,
                columns=options.columns,
                types=options.types,
                langs=options.langs,
                prefix=options.prefix,
                licence=options.licence,
                url=options.url,
                version=options.version,
                merge=merge,
                jobs=jobs,
                progress=progress,
            )
        _say_report(report, rejected)
        if report.shared:
            hint = "--merge merges the entities that share an id"
            click.echo(f"resolver: {report.shared} other ids belong to several entities; {hint}", err=True)
        kept = f", {report.decisions} decisions kept" if report.decisions else ""
        kept += f", {report.runs} runs kept" if report.runs else ""
        click.echo(f"resolver: {output}: {report.entities} entities, {report.aliases} names{kept}", err=True)
    sys.exit(rejected.exit_code())


@contextlib.contextmanager
def _progress_bar() -> Iterator[Callable[[float], None]]:
    """A function to call with the share of the work that is done; it draws a bar on a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda share: None
        return
    with click.progressbar(length=1000, label="building", file=sys.stderr) as bar:
        yield lambda share: bar.update(round(1000 * share) - bar.pos)


@click.command()
@click.argument("sources", nargs=-1, required=True, type=click.Path())
@changed_db_option
@source_options
@rejects_option
def put(sources: tuple[str, ...], db: str, options: SourceOptions, rejects: str | None) -> None:
    """Add entities to a database, or replace those with the same id.

    An entity is replaced as a whole: aliases that the new table does not list are removed. All changes are made in one
    transaction. SOURCES are as for "build", but each is read on its own.
    """
    from resolver.database.updates import put_tables

    check_outputs([rejects], [db, *sources])
    with rejects_into(rejects) as rejected:
        report = put_tables(db, sources, options)
        _say_report(report, rejected)
        click.echo(f"resolver: {db}: {report.new} new, {report.changed} changed, {report.same} as before", err=True)
        if report.waiting >= COMPACT_HINT_CHANGES:
            hint = f"{report.waiting} changes in the delta index slow down the start of each process"
            click.echo(f"resolver: {hint}; to merge them into the main index: resolver compact --db {db}", err=True)
    sys.exit(rejected.exit_code())


@click.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@changed_db_option
def remove(ids: tuple[str, ...], db: str) -> None:
    """Remove the entities with these IDs from a database. All are removed, or none if an ID is unknown."""
    from resolver.database.updates import remove_entities

    click.echo(f"resolver: {db}: {remove_entities(db, map(whole, ids))} removed", err=True)


@click.command()
@changed_db_option
def compact(db: str) -> None:
    """Merge the changes by "put" and "remove" into the main index.

    Answers stay the same, but opening the database is faster; "resolver info" says how many changes there are. The rows
    of entities get new numbers. A database of an earlier layout, or built with earlier rules for names, is migrated to
    the present ones.
    """
    from resolver.database.compaction import compact_file
    from resolver.database.connection import connect
    from resolver.database.schema import SCHEMA_VERSION

    with contextlib.closing(connect(Path(db), renewing=True)) as connection:
        layout = connection.rows("PRAGMA user_version")[0][0]
    changes = compact_file(db)
    forward = f", and migrated from layout {layout} to {SCHEMA_VERSION}" if layout != SCHEMA_VERSION else ""
    click.echo(f"resolver: {db}: {changes} change{'' if changes == 1 else 's'} merged{forward}", err=True)


def _say_report(report: SourceReport, rejected: Rejects) -> None:
    """Report on stderr the rejected records, lines about unknown entities, and unknown kinds of alias."""
    for error in report.rejects:
        rejected.add(error)
    if report.unmatched:
        click.echo(f"resolver: {report.unmatched} lines are about entities in none of the tables", err=True)
    for kind, count in sorted(report.unknown_kinds.items()):
        click.echo(f"resolver: {count} aliases of the unknown kind {kind!r} are treated as correct names", err=True)


@click.command()
@db_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def info(db: str | None, as_json: bool) -> None:
    """Print what a database contains, and how it was built."""
    from resolver.api.opening import open as open_names
    from resolver.corpus.byte_streams import json_line
    from resolver.infra.compiled_modules import MODULES, module_states

    with open_names(db) as names:
        counts = names.table.counts
        sources = names.table.sources()
        modules = dict(module_states())
        compiled = [name for name, state in modules.items() if state == "compiled"]
        value: dict[str, object] = {
            "version": __version__,
            "compiled": len(compiled) == len(MODULES),
            "database": names.table.place,
            "entities": counts["entity"],
            "names": counts["alias"],
            "forms": counts["form"],
            "changes": counts["change"],
            "decisions": counts["decision"],
            "redirects": counts["redirect"],
            "runs": counts["run"],
            **names.table.meta(),
        }
    if as_json:
        value["modules"] = modules
        value["sources"] = [source._asdict() for source in sources]
        click.echo(json_line(value).decode(), nl=False)
        return
    if compiled and not value["compiled"]:
        value["compiled"] = f"{len(compiled)} of {len(MODULES)} modules"
    for key, entry in value.items():
        click.echo(f"{key}: {entry}")
    for name, state in modules.items():
        click.echo(f"module: {name} ({state})")
    for source in sources:
        digest = f"sha256 {source.sha256[:12]}" if source.sha256 else ""
        facts = ", ".join(filter(None, (f"{source.entities} entities", digest, source.version)))
        click.echo(f"source: {source.path} ({facts})")
        if source.licence or source.url:
            click.echo(f"  {source.licence or 'licence unknown'}{source.url and f': {source.url}'}")
