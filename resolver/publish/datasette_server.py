"""A server of one database file: Datasette with our plugin, in one process or several."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.api.opening import open as open_names
from resolver.errors import InputError
from resolver.infra.optional_libraries import needs
from resolver.infra.process_pool import processes
from resolver.publish.server_workers import serve_in

if TYPE_CHECKING:
    from datasette.app import Datasette

    from resolver.publish.web.request_limits import RequestLimits

HIDDEN_TABLES = ("change", "form", "meta", "search_index")
"""Tables that are not shown to users."""

SECRET_VARIABLE = "DATASETTE_SECRET"
"""The environment variable with the secret that signs tokens and logins."""

WARM_UP_MENTION = "Yoshihidi Soja"
"""Resolved once before processes are forked, so that they share what it loads."""


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Bounds on a server as a whole."""

    sql_milliseconds: int = 1000
    """Maximum time for an SQL statement of a user."""
    sql_rows: int = 1000
    """Maximum number of rows that it may return."""
    connections: int = 1000
    """Maximum number of open connections; further ones get the status 503."""
    pending_connections: int = 2048
    """Maximum number of connections that wait to be accepted."""
    idle_seconds: int = 30
    """Seconds after which an idle connection is closed."""
    shutdown_seconds: int = 5
    """Seconds that requests have to end when the server is stopped."""
    token_days: int = 30
    """Number of days for which a token is valid."""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Where and how a file is served."""

    host: str = "127.0.0.1"
    port: int = 8001
    """The port; 0: any free one."""
    immutable: bool | None = None
    """Whether the file never changes while it is served; None: if we have no permission to change it."""
    workers: int = 1
    """Number of processes; 0: one per core."""
    tokens: tuple[str, ...] = ()
    """The names of those who, besides root, may decide; each gets a token."""
    limits: ServerLimits = ServerLimits()


def serve_file(path: str | Path, options: ServerOptions, say: Callable[[str], object]) -> None:
    """Serve a database file until the process is interrupted; `say` is called with lines for the operator.

    Raises DatabaseError if the file cannot be used, InputError if the address is in use, SettingError if Datasette is
    not installed.
    """
    workers = processes(options.workers)
    open_names(path).close()
    datasette = make_datasette(Path(path), options.immutable, options.tokens, server_limits=options.limits)
    with listen(options.host, options.port, options.limits.pending_connections) as listening:
        host = f"[{options.host}]" if ":" in options.host else options.host
        address = f"http://{host}:{listening.getsockname()[1]}"
        for line in greeting(datasette, address, options.tokens, options.limits.token_days):
            say(line)
        run_server(datasette, listening, workers, options.limits)


def make_datasette(
    path: Path,
    immutable: bool | None = None,
    writers: Iterable[str] = (),
    server_limits: ServerLimits = ServerLimits(),
    request_limits: RequestLimits | None = None,
) -> Datasette:
    """A Datasette that serves a database; `immutable` as in ServerOptions. `writers` may decide, besides root.

    Its signatures are also valid for later servers with the same secret in the environment (SECRET_VARIABLE). Raises
    SettingError if Datasette is not installed.
    """
    with needs("serve"):
        from datasette.app import Datasette
        from datasette.plugins import pm

        from resolver.publish.web.reopening_database import ReopeningDatabase
    if immutable is None:
        immutable = not (os.access(path, os.W_OK) or os.access(path.resolve().parent, os.W_OK))
    # if rich is installed, Datasette spends half a second per error on logging all variables
    pm.get_plugin("datasette.handle_exception").rich = None
    plugin = {"writers": ["root", *writers], "limits": asdict(request_limits) if request_limits else {}}
    datasette = Datasette(
        [] if immutable else [str(path)],
        immutables=[str(path)] if immutable else [],
        metadata={
            "title": f"Names in {path.name}",
            "plugins": {"resolver": plugin},
            "databases": {path.stem: {"tables": {table: {"hidden": True} for table in HIDDEN_TABLES}}},
        },
        settings={"sql_time_limit_ms": server_limits.sql_milliseconds, "max_returned_rows": server_limits.sql_rows},
        secret=os.environ.get(SECRET_VARIABLE),
        cors=True,
    )
    if not immutable:
        name = next(name for name, database in datasette.databases.items() if database.path == str(path))
        datasette.remove_database(name)
        datasette.add_database(ReopeningDatabase(datasette, str(path)), name=name)
    return datasette


def greeting(datasette: Datasette, address: str, tokens: Iterable[str], token_days: int) -> list[str]:
    """Lines for the operator: the address of the server, root's login link, and the tokens of others who may decide."""
    from resolver.publish.web.access_tokens import make_token

    lines = [f"at {address}/-/resolve", f"log in as root, once: {address}/-/auth-token?token={datasette._root_token}"]
    return lines + [
        f"token of {who}, for {token_days} days: {make_token(datasette, who, token_days)}" for who in tokens
    ]


def listen(host: str, port: int, pending: int = ServerLimits().pending_connections) -> socket.socket:
    """A socket that accepts connections; port 0 takes any free one. Raises InputError if the address is in use."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with contextlib.ExitStack() as stack:
            listening = stack.enter_context(socket.socket(family, kind, protocol))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(pending)
            stack.pop_all()
    except OSError as error:
        raise InputError(f"cannot listen on {host} port {port}: {error.strerror}; choose another --port") from error
    return listening


def run_server(datasette: Datasette, listening: socket.socket, workers: int, limits: ServerLimits) -> None:
    """Serve until the process is interrupted, in forked processes, which share the loaded table."""
    if workers == 1:
        return _run_uvicorn(datasette, listening, limits)
    from resolver.publish.web.served_table import table_of

    names = table_of(datasette).functions().names
    names.resolve(WARM_UP_MENTION)

    def run() -> None:
        names.table.reopen()
        _run_uvicorn(datasette, listening, limits)

    return serve_in(workers, run)


def _run_uvicorn(datasette: Datasette, listening: socket.socket, limits: ServerLimits) -> None:
    with needs("serve"):
        import uvicorn

        from resolver.publish.web.plugin_settings import plugin_settings
        from resolver.publish.web.request_guard import guarded
    config = uvicorn.Config(
        guarded(datasette.app(), plugin_settings(datasette).limits),
        lifespan="on",
        log_level="warning",
        server_header=False,
        timeout_keep_alive=limits.idle_seconds,
        limit_concurrency=limits.connections,
        timeout_graceful_shutdown=limits.shutdown_seconds,
    )
    uvicorn.Server(config).run(sockets=[listening])
