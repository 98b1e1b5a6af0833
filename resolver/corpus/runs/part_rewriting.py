"""Rewriting a part of a file: its new bytes, and its share of each output. Pure, so that it runs in any process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from resolver.corpus.byte_streams import display_name
from resolver.corpus.formats.file_format import ConcatenatedFormat, Format, Part, Rewritten
from resolver.corpus.outputs import statistics as stats
from resolver.corpus.outputs.brat import MarkedTexts, marked
from resolver.corpus.outputs.diffs import Style, diff_of
from resolver.corpus.outputs.edit_lines import edit_lines
from resolver.corpus.outputs.report_page import report_rows
from resolver.corpus.outputs.web_annotations import BETWEEN, annotation_items
from resolver.corpus.runs.file_outputs import FileJob
from resolver.corpus.runs.journal import Signature
from resolver.corpus.runs.reverse_patches import Splice, splices
from resolver.errors import RecordError
from resolver.records import Rewrite

Kind = Literal["edits", "annotations", "report", "diff", "answers"]
"""The outputs that are plain sequences of bytes, for all files together."""


@dataclass(frozen=True, slots=True)
class PartOutputs:
    """The outputs that each part has a share of; `field` is the field or column that is read, if there is only one."""

    text: bool = True
    kinds: frozenset[Kind] = frozenset()
    brat: bool = False
    splices: bool = False
    style: Style = "lines"
    color: bool = False
    field: str = ""


@dataclass(frozen=True, slots=True)
class FileEnd:
    """The end of a file: its signature when it was opened, and its error if it is rejected as a whole."""

    signature: Signature
    error: RecordError | None = None


@dataclass(frozen=True, slots=True)
class PartTask:
    """A part of the file with a number, or the end of that file."""

    number: int
    part: Part | None = None
    end: FileEnd | None = None


@dataclass(frozen=True, slots=True)
class RewrittenPart:
    """The outputs of a part. `units` are for the output of its format; splices count from their first byte."""

    number: int
    size: int = 0
    units: tuple[Rewritten, ...] = ()
    entries: dict[Kind, tuple[bytes, ...]] = field(default_factory=dict)
    counts: Counter[stats.Entity] = field(default_factory=Counter)
    changes: int = 0
    """The number of units whose bytes have changed."""
    errors: tuple[RecordError, ...] = ()
    marked: MarkedTexts | None = None
    splices: tuple[Splice, ...] = ()
    end: FileEnd | None = None


class PartRewriter:
    """Rewrites the parts of some files."""

    def __init__(
        self,
        jobs: Sequence[FileJob],
        rewrite: Rewrite,
        wanted: PartOutputs,
        type_of: Callable[[str], str],
        explain: Callable[[str, str], str],
        begin: Callable[[], object] = lambda: None,
        in_one_state: Callable[[Callable[[], RewrittenPart]], RewrittenPart] = lambda work: work(),
        noted: Callable[[], tuple[bytes, ...]] = tuple,
    ) -> None:
        """Rewrite with `rewrite`; `type_of` and `explain` serve the outputs.

        A forked process calls `begin` first; each part is rewritten in one state of the table. `noted` gives the lines
        logged since its last call.
        """
        self.begin = begin
        self._in_one_state = in_one_state
        self._jobs = jobs
        self._rewrite = rewrite
        self._wanted = wanted
        self._type_of = type_of
        self._explain = explain
        self._noted = noted

    def __call__(self, task: PartTask) -> RewrittenPart:
        """The outputs of a task."""
        if task.part is None:
            return RewrittenPart(task.number, end=task.end)
        part = task.part
        return self._in_one_state(lambda: self._piece(task.number, part))

    def _piece(self, number: int, part: Part) -> RewrittenPart:
        wanted = self._wanted
        job = self._jobs[number]
        path, format = display_name(job.path), job.format
        units = format.rewrite(part, self._rewrite)
        entries = {
            kind: tuple(entry for unit in units for entry in self._entries(kind, unit, path)) for kind in wanted.kinds
        }
        return RewrittenPart(
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
    """The part of the units that the output of the format needs."""
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
