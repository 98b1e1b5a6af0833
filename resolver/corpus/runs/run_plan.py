"""`Plan`, the files and outputs of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from resolver.corpus.runs.file_outputs import FileJob
from resolver.corpus.runs.part_rewriting import PartOutputs
from resolver.corpus.runs.partial_files import partial_path
from resolver.corpus.runs.request import LIMITS, RunLimits


@dataclass(frozen=True, slots=True)
class Plan:
    """The files of a run, their outputs, and the paths of the outputs that they share, by name.

    `hidden` outputs are for the run itself. `journal` is the file of its checkpoints; None if it cannot be resumed,
    since one of its files is a stream. `fingerprint` is equal for runs that do the same.
    """

    jobs: tuple[FileJob, ...]
    wanted: PartOutputs
    shared: Mapping[str, str]
    hidden: frozenset[str] = frozenset()
    stats: str | None = None
    """The file for the number of changed mentions of each entity."""
    folder: Path | None = None
    """The folder of outputs, which is created if missing."""
    processes: int = 1
    journal: Path | None = None
    fingerprint: str = ""
    report_rows: int = 0
    limits: RunLimits = LIMITS

    def shared_partial(self, name: str) -> Path:
        """The file in which a shared output is written before it is put in place."""
        return partial_path(Path(self.shared[name]).resolve())
