"""The command line: arguments in, calls to the library, exit codes out.

Exit codes: 0 done, 1 done with rejected records, 2 usage or unreadable input.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from resolver import __version__
from resolver.commands import comparing, database, deciding, serving
from resolver.commands.shared import (
    DONE,
    UNREADABLE,
    Rejects,
    check_outputs,
    db_option,
    jobs_option,
    rejects_into,
    rejects_option,
    whole,
)
from resolver.errors import RecordError, ResolverError
from resolver.records import TYPES, Query, Resolution

if TYPE_CHECKING:
    from resolver.corpus.files import Mention


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
    *(deciding.accept, deciding.reject, deciding.undo, deciding.decisions),
    comparing.compare,
    serving.shell,
    serving.serve,
    serving.schema,
):
    main.add_command(command)


@main.command()
@click.argument("mention", required=False)
@click.option(
    "--input", "input_", type=click.Path(), help="Resolve a column of this TSV, CSV or JSONL file; - is stdin."
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
    jobs: int,
    rejects: str | None,
) -> None:
    """Resolve one MENTION, or a column of mentions with --input, to entities of the table."""
    from resolver.corpus.files import read_mentions
    from resolver.opening import open as open_names
    from resolver.settings import Settings

    if (mention is None) == (input_ is None):
        raise click.UsageError("give either a MENTION or --input FILE")
    if context_column is not None and (input_ is None or context):
        raise click.UsageError("--context-column goes with --input, and not with --context")
    check_outputs([output, rejects], [input_] if input_ else [])
    settings = Settings(min_probability=min_probability)
    if min_precision is not None:
        settings = replace(settings, min_precision=min_precision)
    with open_names(db, settings) as names:
        if mention is not None:
            _print_resolution(names.resolve(whole(mention), type_, whole(context)), as_json, explain)
            return
        assert input_ is not None
        with rejects_into(rejects) as rejected:
            read = partial(read_mentions, column=column, format=format_, context_column=context_column)
            _resolve_file(
                input_, read, whole(context), output, lambda m: names.resolve_to_json(m, type_, jobs), rejected
            )
    sys.exit(rejected.exit_code())


def _print_resolution(resolution: Resolution, as_json: bool, explain: bool) -> None:
    from resolver.corpus.files import json_line

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
    answers: Callable[[Iterable[Query | None]], Generator[bytes, None, None]],
    rejected: Rejects,
) -> None:
    from resolver.corpus.files import open_input, open_output
    from resolver.corpus.lines import LinesIn, LinesOut
    from resolver.garbage import seldom_collected

    with open_input(path) as file, open_output(output) as sink, seldom_collected():
        lines, out = LinesIn(file), LinesOut(sink)

        def mentions() -> Iterator[Query | None]:
            for _, mention in read(path, lines):
                if isinstance(mention, RecordError):
                    rejected.add(mention)
                else:
                    yield (mention, context) if context and isinstance(mention, str) else mention
                if lines.pause():
                    yield None
                    out.flush()

        with contextlib.closing(answers(mentions())) as written:
            for line in written:
                out.write(line)
        out.flush()


@main.command()
@click.argument("inputs", nargs=-1, required=True, type=click.Path())
@db_option
@click.option("--field", help="The text of a JSONL record; a dotted path goes down. [default: text]")
@click.option("--output", type=click.Path(), help="The new file; with several inputs a folder. [default: stdout]")
@click.option("--edits", type=click.Path(), help="Write the edits here, as JSON lines.")
@click.option(
    "--policy",
    type=click.Choice(["variants", "canonical"]),
    default="variants",
    show_default=True,
    help="variants: set distorted names right. canonical: every linked name becomes the canonical one.",
)
@click.option("--language", default="en", show_default=True, help="Language of the texts (BCP 47).")
@click.option("--dry-run", is_flag=True, help="Write no text, only the edits.")
@click.option("--diff", is_flag=True, help="Print a unified diff instead of the text.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, help="Processes to use. Accepted; one is used so far.")
@rejects_option
def rewrite(
    inputs: tuple[str, ...],
    db: str | None,
    field: str | None,
    output: str | None,
    edits: str | None,
    policy: str,
    language: str,
    dry_run: bool,
    diff: bool,
    jobs: int,
    rejects: str | None,
) -> None:
    """Rewrite the names in texts: .txt and other text files, .jsonl, - for stdin (JSON lines with --field).

    Everything but the names stays as it was, to the byte. A record that cannot be read is left as it is and reported.
    """
    from resolver.corpus.files import open_input, open_output
    from resolver.opening import open as open_names
    from resolver.settings import Settings

    settings = Settings(policy=policy, language=language)  # type: ignore[arg-type]
    for path in inputs:
        with open_input(path):
            pass  # better to say now that one cannot be read than after half of the work
    check_outputs([output, edits, rejects], [])
    into_folder = output is not None and (len(inputs) > 1 or Path(output).is_dir())
    if into_folder and output is not None:
        _make_folder(output, inputs)
    with open_names(db, settings) as names, rejects_into(rejects) as rejected, ExitStack() as stack:
        edit_sink = stack.enter_context(open_output(edits)) if edits else None
        changed = 0
        for path in inputs:
            target = str(Path(output) / Path(path).name) if into_folder and output is not None else output
            if dry_run or diff:
                target = None
            writer = _Writer(path, dry_run, diff, edit_sink, rejected)
            changed += writer.run(names.rewrite, field, target)
        click.echo(f"resolver: {changed} edit{'' if changed == 1 else 's'}", err=True)
    sys.exit(rejected.exit_code())


def _make_folder(output: str, inputs: tuple[str, ...]) -> None:
    try:
        Path(output).mkdir(exist_ok=True)
    except OSError as error:
        raise click.UsageError(
            f"with several inputs --output must be a folder, and {output}: {error.strerror}"
        ) from error
    names = [Path(path).name for path in inputs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise click.UsageError(f"two inputs are named {twice}: their outputs would overwrite each other")


class _Writer:
    """Rewrites one input and writes what was asked for: the text, a diff, the edits."""

    def __init__(self, path: str, dry_run: bool, diff: bool, edits: BinaryIO | None, rejected: Rejects) -> None:
        self._path = path
        self._dry_run = dry_run
        self._diff = diff
        self._edits = edits
        self._rejected = rejected

    def run(self, rewrite: Callable[[str, str], Any], field: str | None, target: str | None) -> int:
        """Do it, to the file `target` or stdout, and return the number of edits."""
        from resolver.corpus.difference import unified_diff
        from resolver.corpus.files import display_name, json_line, open_input, open_output, rewrite_records

        count = 0
        with open_input(self._path) as file, open_output(target) as sink:
            for record in rewrite_records(self._path, file, rewrite, field):
                if record.error is not None:
                    self._rejected.add(record.error)
                count += len(record.edits)
                for edit in record.edits:
                    if self._edits is not None:
                        self._edits.write(json_line(edit.to_dict()))
                    elif self._dry_run and not self._diff:
                        sink.write(json_line(edit.to_dict()))
                if self._diff and record.edits:
                    name = display_name(self._path) + (f":{record.line}" if record.line else "")
                    for line in unified_diff(record.before.decode(), record.after.decode(), name):
                        sink.write(line.encode())
                elif not self._diff and not self._dry_run:
                    sink.write(record.after)
        return count


if __name__ == "__main__":
    main()
