"""Forked worker processes: what `process_pool` needs only when there is more than one process."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.context import ForkContext, ForkProcess
from typing import Any, ClassVar

from resolver.errors import ResolverError
from resolver.infra.gc_pause import seldom_collected


class _ForkContext(ForkContext):
    """A fork context that lists the processes it has started."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[ForkProcess] = []

    def Process(self, *args: Any, **kwargs: Any) -> ForkProcess:  # type: ignore[override]  # noqa: ANN401, N802
        process = ForkProcess(*args, **kwargs)
        self.started.append(process)
        return process


@contextmanager
def forked(
    work: Callable[[Any], Any], begin: Callable[[], object], jobs: int
) -> Iterator[Callable[[Any], Future[Any]]]:
    """A function that hands a chunk to the next idle process. The processes are killed when the block ends."""
    context = _ForkContext()
    executor = ProcessPoolExecutor(jobs, context, _become_worker, (work, begin))
    try:
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # Ctrl-C ends this process, and that ends them
        try:
            with seldom_collected():  # a collection in a child would write to, and so copy, what it shares with us
                executor.submit(os.getpid)  # forks them all, before the executor starts its threads
        except OSError as error:
            raise ResolverError(f"no process could be started ({error.strerror}): try fewer jobs") from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        yield lambda chunk: executor.submit(_run, chunk)
    except BrokenProcessPool as error:
        executor.shutdown()
        how = _how_it_ended(process.exitcode or 0 for process in context.started)
        problem = f"a worker process ended before its work was done ({how}); is there enough memory?"
        raise ResolverError(problem) from error
    finally:
        for process in context.started:
            process.kill()
        executor.shutdown(cancel_futures=True)


def _how_it_ended(codes: Iterable[int]) -> str:
    """The signal or exit code that ended the first process; the executor has ended the others by SIGTERM."""
    code = next((code for code in codes if code not in (0, -signal.SIGTERM)), -signal.SIGTERM)
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


class _Worker:
    """The work of a forked process. Its functions come with the fork: neither they nor a table is pickled."""

    current: ClassVar[_Worker]

    def __init__(self, work: Callable[[Any], Any], begin: Callable[[], object]) -> None:
        self._work = work
        self._begin = begin
        self._begun = False

    def run(self, chunk: object) -> Any:  # noqa: ANN401
        if not self._begun:
            self._begin()
            self._begun = True
        return self._work(chunk)


def _become_worker(work: Callable[[Any], Any], begin: Callable[[], object]) -> None:
    """Called first in a forked process."""
    _Worker.current = _Worker(work, begin)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when its parent has ended, even by SIGKILL: the executor would leave it waiting for work."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(0)


def _run(chunk: object) -> Any:  # noqa: ANN401
    """The result for a chunk, in a forked process."""
    try:
        return _Worker.current.run(chunk)
    except Exception as error:
        raise _portable(error) from None


def _portable(error: Exception) -> Exception:
    """An error that can be sent to another process, with a note of where it was raised."""
    error.add_note("In a worker process:\n" + "".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return ResolverError(f"in a worker process: {error!r}")
    return error
