"""Serving a database: Datasette in this process, with our plugin, read-only."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.errors import InputError
from resolver.extras import needs
from resolver.publish.workers import serve_in

if TYPE_CHECKING:
    from datasette.app import Datasette

HIDDEN = ("change", "form", "meta", "search_index")
"""Tables that are of no use to people."""

KEPT = 30
"""For so many seconds an idle connection is kept."""

WAITING = 2048
"""So many connections may wait to be taken."""

BUSY = 1000
"""With so many open, new ones are told to come again later (503)."""


def make_datasette(path: Path, immutable: bool | None = None) -> Datasette:
    """A Datasette that serves a database of ours; `immutable` says that nobody changes the file meanwhile.

    Without it that is so when nobody with our rights could. Raises SettingError without Datasette.
    """
    with needs("serve"):
        from datasette.app import Datasette
    if immutable is None:
        immutable = not (os.access(path, os.W_OK) or os.access(path.resolve().parent, os.W_OK))
    tables = {table: {"hidden": True} for table in HIDDEN}
    return Datasette(
        [] if immutable else [str(path)],
        immutables=[str(path)] if immutable else [],
        metadata={
            "title": f"Names in {path.name}",
            "plugins": {"resolver": {"db": str(path)}},
            "databases": {path.stem: {"tables": tables}},
        },
        cors=True,
    )


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
    from resolver.publish.web.desk import desk_of

    names = desk_of(datasette).functions().names
    names.resolve("Yoshihidi Soja")  # which loads what resolving needs

    def run() -> None:
        names.store.reopen()
        _serve(datasette, listening)

    return serve_in(workers, run)


def _serve(datasette: Datasette, listening: socket.socket) -> None:
    with needs("serve"):
        import uvicorn
    config = uvicorn.Config(
        datasette.app(),
        lifespan="on",
        log_level="warning",
        server_header=False,
        timeout_keep_alive=KEPT,
        limit_concurrency=BUSY,
    )
    uvicorn.Server(config).run(sockets=[listening])
