"""Serving a database: Datasette in this process, with our plugin."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.errors import InputError
from resolver.infra.optional_libraries import needs
from resolver.publish.server_workers import serve_in

if TYPE_CHECKING:
    from datasette.app import Datasette

HIDDEN = ("change", "form", "meta", "search_index")
"""Tables that are of no use to people."""

SECRET = "DATASETTE_SECRET"
"""Where Datasette looks for what it signs tokens and logins with."""

DAYS = 30
"""For so many days a token holds."""

SQL_TIME = 1000
"""SQL that people send may take so many milliseconds..."""

SQL_ROWS = 1000
"""...and return so many rows."""

KEPT = 30
"""For so many seconds an idle connection is kept."""

WAITING = 2048
"""So many connections may wait to be taken."""

ENDING = 5
"""So many seconds are given to requests to end when the server is to end."""

BUSY = 1000
"""With so many open, new ones are told to come again later (503)."""


def make_datasette(path: Path, immutable: bool | None = None, writers: Iterable[str] = ()) -> Datasette:
    """A Datasette that serves a database of ours; `immutable` says that nobody changes the file meanwhile.

    Without it that is so when nobody with our rights could. `writers` may decide, beside root. What is signed holds
    for later servers with the same secret in the environment variable SECRET, else for this one.
    Raises SettingError without Datasette.
    """
    with needs("serve"):
        from datasette.app import Datasette
        from datasette.plugins import pm

        from resolver.publish.web.followed_database import FollowingDatabase
    if immutable is None:
        immutable = not (os.access(path, os.W_OK) or os.access(path.resolve().parent, os.W_OK))
    # where rich is installed, it takes half a second for each error to list all variables in the log
    pm.get_plugin("datasette.handle_exception").rich = None
    tables = {table: {"hidden": True} for table in HIDDEN}
    datasette = Datasette(
        [] if immutable else [str(path)],
        immutables=[str(path)] if immutable else [],
        metadata={
            "title": f"Names in {path.name}",
            "plugins": {"resolver": {"writers": ["root", *writers]}},
            "databases": {path.stem: {"tables": tables}},
        },
        settings={"sql_time_limit_ms": SQL_TIME, "max_returned_rows": SQL_ROWS},
        secret=os.environ.get(SECRET),
        cors=True,
    )
    if not immutable:
        name = next(name for name, database in datasette.databases.items() if database.path == str(path))
        datasette.remove_database(name)
        datasette.add_database(FollowingDatabase(datasette, str(path)), name=name)
    return datasette


def greeting(datasette: Datasette, address: str, tokens: Iterable[str]) -> list[str]:
    """What those who run the server are told: where it is, how to log in, and the tokens of others who may decide."""
    from resolver.publish.web.access import make_token

    lines = [f"at {address}/-/resolve", f"log in as root, once: {address}/-/auth-token?token={datasette._root_token}"]
    return lines + [f"token of {who}, for {DAYS} days: {make_token(datasette, who, DAYS)}" for who in tokens]


def listen(host: str, port: int) -> socket.socket:
    """A socket that waits for requests; port 0 takes any that is free. Raises InputError when it cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with contextlib.ExitStack() as stack:
            listening = stack.enter_context(socket.socket(family, kind, protocol))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(WAITING)
            stack.pop_all()
    except OSError as error:
        raise InputError(f"cannot listen at {host} port {port}: {error.strerror}; choose another --port") from error
    return listening


def serve(datasette: Datasette, listening: socket.socket, workers: int = 1) -> None:
    """Serve until the process is interrupted, in so many processes, which share the table as it is loaded now."""
    if workers == 1:
        return _serve(datasette, listening)
    from resolver.publish.web.open_table import desk_of

    names = desk_of(datasette).functions().names
    names.resolve("Yoshihidi Soja")  # which loads what resolving needs

    def run() -> None:
        names.table.reopen()
        _serve(datasette, listening)

    return serve_in(workers, run)


def _serve(datasette: Datasette, listening: socket.socket) -> None:
    with needs("serve"):
        import uvicorn

        from resolver.publish.web.request_limits import bounded
    config = uvicorn.Config(
        bounded(datasette.app()),
        lifespan="on",
        log_level="warning",
        server_header=False,
        timeout_keep_alive=KEPT,
        limit_concurrency=BUSY,
        timeout_graceful_shutdown=ENDING,
    )
    uvicorn.Server(config).run(sockets=[listening])
