"""Resuming an interrupted run from its last checkpoint, if all files it depends on are unchanged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from resolver.corpus.formats.file_format import ConcatenatedFormat
from resolver.corpus.runs.file_outputs import FileJob, publish
from resolver.corpus.runs.journal import Checkpoint, Journal, Signature, signature
from resolver.corpus.runs.partial_files import partial_path
from resolver.corpus.runs.run_plan import Plan
from resolver.errors import InputError


def resume(plan: Plan, journal: Journal | None, say: Callable[[str], object]) -> Checkpoint:
    """The checkpoint to resume from: the start, unless a run with the same fingerprint was interrupted.

    If an interrupted run cannot be resumed, that is reported, and its journal removed. Raises InputError if that run
    has rewritten files in place: they would be rewritten twice, and could no longer be undone.
    """
    if journal is None:
        return Checkpoint()
    found = journal.read()
    if found is None:
        return Checkpoint()
    why = found if isinstance(found, str) else _what_differs(plan, found)
    if isinstance(found, str) or why:
        if journal.in_place:
            more = "repeat its command, or remove this file (the old files have backups)"
            raise InputError(f"an interrupted rewriting in place cannot be resumed: {why}; {more}", journal.path)
        say(f"an interrupted run is not resumed: {why}")
        journal.remove()
        return Checkpoint()
    point = _behind_whole(plan, journal, found) if found.whole else _with_own_outputs(plan, found)
    if point.number < len(plan.jobs):
        say(f"resuming an interrupted run: {point.number} of {len(plan.jobs)} files are done")
    return point


def check_backups(plan: Plan, point: Checkpoint) -> None:
    """Raise InputError if rewriting in place would destroy the backups or the undo file of an earlier run."""
    waiting = [job.backup for job in plan.jobs[point.number :] if job.backup is not None]
    for backup in waiting:
        if backup.exists():
            problem = "a backup exists already, so the file was rewritten before"
            raise InputError(f"{problem}; move the backup, or give another --backup suffix", backup)
    undo = Path(plan.shared.get("undo", ""))
    if waiting and undo.is_file() and undo.stat().st_size:
        raise InputError("it can undo an earlier rewriting: undo that first, or choose another file for --edits", undo)


def done_signature(job: FileJob) -> Signature:
    """The signature of a finished file, by which a later run sees that it is unchanged. Raises OSError."""
    return signature(job.path)


def rejected_signature(now: Signature) -> Signature:
    """The signature of a file that was rejected as a whole; no finished file has it."""
    return ~now[0], now[1]


def _what_differs(plan: Plan, point: Checkpoint) -> str:
    """The reason why a run cannot be resumed from a checkpoint; "" if there is none."""
    for job, was in zip(plan.jobs, point.done, strict=False):
        rejected = was[0] < 0
        if _signature_or_none(job.path) != (rejected_signature(was) if rejected else was):
            return f"{job.path} has changed"
        gone = next((target for target in job.targets().values() if not target.exists()), None)
        if gone is not None and not rejected:
            return f"{gone} is gone"
    if point.number >= len(plan.jobs):
        return ""
    job = plan.jobs[point.number]
    if not point.whole and point.input is not None and _signature_or_none(job.path) != point.input:
        return f"{job.path} has changed"
    sizes = {plan.shared_partial(name): size for name, size in point.offsets.items()}
    missing = _missing(sizes)
    return f"{missing} is gone" if missing else ""


def _with_own_outputs(plan: Plan, point: Checkpoint) -> Checkpoint:
    """The checkpoint, or the start of its file if the checkpoint cannot be used.

    It cannot if the outputs of the file are gone (they were complete before the run was interrupted), or if its format
    writes a file as a whole.
    """
    if point.number >= len(plan.jobs):
        return point
    job = plan.jobs[point.number]
    targets = job.targets()
    missing = _missing({partial_path(targets[name]): size for name, size in point.own.items()})
    if missing is None and (isinstance(job.format, ConcatenatedFormat) or not job.target):
        return point
    return replace(point, parts=0, own={}, offsets=point.begun, counts=point.counts_begun)


def _behind_whole(plan: Plan, journal: Journal, point: Checkpoint) -> Checkpoint:
    """The start of the next file, after the complete outputs of the current one are put in place."""
    job = plan.jobs[point.number]
    publish(job)
    now = done_signature(job)
    behind = Checkpoint(
        number=point.number + 1,
        offsets=point.offsets,
        begun=point.offsets,
        counts=point.counts,
        counts_begun=point.counts,
        done=(now,),
    )
    journal.add(behind)
    return replace(behind, done=(*point.done, now))


def _missing(sizes: Mapping[Path, int]) -> Path | None:
    """The first file that is missing, or shorter than it was."""
    for path, size in sizes.items():
        now = _signature_or_none(path)
        if now is None or now[0] < size:
            return path
    return None


def _signature_or_none(path: Path | str) -> Signature | None:
    try:
        return signature(path)
    except OSError:
        return None
