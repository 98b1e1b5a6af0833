"""The planner of a run: determines the files and outputs, and rejects invalid requests."""

from __future__ import annotations

import hashlib
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import BinaryIO

from resolver.corpus.byte_streams import STDIN, json_line, open_input
from resolver.corpus.formats import format_of
from resolver.corpus.formats.file_format import ConcatenatedFormat, Format, Part, Rewritten
from resolver.corpus.runs.file_outputs import FileJob
from resolver.corpus.runs.input_files import InputFile, find_inputs, is_tree, root_of
from resolver.corpus.runs.part_rewriting import Kind, PartOutputs
from resolver.corpus.runs.partial_files import JOURNAL, is_stream
from resolver.corpus.runs.request import LIMITS, Request
from resolver.corpus.runs.run_plan import Plan
from resolver.errors import InputError, SettingError
from resolver.records import Rewrite


@dataclass(frozen=True, slots=True)
class _Unusable(ConcatenatedFormat):
    """The format of a file in a folder that the requested format does not fit: the file is rejected."""

    error: InputError
    name: str = "unusable"

    def parts(self, file: BinaryIO) -> Iterator[Part]:
        raise self.error

    def rewrite(self, part: Part, rewrite: Rewrite) -> list[Rewritten]:
        raise self.error


def plan_run(
    request: Request,
    answering: object,
    processes: int,
    skipped: Callable[[str], object],
    reserved: Sequence[str] = (),
) -> Plan:
    """The plan for a request.

    `answering` (JSON) identifies everything else that the answers depend on: table and settings. `skipped` is called
    with a message for each skipped file. Raises InputError for a missing input, and SettingError for outputs that would
    overwrite inputs, the `reserved` files, or each other.
    """
    _check_request(request)
    inputs = find_inputs(request.inputs, request.backup, skipped)
    into_folder = _is_folder(request, inputs)
    _check_trees(request)
    jobs = tuple(_job(request, found, into_folder) for found in inputs)
    _check_targets(request, jobs, reserved)
    shared = request.shared()
    journal = _journal_path(request, jobs, shared, into_folder)
    hidden: frozenset[str] = frozenset()
    if journal is not None and "edits" not in shared and (request.stats is not None or request.count_entities):
        shared["edits"], hidden = f"{journal}.edits", frozenset({"edits"})
    if request.save:
        temporary = Path(tempfile.gettempdir()) / f"resolver-{uuid.uuid4().hex}"
        shared["answers"], hidden = f"{journal or temporary}.answers", hidden | {"answers"}
    fields = request.texts.fields or request.texts.columns or ("text",)
    kinds: set[Kind] = {kind for kind in ("edits", "annotations", "report", "diff") if kind in shared}
    wanted = PartOutputs(
        text=request.writes_text,
        kinds=frozenset(kinds),
        brat=request.brat is not None,
        splices="undo" in shared,
        style=request.diff or "lines",
        color=request.color,
        field=fields[0] if len(fields) == 1 else "",
    )
    identity = [asdict(replace(request, limits=LIMITS)), answering, str(Path.cwd()), [job.path for job in jobs]]
    fingerprint = hashlib.sha256(json_line({"asked": identity})).hexdigest()
    folder = Path(request.output) if into_folder and request.output is not None and request.writes_text else None
    return Plan(
        jobs,
        wanted,
        shared,
        hidden,
        request.stats,
        folder,
        processes,
        journal,
        fingerprint,
        request.report_rows,
        request.limits,
    )


def _check_request(request: Request) -> None:
    if request.in_place and request.output is not None:
        raise SettingError("give either --output or --in-place")
    if request.in_place and STDIN in request.inputs:
        raise SettingError("standard input cannot be rewritten in place")
    if not request.backup or "/" in request.backup:
        raise SettingError(f"the suffix of a backup cannot be {request.backup!r}")
    if request.report is not None and is_stream(request.report):
        raise SettingError("the report is a page: choose a file name for it")


def _is_folder(request: Request, inputs: Sequence[InputFile]) -> bool:
    """Whether the output is a folder. Raises SettingError if it must be a folder and is a file."""
    output = request.output
    if output is None or is_stream(output):
        return False
    into_folder = len(inputs) > 1 or any(map(is_tree, request.inputs)) or Path(output).is_dir()
    if into_folder and Path(output).exists() and not Path(output).is_dir():
        raise SettingError(f"with several inputs --output must be a folder, and {output} is a file")
    return into_folder


