"""Rewriting a part of a file: its new bytes, and its share of each output. It is pure, so it runs in any process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from resolver.corpus.byte_streams import display_name
from resolver.corpus.formats.file_format import ConcatenatedFormat, Format, Part, Rewritten
from resolver.corpus.outputs import statistics as stats
from resolver.corpus.outputs.brat import MarkedTexts, marked
from resolver.corpus.outputs.diffs import Style, diff_of
from resolver.corpus.outputs.edit_lines import edit_lines
from resolver.corpus.outputs.report_page import report_rows
from resolver.corpus.outputs.web_annotations import ITEM_SEPARATOR, annotation_items
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
    """The outputs of a part. `units` are for the output of its format; splice offsets count from their first byte."""

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


class WithRewrite(Protocol):
    """Calls a function with a rewriting function for one state of the table, and returns its result.

    The call is repeated if the table changes meanwhile.
    """

    def __call__(self, work: Callable[[Rewrite], RewrittenPart], /) -> RewrittenPart:
        """The result of `work`."""


class PartRewriter:
    """Rewrites the parts of some files."""

    def __init__(
        self,
        jobs: Sequence[FileJob],
        with_rewrite: WithRewrite,
        wanted: PartOutputs,
        type_of: Callable[[str], str],
        explain: Callable[[str, str], str],
        begin: Callable[[], object] = lambda: None,
        take_log: Callable[[], tuple[bytes, ...]] = tuple,
    ) -> None:
        """Rewrite by one state of the table at a time (`with_rewrite`); `type_of` and `explain` serve the outputs.

        A forked process calls `begin` first. `take_log` returns the mentions logged since its last call, as lines of
        JSON.
        """
        self.begin = begin
        self._with_rewrite = with_rewrite
        self._jobs = jobs
        self._wanted = wanted
        self._type_of = type_of
        self._explain = explain
        self._take_log = take_log

    def __call__(self, task: PartTask) -> RewrittenPart:
        """The outputs of a task."""
        if task.part is None:
            return RewrittenPart(task.number, end=task.end)
        part = task.part
        return self._with_rewrite(lambda rewrite: self._rewrite(task.number, part, rewrite))

    def _rewrite(self, number: int, part: Part, rewrite: Rewrite) -> RewrittenPart:
        self._take_log()  # drops the log of an attempt by an older state of the table
        wanted = self._wanted
        job = self._jobs[number]
        path, format = display_name(job.path), job.format
        units = format.rewrite(part, rewrite)
        entries = {
            kind: tuple(entry for unit in units for entry in self._entries(kind, unit, path)) for kind in wanted.kinds
        }
        return RewrittenPart(
            number,
            len(part.raw),
            _to_write(units, format) if wanted.text else (),
            entries | {"answers": self._take_log()},
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
            return [ITEM_SEPARATOR + item for item in annotation_items(unit, path)]
        if kind == "report":
            return list(report_rows(unit, path, self._type_of, self._explain))
        return [diff_of(unit, self._wanted.style, self._wanted.color).encode("utf-8", "replace")]


def _to_write(units: Sequence[Rewritten], format: Format) -> tuple[Rewritten, ...]:
    """The units, reduced to what the output of the format needs."""
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
