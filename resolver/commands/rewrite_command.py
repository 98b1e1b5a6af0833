"""The command that rewrites corpora: it parses the arguments of `resolver.rewrite_files` and reports what was done."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from resolver.commands.help_texts import REWRITE
from resolver.commands.rewrite_options import rewrite_options
from resolver.commands.saved_run_commands import say_saved
from resolver.commands.shared_options import UNREADABLE, Rejects
from resolver.errors import InputError

if TYPE_CHECKING:
    from resolver.api.rewrite_files import RewriteReport
    from resolver.corpus.runs.journal import Counts
    from resolver.corpus.runs.request import RewriteOptions
    from resolver.corpus.runs.run_listener import RunListener
    from resolver.settings import Settings
    from resolver.text.edit_filter import EditFilter


@click.command(epilog=REWRITE)
@click.argument("inputs", nargs=-1, required=True, type=click.Path())
@rewrite_options
def rewrite(inputs: tuple[str, ...], db: str | None, jobs: int, **options: Any) -> None:  # noqa: ANN401
    """Rewrite the names in texts. INPUTS are files, folders, patterns ('news/*.txt'), or - for stdin.

    Everything but the names stays the same, to the byte. The format follows from the extension, before .gz, .bz2 or
    .zst: text, JSON lines (.jsonl), tables (.csv, .tsv), HTML and others; on stdin it is text, or JSON lines with
    --field. A record that cannot be read is left unchanged and reported. A file that is truncated, or changes while it
    is read, is reported and gets no output.

    An interrupted run is resumed by the same command, unless it reads or writes a stream; no
    output is ever incomplete. "resolver undo EDITS" restores the original texts.
    """
    from resolver.adapters.spark_engine import SparkEngine
    from resolver.api.rewrite_files import rewrite_files

    settings, more = _settings(options), _more(options)
    listener = _Listener()
    writes_text = not (options["in_place"] or options["dry_run"] or more.diff)
    prints_edits = options["dry_run"] and options["edits"] is None and more.diff is None
    engine = None if options["engine"] is None else SparkEngine(options["master"])
    try:
        with listener, _stoppable():
            report = rewrite_files(
                inputs,
                db=db,
                settings=settings,
                field=options["fields"],
                column=options["columns"],
                output=options["output"] or ("-" if writes_text else None),
                in_place=options["in_place"],
                dry_run=options["dry_run"],
                edits="-" if prints_edits and engine is None else options["edits"],
                jobs=jobs,
                edit_filter=_edit_filter(options),
                min_precision=options["min_precision"],
                options=more,
                listener=listener.functions(),
                engine=engine,
            )
    except (KeyboardInterrupt, _StoppedError) as stop:
        _say("interrupted" + (": the same command resumes the run" if listener.resumes else ""))
        sys.exit(128 + (signal.SIGTERM if isinstance(stop, _StoppedError) else signal.SIGINT))
    sys.exit(_reported(report, listener.rejects, options["stats"]))


def _reported(report: RewriteReport, rejects: Rejects, stats: bool) -> int:
    """Report a run on stderr, and return the exit code."""
    from resolver.corpus.outputs.statistics import in_words

    if report.saved is not None:
        say_saved(report.saved.database, report.saved.run, report.saved.answers)
    for line in in_words(report.entities) if stats else []:
        click.echo(line, err=True)
    edits = f"{report.edits} edit{'' if report.edits == 1 else 's'}"
    _say(edits if report.files == 1 else f"{edits} in {report.changed} of {report.files} files")
    rejects.count = report.rejected
    code = rejects.exit_code()
    return UNREADABLE if report.unreadable == report.files else code


def _settings(options: Mapping[str, Any]) -> Settings:
    from resolver.settings import Settings

    if options["min_probability"] is not None and options["min_precision"] is not None:
        raise click.UsageError("give either --min-precision or --min-probability")
    settings = Settings(policy=options["policy"], language=options["language"], exact=options["exact"])
    if options["min_probability"] is not None:
        settings = replace(settings, rewrite_probability=options["min_probability"])
    return settings


def _more(options: Mapping[str, Any]) -> RewriteOptions:
    from resolver.corpus.runs.request import RewriteOptions

    if options["diff"] and options["word_diff"]:
        raise click.UsageError("give either --diff or --word-diff")
    color = options["color"]
    return RewriteOptions(
        **{name: options[name] for name in ("backup", "annotations", "brat", "report", "rejects", "save")},
        format=options["format_"],
        diff="words" if options["word_diff"] else "lines" if options["diff"] else None,
        color=sys.stdout is not None and sys.stdout.isatty() if color is None else color,
        stats=options["stats_json"],
        count_entities=options["stats"],
    )


def _edit_filter(options: Mapping[str, Any]) -> EditFilter:
    from resolver.text.edit_filter import EditFilter

    return EditFilter(
        types=frozenset(options["types"]),
        only=None if options["only"] is None else _lines_of(options["only"]),
        without=_lines_of(options["except_"]),
        protected=_lines_of(options["protect"]),
    )


def _lines_of(path: str | None) -> frozenset[str]:
    from resolver.corpus.byte_streams import open_input
    from resolver.text.edit_filter import read_lines

    if path is None:
        return frozenset()
    with open_input(path) as file:
        try:
            return read_lines(line.decode() for line in file)
        except UnicodeDecodeError as error:
            raise InputError("not valid UTF-8", path) from error


class _Listener(contextlib.ExitStack):
    """Reports on stderr what happens in a run, with a progress bar on a terminal."""

    def __init__(self) -> None:
        super().__init__()
        self.rejects = Rejects(None)
        self.resumes = False
        self._files = 0
        self._bar: Any = None

    def functions(self) -> RunListener:
        """The functions for the run to call."""
        from resolver.corpus.runs.run_listener import RunListener

        return RunListener(
            started=self._started, rejected=self.rejects.add, news=_say, progress=self._progress, stopped=self._stopped
        )

    def _started(self, paths: Sequence[str]) -> None:
        if sys.stderr is None or not sys.stderr.isatty():
            return
        self._files = len(paths)
        total = sum(Path(path).stat().st_size for path in paths if Path(path).is_file())
        self._bar = self.enter_context(
            click.progressbar(
                length=max(total, 1),
                label="rewriting",
                file=sys.stderr,
                item_show_func=self._counts_in_words,
                update_min_steps=0,
            )
        )

    def _progress(self, counts: Counts, read: int) -> None:
        if self._bar is not None:
            self._bar.update(read - self._bar.pos, counts)

    def _counts_in_words(self, counts: Counts | None) -> str:
        if counts is None:
            return ""
        return f"{counts.files}/{self._files} files, {counts.edits} edits, {counts.rejected} rejected"

    def _stopped(self, resumes: bool) -> None:
        self.resumes = resumes


class _StoppedError(BaseException):
    """This process was asked to end by SIGTERM."""


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Raise _StoppedError in the block on SIGTERM."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise _StoppedError

    if threading.current_thread() is not threading.main_thread():  # only the main thread receives signals
        yield
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _say(message: str) -> None:
    click.echo(f"resolver: {message}", err=True)
