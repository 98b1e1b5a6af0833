"""The commands that let others ask a database: a SQL shell, a server, and what the tables hold."""

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
    help="Database to answer from. [default: FILE if it is one of ours, else the bundled table]",
)
@click.option("--csv", "as_csv", is_flag=True, help="Write CSV.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON, an array of objects.")
def shell(file: str, sql: str | None, db: str | None, as_csv: bool, as_json: bool) -> None:
    """Run SQL on FILE, a database of ours or any other SQLite file. Without SQL it is read from stdin, or from you.

    FILE is read-only. Statements may call resolve(mention), resolve_id(mention), resolve_json(mention),
    name_similarity(a, b) and romanise(text).
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
            with contextlib.suppress(ImportError):  # where there is none, input() has no history
                import readline  # noqa: F401

            click.echo(f"{file}, read-only; .help says more")
            opened.converse(input, lambda problem: click.echo(f"resolver: {problem}", err=True))
    finally:
        opened.close()


@click.command()
@click.argument("file", type=click.Path())
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at; 0.0.0.0: all.")
@click.option("--port", type=click.IntRange(0, 65535), default=8001, show_default=True, help="0: any that is free.")
@click.option("--immutable/--mutable", default=None, help="Whether nobody changes FILE meanwhile. [default: by rights]")
@click.option(
    "--workers", type=click.IntRange(min=0), default=1, show_default=True, help="Processes that answer; 0: one a core."
)
@click.option("--token", "tokens", metavar="NAME", multiple=True, help="Print a token for NAME, who may decide then.")
def serve(file: str, host: str, port: int, immutable: bool | None, workers: int, tokens: tuple[str, ...]) -> None:
    """Serve FILE, a database of ours. There are pages for people, a reconciliation service, and SQL.

    /-/resolve answers people and /-/resolve.json?q=MENTION programs, /-/entity/ID shows what is known of an entity,
    /-/batch resolves a column that is pasted, /-/review goes through what saved runs were not sure of, by keys or
    forms. /reconcile is for OpenRefine and other clients of the Reconciliation API 0.2 (of its 1.0-draft:
    /reconcile/1.0), and /NAME.json?sql=... takes SQL with resolve() and the other functions. The rest is Datasette,
    which the extra "serve" installs.

    All may read who reach it. Only who is logged in may decide or save: root by the link that is printed at the start
    and holds once, others by the token of a --token, in the form at /-/login, or in programs:

    \b
    curl -H "Authorization: Bearer TOKEN" -d '{"mention": "Soja", "id": "ID", "verdict": "accept"}' \\
         -H "Content-Type: application/json" http://127.0.0.1:8001/-/decide.json

    Decisions are under that name. Tokens hold for 30 days, but no longer than this server unless the environment has
    the same DATASETTE_SECRET next time. Put a proxy with HTTPS before it for others than this machine.
    """
    from resolver.publish.datasette_server import ServerOptions, serve_file

    tokens = tuple(whole(token) for token in tokens)
    if not all(token.strip() for token in tokens):
        raise click.UsageError("--token takes the name of who is to decide")
    options = ServerOptions(host, port, immutable, workers, tokens)
    serve_file(file, options, lambda line: click.echo(f"resolver: {file}: {line}", err=True))


@click.command()
def schema() -> None:
    """Print what the tables and views of a database hold. As Markdown, with recipes for SQL alone."""
    from resolver.publish.schema_docs import documentation

    click.echo(documentation(), nl=False)
