"""The command that compares two names."""

from __future__ import annotations

import sys

import click

from resolver.commands.shared_options import db_option, whole


@click.command()
@click.argument("mention")
@click.argument("name")
@db_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def compare(mention: str, name: str, db: str | None, as_json: bool) -> None:
    """Print the probability that MENTION stands for NAME, and why.

    NAME is treated as a name of the table, but need not be in it: the table only supplies the frequencies of words.
    No other names are considered.
    """
    from resolver.api.opening import open as open_names
    from resolver.corpus.byte_streams import json_line

    with open_names(db) as names:
        comparison = names.compare(whole(mention), whole(name))
    if not as_json:
        click.echo(comparison.explain())
        return
    value = {**comparison.to_dict(), "explanation": comparison.explain(), "evidence": comparison.explanation()}
    sys.stdout.buffer.write(json_line(value))
    sys.stdout.buffer.flush()
