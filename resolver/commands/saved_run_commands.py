"""What runs resolved: keeping it in the database that answered (--save), and the command that lists it."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from resolver.errors import InputError

if TYPE_CHECKING:
    from resolver.api.names import Names
    from resolver.database.connection import Connection
    from resolver.database.saved_runs import RunRecorder, SavedAnswer


RUN = ("number", "command", "input", "min_precision", "saved")
ANSWER = ("run", "times", "mention", "type", "outcome", "id", "best", "probability", "place")
"""The columns of the tables that are printed."""

AT_ONCE = 1000
"""Answers that are read at once: writers need not wait while they are looked at."""


@contextlib.contextmanager
def saved_run(names: Names, save: bool, command: str, input_: str) -> Iterator[RunRecorder | None]:
    """What to count the answers of a run with, if they are to be kept; they are when the block ends well."""
    if not save:
        yield None
        return
    with names.saving(command, "" if input_ == "-" else input_) as tally:
        yield tally
    say_saved(names, tally)


def keeping(names: Names, inputs: Sequence[str], min_precision: float | None) -> Callable[[Iterable[bytes], str], None]:
    """What keeps what a rewriting took the mentions in `inputs` for, from lines of JSON, as a run known by its time.

    Raises DatabaseError, now, when the table cannot be changed.
    """
    from resolver.database.saved_runs import RunRecorder, SavedAnswer, SavedRun, check_can_save

    path, named = names.file, ", ".join("" if path == "-" else path for path in inputs)
    check_can_save(path)

    def keep(lines: Iterable[bytes], saving: str) -> None:
        with contextlib.closing(RunRecorder()) as tally:
            for line in lines:
                tally.add(SavedAnswer.from_dict(json.loads(line)))
            tally.save(path, SavedRun("rewrite", named, min_precision or 0.0, saved=saving))
            say_saved(names, tally)

    return keep


def say_saved(names: Names, tally: RunRecorder) -> None:
    """Say which run it is by now."""
    assert tally.run is not None
    place, number = names.store.place, tally.run.number
    kept = f"run {number}: {tally.count} answer{'' if tally.count == 1 else 's'} kept"
    look = f"resolver resolved --db {place} --run {number} --uncertain"
    click.echo(f"resolver: {place}: {kept}; those to look at: {look}", err=True)


@click.command()
@click.option("--db", required=True, type=click.Path(), help="Database that they are in.")
@click.option("--run", "number", type=click.IntRange(min=1), help="Only those of the run with this number.")
@click.option("--uncertain", is_flag=True, help="Only those to look at, the most frequent first.")
@click.option("--runs", is_flag=True, help="List the runs instead.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines, of answers with their candidates.")
def resolved(db: str, number: int | None, uncertain: bool, runs: bool, as_json: bool) -> None:
    """List what runs with --save took mentions for. As TSV: each answer with how often it was given, and where first.

    --uncertain leaves out what is sure, and mentions that somebody decided on: "accept" and "reject" do. It shows each
    name once, with its last answer.
    """
    from resolver.corpus.byte_streams import json_line
    from resolver.database.connection import connect
    from resolver.database.saved_runs import read_runs, read_waiting

    with contextlib.closing(connect(Path(db))) as connection:
        known = read_runs(connection)
        if runs:
            rows = (asdict(run) for run in known if number in (None, run.number))
        elif number is not None and number not in [run.number for run in known]:
            raise InputError(f"no run {number}; those there are: resolver resolved --db {db} --runs", db)
        else:
            found = read_waiting(connection, number) if uncertain else _all(connection, number)
            rows = (row.to_dict() for row in found)
        columns = RUN if runs else ANSWER
        if not as_json:
            sys.stdout.buffer.write("\t".join(columns).encode() + b"\n")
        for row in rows:
            sys.stdout.buffer.write(json_line(row) if as_json else _tsv(row, columns))
        sys.stdout.buffer.flush()


def _all(connection: Connection, run: int | None) -> Iterator[SavedAnswer]:
    from resolver.database.saved_runs import read_resolved

    last = 0
    while some := read_resolved(connection, run, last, AT_ONCE):
        yield from some
        last = some[-1].number


def _tsv(row: dict[str, Any], columns: Sequence[str]) -> bytes:
    """A row of a table; of an answer it has the name of the most probable entity, whatever the outcome."""
    cells = {**row, "best": "".join(choice["name"] for choice in row.get("candidates", ())[:1])}
    return "\t".join(" ".join(str(cells[c] if cells[c] is not None else "").split()) for c in columns).encode() + b"\n"
