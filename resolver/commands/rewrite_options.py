"""The options of `resolver rewrite`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from resolver.commands.shared_options import db_option, jobs_option, rejects_option, save_option
from resolver.records import TYPES

_path = click.Path()

_OPTIONS = (
    db_option,
    click.option("--format", "format_", metavar="NAME", help="The format of the inputs. [default: by extension; text]"),
    click.option(
        "--field", "fields", multiple=True, help="The text of a JSONL record; a dotted path goes down. [default: text]"
    ),
    click.option("--column", "columns", multiple=True, help="The text of a row of a table. [default: text]"),
    click.option("--output", type=_path, help="The new file; of several inputs the folder. [default: stdout]"),
    click.option("--in-place", is_flag=True, help="Put the new files in the place of the old, which are kept."),
    click.option(
        "--backup",
        metavar="SUFFIX",
        default=".orig",
        show_default=True,
        help="With --in-place: what the names of the old files get.",
    ),
    click.option("--edits", type=_path, help="Write the edits here, as JSON lines (and beside it how to undo them)."),
    click.option("--annotations", type=_path, help="Write them here as W3C Web Annotations (JSON-LD)."),
    click.option("--brat", type=_path, help="Write them into this folder as brat standoff, with the old texts."),
    click.option("--report", type=_path, help="Write a page (HTML) here that shows each edit in its sentence."),
    click.option("--stats", is_flag=True, help="Say on stderr how many mentions of which entities were changed."),
    click.option("--stats-json", type=_path, help="Write that here, as JSON."),
    click.option("--dry-run", is_flag=True, help="Write no text, only the edits."),
    click.option("--diff", is_flag=True, help="Print a unified diff instead of the text."),
    click.option("--word-diff", is_flag=True, help="Print the lines that change, with the changes marked."),
    click.option("--color/--no-color", default=None, help="Colour of diffs. [default: on a terminal]"),
    click.option(
        "--policy",
        type=click.Choice(["variants", "canonical"]),
        default="variants",
        show_default=True,
        help="variants: set distorted names right. canonical: every linked name becomes the canonical one.",
    ),
    click.option(
        "--language",
        default="en",
        show_default=True,
        help="Language of the texts (BCP 47). Where names take endings, what differs from one in its ending stays.",
    ),
    click.option("--exact", is_flag=True, help="Only forms that the table has; none that are merely like them."),
    click.option("--min-precision", type=float, help="Rewrite so that about this share of the edits is right."),
    click.option("--min-probability", type=float, help="Rewrite from this probability on, whatever the precision."),
    click.option("--type", "types", multiple=True, type=click.Choice(TYPES), help="Only names of such entities."),
    click.option("--only", type=_path, help="Only names of the entities with the ids in this file, one a line."),
    click.option("--except", "except_", type=_path, help="No names of the entities with the ids in this file."),
    click.option("--protect", type=_path, help="Nothing of the strings in this file, one a line, is changed."),
    click.option(
        "--engine", type=click.Choice(["spark"]), help="Rewrite on other machines; --output is a folder then."
    ),
    click.option("--master", metavar="URL", help="With --engine: the Spark master. [default: as spark-submit says]"),
    save_option,
    jobs_option,
    rejects_option,
)


def rewrite_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command with all options of `rewrite`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
