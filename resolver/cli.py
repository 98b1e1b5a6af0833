"""The command line: arguments in, calls to the library, exit codes out.

Exit codes: 0 done, 1 done with rejected records, 2 usage or unreadable input.
"""

from __future__ import annotations

import contextlib
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from resolver import __version__
from resolver.commands import compare_command as comparing
from resolver.commands import database_commands as database
from resolver.commands import decision_commands as deciding
from resolver.commands import publish_commands as serving
from resolver.commands import rewrite_command as rewriting
from resolver.commands import saved_run_commands as saving
from resolver.commands import undo_command as undoing
from resolver.commands.shared_options import (
    DONE,
    UNREADABLE,
    Rejects,
    check_outputs,
    db_option,
    jobs_option,
    rejects_into,
    rejects_option,
    save_option,
    whole,
)
from resolver.errors import RecordError, ResolverError
from resolver.records import TYPES, Query, Resolution

if TYPE_CHECKING:
    from resolver.corpus.mention_columns import Mention
    from resolver.database.saved_runs import RunRecorder, SavedAnswer


class _Group(click.Group):
    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        try:
            return super().invoke(ctx)
        except ResolverError as error:
            click.echo(f"resolver: {error}", err=True)
            ctx.exit(UNREADABLE)
        except BrokenPipeError:
            with contextlib.suppress(OSError):  # the reader of our output has gone: nothing is left to say to it
                sys.stdout.close()
            ctx.exit(DONE)
        except OSError as error:
            click.echo(f"resolver: {error.filename or 'output'}: {error.strerror}", err=True)
            ctx.exit(UNREADABLE)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="resolver")
def main() -> None:
    """Maps any spelling of a name to the right entity of a canonical table, or to NIL."""


for command in (
    *(database.build, database.put, database.remove, database.compact, database.info),
    *(deciding.accept, deciding.reject, undoing.undo, deciding.decisions),
    saving.resolved,
    comparing.compare,
    rewriting.rewrite,
    serving.shell,
    serving.serve,
    serving.schema,
):
    main.add_command(command)


@main.command()
@click.argument("mention", required=False)
@click.option(
    "--input",
    "input_",
    type=click.Path(),
    help="Resolve a column of this TSV, CSV or JSONL file, also .gz, .bz2 or .zst; - is stdin.",
)
@click.option("--column", default="mention", show_default=True, help="The column or field that holds the mentions.")
@click.option("--format", "format_", type=click.Choice(["tsv", "csv", "jsonl"]), help="[default: by extension; tsv]")
@click.option("--output", type=click.Path(), help="Write JSON lines here. [default: stdout]")
@db_option
@click.option("--type", "type_", type=click.Choice(TYPES), help="Only entities of this type can be meant.")
@click.option("--context", default="", help="Text around the mention, or other mentions of the document.")
@click.option("--context-column", metavar="NAME", help="With --input: the column or field that holds such text.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (with --input: always).")
@click.option("--explain", is_flag=True, help="Say what matched what and how the score adds up.")
@click.option("--min-precision", type=float, help="Link so that this share of the links is right. [default: 0.95]")
@click.option("--min-probability", type=float, help="Link from this probability on, whatever the precision.")
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
    min_precision: float | None,
    min_probability: float | None,
    save: bool,
    jobs: int,
    rejects: str | None,
) -> None:
    """Resolve one MENTION, or with --input a column of them. It is linked to an entity, ambiguous or nil: not there.

    With --save the answers are kept in the database too, in its table "resolved": each different one once, with how
    often it was given. All of a run are, at its end, or none; "resolved" lists them.
    """
    from resolver.api.names import open as open_names
    from resolver.corpus.mention_columns import read_mentions
    from resolver.database.saved_runs import resolved_from
    from resolver.settings import Settings

    if (mention is None) == (input_ is None):
        raise click.UsageError("give either a MENTION or --input FILE")
    if context_column is not None and (input_ is None or context):
        raise click.UsageError("--context-column goes with --input, and not with --context")
    check_outputs([output, rejects], [path for path in (input_, db) if path])
    settings = Settings(min_probability=min_probability)
    if min_precision is not None:
        settings = replace(settings, min_precision=min_precision)
    with open_names(db, settings) as names, saving.saved_run(names, save, "resolve", input_ or "") as tally:
        if mention is not None:
            resolution = names.resolve(whole(mention), type_, whole(context))
            if tally is not None:
                tally.add(resolved_from(resolution, type_))
            _print_resolution(resolution, as_json, explain)
            return
        assert input_ is not None
        with rejects_into(rejects) as rejected:
            read = partial(read_mentions, column=column, format=format_, context_column=context_column)
            answers = partial(names.resolve_to_json, type=type_, jobs=jobs)
            _resolve_file(input_, read, whole(context), output, answers, rejected, tally)
    sys.exit(rejected.exit_code())


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
        answer = " | ".join(f"{c.entity.name} [{c.entity.id}]" for c in resolution.candidates[:shown])
        likely = " | ".join(f"{c.probability:.3f}" for c in resolution.candidates[: max(shown, 1)])
        click.echo(f"{resolution.outcome}\t{answer}\t{likely or '0.000'}")


def _resolve_file(
    path: str,
    read: Callable[[str, Iterable[bytes]], Iterator[Mention]],
    context: str,
    output: str | None,
    answers: Callable[..., Generator[bytes, None, None]],
    rejected: Rejects,
    tally: RunRecorder | None,
) -> None:
    from resolver.corpus.byte_streams import open_input, open_output
    from resolver.corpus.line_streams import LinesIn, LinesOut
    from resolver.infra.gc_pause import seldom_collected

    with open_input(path) as file, open_output(output) as sink, seldom_collected():
        lines, out = LinesIn(file), LinesOut(sink)
        numbers: deque[int] = deque()

        def mentions() -> Iterator[Query | None]:
            for number, mention in read(path, lines):
                if isinstance(mention, RecordError):
                    rejected.add(mention)
                else:
                    if tally is not None:
                        numbers.append(number)
                    yield (mention, context) if context and isinstance(mention, str) else mention
                if lines.pause():
                    yield None
                    out.flush()

        def count(row: SavedAnswer) -> None:
            assert tally is not None
            tally.add(replace(row, place=str(numbers.popleft())))

        with contextlib.closing(answers(mentions(), note=None if tally is None else count)) as written:
            for line in written:
                out.write(line)
        out.flush()


if __name__ == "__main__":
    main()
