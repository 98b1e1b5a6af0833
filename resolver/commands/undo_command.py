"""The command that undoes a rewriting or a decision."""

from __future__ import annotations

from pathlib import Path

import click

from resolver.commands.decision_commands import undo_decision_in


@click.command()
@click.argument("what", required=False, metavar="[EDITS|NUMBER]")
@click.option("--db", type=click.Path(), help="Database of the decision.")
def undo(what: str | None, db: str | None) -> None:
    """Undo a rewriting, or a decision.

    With EDITS, the file that "resolver rewrite --edits EDITS" wrote: restores the files to the byte, and removes their
    backups; new files under --output get the contents of their inputs. If one of them has changed, none is restored.
    EDITS.undo beside it is needed.

    With --db, undoes the decision with NUMBER, or the last one in force. It stays in the list, marked as undone, and an
    earlier decision on the same mention is in force again.
    """
    if what is not None and (what.endswith(".jsonl") or (db is None and not what.isdecimal()) or _is_file(what)):
        if db is not None:
            raise click.UsageError("--db needs the number of a decision, not a file of edits")
        _undo_edits(what)
    elif db is None:
        raise click.UsageError("give a file of edits, or --db with the number of a decision")
    else:
        undo_decision_in(db, None if what is None else _number(what))


def _number(what: str) -> int:
    if not what.isdecimal() or int(what) < 1:
        raise click.UsageError(f"{what!r} is neither a file of edits nor a number that 'resolver decisions' lists")
    return int(what)


def _is_file(what: str) -> bool:
    return not what.isdecimal() and Path(what).is_file()


def _undo_edits(edits: str) -> None:
    from resolver.corpus.runs.undo import undo_edits

    restored, before = undo_edits(edits)
    already = f", {before} were restored already" if before else ""
    click.echo(f"resolver: {restored} file{'' if restored == 1 else 's'} restored{already}", err=True)
