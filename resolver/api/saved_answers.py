"""The answers of saved runs, read from a database file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from resolver.database.connection import connect
from resolver.database.saved_runs import SavedAnswer, SavedRun, read_resolved, read_runs, read_waiting
from resolver.errors import InputError

MAX_ANSWERS_PER_READ = 1000
"""Maximum number of answers read in one transaction, so that writers need not wait while they are consumed."""


def saved_runs(path: str | Path, number: int | None = None) -> list[SavedRun]:
    """The saved runs in a database file, or the one with a number. Raises InputError if there is none."""
    with closing(connect(Path(path))) as connection:
        runs = read_runs(connection)
    if number is not None:
        runs = [run for run in runs if run.number == number]
        if not runs:
            raise InputError(f"no run {number}; to list the runs: resolver resolved --db {path} --runs", path)
    return runs


def saved_answers(path: str | Path, run: int | None = None, uncertain: bool = False) -> Iterator[SavedAnswer]:
    """The answers of a run, or of all runs, in input order.

    With `uncertain`, only those to review, the most frequent first: for each undecided name the last answer that is not
    a sure link. Raises InputError for an unknown run.
    """
    saved_runs(path, run)
    with closing(connect(Path(path))) as connection:
        if uncertain:
            yield from read_waiting(connection, run)
            return
        last = 0
        while answers := read_resolved(connection, run, last, MAX_ANSWERS_PER_READ):
            yield from answers
            last = answers[-1].number