def _check_trees(request: Request) -> None:
    """Raise SettingError for an output inside a folder that is read: the next run would read it too."""
    outputs = {
        "--output": request.output, "--edits": request.edits, "--annotations": request.annotations,
        "--brat": request.brat, "--report": request.report, "--stats-json": request.stats, "--rejects": request.rejects,
    }  # fmt: skip
    roots = [root_of(path) for path in request.inputs if is_tree(path) and (Path(path).is_dir() or "**" in path)]
    for option, output in outputs.items():
        if output is None or is_stream(output):
            continue
        for root in roots:
            if Path(output).resolve().is_relative_to(root.resolve()):
                raise SettingError(f"{option} {output} is inside the input {root}: choose a path outside it")


def _job(request: Request, found: InputFile, into_folder: bool) -> FileJob:
    path = found.path
    target = None
    if request.writes_text:
        if request.in_place:
            target = path
        elif into_folder and request.output is not None:
            target = str(Path(request.output) / found.place)
        else:
            target = request.output or STDIN
    backup = None
    if request.in_place and request.writes_text:
        real = Path(path).resolve()
        backup = real.with_name(real.name + request.backup)
    brat = Path(request.brat) / found.place if request.brat is not None else None
    if brat is not None and brat.suffix.lower() == ".txt":
        brat = brat.with_suffix("")
    return FileJob(path, _format(request, path), target, into_folder, backup, brat)


def _format(request: Request, path: str) -> Format:
    """The format of a file. Raises InputError for a file that was named; one in a folder is rejected later."""
    try:
        if path in request.inputs and path != STDIN:
            with open_input(path):
                pass  # an unreadable file is reported now, not after half of the work
        return format_of(path, request.format, request.texts)
    except InputError as error:
        if path in request.inputs:
            raise
        return _Unusable(error)


def _check_targets(request: Request, jobs: Sequence[FileJob], reserved: Sequence[str]) -> None:
    """Raise SettingError if two outputs are the same file, or an output is an input or a reserved file."""
    taken: dict[Path, str] = {}
    for job in jobs:
        real = Path(job.path).resolve()
        if job.path != STDIN:
            if request.in_place and real in taken:
                raise SettingError(f"{job.path} and {taken[real]} are the same file")
            taken[real] = job.path
    own = [(target, job) for job in jobs for target in job.targets().values()]
    outputs = [*request.shared().values(), *([request.stats] if request.stats is not None else [])]
    shared = [(Path(path).resolve(), path) for path in outputs if not is_stream(path)]
    written: set[Path] = set()
    for target, job in own:
        if target in taken and not (request.in_place and target == Path(job.path).resolve()):
            raise SettingError(f"{target} is also an input: choose another output, or use --in-place")
        if target in written:
            raise SettingError(f"two inputs are named {target.name}: their outputs would overwrite each other")
        written.add(target)
    folder = Path(request.output).resolve() if request.output and any(job.in_tree for job in jobs) else None
    for target in [*(target for target, job in own if not job.in_tree and job.brat is None), *dict(shared)]:
        if not target.parent.is_dir() and target.parent != folder:
            raise InputError("cannot be written: its folder does not exist", target)
    forbidden = {Path(path).resolve() for path in reserved}
    for target, path in [*((target, str(target)) for target, _ in own), *shared]:
        if target in forbidden:
            raise SettingError(f"{path} is also an input or another output; choose another file")
    for target, path in shared:
        if target in taken or target in written:
            raise SettingError(f"{path} is also an input or another output; choose another file")
        written.add(target)


def _journal_path(request: Request, jobs: Sequence[FileJob], shared: dict[str, str], into_folder: bool) -> Path | None:
    """The journal file of a run; None for a run that cannot be resumed, since it uses a stream."""
    texts = [job.target for job in jobs if job.target is not None]
    if any(is_stream(path) for path in (*texts, *shared.values(), *(job.path for job in jobs))):
        return None
    if into_folder and request.output is not None and texts:
        return Path(request.output) / JOURNAL
    files = [request.output] if request.output is not None and texts else []
    anchor = Path([*files, *shared.values(), *(job.path for job in jobs)][0]).resolve()
    return anchor.with_name(f".{anchor.name}{JOURNAL}")
