"""What a run is to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from resolver.corpus.runs.file_outputs import Job
from resolver.corpus.runs.part_rewriting import Wanted
from resolver.corpus.runs.partial_files import partial_path


@dataclass(frozen=True, slots=True)
class Plan:
    """The files of a run, what to make of them, and the paths of the outputs that they share, by name.

    `hidden` outputs are for the run itself. `journal` is the file to note down in how far it is; None when it cannot go
    on after an interruption, as something of it is a stream. `fingerprint` is equal for runs that do the same.
    """

    jobs: tuple[Job, ...]
    wanted: Wanted
    shared: Mapping[str, str]
    hidden: frozenset[str] = frozenset()
    stats: str | None = None
    """Where to write how many mentions of each entity were changed."""
    folder: Path | None = None
    """The folder of outputs, which is made if it is not there."""
    processes: int = 1
    journal: Path | None = None
    fingerprint: str = ""

    def shared_partial(self, name: str) -> Path:
        """Where a shared output is written before it has its name."""
        return partial_path(Path(self.shared[name]).resolve())
