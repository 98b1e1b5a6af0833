"""The commands for querying a database: a SQL shell, a server, and the documentation of its tables."""

from __future__ import annotations

import contextlib
import sys

import click

from resolver.commands.shared_options import whole


@click.command()
@click.argument("file", type=click.Path())
@click.argument("sql", required=False)
@click.option(
    "--db",
    type=click.Path(),
    help="Database that the functions use. [default: FILE if it is one of ours, else the bundled table]",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: an array of objects.")
def shell(file: str, sql: str | None, db: str | None, as_csv: bool, as_json: bool) -> None:
    """Run SQL on FILE, read-only, with functions that resolve names.

    FILE is a database of ours or any other SQLite file. The functions are resolve(mention), resolve_id(mention),
    resolve_json(mention), name_similarity(a, b) and romanise(text). Without SQL, statements are read from stdin, or
    typed in at a prompt.
    """
    from resolver.publish import row_writers
    from resolver.publish.sql_shell import SqlShell

    if as_csv and as_json:
        raise click.UsageError("give either --csv or --json")
    write = row_writers.write_csv if as_csv else row_writers.write_json if as_json else row_writers.write_table
    opened = SqlShell(file, db, write, sys.stdout)
    try:
        if sql is not None:
            opened.run([whole(sql)])
        elif sys.stdin is None or not sys.stdin.isatty():
            opened.run(sys.stdin)
        else:
            with contextlib.suppress(ImportError):  # without it, input() has no history
                import readline  # noqa: F401

            click.echo(f"{file}, read-only; .help lists the commands")
            opened.converse(input, lambda problem: click.echo(f"resolver: {problem}", err=True))
    finally:
        opened.close()


@click.command()
@click.argument("file", type=click.Path())
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8001, show_default=True, help="Port; 0 for any free one."
)
@click.option(
    "--immutable/--mutable",
    default=None,
    help="Whether FILE never changes while it is served. [default: by its permissions]",
)
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Number of processes; 0 for one per core.",
)
@click.option(
    "--token",
    "tokens",
    metavar="NAME",
    multiple=True,
    help="Let NAME decide, with a token that is printed; repeatable.",
)
def serve(file: str, host: str, port: int, immutable: bool | None, workers: int, tokens: tuple[str, ...]) -> None:
    """Serve FILE, a database: web pages, reconciliation and SQL.

    \b
    /-/resolve                the answer for a name; for programs /-/resolve.json?q=MENTION
    /-/batch                  the answers for a pasted column
    /-/review                 decide on uncertain answers of saved runs
    /-/entity/ID              the names, sources and mentions of an entity
    /reconcile                Reconciliation API 0.2, for OpenRefine and other clients
    /reconcile/1.0            the same, version 1.0-draft
    /NAME.json?sql=...        SQL, with resolve() and the other functions

    The server is Datasette, which the extra "serve" installs.

    Everybody who can reach the server may read. Deciding and saving need a login: root has a link, which is printed
    at the start and works once; others have a token (--token), for the form at /-/login or for programs:

    \b
    curl -H "Authorization: Bearer TOKEN" -d '{"mention": "Soja", "id": "ID", "verdict": "accept"}' \\
         -H "Content-Type: application/json" http://127.0.0.1:8001/-/decide.json

    Decisions are recorded under that name. A token is valid for 30 days, or until the server is restarted with
    another DATASETTE_SECRET in the environment, or without one. For access from other machines, put an HTTPS proxy
    in front of the server.
    """
    from resolver.publish.datasette_server import ServerOptions, serve_file

    tokens = tuple(whole(token) for token in tokens)
    if not all(token.strip() for token in tokens):
        raise click.UsageError("--token needs the name of a person who may decide")
    options = ServerOptions(host, port, immutable, workers, tokens)
    serve_file(file, options, lambda line: click.echo(f"resolver: {file}: {line}", err=True))


@click.command()
def schema() -> None:
    """Print the documentation of the tables of a database. It is Markdown, with recipes for SQL alone."""
    from resolver.publish.schema_docs import documentation

    click.echo(documentation(), nl=False)
