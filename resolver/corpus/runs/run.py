"""A run over many files: part by part, in several processes, resumed where an earlier run was interrupted.

This process reads the parts and writes their outputs, in order; `part_rewriting.PartRewriter` does the work in between.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from itertools import islice

from resolver.corpus.byte_streams import STDIN, display_name, json_line, open_input, open_output
from resolver.corpus.outputs import statistics as stats
from resolver.corpus.outputs.brat import StandoffPlace
from resolver.corpus.outputs.diffs import diff_head
from resolver.corpus.outputs.edit_lines import reject_line
from resolver.corpus.runs.checkpoints import check_backups, done_signature, rejected_signature, resume
from resolver.corpus.runs.file_outputs import FileJob, FileOutputs
from resolver.corpus.runs.journal import Checkpoint, Counts, Journal, Signature, signature
from resolver.corpus.runs.part_rewriting import FileEnd, PartRewriter, PartTask, RewrittenPart
from resolver.corpus.runs.partial_files import naming
from resolver.corpus.runs.run_listener import RunListener
from resolver.corpus.runs.run_plan import Plan
from resolver.corpus.runs.shared_outputs import SharedOutputs
from resolver.corpus.runs.undo import change_line, splice_line
from resolver.database.saved_runs import now
from resolver.errors import InputError, RecordError
from resolver.infra.gc_pause import rare_collections
from resolver.infra.process_pool import map_forked

UNREADABLE: Signature = (0, 0)
"""The signature of standard input, and of a file whose status cannot be read."""


AnswerSink = Callable[[Iterable[bytes], str], object]
"""Saves the answers of a run: lines of JSON, and the time that identifies the run. Saving twice changes nothing."""


def save_nothing(lines: Iterable[bytes], saving: str) -> None:
    """Save nothing."""


class RewriteRun:
    """One run of a plan."""

    def __init__(
        self,
        plan: Plan,
        rewrite_part: PartRewriter,
        type_of: Callable[[str], str],
        listener: RunListener,
        save_answers: AnswerSink = save_nothing,
    ) -> None:
        """Rewrite with `rewrite_part`; `type_of` gives the type of the entity with an id."""
        self._plan = plan
        self._rewrite_part = rewrite_part
        self._type_of = type_of
        self._listener = listener
        self._save_answers = save_answers
        self._journal = _journal(plan)
        self._signatures: dict[int, Signature] = {}
        self._own: FileOutputs | None = None
        self._refused: RecordError | None = None
        self._in_hand = False
        self._entities: Counter[stats.Entity] = Counter()
        self._own_entities: Counter[stats.Entity] = Counter()
        self._done: list[Signature] = []
        self._shared = SharedOutputs({}, frozenset(), {})
        self._read = self._read_here = 0
        self._headed = False

    def run(self) -> tuple[Counts, Counter[stats.Entity]]:
        """Run to the end, and return the counts, and the number of edits of each entity.

        Raises InputError if an output cannot be written. After an error or an interruption no output is incomplete; if
        there is a checkpoint, the partial files stay beside the outputs for the next run.
        """
        self._listener.started([job.path for job in self._plan.jobs])
        try:
            point = resume(self._plan, self._journal, self._listener.news)
            check_backups(self._plan, point)
            make_folder(self._plan)
            ended = point.number == len(self._plan.jobs)
            self._shared = SharedOutputs(
                self._plan.shared, self._plan.hidden, point.offsets, ended, self._plan.limits.lock_seconds
            )
            self._resume_at(point)
            if point.parts:
                self._begin_file(point.number)
            rewritten_parts = map_forked(
                self._rewrite_part, self._tasks(point), self._plan.processes, self._rewrite_part.begin
            )
            with closing(rewritten_parts), rare_collections():
                for rewritten in rewritten_parts:
                    self._write_result(rewritten)
            self._publish_shared()
        except BaseException:
            self._close_or_discard()
            self._listener.stopped(self.is_resumable)
            raise
        return self._counts, self._entities

    @property
    def is_resumable(self) -> bool:
        """Whether there is a checkpoint from which a later run can resume."""
        return self._journal is not None and self._journal.path.exists()

    def _resume_at(self, point: Checkpoint) -> None:
        """Set the state of the run to a checkpoint."""
        self._number, self._parts = point.number, point.parts
        self._begun, self._counts, self._counts_begun = dict(point.begun), point.counts, point.counts_begun
        self._own_sizes = dict(point.own)
        self._saving = point.saving
        self._saved = time.monotonic()
        self._read = sum(max(size, ~size) for size, _ in point.done)
        if point.counts.edits and "edits" in self._plan.shared:
            self._recount(self._begun.get("edits", 0), point.offsets["edits"])

    def _recount(self, begun: int, end: int) -> None:
        """Count the edits of each entity again, in the finished files and in the current one."""
        partial = self._plan.shared_partial("edits")
        path = str(partial) if partial.exists() else self._plan.shared["edits"]
        with suppress(InputError), open_input(path) as file:  # the file is gone if it is hidden and the run is finished
            place = 0
            for line in file:
                place += len(line)
                if place <= end:
                    edit = json.loads(line)  # texts may have lone surrogates, which orjson rejects
                    (self._entities if place <= begun else self._own_entities)[edit["id"], edit["name"]] += 1

    def _tasks(self, point: Checkpoint) -> Iterator[PartTask]:
        """The remaining parts of all files, and the ends of the files."""
        for number in range(point.number, len(self._plan.jobs)):
            job = self._plan.jobs[number]
            error = None
            try:
                self._signatures[number] = _signature(job)
                with open_input(job.path) as file:
                    done = point.parts if number == point.number else 0
                    yield from (PartTask(number, part) for part in islice(job.format.parts(file), done, None))
                if _signature(job) != self._signatures[number]:
                    error = RecordError("it changed while it was read, and was skipped", job.path)
            except InputError as problem:
                error = RecordError(problem.reason, problem.path or display_name(job.path), problem.line)
            except OSError as problem:
                error = RecordError(f"cannot be read: {problem.strerror}", job.path)
            yield PartTask(number, end=FileEnd(self._signatures.get(number, UNREADABLE), error))

    def _write_result(self, rewritten: RewrittenPart) -> None:
        """Write the outputs of a part, or finish its file."""
        error = rewritten.end.error if rewritten.end is not None else None
        if not self._in_hand and error is None:
            self._begin_file(rewritten.number)
        if rewritten.end is None:
            if self._own is not None:
                self._write(self._own, rewritten)
            self._parts += 1
            self._read_here += rewritten.size
        elif self._own is not None and error is None:
            self._complete_file(self._own, rewritten.end)
        else:
            self._reject_file(rewritten.end, error or self._refused)
        size, _ = self._signatures.get(self._number, UNREADABLE)
        self._listener.progress(self._counts, self._read + min(self._read_here, size))
        if self._journal is not None and time.monotonic() - self._saved > self._plan.limits.checkpoint_seconds:
            self._write_checkpoint()

    def _begin_file(self, number: int) -> None:
        """Begin a file. If there are several, one whose outputs cannot be written is rejected."""
        if not self._parts:
            self._begun = self._shared.offsets()
            self._counts = replace(self._counts, own_edits=0, own_changes=0, splices=0, points=0, marks=0)
            self._counts_begun = self._counts
        self._in_hand, self._headed, self._read_here = True, False, 0
        place = StandoffPlace(self._counts.points, self._counts.marks)
        try:
            self._own = FileOutputs(self._plan.jobs[number], self._own_sizes, place, self._plan.limits.lock_seconds)
        except InputError as error:
            if len(self._plan.jobs) == 1:
                raise
            self._refused = RecordError(error.reason, error.path, error.line)
        self._own_sizes = {}

    def _write(self, own: FileOutputs, rewritten: RewrittenPart) -> None:
        begin = own.sizes().get("text", 0)
        own.write(rewritten.units)
        if rewritten.marked is not None:
            own.mark(rewritten.marked, self._type_of)
        rows = 0
        for kind, entries in rewritten.entries.items():
            if kind == "report":
                entries = entries[: self._plan.report_rows - self._counts.rows]
                rows = len(entries)
            data = b"".join(entries)
            if kind == "diff" and data and not self._headed:
                self._headed = True
                data = diff_head(display_name(own.job.path), self._plan.wanted.color).encode("utf-8", "replace") + data
            self._shared.add(kind, data)
        placed = ((begin + start, size, data) for start, size, data in rewritten.splices)
        self._shared.add("undo", b"".join(splice_line(splice) for splice in placed))
        for error in rewritten.errors:
            self._reject(error)
        self._shared.hand_on()
        edits = rewritten.counts.total()
        self._own_entities += rewritten.counts
        self._counts = replace(
            self._counts,
            edits=self._counts.edits + edits,
            own_edits=self._counts.own_edits + edits,
            own_changes=self._counts.own_changes + rewritten.changes,
            rows=self._counts.rows + rows,
            splices=self._counts.splices + len(rewritten.splices),
            points=own.place.points,
            marks=own.place.marks,
        )

    def _reject(self, error: RecordError) -> None:
        self._listener.rejected(error)
        self._shared.add("rejects", reject_line(error))
        self._counts = replace(self._counts, rejected=self._counts.rejected + 1)

    def _reject_file(self, end: FileEnd, error: RecordError | None) -> None:
        """Finish a file that is rejected as a whole: discard all its outputs, and report it."""
        assert error is not None
        if self._in_hand:
            self._shared.cut(self._begun)
            self._counts = self._counts_begun
        if self._own is not None:
            self._own.discard()
        self._counts = replace(self._counts, unreadable=self._counts.unreadable + 1)
        self._reject(error)
        self._next_file(rejected_signature(end.signature), end.signature[0])

    def _complete_file(self, own: FileOutputs, end: FileEnd) -> None:
        """Finish a file: complete its outputs and put them in place."""
        changed = self._counts.own_changes > 0
        own.end(changed)
        self._counts = replace(self._counts, changed=self._counts.changed + (self._counts.own_edits > 0))
        change = own.change(self._counts.splices) if changed and "undo" in self._plan.shared else None
        if change is not None:
            self._shared.add("undo", change_line(change))
        self._entities += self._own_entities
        in_place = own.job.backup is not None and changed
        if in_place and self._journal is not None:
            self._write_checkpoint(whole=True)
        own.publish()
        self._next_file(done_signature(own.job) if in_place else end.signature, end.signature[0])

    def _next_file(self, done: Signature, size: int) -> None:
        """Proceed to the next file."""
        self._counts = replace(self._counts, files=self._number + 1)
        self._done.append(done)
        self._read += max(size, self._read_here)
        self._own_entities = Counter()
        self._number, self._parts, self._read_here = self._number + 1, 0, 0
        self._own, self._refused, self._in_hand = None, None, False

    def _write_checkpoint(self, whole: bool = False) -> None:
        """Write a checkpoint, after syncing everything before it."""
        assert self._journal is not None
        self._shared.save()
        if self._own is not None and not whole:
            self._own.save()
        checkpoint = Checkpoint(
            number=self._number,
            parts=self._parts,
            own=self._own.sizes() if self._own is not None and not whole else {},
            offsets=self._shared.offsets(),
            begun=self._begun if self._in_hand else self._shared.offsets(),
            counts=replace(self._counts, files=self._number + whole),
            counts_begun=self._counts_begun if self._in_hand else self._counts,
            input=self._signatures.get(self._number) if self._in_hand else None,
            whole=whole,
            done=tuple(self._done),
            saving=self._saving,
        )
        self._journal.add(checkpoint)
        self._done.clear()
        self._saved = time.monotonic()

    def _publish_shared(self) -> None:
        """Put the shared outputs in place; if interrupted here, the run is resumed from the last checkpoint."""
        keeps = self._shared.has("answers")
        if keeps:
            self._saving = self._saving or now()
        if self.is_resumable or (keeps and self._journal is not None):
            self._write_checkpoint()
        if keeps:
            self._shared.save()
            path = self._plan.shared_partial("answers")
            with naming(path), path.open("rb") as lines:
                self._save_answers(lines, self._saving)
        if self._plan.stats is not None and (self._entities or not self._counts.edits):
            with open_output(self._plan.stats) as sink:
                sink.write(json_line(stats.as_json(self._entities, totals(self._counts))))
        self._shared.publish(self._counts, self._plan.report_rows)
        if self._journal is not None:
            self._journal.remove()

    def _close_or_discard(self) -> None:
        """Close unfinished outputs, or remove them if no later run can resume from them."""
        for outputs in (self._own, self._shared):
            if outputs is not None:
                outputs.close() if self.is_resumable else outputs.discard()
        if self._journal is not None:
            self._journal.close()


def _journal(plan: Plan) -> Journal | None:
    """The journal of a run; None if it cannot be resumed."""
    if plan.journal is None:
        return None
    in_place = any(job.backup is not None for job in plan.jobs)
    return Journal(plan.journal, plan.fingerprint, in_place, plan.limits.lock_seconds)


def make_folder(plan: Plan) -> None:
    """Create the folder of outputs if missing. Raises InputError if it cannot be written."""
    if plan.folder is not None:
        with naming(plan.folder):
            plan.folder.mkdir(parents=True, exist_ok=True)
        if not os.access(plan.folder, os.W_OK):
            raise InputError("cannot be written: there is no permission, or the disk is read-only", plan.folder)


def totals(counts: Counts) -> dict[str, int]:
    """The totals of a run, by name."""
    return {
        "files": counts.files,
        "changed": counts.changed,
        "edits": counts.edits,
        "rejected": counts.rejected,
        "unreadable": counts.unreadable,
    }


def _signature(job: FileJob) -> Signature:
    return UNREADABLE if job.path == STDIN else signature(job.path)
