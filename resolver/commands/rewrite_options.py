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
        "--field",
        "fields",
        multiple=True,
        help="Field of JSON lines that holds text; a dotted path descends. [default: text]",
    ),
    click.option("--column", "columns", multiple=True, help="Column of tables that holds text. [default: text]"),
    click.option("--output", type=_path, help="The new file; for several inputs, a folder. [default: stdout]"),
    click.option("--in-place", is_flag=True, help="Replace the input files, and keep the old ones as backups."),
    click.option(
        "--backup",
        metavar="SUFFIX",
        default=".orig",
        show_default=True,
        help="With --in-place: the suffix of the backups.",
    ),
    click.option(
        "--edits", type=_path, help="Write the edits here, as JSON lines, and beside them FILE.undo, which undo needs."
    ),
    click.option("--annotations", type=_path, help="Write the edits here as W3C Web Annotations (JSON-LD)."),
    click.option("--brat", type=_path, help="Write the original texts and the edits to this folder as brat standoff."),
    click.option("--report", type=_path, help="Write an HTML page here that shows each edit in its sentence."),
    click.option("--stats", is_flag=True, help="List on stderr how many mentions of each entity were changed."),
    click.option("--stats-json", type=_path, help="Write these numbers here, as JSON."),
    click.option("--dry-run", is_flag=True, help="Write only the edits, no text."),
    click.option("--diff", is_flag=True, help="Print a unified diff instead of the text."),
    click.option("--word-diff", is_flag=True, help="Print the changed lines, with the changes marked."),
    click.option("--color/--no-color", default=None, help="Colour diffs. [default: on a terminal]"),
    click.option(
        "--policy",
        type=click.Choice(["variants", "canonical"]),
        default="variants",
        show_default=True,
        help="variants: correct distorted names. canonical: replace every linked name by the canonical one.",
    ),
    click.option(
        "--language",
        default="en",
        show_default=True,
        help="Language of the texts (BCP 47). If it inflects names, words that differ only in an ending stay.",
    ),
    click.option(
        "--exact", is_flag=True, help="Change only forms that are in the table, not forms that merely resemble them."
    ),
    click.option(
        "--min-precision", type=float, help="Rewrite so that about this share of the edits is correct (0 to 1)."
    ),
    click.option(
        "--min-probability",
        type=float,
        help="Rewrite if the entity has at least this probability, whatever the precision.",
    ),
    click.option(
        "--type", "types", multiple=True, type=click.Choice(TYPES), help="Change only names of entities of this type."
    ),
    click.option(
        "--only", type=_path, help="Change only names of the entities whose ids are in this file, one per line."
    ),
    click.option(
        "--except",
        "except_",
        type=_path,
        help="Change no names of the entities whose ids are in this file, one per line.",
    ),
    click.option("--protect", type=_path, help="Change no part of the strings in this file, one per line."),
    click.option(
        "--engine",
        type=click.Choice(["spark"]),
        help="Rewrite on other machines; --output and --edits are then folders.",
    ),
    click.option(
        "--master", metavar="URL", help="With --engine: the URL of the Spark master. [default: that of spark-submit]"
    ),
    save_option,
    jobs_option,
    rejects_option,
)


def rewrite_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add all options of `rewrite` to the command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
