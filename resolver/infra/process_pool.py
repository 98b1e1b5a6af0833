"""Work spread over forked processes, which see everything loaded before the fork without a copy of it."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable
from typing import TYPE_CHECKING, TypeVar

from resolver.errors import SettingError

if TYPE_CHECKING:
    from concurrent.futures import Future

CHUNKS_PER_PROCESS = 4
"""Chunks for each process that are read before the result of the first is handed out, at most."""

Chunk = TypeVar("Chunk")
Result = TypeVar("Result")


def processes(jobs: int) -> int:
    """The number of processes that `jobs` means here: all cores for 0; 1, with a note on stderr, without fork.

    Raises SettingError for less than 0.
    """
    if jobs < 0:
        raise SettingError(f"jobs must be 1 or more, or 0 for all cores, not {jobs}")
    if jobs == 1:
        return 1
    import multiprocessing  # which a single process can do without

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
    """`work(chunk)` of each chunk, in order, computed by `jobs` forked processes; with 1, by this one.

    Chunks are read as there is room for them. A None among them gives no result, but all results before it are handed
    out before the next chunk is read. Each forked process calls `begin` first. Raises what `work` raises, and
    ResolverError when a process ends before its work is done. No process outlives the iterator, nor this process.
    """
    if jobs == 1:
        yield from (work(chunk) for chunk in chunks if chunk is not None)
        return
    from resolver.infra.forked_workers import forked  # takes 10 ms

    window: deque[Future[Result]] = deque()
    with forked(work, begin, jobs) as submit:
        for chunk in chunks:
            if chunk is not None:
                window.append(submit(chunk))
            while window and (chunk is None or len(window) >= CHUNKS_PER_PROCESS * jobs or window[0].done()):
                yield window.popleft().result()
        while window:
            yield window.popleft().result()
