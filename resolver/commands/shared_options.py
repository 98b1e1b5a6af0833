"""The options, exit codes and report of rejected records that several commands share."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import click

from resolver.errors import RecordError

DONE, REJECTED, UNREADABLE = 0, 1, 2

db_option = click.option("--db", type=click.Path(), help="Database to answer from. [default: the bundled table]")
changed_db_option = click.option("--db", required=True, type=click.Path(), help="Database to change.")
jobs_option = click.option(
    "--jobs", type=click.IntRange(min=0), default=1, help="Number of processes; 0 for one per core. [default: 1]"
)
save_option = click.option("--save", is_flag=True, help="Save the answers in the database that --db names.")
rejects_option = click.option("--rejects", type=click.Path(), help="Write rejected records here, as JSON lines.")


def source_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options for reading sources; the command gets them as one argument, `options`."""

    @functools.wraps(command)
    def with_options(
        format_: str,
        columns: str | None,
        types: str | None,
        langs: str | None,
        prefix: bool,
        licence: str,
        url: str,
        source_version: str,
        **others: object,
    ) -> None:
        from resolver.sources.importers.importer import SourceOptions

        pairs = [pair.partition("=") for pair in split_list(columns)]
        bad = next((held for held, _, column in pairs if not held or not column), None)
        if bad is not None:
            raise click.UsageError(f"--columns takes pairs as id=ID,name=Label, not {bad!r}")
        options = SourceOptions(
            format_ or "",
            {held: column for held, _, column in pairs},
            tuple(split_list(types)),
            tuple(split_list(langs)),
            prefix,
            licence,
            url,
            source_version,
        )
        command(options=options, **others)

    for option in (
        click.option("--format", "format_", metavar="NAME", help="Format of all SOURCES. [default: detected]"),
        click.option(
            "--columns", metavar="id=ID,...", help="Columns of tables, by field: id, name, type, aliases, weight."
        ),
        click.option("--types", metavar="TYPE,...", help="Only these types; for Wikidata also classes: Q4022=place."),
        click.option(
            "--langs",
            metavar="LANG,...",
            help="Only names in these languages; Wikidata: canonical ones in the first.",
        ),
        click.option("--prefix", is_flag=True, help="Prefix numeric ids with their authority, e.g. geonames:2950159."),
        click.option("--licence", default="", help="Licence of sources that do not state it."),
        click.option("--url", default="", help="Web address of sources that do not state it."),
        click.option("--source-version", default="", help="Version of sources that do not state it."),
    ):
        with_options = option(with_options)
    return with_options


def split_list(text: str | None) -> list[str]:
    """The items of a comma-separated option."""
    return [part.strip() for part in (text or "").split(",") if part.strip()]


class Rejects:
    """Collects rejected records: counts them, prints the first ones to stderr, and writes all to an optional file."""

    SHOWN = 20
    """Maximum number of records that are printed."""

    def __init__(self, sink: BinaryIO | None) -> None:
        """Start without records; `sink` is the file, or None."""
        self.count = 0
        self._sink = sink

    def add(self, error: RecordError) -> None:
        """Count one rejected record."""
        from resolver.corpus.outputs.edit_lines import reject_line

        self.count += 1
        if self.count <= self.SHOWN:
            click.echo(f"resolver: rejected: {error}", err=True)
        if self._sink is not None:
            self._sink.write(reject_line(error))

    def exit_code(self) -> int:
        """The exit code for the records. Prints their number."""
        if self.count > self.SHOWN:
            click.echo(f"resolver: and {self.count - self.SHOWN} more", err=True)
        if self.count:
            click.echo(f"resolver: {self.count} rejected", err=True)
        return REJECTED if self.count else DONE


@contextlib.contextmanager
def rejects_into(path: str | None) -> Iterator[Rejects]:
    """A context manager that gives a collector of rejected records, which writes them to a file if there is a path."""
    from resolver.corpus.byte_streams import open_output

    with ExitStack() as stack:
        yield Rejects(stack.enter_context(open_output(path)) if path else None)


def whole(argument: str) -> str:
    """A command-line argument; bytes that are not UTF-8 (lone surrogates) become U+FFFD."""
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def check_outputs(outputs: Sequence[str | None], inputs: Sequence[str]) -> None:
    """Raise UsageError if two outputs are one file, or an output is one of `inputs`."""
    taken = {Path(path).resolve(): path for path in inputs if path != "-"}
    for path in outputs:
        if path is None or path == "-" or Path(path).is_char_device():
            continue
        if Path(path).resolve() in taken:
            raise click.UsageError(f"{path} is also an input or another output; choose another file")
        taken[Path(path).resolve()] = path
