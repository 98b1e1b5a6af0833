"""What becomes of a part of a file: the new bytes, and what each further output gets. Pure: it runs in any process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from resolver.corpus.byte_streams import display_name
from resolver.corpus.formats.file_format import ConcatenatedFormat, Format, Part, Rewritten
from resolver.corpus.outputs import statistics as stats
from resolver.corpus.outputs.brat import Marked, marked
from resolver.corpus.outputs.diffs import Style, diff_of
from resolver.corpus.outputs.edit_lines import edit_lines
from resolver.corpus.outputs.report_page import report_rows
from resolver.corpus.outputs.web_annotations import BETWEEN, annotation_items
from resolver.corpus.runs.file_outputs import Job
from resolver.corpus.runs.journal import Signature
from resolver.corpus.runs.reverse_patches import Splice, splices
from resolver.errors import RecordError
from resolver.records import Rewrite

Kind = Literal["edits", "annotations", "report", "diff", "answers"]
"""The outputs that are bytes, one after the other, for all files together."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to make of each part. `field` is the only field or column that is read, if it is one."""

    text: bool = True
    kinds: frozenset[Kind] = frozenset()
    brat: bool = False
    splices: bool = False
    style: Style = "lines"
    color: bool = False
    field: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """The end of a file: as it was when it was opened, and why it is rejected as a whole, if it is."""

    signature: Signature
    error: RecordError | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A part of the file with a number, or its end."""

    number: int
    part: Part | None = None
    end: End | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """What becomes of a task. `units` are for the output of the format; splices count from the first of their bytes."""

    number: int
    size: int = 0
    units: tuple[Rewritten, ...] = ()
    entries: dict[Kind, tuple[bytes, ...]] = field(default_factory=dict)
    counts: Counter[stats.Entity] = field(default_factory=Counter)
    changes: int = 0
    """How many units have other bytes now."""
    errors: tuple[RecordError, ...] = ()
    marked: Marked | None = None
    splices: tuple[Splice, ...] = ()
    end: End | None = None


class PieceMaker:
    """Makes the pieces of some files."""

    def __init__(
        self,
        jobs: Sequence[Job],
        rewrite: Rewrite,
        wanted: Wanted,
        type_of: Callable[[str], str],
        explain: Callable[[str, str], str],
        begin: Callable[[], object] = lambda: None,
        in_one_state: Callable[[Callable[[], Piece]], Piece] = lambda work: work(),
        noted: Callable[[], tuple[bytes, ...]] = tuple,
    ) -> None:
        """See the outputs for what they need. A forked process calls `begin` first; each piece is made in one state of
        the table. `noted` are the lines of what mentions were taken for since it was asked before."""
        self.begin = begin
        self._in_one_state = in_one_state
        self._jobs = jobs
        self._rewrite = rewrite
        self._wanted = wanted
        self._type_of = type_of
        self._explain = explain
        self._noted = noted

    def __call__(self, task: Task) -> Piece:
        """The piece for a task."""
        if task.part is None:
            return Piece(task.number, end=task.end)
        part = task.part
        return self._in_one_state(lambda: self._piece(task.number, part))

    def _piece(self, number: int, part: Part) -> Piece:
        wanted = self._wanted
        job = self._jobs[number]
        path, format = display_name(job.path), job.format
        units = format.rewrite(part, self._rewrite)
        entries = {
            kind: tuple(entry for unit in units for entry in self._entries(kind, unit, path)) for kind in wanted.kinds
        }
        return Piece(
            number,
            len(part.raw),
            _to_write(units, format) if wanted.text else (),
            entries | {"answers": self._noted()},
            stats.count(edit for unit in units for edit in unit.edits),
            sum(unit.before != unit.after for unit in units),
            tuple(unit.error for unit in units if unit.error is not None),
            marked(units) if wanted.brat else None,
            tuple(_splices(units)) if wanted.splices and job.is_spliced else (),
        )

    def _entries(self, kind: Kind, unit: Rewritten, path: str) -> Sequence[bytes]:
        if kind == "edits":
            return list(edit_lines(unit, self._wanted.field))
        if kind == "annotations":
            return [BETWEEN + item for item in annotation_items(unit, path)]
        if kind == "report":
            return list(report_rows(unit, path, self._type_of, self._explain))
        return [diff_of(unit, self._wanted.style, self._wanted.color).encode("utf-8", "replace")]


def _to_write(units: Sequence[Rewritten], format: Format) -> tuple[Rewritten, ...]:
    """What the output of the format needs of the units."""
    if isinstance(format, ConcatenatedFormat):
        return (Rewritten(b"", b"".join(unit.after for unit in units)),)
    return tuple(replace(unit, texts=()) for unit in units)


def _splices(units: Sequence[Rewritten]) -> list[Splice]:
    found: list[Splice] = []
    place = 0
    for unit in units:
        found += [(place + start, size, data) for start, size, data in splices(unit.before, unit.after)]
        place += len(unit.after)
    return found
