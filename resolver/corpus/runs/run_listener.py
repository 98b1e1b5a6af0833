"""`RunListener`, the callbacks of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from resolver.corpus.runs.journal import Counts
from resolver.errors import RecordError


def _ignore(*_: object) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunListener:
    """Functions that a run calls as it proceeds; each is optional.

    - `started`: with the paths of the files, before the first of them is read.
    - `rejected`: with each rejected record or file.
    - `news`: with each other message for the user.
    - `progress`: with the counts so far, and the number of bytes read from all files.
    - `stopped`: if an exception ends the run, with whether the same request resumes it.
    """

    started: Callable[[Sequence[str]], object] = _ignore
    rejected: Callable[[RecordError], object] = _ignore
    news: Callable[[str], object] = _ignore
    progress: Callable[[Counts, int], object] = _ignore
    stopped: Callable[[bool], object] = _ignore
