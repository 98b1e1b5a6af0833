"""Worker processes of a server: forked when everything is loaded, replaced when they die, ended with their parent."""

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
from resolver.infra.gc_pause import rare_collections

MIN_LIFE_SECONDS = 2.0
"""Minimum lifetime of a worker in seconds; one that ends sooner is not replaced, as the next one would end too."""

SHUTDOWN_SECONDS = 5.0
"""Seconds that a worker has to finish its requests before it is killed."""


def serve_in(workers: int, run: Callable[[], None]) -> None:
    """Call `run` in forked worker processes until this process is interrupted or terminated (SIGTERM).

    They share the memory loaded before the fork. Raises ResolverError if one ends within MIN_LIFE_SECONDS.
    """
    end, held = multiprocessing.Pipe(duplex=False)  # nothing is sent: it closes when this process ends
    running: dict[BaseProcess, float] = {}
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        with rare_collections():
            while True:
                while len(running) < workers:
                    running[_start(run, end, held)] = time.monotonic()
                wait([process.sentinel for process in running])
                for process in [process for process in running if process.exitcode is not None]:
                    said = f"worker process {process.pid} has ended (exit code {process.exitcode})"
                    if time.monotonic() - running.pop(process) < MIN_LIFE_SECONDS:
                        raise ResolverError(f"{said} immediately after its start")
                    print(f"resolver: {said}: starting another one", file=sys.stderr)
    finally:
        signal.signal(signal.SIGTERM, before)
        for process in running:
            process.terminate()
        for process in running:
            process.join(SHUTDOWN_SECONDS)
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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends us
    threading.Thread(target=_end_with, args=(end,), daemon=True).start()
    run()


def _end_with(end: Connection) -> None:
    """End this process when its parent ends."""
    wait([end])
    os.kill(os.getpid(), signal.SIGTERM)
