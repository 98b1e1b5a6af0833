"""Batches: many mentions, answered in their order, by several processes if need be; repeated ones only once.

A mention may come with its context, as a pair; then it is repeated when both are the same.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

from resolver.database.connection import Connection
from resolver.database.store import Aliases
from resolver.errors import ResolverError
from resolver.infra.process_pool import map_forked, processes
from resolver.records import Alias, Candidate, Entity, Evidence, Query, Resolution
from resolver.resolving.explanation import trace_matches
from resolver.resolving.resolver import Resolver
from resolver.resolving.score import weights

ASKED = 64
"""A process is given so many mentions at a time, at most."""

READ = 1024
"""So many mentions make a chunk though fewer of them are new."""

REMEMBERED = 1 << 12
"""How many mentions are remembered with their answers, the last ones first."""

Answer = TypeVar("Answer")


def resolve_many(
    resolver: Resolver, mentions: Iterable[Query], type: str | None, jobs: int
) -> Generator[Resolution, None, None]:
    """The resolution of each mention, in order. Raises TypeError for a mention that is none, such as None."""
    resolver.check_type(type)
    jobs = _processes(resolver, jobs)
    mentions = map(_checked, mentions)
    if jobs == 1:
        return (resolve_query(resolver, mention, type) for mention in mentions)
    connection = resolver.store.connection  # other processes may come to another file, if that takes its place
    return _spread(
        resolver,
        lambda mention: _packed(resolve_query(resolver, mention, type), connection.file),
        mentions,
        jobs,
        lambda mention, packed: _unpacked(resolver, mention, type, connection, packed),
    )


def _checked(query: Query) -> Query:
    """The mention, if it is one: a missing one that was left out would shift the answers of those after it."""
    if isinstance(query, (str, tuple)):
        return query
    raise TypeError(f"a mention is a str, or a tuple of one and its context, not {query!r}")


def resolve_query(resolver: Resolver, query: Query, type: str | None) -> Resolution:
    """The resolution of a mention, or of one with its context."""
    return resolver.resolve(query, type) if isinstance(query, str) else resolver.resolve(query[0], type, query[1])


def answer_many(
    resolver: Resolver, answer: Callable[[Any], Answer], mentions: Iterable[Query | None], jobs: int
) -> Generator[Answer, None, None]:
    """`answer` of each mention, in order, worked out in the process that resolves it.

    A None among the mentions gives no answer: it says that the next one may be long in coming, and all answers before
    it are given first.
    """
    jobs = _processes(resolver, jobs)
    if jobs == 1:
        return (answer(mention) for mention in mentions if mention is not None)
    return _spread(resolver, answer, mentions, jobs, lambda mention, answer: answer)


def _processes(resolver: Resolver, jobs: int) -> int:
    jobs = processes(jobs)
    if jobs > 1 and resolver.store.is_in_memory:
        print("resolver: the table is in memory, where other processes cannot read it: using one", file=sys.stderr)
        return 1
    return jobs


def _spread(
    resolver: Resolver,
    work: Callable[[Query], Any],
    mentions: Iterable[Query | None],
    jobs: int,
    finish: Callable[[Query, Any], Answer],
) -> Generator[Answer, None, None]:
    """`finish`, here, of each mention and of what `work`, in some process, makes of it."""
    resolver.warm_up()  # what is loaded now is shared by all
    answered: deque[tuple[list[tuple[Query, list[Any]]], dict[Query, list[Any]]]] = deque()
    longest = resolver.settings.max_mention

    def chunks() -> Iterator[list[Query] | None]:
        known: dict[Query, list[Any]] = {}
        places: list[tuple[Query, list[Any]]] = []
        asked: dict[Query, list[Any]] = {}
        for mention in mentions:
            if mention is not None:
                place = known.pop(mention, None)  # a place for the answer, which may be under way
                if place is None:
                    place = asked.setdefault(mention, [])
                if isinstance(mention, str) and len(mention) <= longest:  # contexts are too long to be remembered
                    known[mention] = place
                    if len(known) > REMEMBERED:
                        del known[next(iter(known))]
                places.append((mention, place))
                if len(asked) < ASKED and len(places) < READ:
                    continue
            if places:
                answered.append((places, asked))
                yield list(asked)
                places, asked = [], {}
            if mention is None:
                yield None
        if places:
            answered.append((places, asked))
            yield list(asked)

    def work_all(chunk: list[Query]) -> list[Any]:
        return [work(mention) for mention in chunk]

    for results in map_forked(work_all, chunks(), jobs, resolver.store.reopen):
        places, asked = answered.popleft()
        for place, result in zip(asked.values(), results, strict=True):
            place.append(result)
        for mention, place in places:
            yield finish(mention, place[0])


def _packed(resolution: Resolution, file: tuple[int, int] | None) -> tuple[Any, ...]:
    """What of a resolution goes from one process to another: plain values, which are soon packed and unpacked.

    Of the aliases of an entity that is its row, where the other process reads the same `file`.
    """
    rows = []
    for candidate in resolution.candidates:
        entity, alias = candidate.entity, candidate.alias
        assert isinstance(entity.aliases, Aliases)
        there = entity.aliases.connection.file == file
        aliases = entity.aliases.row if there else [(other.name, other.lang, other.kind) for other in entity.aliases]
        fields = (entity.id, entity.name, entity.type, aliases, entity.weight)
        rows.append((fields, (alias.name, alias.lang, alias.kind), candidate.score, candidate.probability))
    more = bool(resolution.weights), resolution.cut, resolution.decisions, resolution.in_table
    return resolution.outcome, resolution.reason, tuple(rows), *more


def _unpacked(
    resolver: Resolver, query: Query, type: str | None, connection: Connection, packed: tuple[Any, ...]
) -> Resolution:
    outcome, reason, rows, weighed, cut, decisions, in_table = packed
    candidates = tuple(
        Candidate(
            Entity(entity_id, name, entity_type, _aliases(connection, aliases), weight),
            Alias(*alias),
            score,
            probability,
            partial(_evidence, resolver, query, type, entity_id),
        )
        for (entity_id, name, entity_type, aliases, weight), alias, score, probability in rows
    )
    known = weights(resolver.store.size) if weighed else {}
    mention = query if isinstance(query, str) else query[0]
    return Resolution(mention, outcome, candidates, reason, known, trace_matches, cut, decisions, in_table)


def _aliases(connection: Connection, packed: int | list[tuple[str, str, str]]) -> Sequence[Alias]:
    return Aliases(connection, packed) if isinstance(packed, int) else tuple(Alias(*alias) for alias in packed)


def _evidence(resolver: Resolver, query: Query, type: str | None, entity_id: str) -> Evidence:
    """The evidence for an entity: the mention is resolved again, here."""
    for candidate in resolve_query(resolver, query, type).candidates:
        if candidate.entity.id == entity_id:
            return candidate.evidence
    raise ResolverError(f"{query!r} is not like {entity_id!r} any more: has the table changed?")
