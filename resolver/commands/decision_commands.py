"""The commands by which people correct answers: accept, reject, undo, and the list of what was decided."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from resolver.commands.shared_options import changed_db_option, check_outputs, whole
from resolver.records import Decision, Verdict


def _own_name() -> str:
    """The login name of whoever runs this; "" when there is none."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # no such user on the system
        return ""


def _decision(command: Callable[..., Any]) -> Callable[..., Any]:
    """What accept and reject have in common."""
    for option in (
        click.option("--why", default="", help="The reason, for those who ask later."),
        click.option("--who", help="Who decides. [default: your login name]"),
        changed_db_option,
        click.argument("id_", metavar="ID"),
        click.argument("mention"),
    ):
        command = option(command)
    return command


@click.command()
@_decision
def accept(mention: str, id_: str, db: str, who: str | None, why: str) -> None:
    """Decide that MENTION means the entity with ID. From now on it is linked to it, whatever the score.

    So is each mention that differs only in case, accents and punctuation; other spellings go by their score still.
    Rewriting takes the mention as a variant of the entity's name. An earlier "accept" of another ID is over.
    """
    _decide(db, mention, id_, "accept", who, why)


@click.command()
@_decision
def reject(mention: str, id_: str, db: str, who: str | None, why: str) -> None:
    """Decide that MENTION does not mean the entity with ID. From now on it is never linked to it.

    Nor is any mention that differs only in case, accents and punctuation. Other entities become more probable.
    """
    _decide(db, mention, id_, "reject", who, why)


def _decide(db: str, mention: str, entity_id: str, verdict: Verdict, who: str | None, why: str) -> None:
    from resolver.database.decisions import add_decision

    by = _own_name() if who is None else whole(who)
    _say(db, add_decision(db, Decision(0, whole(mention), whole(entity_id), verdict, by, why=whole(why))))


def undo_decision_in(db: str, number: int | None) -> None:
    """Take back the decision with a number, or the last one that stands, and say so."""
    from resolver.database.decisions import undo_decision

    _say(db, undo_decision(db, number))


def _say(db: str, decision: Decision) -> None:
    what = f"decision {decision.number}{' undone' if decision.undone else ''}"
    click.echo(f"resolver: {db}: {what}: {decision.mention!r} as {decision.id}: {decision}", err=True)


@click.command()
@click.option("--db", required=True, type=click.Path(), help="Database that they are in.")
@click.option("--export", type=click.Path(), help="Write them to this TSV file. [default: stdout]")
@click.option("--import", "import_", type=click.Path(), help="Add those of this TSV file; - is stdin.")
def decisions(db: str, export: str | None, import_: str | None) -> None:
    """List what was decided, as TSV. Columns: number, mention, id, verdict, who, when (decided), why, and when undone.

    --import takes such a table, or one with the columns mention, id and verdict (accept or reject) only: all of it,
    or nothing when a row is wrong. Its decisions count as later than those that are there; what is there already
    is not added again.
    """
    from resolver.corpus.byte_streams import display_name, open_input, open_output
    from resolver.database.connection import connect
    from resolver.database.decisions import import_tsv, read_decisions, to_tsv

    if import_ is None:
        check_outputs([export], [db])
        found = read_decisions(connect(Path(db)))
        with open_output(export) as sink:
            sink.writelines(to_tsv(found))
        return
    if export is not None:
        raise click.UsageError("give either --export or --import")
    with open_input(import_) as file:
        report = import_tsv(db, display_name(import_), file)
    click.echo(f"resolver: {db}: {report.new} new, {report.undone} undone, {report.same} as before", err=True)
    if report.unknown:
        click.echo(f"resolver: {report.unknown} have no effect: no entity has their id", err=True)
