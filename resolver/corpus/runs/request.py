"""The request of a run: the inputs, the outputs, and how the files are read."""

from __future__ import annotations

from dataclasses import dataclass, field

from resolver.corpus.byte_streams import STDIN
from resolver.corpus.formats.file_format import FormatOptions
from resolver.corpus.outputs.diffs import Style
from resolver.corpus.runs.partial_files import is_stream
from resolver.corpus.runs.undo import undo_path


@dataclass(frozen=True, slots=True)
class RunLimits:
    """The times of a run, in seconds: between two checkpoints, and waiting for a lock on an output.

    A lock is held by the processes of a killed run until they have ended. Neither time changes the outputs.
    """

    checkpoint_seconds: float = 2.0
    lock_seconds: float = 5.0


LIMITS = RunLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class RewriteOptions:
    """The less common options of a run. Paths of outputs may be "-" for standard output.

    - `format`: the format of all inputs (`text`, `jsonl`, `html`...); by default it follows from their extensions.
    - `backup`: the suffix of the old file when a file is rewritten in place.
    - `diff`: print the changes to standard output instead of writing new files: `"lines"` (a unified diff) or
      `"words"` (the changed lines, with the changes marked). `color`: with ANSI colours.
    - `annotations`: a file for the edits as W3C Web Annotations (JSON-LD).
    - `brat`: a folder for the edits as brat standoff, with the old texts.
    - `report`: a file for a page (HTML) that shows each edit in its sentence; `report_rows` is the maximum number of
      edits in it, since browsers sort and filter all of them at once.
    - `stats`: a file for how many mentions of each entity were changed (JSON).
    - `rejects`: a file for the rejected records, as JSON lines.
    - `count_entities`: count the changed mentions of each entity, including those before an interruption of the run.
    - `save`: save the answers for the mentions in the database (table `resolved`).
    - `limits`: the times of the run.
    """

    format: str | None = None
    backup: str = ".orig"
    diff: Style | None = None
    color: bool = False
    annotations: str | None = None
    brat: str | None = None
    report: str | None = None
    report_rows: int = 10_000
    stats: str | None = None
    rejects: str | None = None
    count_entities: bool = False
    save: bool = False
    limits: RunLimits = LIMITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(RewriteOptions):
    """The request of a run. Paths are as given, "-" for the standard streams.

    Without `output`, `in_place`, `dry_run` or `diff`, the new text goes to standard output.
    """

    inputs: tuple[str, ...]
    texts: FormatOptions = field(default_factory=FormatOptions)
    output: str | None = None
    in_place: bool = False
    dry_run: bool = False
    edits: str | None = None

    @property
    def writes_text(self) -> bool:
        """Whether new texts are written."""
        return not self.dry_run and self.diff is None

    def shared(self) -> dict[str, str]:
        """The paths of the outputs that all files share, by name."""
        named = {"edits": self.edits, "annotations": self.annotations, "report": self.report, "rejects": self.rejects}
        paths = {name: path for name, path in named.items() if path is not None}
        if self.diff is not None:
            paths["diff"] = STDIN
        to_files = self.in_place or self.output not in (None, STDIN)
        if self.edits is not None and not is_stream(self.edits) and self.writes_text and to_files:
            paths["undo"] = str(undo_path(self.edits))
        return paths
