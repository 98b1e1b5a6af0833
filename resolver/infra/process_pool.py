"""Work spread over forked processes. They see all that is loaded already, without a copy of it."""

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
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import Any, TypeVar

from resolver.errors import ResolverError, SettingError
from resolver.infra.gc_pause import seldom_collected

AHEAD = 2
"""How many chunks a process is given at a time, so that it need not wait for the next."""

MOST_IN_HAND = 4
"""How many chunks for each process are read before the first of their results is handed out, at most."""

_LONGEST_WAIT = 2.0
"""Seconds to wait for the exit code of a process that has ended."""

Chunk = TypeVar("Chunk")
Result = TypeVar("Result")


def processes(jobs: int) -> int:
    """How many processes `jobs` means here: all cores for 0; 1, said on stderr, where none can be forked.

    Raises SettingError for less than 0.
    """
    if jobs < 0:
        raise SettingError(f"jobs must be 1 or more, or 0 for all cores, not {jobs}")
    can_fork = "fork" in multiprocessing.get_all_start_methods() and not multiprocessing.current_process().daemon
    if jobs == 0 and can_fork:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if jobs > 1 and not can_fork:
        print("resolver: no processes can be forked here: going on with one", file=sys.stderr)
        return 1
    return max(jobs, 1)


def map_forked(
    work: Callable[[Chunk], Result],
    chunks: Iterable[Chunk | None],
    jobs: int,
    begin: Callable[[], object] = lambda: None,
) -> Generator[Result, None, None]:
    """The results of `work` for the chunks, in their order, worked out by `jobs` processes: by this one alone if 1.

    Chunks are read as there is room for them. A None among them gives no result, but all before it are handed out
    before the next chunk is read. Each forked process calls `begin` first. Raises what `work` raises, and ResolverError
    when a process ends before its work is done. No process outlives the iterator, nor this process.
    """
    if jobs == 1:
        yield from (work(chunk) for chunk in chunks if chunk is not None)
        return
    source = iter(chunks)
    results: dict[int, Result] = {}
    read = handed = 0
    pausing = ended = False
    with _started(work, begin, jobs) as workers:
        while True:
            for worker in _answering(workers, needed=handed not in results):
                number, result = worker.take()
                results[number] = result
            while not (pausing or ended) and read - handed < MOST_IN_HAND * jobs:
                worker = min(workers, key=lambda worker: len(worker.numbers))
                if len(worker.numbers) >= AHEAD:
                    break
                try:
                    chunk = next(source)
                except StopIteration:
                    ended = True
                    break
                if chunk is None:
                    pausing = True
                    break
                worker.give(read, chunk)
                read += 1
            if handed in results:
                yield results.pop(handed)
                handed += 1
            elif handed == read:
                if ended:
                    return
                pausing = False


def _answering(workers: list[_Worker], needed: bool) -> list[_Worker]:
    """The workers that have an answer by now, or have died; when one is `needed`, wait for the first."""
    busy: dict[Any, _Worker] = {worker.ends[1]: worker for worker in workers if worker.numbers}
    return [busy[end] for end in wait(busy, None if needed else 0)] if busy else []


class _Worker:
    """A forked process, the pipes to and from it, and the numbers of the chunks that it has."""

    def __init__(self, process: BaseProcess, tasks: Connection, answers: Connection) -> None:
        self.process = process
        self.numbers: deque[int] = deque()
        self._tasks = tasks
        self._answers = answers

    @property
    def ends(self) -> tuple[Connection, Connection]:
        """Our ends of the pipes."""
        return self._tasks, self._answers

    def give(self, number: int, chunk: object) -> None:
        """Hand over a chunk."""
        try:
            self._tasks.send(chunk)
        except OSError as error:
            raise self._dead() from error
        self.numbers.append(number)

    def take(self) -> tuple[int, Any]:
        """The next result and the number of its chunk; raises what the work raised."""
        try:
            done, value = self._answers.recv()
        except (EOFError, OSError) as error:
            raise self._dead() from error
        if not done:
            raise value
        return self.numbers.popleft(), value

    def _dead(self) -> ResolverError:
        self.process.join(_LONGEST_WAIT)  # its pipe closes a moment before
        code = self.process.exitcode
        how = signal.Signals(-code).name if code is not None and code < 0 else f"exit code {code}"
        return ResolverError(f"a worker process ended before its work was done ({how}); is there enough memory?")

    def stop(self) -> None:
        """End the process. It has nothing to tidy up."""
        self.process.kill()
        for end in self.ends:
            end.close()
        self.process.join()


@contextmanager
def _started(work: Callable[[Any], Any], begin: Callable[[], object], jobs: int) -> Iterator[list[_Worker]]:
    workers: list[_Worker] = []
    try:
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # Ctrl-C is for us; they end when we do
        try:
            with seldom_collected():  # as looking writes to, and so copies, what they share with us
                for _ in range(jobs):
                    workers.append(_start(work, begin, workers))
        except OSError as error:
            raise ResolverError(f"no process could be started ({error.strerror}): try fewer jobs") from error
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        yield workers
    finally:
        for worker in workers:
            worker.stop()


def _start(work: Callable[[Any], Any], begin: Callable[[], object], others: list[_Worker]) -> _Worker:
    context = multiprocessing.get_context("fork")
    inbox, tasks = context.Pipe(duplex=False)
    answers, outbox = context.Pipe(duplex=False)
    not_its = [tasks, answers, *(end for worker in others for end in worker.ends)]
    process = context.Process(target=_serve, args=(work, begin, inbox, outbox, not_its), daemon=True)
    try:
        process.start()
    except OSError:
        tasks.close()
        answers.close()
        raise
    finally:
        inbox.close()
        outbox.close()
    return _Worker(process, tasks, answers)


def _serve(
    work: Callable[[Any], Any],
    begin: Callable[[], object],
    inbox: Connection,
    outbox: Connection,
    not_ours: list[Connection],
) -> None:
    """Answer chunk after chunk, in the forked process."""
    for end in not_ours:
        end.close()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    chunks: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_receive, args=(inbox, chunks), daemon=True).start()
    begun = False
    while True:
        chunk = chunks.get()
        try:
            if not begun:
                begin()
                begun = True
            answer = (True, work(chunk))
        except Exception as error:
            answer = (False, _portable(error))
        try:
            outbox.send(answer)
        except OSError:
            os._exit(1)  # nobody listens any more


def _portable(error: Exception) -> Exception:
    """An error that can be sent to another process, with a note of where it was raised."""
    error.add_note("In a worker process:\n" + "".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return ResolverError(f"in a worker process: {error!r}")
    return error


def _receive(inbox: Connection, chunks: SimpleQueue[Any]) -> None:
    """Read all that comes, so that the parent never waits for us to read while we wait for it; end when it does."""
    while True:
        try:
            chunks.put(inbox.recv())
        except (EOFError, OSError):
            os._exit(0)
