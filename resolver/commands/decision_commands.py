"""The commands by which people correct answers: accept, reject, and the list of decisions."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from resolver.commands.shared_options import changed_db_option, check_outputs, whole
from resolver.records import Decision, Verdict


def _own_name() -> str:
    """The login name of the user; "" if there is none."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # no such user on the system
        return ""


def _decision(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the arguments and options that accept and reject share."""
    for option in (
        click.option("--why", default="", help="The reason, for later readers."),
        click.option("--who", help="The name of the person who decides. [default: your login name]"),
        changed_db_option,
        click.argument("id_", metavar="ID"),
        click.argument("mention"),
    ):
        command = option(command)
    return command


@click.command()
@_decision
def accept(mention: str, id_: str, db: str, who: str | None, why: str) -> None:
    """Always link MENTION to the entity with ID, whatever the score.

    This includes mentions that differ only in case, accents or punctuation; other spellings depend on their score.
    Rewriting treats MENTION as a variant of the entity's name. An earlier "accept" of MENTION with another ID is no
    longer in force.
    """
    _decide(db, mention, id_, "accept", who, why)


@click.command()
@_decision
def reject(mention: str, id_: str, db: str, who: str | None, why: str) -> None:
    """Never link MENTION to the entity with ID.

    This includes mentions that differ only in case, accents or punctuation. Other candidates become more probable.
    """
    _decide(db, mention, id_, "reject", who, why)


def _decide(db: str, mention: str, entity_id: str, verdict: Verdict, who: str | None, why: str) -> None:
    from resolver.database.decisions import add_decision

    by = _own_name() if who is None else whole(who)
    _report(db, add_decision(db, Decision(0, whole(mention), whole(entity_id), verdict, by, why=whole(why))))


def undo_decision_in(db: str, number: int | None) -> None:
    """Undo the decision with a number, or the last one in force, and report it."""
    from resolver.database.decisions import undo_decision

    _report(db, undo_decision(db, number))


def _report(db: str, decision: Decision) -> None:
    what = f"decision {decision.number}{' undone' if decision.undone else ''}"
    click.echo(f"resolver: {db}: {what}: {decision.mention!r} as {decision.id}: {decision}", err=True)


@click.command()
@click.option("--db", required=True, type=click.Path(), help="Database of the decisions.")
@click.option("--export", type=click.Path(), help="Write the list to this TSV file. [default: stdout]")
@click.option("--import", "import_", type=click.Path(), help="Add the decisions of this TSV file; - is stdin.")
def decisions(db: str, export: str | None, import_: str | None) -> None:
    """List the decisions by "accept" and "reject", or import them.

    The list is TSV with the columns number, mention, id, verdict, who, decided (when), why and undone (when).

    --import adds the decisions of such a table; the columns mention, id and verdict (accept or reject) suffice. It adds
    all of them, or none if a row is wrong. They count as later than the decisions in the database; those that are there
    already are not added again.
    """
    from resolver.corpus.byte_streams import display_name, open_input, open_output
    from resolver.database.connection import connect
    from resolver.database.decisions import import_tsv, read_decisions, to_tsv

    if import_ is None:
        check_outputs([export], [db])
        with closing(connect(Path(db))) as connection:
            listed = read_decisions(connection)
        with open_output(export) as sink:
            sink.writelines(to_tsv(listed))
        return
    if export is not None:
        raise click.UsageError("give either --export or --import")
    with open_input(import_) as file:
        report = import_tsv(db, display_name(import_), file)
    click.echo(f"resolver: {db}: {report.new} new, {report.undone} undone, {report.same} as before", err=True)
    if report.unknown:
        click.echo(f"resolver: {report.unknown} without effect: no entity has their id", err=True)
