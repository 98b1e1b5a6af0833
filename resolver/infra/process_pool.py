"""A pool of forked processes, which share everything loaded before the fork."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.context import ForkContext, ForkProcess
from typing import Any, ClassVar, TypeVar

from resolver.errors import ResolverError, SettingError
from resolver.infra.gc_pause import rare_collections

CHUNKS_PER_PROCESS = 4
"""Maximum number of chunks per process that are read before the first result is yielded."""

Chunk = TypeVar("Chunk")
Result = TypeVar("Result")


def processes(jobs: int) -> int:
    """The number of processes for `jobs`: all cores for 0; 1, with a message on stderr, if fork is not available.

    Raises SettingError if `jobs` is negative.
    """
    if jobs < 0:
        raise SettingError(f"jobs must be 1 or more, or 0 for all cores, not {jobs}")
    can_fork = "fork" in multiprocessing.get_all_start_methods() and not multiprocessing.current_process().daemon
    if jobs == 0 and can_fork:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if jobs > 1 and not can_fork:
        print("resolver: processes cannot be forked here: using one", file=sys.stderr)
        return 1
    return max(jobs, 1)


def map_forked(
    work: Callable[[Chunk], Result],
    chunks: Iterable[Chunk | None],
    jobs: int,
    begin: Callable[[], object] = lambda: None,
) -> Generator[Result, None, None]:
    """`work(chunk)` of each chunk, in order, computed by `jobs` forked processes, or by this process if `jobs` is 1.

    Chunks are read as processes become free. For a None among them, all results so far are yielded before the next
    chunk is read. Each forked process calls `begin` first. Raises what `work` raises, and ResolverError if a process
    dies. The processes end with the iterator, and with this process.
    """
    if jobs == 1:
        yield from (work(chunk) for chunk in chunks if chunk is not None)
        return
    window: deque[Future[bytes]] = deque()
    with _forked(work, begin, jobs) as submit:
        for chunk in chunks:
            if chunk is not None:
                window.append(submit(chunk))
            while window and (chunk is None or len(window) >= CHUNKS_PER_PROCESS * jobs or window[0].done()):
                yield pickle.loads(window.popleft().result())
        while window:
            yield pickle.loads(window.popleft().result())


class _ForkContext(ForkContext):
    """A multiprocessing fork context that lists the processes it has started."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[ForkProcess] = []

    def Process(self, *args: Any, **kwargs: Any) -> ForkProcess:  # type: ignore[override]  # noqa: ANN401, N802
        process = ForkProcess(*args, **kwargs)
        self.started.append(process)
        return process


@contextmanager
def _forked(
    work: Callable[[Any], Any], begin: Callable[[], object], jobs: int
) -> Iterator[Callable[[Any], Future[bytes]]]:
    """A function that hands a chunk to the next idle process. The processes are killed when the block ends.

    Chunks and results are pickled and unpickled by the caller's thread: the executor's threads only pass bytes on, so
    that they seldom hold the interpreter lock while the caller works.
    """
    context = _ForkContext()
    executor = ProcessPoolExecutor(jobs, context, _become_worker, (work, begin))
    try:
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # Ctrl-C ends this process, which ends them
        try:
            with rare_collections():  # a collection in a child would copy the pages that it shares with us
                executor.submit(os.getpid)  # forks them all, before the executor starts its threads
        except OSError as error:
            raise ResolverError(f"cannot start a process ({error.strerror}): use fewer jobs") from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        yield lambda chunk: executor.submit(_run, pickle.dumps(chunk, -1))
    except BrokenProcessPool as error:
        executor.shutdown()
        how = _how_it_ended(process.exitcode or 0 for process in context.started)
        problem = f"a worker process died ({how}); is there enough memory?"
        raise ResolverError(problem) from error
    finally:
        for process in context.started:
            process.kill()
        _end_half_written_result(executor)
        executor.shutdown(cancel_futures=True)


def _end_half_written_result(executor: ProcessPoolExecutor) -> None:
    """Let the executor read no further in the result of a process that was killed while writing it.

    It would wait for the rest for ever, as this process holds the pipe open for writing, too.
    """
    results = getattr(executor, "_result_queue", None)
    if results is not None:
        results._writer.close()


def _how_it_ended(codes: Iterable[int]) -> str:
    """The signal or exit code of the first process that died; the executor ends the others by SIGTERM."""
    code = next((code for code in codes if code not in (0, -signal.SIGTERM)), -signal.SIGTERM)
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


class _Worker:
    """The functions of a forked process. They are inherited by the fork, so that nothing need be pickled."""

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
    """Initialise a forked process."""
    _Worker.current = _Worker(work, begin)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when its parent dies, even by SIGKILL: the executor alone would wait for work for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(0)


def _run(chunk: bytes) -> bytes:
    """The pickled result for a pickled chunk, in a forked process."""
    try:
        return pickle.dumps(_Worker.current.run(pickle.loads(chunk)), -1)
    except Exception as error:
        raise _portable(error) from None


def _portable(error: Exception) -> Exception:
    """The error, or a ResolverError if it cannot be pickled, with its traceback as a note."""
    error.add_note("In a worker process:\n" + "".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return ResolverError(f"in a worker process: {error!r}")
    return error
