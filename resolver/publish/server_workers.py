"""Several processes that serve at one socket: forked when all is loaded, replaced when one dies, gone when we are."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType

from resolver.errors import ResolverError
from resolver.infra.gc_pause import seldom_collected

SOON = 2.0
"""A process that ends in fewer seconds is not replaced: the next would do the same."""

PATIENCE = 5.0
"""So many seconds are given to a process to end what it does."""


def serve_in(workers: int, run: Callable[[], None]) -> None:
    """Let so many forked processes `run` until this one is interrupted or told to end (SIGTERM).

    They share what is loaded. Raises ResolverError when one ends as soon as it began.
    """
    end, held = multiprocessing.Pipe(duplex=False)  # nothing is sent: its end is that of this process
    running: dict[BaseProcess, float] = {}
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        with seldom_collected():
            while True:
                while len(running) < workers:
                    running[_start(run, end, held)] = time.monotonic()
                wait([process.sentinel for process in running])
                for process in [process for process in running if process.exitcode is not None]:
                    said = f"process {process.pid} that serves has ended (exit code {process.exitcode})"
                    if time.monotonic() - running.pop(process) < SOON:
                        raise ResolverError(f"{said} as soon as it began")
                    print(f"resolver: {said}: another takes its place", file=sys.stderr)
    finally:
        signal.signal(signal.SIGTERM, before)
        for process in running:
            process.terminate()
        for process in running:
            process.join(PATIENCE)
            process.kill()
        end.close()
        held.close()


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _start(run: Callable[[], None], end: Connection, held: Connection) -> BaseProcess:
    process = multiprocessing.get_context("fork").Process(target=_run, args=(run, end, held), daemon=True)
    process.start()
    return process


def _run(run: Callable[[], None], end: Connection, held: Connection) -> None:
    held.close()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, who ends us
    threading.Thread(target=_end_with, args=(end,), daemon=True).start()
    run()


def _end_with(end: Connection) -> None:
    """End this process when the parent is gone."""
    wait([end])
    os.kill(os.getpid(), signal.SIGTERM)
