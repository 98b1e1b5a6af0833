"""Spark as an engine of `rewrite_files`: the same bytes, written by other machines."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resolver.api.rewrite_files import RewriteReport
from resolver.corpus.byte_streams import STDIN, open_output
from resolver.corpus.outputs.edit_lines import reject_line
from resolver.corpus.runs.input_files import find_inputs
from resolver.errors import SettingError

if TYPE_CHECKING:
    from resolver.corpus.runs.request import Request
    from resolver.corpus.runs.run_listener import RunListener
    from resolver.settings import Settings
    from resolver.text.edit_filter import EditFilter


@dataclass(frozen=True, slots=True)
class SparkEngine:
    """Rewrites files on a Spark cluster with the URL `master`; None for the one that spark-submit sets.

    `output` and `edits` of the request are folders. All machines see them and the inputs under the same paths.
    """

    master: str | None = None

    def rewrite(
        self, request: Request, db: str | None, settings: Settings, edit_filter: EditFilter, listener: RunListener
    ) -> RewriteReport:
        """Rewrite the files of a request. Raises SettingError for options that Spark does not support."""
        _check(request)
        from resolver.adapters.corpus_splits import SplitJob
        from resolver.adapters.spark import rewrite_with_spark

        assert request.output is not None
        job = SplitJob(
            tuple(find_inputs(request.inputs, request.backup, listener.news)),
            request.output,
            request.edits,
            db,
            settings,
            request.format,
            request.texts,
            edit_filter,
        )
        with ExitStack() as stack:
            sink = stack.enter_context(open_output(request.rejects)) if request.rejects is not None else None
            done = rewrite_with_spark(job, self.master)
            for error in done.rejected:
                listener.rejected(error)
                if sink is not None:
                    sink.write(reject_line(error))
        return RewriteReport(len(job.inputs), done.changed, done.edits, len(done.rejected), done.unreadable)


def _check(request: Request) -> None:
    unsupported = {
        "in-place": request.in_place,
        "dry-run": request.dry_run,
        "diff": request.diff == "lines",
        "word-diff": request.diff == "words",
        "annotations": request.annotations,
        "brat": request.brat,
        "report": request.report,
        "stats": request.count_entities,
        "stats-json": request.stats,
        "save": request.save,
    }
    wrong = next((option for option, value in unsupported.items() if value), None)
    if wrong is not None:
        raise SettingError(f"--{wrong} cannot be combined with --engine spark")
    if request.output in (None, STDIN):
        raise SettingError("--engine spark needs --output, a folder that all machines see")
    if STDIN in request.inputs:
        raise SettingError("--engine spark reads files, not standard input")
