"""The answers of saved runs, read from a database file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from resolver.database.connection import connect
from resolver.database.saved_runs import SavedAnswer, SavedRun, read_resolved, read_runs, read_waiting
from resolver.errors import InputError

ANSWERS_PER_READ = 1000
"""Answers that are read in one transaction: writers need not wait while the rest is looked at."""


def saved_runs(path: str | Path, number: int | None = None) -> list[SavedRun]:
    """The saved runs in a database file, or the one with a number. Raises InputError when there is none."""
    with closing(connect(Path(path))) as connection:
        runs = read_runs(connection)
    if number is not None:
        runs = [run for run in runs if run.number == number]
        if not runs:
            raise InputError(f"no run {number}; to list the runs: resolver resolved --db {path} --runs", path)
    return runs


def saved_answers(path: str | Path, run: int | None = None, uncertain: bool = False) -> Iterator[SavedAnswer]:
    """The answers of a run, or of all, in the order of the input.

    With `uncertain` only those to review, the most frequent first: the last answer for each name that was not sure and
    that nobody has decided on. Raises InputError for a run that there is not.
    """
    saved_runs(path, run)
    with closing(connect(Path(path))) as connection:
        if uncertain:
            yield from read_waiting(connection, run)
            return
        last = 0
        while answers := read_resolved(connection, run, last, ANSWERS_PER_READ):
            yield from answers
            last = answers[-1].number
