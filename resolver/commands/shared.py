"""What several commands have in common: options, exit codes, and the report of rejected records."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import click

from resolver.errors import RecordError

DONE, REJECTED, UNREADABLE = 0, 1, 2

db_option = click.option("--db", type=click.Path(), help="Database to answer from. [default: the bundled table]")
changed_db_option = click.option("--db", required=True, type=click.Path(), help="Database to change.")
jobs_option = click.option(
    "--jobs", type=click.IntRange(min=0), default=1, help="Processes to use; 0: one a core. [default: 1]"
)
rejects_option = click.option("--rejects", type=click.Path(), help="Write rejected records here, as JSON lines.")


class Rejects:
    """Counts rejected records, says the first ones on stderr, and writes them all to a file if there is one."""

    SHOWN = 20

    def __init__(self, sink: BinaryIO | None) -> None:
        """Begin with none."""
        self.count = 0
        self._sink = sink

    def add(self, error: RecordError) -> None:
        """Take in one rejected record."""
        from resolver.corpus.outputs.edits import reject_line

        self.count += 1
        if self.count <= self.SHOWN:
            click.echo(f"resolver: rejected: {error}", err=True)
        if self._sink is not None:
            self._sink.write(reject_line(error))

    def exit_code(self) -> int:
        """Say how many there were, and the exit code for it."""
        if self.count > self.SHOWN:
            click.echo(f"resolver: and {self.count - self.SHOWN} more", err=True)
        if self.count:
            click.echo(f"resolver: {self.count} rejected", err=True)
        return REJECTED if self.count else DONE


@contextlib.contextmanager
def rejects_into(path: str | None) -> Iterator[Rejects]:
    """Where to put rejected records; with a path they are written there."""
    from resolver.corpus.streams import open_output

    with ExitStack() as stack:
        yield Rejects(stack.enter_context(open_output(path)) if path else None)


def whole(argument: str) -> str:
    """A command-line argument without the lone surrogates that stand for bytes that are no UTF-8."""
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def check_outputs(outputs: Sequence[str | None], inputs: Sequence[str]) -> None:
    """Refuse to write two things to one file, or over one of `inputs`."""
    taken = {Path(path).resolve(): path for path in inputs if path != "-"}
    for path in outputs:
        if path is None or path == "-" or Path(path).is_char_device():
            continue
        if Path(path).resolve() in taken:
            raise click.UsageError(f"{path} is also an input or another output: give it another name")
        taken[Path(path).resolve()] = path
