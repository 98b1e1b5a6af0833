"""`resolver rewrite --engine spark`: the same rewriting, by other machines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from resolver.commands.shared_options import Rejects, rejects_into
from resolver.corpus.byte_streams import STDIN

if TYPE_CHECKING:
    from resolver.api.names import Names
    from resolver.records import Rewrite
    from resolver.settings import Settings

_ALONE = ("in_place", "dry_run", "diff", "word_diff", "annotations", "brat", "report", "stats", "stats_json", "save")
"""Options that an engine does not take."""


def rewrite_by_spark(
    inputs: tuple[str, ...],
    db: str | None,
    rejects: str | None,
    options: Mapping[str, Any],
    settings: Settings,
    rewrite_of: Callable[[Names], Rewrite],
    say: Callable[[str], None],
) -> Rejects:
    """Rewrite with Spark, say how many edits there were, and return what was rejected."""
    wrong = next((name for name in _ALONE if options[name]), None)
    if wrong is not None:
        raise click.UsageError(f"--{wrong.replace('_', '-')} does not go with --engine spark")
    if options["output"] is None:
        raise click.UsageError("--engine spark needs --output: a folder that all machines see")
    if STDIN in inputs:
        raise click.UsageError("--engine spark reads files, not standard input")
    from resolver.adapters.corpus_splits import SplitJob
    from resolver.adapters.spark import rewrite_with_spark
    from resolver.corpus.formats.file_format import FormatOptions
    from resolver.corpus.runs.input_files import find_inputs

    job = SplitJob(
        tuple(find_inputs(inputs, options["backup"], say)),
        options["output"],
        options["edits"],
        db,
        settings,
        options["format_"],
        FormatOptions(options["fields"], options["columns"], options["language"]),
        rewrite_of,
    )
    with rejects_into(rejects) as rejected:
        report = rewrite_with_spark(job, options["master"])
        for error in report.rejected:
            rejected.add(error)
    say(f"{report.edits} edit{'' if report.edits == 1 else 's'}")
    return rejected
