"""Saved runs: saving the answers of a run in the database (--save), and the command that lists them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from resolver.api.names import Names
    from resolver.database.saved_runs import RunRecorder


RUN_COLUMNS = ("number", "command", "input", "min_precision", "saved")
ANSWER_COLUMNS = ("run", "times", "mention", "type", "outcome", "id", "best", "probability", "place")
"""The columns of the TSV output."""


@contextlib.contextmanager
def saved_run(names: Names, save: bool, command: str, input_: str) -> Iterator[RunRecorder | None]:
    """A context manager that gives a recorder of answers, or None without `save`.

    The answers are saved as a run if the block ends without an error.
    """
    if not save:
        yield None
        return
    with names.saving(command, "" if input_ == "-" else input_) as recorder:
        yield recorder
    assert recorder.run is not None
    say_saved(names.table.place, recorder.run.number, recorder.count)


def say_saved(database: object, run: int, answers: int) -> None:
    """Report on stderr the number of a run that was saved, and the command that lists it."""
    saved = f"run {run}: {answers} answer{'' if answers == 1 else 's'} saved"
    look = f"resolver resolved --db {database} --run {run} --uncertain"
    click.echo(f"resolver: {database}: {saved}; to list the uncertain ones: {look}", err=True)


@click.command()
@click.option("--db", required=True, type=click.Path(), help="Database of the runs.")
@click.option("--run", "number", type=click.IntRange(min=1), help="Only the run with this number.")
@click.option("--uncertain", is_flag=True, help="Only answers to review, the most frequent first.")
@click.option("--runs", is_flag=True, help="List the runs, not their answers.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines; answers include their candidates.")
def resolved(db: str, number: int | None, uncertain: bool, runs: bool, as_json: bool) -> None:
    """List the answers of saved runs as TSV.

    Runs are saved by "resolve --save", "rewrite --save" and the page /-/batch of "serve". Each distinct answer is
    listed once, with the number of its occurrences and the place of the first.

    --uncertain leaves out sure answers, and mentions that "accept" or "reject" has decided on. It lists each name once,
    with its last answer.
    """
    from resolver.api.saved_answers import saved_answers, saved_runs
    from resolver.corpus.byte_streams import json_line

    columns = RUN_COLUMNS if runs else ANSWER_COLUMNS
    rows: Iterable[dict[str, Any]]
    if runs:
        rows = (asdict(run) for run in saved_runs(db) if number in (None, run.number))
    else:
        saved_runs(db, number)  # raises before anything is printed
        rows = (answer.to_dict() for answer in saved_answers(db, number, uncertain))
    if not as_json:
        sys.stdout.buffer.write("\t".join(columns).encode() + b"\n")
    for row in rows:
        sys.stdout.buffer.write(json_line(row) if as_json else _tsv(row, columns))
    sys.stdout.buffer.flush()


def _tsv(row: dict[str, Any], columns: Sequence[str]) -> bytes:
    """A line of TSV; "best" is the name of the most probable entity, whatever the outcome."""
    cells = {**row, "best": "".join(choice["name"] for choice in row.get("candidates", ())[:1])}
    return "\t".join(" ".join(str(cells[c] if cells[c] is not None else "").split()) for c in columns).encode() + b"\n"
