"""Batches: many mentions resolved in order, by several processes if wanted, each distinct one only once.

A query is a mention, or a mention with its context. Equal queries have equal answers.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from resolver.infra.process_pool import map_forked, processes
from resolver.records import Query

CACHED_QUERIES = 1 << 12
"""The number of queries whose answers are kept for repetitions, most recent first."""


@dataclass(frozen=True, slots=True)
class ChunkSize:
    """How many queries go to a process at once, at most."""

    distinct: int = 64
    """Queries to answer."""
    read: int = 1024
    """Queries read, with repetitions."""


CHUNK_SIZE = ChunkSize()

Answer = TypeVar("Answer")


@dataclass(slots=True)
class _Chunk:
    """Queries read together: a place for the answer of each, shared by equal queries, and those to be answered."""

    places: list[tuple[Query, list[Any]]] = field(default_factory=list)
    wanted: dict[Query, list[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Workers:
    """The processes that answer a batch."""

    jobs: int
    """How many; 1: the calling process."""
    begin: Callable[[], object]
    """Called first in each process: it opens the table again."""
    warm_up: Callable[[], object]
    """Called once before the processes are forked: it loads what all of them use."""
    longest_cached: int
    """Longer queries, in code points, are not kept for repetitions, nor are those with a context."""


def count_workers(jobs: int, in_memory: bool) -> int:
    """The number of processes for `jobs` (0: one a core). A table in memory is read by one; stderr says so."""
    jobs = processes(jobs)
    if jobs > 1 and in_memory:
        print("resolver: the table is in memory, where other processes cannot read it: using one", file=sys.stderr)
        return 1
    return jobs


def answer_all(
    queries: Iterable[Query | None], answer: Callable[[Query], Answer], workers: Workers, size: ChunkSize = CHUNK_SIZE
) -> Generator[Answer, None, None]:
    """`answer(query)` for each query in order, worked out in any of the processes.

    A None among the queries gives no answer: it says that the next query may be long in coming, and all answers before
    it are yielded first. Raises ResolverError when a process dies.
    """
    if workers.jobs == 1:
        return (answer(query) for query in queries if query is not None)
    return _spread(queries, answer, workers, size)


def check_query(query: Query) -> Query:
    """The query itself. Raises TypeError for one that is neither a str nor a tuple, such as None: leaving it out would
    shift the answers after it."""
    if isinstance(query, (str, tuple)):
        return query
    raise TypeError(f"a mention is a str, or a tuple of one and its context, not {query!r}")


def _spread(
    queries: Iterable[Query | None], answer: Callable[[Query], Answer], workers: Workers, size: ChunkSize
) -> Generator[Answer, None, None]:
    workers.warm_up()
    read: deque[_Chunk] = deque()

    def chunks() -> Iterator[list[Query] | None]:
        for chunk in _chunks(queries, workers.longest_cached, size):
            if chunk is None:
                yield None
            else:
                read.append(chunk)
                yield list(chunk.wanted)

    def answer_chunk(chunk: list[Query]) -> list[Answer]:
        return [answer(query) for query in chunk]

    for answers in map_forked(answer_chunk, chunks(), workers.jobs, workers.begin):
        chunk = read.popleft()
        for place, found in zip(chunk.wanted.values(), answers, strict=True):
            place.append(found)
        for _, place in chunk.places:
            yield place[0]


def _chunks(queries: Iterable[Query | None], longest_cached: int, size: ChunkSize) -> Iterator[_Chunk | None]:
    """The queries in chunks; a None ends a chunk and is passed on."""
    known: dict[Query, list[Any]] = {}
    chunk = _Chunk()
    for query in queries:
        if query is not None:
            place = known.pop(query, None)  # may still be waiting for its answer
            if place is None:
                place = chunk.wanted.setdefault(query, [])
            if isinstance(query, str) and len(query) <= longest_cached:
                known[query] = place
                if len(known) > CACHED_QUERIES:
                    del known[next(iter(known))]
            chunk.places.append((query, place))
            if len(chunk.wanted) < size.distinct and len(chunk.places) < size.read:
                continue
        if chunk.places:
            yield chunk
            chunk = _Chunk()
        if query is None:
            yield None
    if chunk.places:
        yield chunk
