"""The command line: the commands, and the exit codes of errors.

Exit codes: 0 done, 1 done with rejected records, 2 usage or unreadable input.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Any

import click

from resolver import __version__
from resolver.commands import compare_command as comparing
from resolver.commands import database_commands as database
from resolver.commands import decision_commands as deciding
from resolver.commands import publish_commands as publishing
from resolver.commands import resolve_command as resolving
from resolver.commands import rewrite_command as rewriting
from resolver.commands import saved_run_commands as saving
from resolver.commands import undo_command as undoing
from resolver.commands.shared_options import DONE, UNREADABLE
from resolver.errors import ResolverError


class CommandGroup(click.Group):
    """A group that reports a ResolverError or OSError on stderr and turns it into an exit code."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run the command. Exits with a code instead of raising ResolverError or OSError."""
        try:
            return super().invoke(ctx)
        except ResolverError as error:
            click.echo(f"resolver: {error}", err=True)
            ctx.exit(UNREADABLE)
        except BrokenPipeError:
            with contextlib.suppress(OSError):  # nobody reads our output any more
                sys.stdout.close()
            ctx.exit(DONE)
        except OSError as error:
            click.echo(f"resolver: {error.filename or 'output'}: {error.strerror}", err=True)
            ctx.exit(UNREADABLE)


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="resolver")
def main() -> None:
    """Map any spelling of a name to the right entity of a canonical table, or to NIL."""


for command in (
    resolving.resolve,
    *(database.build, database.put, database.remove, database.compact, database.info),
    *(deciding.accept, deciding.reject, undoing.undo, deciding.decisions),
    saving.resolved,
    comparing.compare,
    rewriting.rewrite,
    *(publishing.shell, publishing.serve, publishing.schema),
):
    main.add_command(command)


if __name__ == "__main__":
    main()
