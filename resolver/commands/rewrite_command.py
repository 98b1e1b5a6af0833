"""The command that rewrites corpora."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import lru_cache, partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from resolver import __version__
from resolver.commands.help_texts import REWRITE
from resolver.commands.rewrite_options import rewrite_options
from resolver.commands.shared_options import UNREADABLE, Rejects, check_outputs
from resolver.errors import InputError

if TYPE_CHECKING:
    from resolver.api.names import Names
    from resolver.corpus.mention_log import Recognise
    from resolver.corpus.runs.journal import Counts
    from resolver.corpus.runs.planner import Request
    from resolver.corpus.runs.run import Keep
    from resolver.corpus.runs.run_plan import Plan
    from resolver.records import Entity, Rewrite
    from resolver.settings import Settings
    from resolver.text.edit_filter import EditFilter

_CACHED = 1 << 16

_WARM_UP = "Spokesman Yoshihidi Soja met Softbank."
"""A text that needs all that texts may need."""


@click.command(epilog=REWRITE)
@click.argument("inputs", nargs=-1, required=True, type=click.Path())
@rewrite_options
def rewrite(inputs: tuple[str, ...], db: str | None, jobs: int, rejects: str | None, **options: Any) -> None:  # noqa: ANN401
    """Rewrite the names in texts. INPUTS are files, all files of folders, patterns ('news/*.txt'), - for stdin.

    Everything but the names stays as it was, to the byte. The format goes by the extension, before .gz, .bz2 or .zst:
    text, JSON lines (.jsonl), tables (.csv, .tsv), HTML and others; on stdin it is text, or JSON lines with --field. A
    record that cannot be read is left as it is and reported; so is a file that ends too early or changes while it is
    read, which gets no output.

    A run that was interrupted goes on where it was when the same command is given again, unless it reads or writes a
    stream: no output is ever half there. "resolver undo EDITS" restores what was rewritten.
    """
    from resolver.api.opening import open as open_names
    from resolver.commands.saved_run_commands import keeping
    from resolver.corpus.mention_log import Noting
    from resolver.corpus.outputs import statistics as stats
    from resolver.corpus.runs.part_rewriting import PieceMaker
    from resolver.corpus.runs.planner import plan_run
    from resolver.corpus.runs.run import Listener, Run, keep_nothing
    from resolver.infra.process_pool import processes

    settings, filter_ = _settings(options), _filter(options)
    if options["engine"] is not None:
        from resolver.commands.engine_option import rewrite_by_spark

        sys.exit(
            rewrite_by_spark(inputs, db, rejects, options, settings, partial(_filtered, filter_), _say).exit_code()
        )
    request = _request(inputs, rejects, options)
    outputs = [request.output, request.edits, rejects, request.annotations, request.report, request.stats]
    check_outputs(outputs, [db] if db else [])
    rejected = Rejects(None)
    with contextlib.ExitStack() as stack:
        names = stack.enter_context(open_names(db, settings))
        filter_, unknown = filter_.present(_present_id(names))
        for entity_id in unknown:
            _say(f"no entity has the id {entity_id!r}, of --only or --except")
        answering = [__version__, asdict(settings), filter_.key(), names.table.snapshot().identity]
        plan = plan_run(request, answering, processes(jobs), _say)
        type_of = _type_of(names)
        filtered = filter_.applied(names.rewrite, type_of)
        noted: Callable[[], tuple[bytes, ...]] = tuple
        keep: Keep = keep_nothing
        if request.save:
            filtered = noting = Noting(filtered, _recogniser(names, filter_, type_of), type_of)
            noted, keep = noting.lines, keeping(names, inputs, options["min_precision"])
        plan = _shared_by_processes(names, plan, filtered)
        noted()  # of the text that was for warming up
        progress = stack.enter_context(_progress([job.path for job in plan.jobs]))
        stack.enter_context(_stoppable())

        def state(work: Callable[[], Any]) -> Any:  # noqa: ANN401
            return names.consistently(lambda engine: work())

        make = PieceMaker(
            plan.jobs, filtered, plan.wanted, type_of, _explainer(names), names.table.reopen, state, noted
        )
        run = Run(plan, make, type_of, Listener(rejected.add, _say, progress), keep)
        try:
            counts, entities = run.go()
        except (KeyboardInterrupt, _Stopped) as stop:
            _say("interrupted" + (": the same command goes on from here" if run.can_go_on else ""))
            sys.exit(128 + (signal.SIGTERM if isinstance(stop, _Stopped) else signal.SIGINT))
    for line in stats.in_words(entities) if options["stats"] else []:
        click.echo(line, err=True)
    edits = f"{counts.edits} edit{'' if counts.edits == 1 else 's'}"
    _say(edits if len(plan.jobs) == 1 else f"{edits} in {counts.changed} of {counts.files} files")
    rejected.count = counts.rejected
    code = rejected.exit_code()
    sys.exit(UNREADABLE if counts.unreadable == len(plan.jobs) else code)


def _shared_by_processes(names: Names, plan: Plan, rewrite: Rewrite) -> Plan:
    """The plan, for one process if others cannot read the table; what is loaded now is shared by all."""
    if plan.processes > 1 and names.table.is_in_memory:
        _say("the table is in memory, where other processes cannot read it: using one")
        return replace(plan, processes=1)
    if plan.processes > 1:
        rewrite(_WARM_UP, "")
    return plan


class _Stopped(BaseException):
    """Somebody asked this process to end (SIGTERM)."""


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Raise _Stopped in the block when this process is asked to end."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise _Stopped

    if threading.current_thread() is not threading.main_thread():  # only that one hears signals
        yield
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _say(message: str) -> None:
    click.echo(f"resolver: {message}", err=True)


def _request(inputs: tuple[str, ...], rejects: str | None, options: Mapping[str, Any]) -> Request:
    from resolver.corpus.formats.file_format import FormatOptions
    from resolver.corpus.runs.planner import Request

    if options["diff"] and options["word_diff"]:
        raise click.UsageError("give either --diff or --word-diff")
    color = options["color"]
    return Request(
        inputs=inputs,
        format=options["format_"],
        options=FormatOptions(options["fields"], options["columns"], options["language"]),
        **{name: options[name] for name in ("output", "in_place", "backup", "dry_run", "edits", "annotations", "brat")},
        diff="words" if options["word_diff"] else "lines" if options["diff"] else None,
        color=sys.stdout is not None and sys.stdout.isatty() if color is None else color,
        report=options["report"],
        stats=options["stats_json"],
        count_entities=options["stats"],
        rejects=rejects,
        save=options["save"],
    )


def _settings(options: Mapping[str, Any]) -> Settings:
    from resolver.resolving.threshold import for_edits
    from resolver.settings import Settings

    settings = Settings(policy=options["policy"], language=options["language"])
    if options["min_precision"] is not None:
        precision = replace(settings, min_precision=options["min_precision"]).min_precision  # is one, or raises
        settings = for_edits(settings, precision)
    if options["min_probability"] is not None:
        if options["min_precision"] is not None:
            raise click.UsageError("give either --min-precision or --min-probability")
        settings = replace(settings, rewrite_probability=options["min_probability"])
    exact: dict[str, Any] = {"exact": True} if options["exact"] else {}
    return replace(settings, **exact)


def _filter(options: Mapping[str, Any]) -> EditFilter:
    from resolver.text.edit_filter import EditFilter

    only = options["only"]
    return EditFilter(
        types=frozenset(options["types"]),
        only=None if only is None else _listed(only),
        without=_listed(options["except_"]),
        protected=_listed(options["protect"]),
    )


def _listed(path: str | None) -> frozenset[str]:
    from resolver.corpus.byte_streams import open_input
    from resolver.text.edit_filter import read_lines

    if path is None:
        return frozenset()
    with open_input(path) as file:
        try:
            return read_lines(line.decode() for line in file)
        except UnicodeDecodeError as error:
            raise InputError("not valid UTF-8", path) from error


def _type_of(names: Names) -> Callable[[str], str]:
    """What says the type of the entity with an id; "" when it is not there any more."""

    def look(entity_id: str) -> str:
        entity = _entity(names, entity_id)
        return entity.type if entity is not None else ""

    return lru_cache(_CACHED)(look)


def _entity(names: Names, entity_id: str) -> Entity | None:
    """The entity that an id means now."""
    return names.entity(entity_id)


def _filtered(filter_: EditFilter, names: Names) -> Rewrite:
    """How a text is rewritten with an open table."""
    present, _ = filter_.present(_present_id(names))
    return present.applied(names.rewrite, _type_of(names))


def _present_id(names: Names) -> Callable[[str], str | None]:
    """What says which id the entity has now that an id means; None when there is none."""

    def look(entity_id: str) -> str | None:
        entity = _entity(names, entity_id)
        return None if entity is None else entity.id

    return look


def _recogniser(names: Names, filter_: EditFilter, type_of: Callable[[str], str]) -> Recognise:
    from resolver.corpus.mention_log import recogniser

    return recogniser(
        lambda: names.consistently(lambda engine: engine.snapshot),
        names.settings,
        lambda entity_id: filter_.wants(entity_id, type_of),
    )


def _explainer(names: Names) -> Callable[[str, str], str]:
    """What says how the old and the new form of a name compare."""
    return lru_cache(_CACHED)(lambda before, after: names.compare(before, after).explain())


@contextlib.contextmanager
def _progress(paths: Sequence[str]) -> Iterator[Callable[[Counts, int], object]]:
    """What to tell how much was done: a bar on a terminal, otherwise nothing."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda counts, read: None
        return
    total = sum(Path(path).stat().st_size for path in paths if Path(path).is_file())

    def shown(counts: Counts | None) -> str:
        if counts is None:
            return ""
        return f"{counts.files}/{len(paths)} files, {counts.edits} edits, {counts.rejected} rejected"

    with click.progressbar(
        length=max(total, 1), label="rewriting", file=sys.stderr, item_show_func=shown, update_min_steps=0
    ) as bar:
        yield lambda counts, read: bar.update(read - bar.pos, counts)
