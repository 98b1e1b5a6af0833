"""The command that resolves one mention, or a column of them."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from resolver.commands.saved_run_commands import saved_run
from resolver.commands.shared_options import (
    check_outputs,
    db_option,
    jobs_option,
    rejects_into,
    rejects_option,
    save_option,
    whole,
)
from resolver.records import TYPES
from resolver.settings import SINGLE_PREVALENCE

if TYPE_CHECKING:
    from resolver.resolving.resolution import Resolution


@click.command()
@click.argument("mention", required=False)
@click.option(
    "--input",
    "input_",
    type=click.Path(),
    help="Resolve a column of this TSV, CSV or JSONL file, also .gz, .bz2 or .zst; - is stdin.",
)
@click.option("--column", default="mention", show_default=True, help="With --input: column or field of the mentions.")
@click.option(
    "--format", "format_", type=click.Choice(["tsv", "csv", "jsonl"]), help="Of the input. [default: by extension; tsv]"
)
@click.option("--output", type=click.Path(), help="With --input: write JSON lines to this file. [default: stdout]")
@db_option
@click.option("--type", "type_", type=click.Choice(TYPES), help="Consider only entities of this type.")
@click.option("--context", default="", help="Text around the mention, or other mentions of its document.")
@click.option(
    "--context-column", metavar="NAME", help="With --input: column or field with the context of each mention."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as --input always does.")
@click.option("--explain", is_flag=True, help="Print which words matched, and how the score is made up.")
@click.option(
    "--prevalence",
    metavar="SHARE|auto",
    help="The share of the mentions whose entity is in the table, 0 to 1; with a low share it takes more to link."
    f" auto: estimated from the file of --input. [default: auto for a file, else {SINGLE_PREVALENCE}]",
)
@click.option("--min-precision", type=float, help="Link so that this share of the links is correct. [default: 0.95]")
@click.option("--min-probability", type=float, help="Link from this probability on, instead of --min-precision.")
@save_option
@jobs_option
@rejects_option
def resolve(
    mention: str | None,
    input_: str | None,
    column: str,
    format_: str | None,
    output: str | None,
    db: str | None,
    type_: str | None,
    context: str,
    context_column: str | None,
    as_json: bool,
    explain: bool,
    prevalence: str | None,
    min_precision: float | None,
    min_probability: float | None,
    save: bool,
    jobs: int,
    rejects: str | None,
) -> None:
    """Resolve one MENTION, or a column of mentions with --input.

    The outcome is linked (to one entity), ambiguous (several entities could be meant) or nil (none is in the table).

    With --save the answers are also saved in the database, in its table "resolved": each distinct one once, with its
    number of occurrences. All answers of a run are saved when it ends, or none; "resolver resolved" lists them.
    """
    from resolver.api.mention_files import MentionFile, resolve_file, sample_of
    from resolver.api.opening import open as open_names
    from resolver.resolving.saving import to_saved
    from resolver.settings import Settings

    if (mention is None) == (input_ is None):
        raise click.UsageError("give either a MENTION or --input FILE")
    if context_column is not None and (input_ is None or context):
        raise click.UsageError("--context-column needs --input, and excludes --context")
    check_outputs([output, rejects], [path for path in (input_, db) if path])
    readable_twice = input_ is not None and Path(input_).is_file()
    if prevalence == "auto" and not readable_twice and (input_ in (None, "-") or Path(input_ or "").exists()):
        raise click.UsageError("--prevalence auto reads the mentions twice: give --input FILE, not a stream")
    settings = Settings(min_probability=min_probability)
    if prevalence not in (None, "auto"):
        settings = replace(settings, prevalence=_share(prevalence))
    if min_precision is not None:
        settings = replace(settings, min_precision=min_precision)
    with open_names(db, settings) as names, saved_run(names, save, "resolve", input_ or "") as recorder:
        if mention is not None:
            resolution = names.resolve(whole(mention), type_, whole(context))
            if recorder is not None:
                recorder.add(to_saved(resolution, type_))
            _print_resolution(resolution, as_json, explain)
            return
        assert input_ is not None
        source = MentionFile(input_, column, format_, context_column, whole(context))
        if prevalence == "auto" or (prevalence is None and readable_twice):
            names = names.at_prevalence(names.estimate_prevalence(sample_of(source), type_))
            estimated = f"{names.settings.prevalence:.3g} of the mentions are in the table"
            click.echo(f"resolver: {input_}: an estimated share of {estimated}", err=True)
        with rejects_into(rejects) as rejected:
            resolve_file(names, source, output, rejected.add, type_, jobs, recorder)
    sys.exit(rejected.exit_code())


def _share(value: str | None) -> float:
    try:
        return float(value or "")
    except ValueError:
        raise click.UsageError(f"--prevalence takes a number from 0 to 1 or auto, not {value!r}") from None


def _print_resolution(resolution: Resolution, as_json: bool, explain: bool) -> None:
    from resolver.corpus.byte_streams import json_line

    if as_json:
        value = resolution.to_dict()
        if explain:
            value["explanation"] = resolution.explain()
            value["evidence"] = resolution.explanation()
        sys.stdout.buffer.write(json_line(value))
        sys.stdout.buffer.flush()
    elif explain:
        click.echo(resolution.explain())
    else:
        shown = {"linked": 1, "ambiguous": 2, "nil": 0}[resolution.outcome]
        entities = " | ".join(f"{c.entity.name} [{c.entity.id}]" for c in resolution.candidates[:shown])
        probabilities = " | ".join(f"{c.probability:.3f}" for c in resolution.candidates[: max(shown, 1)])
        click.echo(f"{resolution.outcome}\t{entities}\t{probabilities or '0.000'}")
