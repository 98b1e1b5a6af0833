"""`Names`, an open canonical table: the main class of the Python interface."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Literal, TypeVar

from resolver.api.engine import Engine
from resolver.database.decisions import add_decision, read_decisions, undo_decision
from resolver.database.rows import StaleRowError
from resolver.database.saved_runs import RunRecorder, SavedAnswer, SavedRun, saving
from resolver.database.snapshot import Snapshot
from resolver.database.table import Table
from resolver.database.updates import PutReport, put_entities, remove_entities
from resolver.errors import DatabaseError
from resolver.records import Decision, Edit, Entity, Query
from resolver.resolving.batch import CACHED_QUERIES, Workers, answer_all, check_query, count_workers
from resolver.resolving.pair_comparison import compare_pair
from resolver.resolving.prevalence import estimate_prevalence
from resolver.resolving.resolution import Comparison, Resolution
from resolver.resolving.resolver import check_type
from resolver.resolving.saving import to_saved
from resolver.settings import Settings

T = TypeVar("T")

PREVALENCE_SAMPLE, PREVALENCE_READ = 1_000, 10_000
"""The distinct mentions that a prevalence is estimated from, and the mentions read to find them, at most."""

_KEPT_PREVALENCES = 8

_UNLOCKED_ATTEMPTS = 2
"""Attempts at an answer before writers are locked out of the file."""


class Names:
    """An open canonical table: resolves mentions, rewrites texts and takes changes. Threads may share it.

    Each call answers from the current state of the table: it sees changes by other processes, and a new file in the
    place of the old one. In a batch, each mention is a call. Answers are plain data and never change.
    """

    def __init__(self, table: Table, settings: Settings | None = None, base: Names | None = None) -> None:
        """Answer from `table`; use `resolver.open` to open one.

        `base` has the same table and settings, but for the prevalence.
        """
        self.table = table
        self.settings = settings or Settings()
        self._base = base
        self._engine: Engine | None = None
        self._at: dict[float, Names] = {}

    def at_prevalence(self, prevalence: float) -> Names:
        """The same open table, for mentions of which this share (above 0, below 1) is in the table.

        Raises SettingError for another value. Closing either closes the table.
        """
        if prevalence == self.settings.prevalence:
            return self
        names = self._at.get(prevalence)
        if names is None:
            if len(self._at) >= _KEPT_PREVALENCES:
                self._at.clear()
            names = self._at[prevalence] = Names(self.table, replace(self.settings, prevalence=prevalence), self)
        return names

    def estimate_prevalence(self, mentions: Iterable[Query], type: str | None = None) -> float:
        """The share of the mentions of a batch that are in the table, as estimated from the batch itself: 0.001 to
        0.999, near .5 for a batch of one or two.

        Of a longer batch the first PREVALENCE_SAMPLE distinct mentions count. By expectation maximisation, see
        `resolver.resolving.prevalence`.
        """
        distinct = islice(dict.fromkeys(islice(map(check_query, mentions), PREVALENCE_READ)), PREVALENCE_SAMPLE)
        found = [self._answer(query, type).in_table for query in distinct]
        return estimate_prevalence(found, self.settings.assumed_prevalence)

    def engine(self) -> Engine:
        """The engine for the current state of the table."""
        return self._engine_for(self.table.snapshot())

    def _engine_for(self, snapshot: Snapshot) -> Engine:
        engine = self._engine
        if engine is None or engine.snapshot is not snapshot:
            if self._base is not None:
                engine = self._base._engine_for(snapshot).at_prevalence(self.settings.assumed_prevalence)
            elif engine is not None:
                engine = engine.successor(snapshot)
            else:
                engine = Engine(snapshot, self.settings)
            self._engine = engine
        return engine

    def consistently(self, work: Callable[[Engine], T]) -> T:
        """The result of `work` for one state of the table.

        It is repeated if another process changes the table meanwhile.
        """
        for _ in range(_UNLOCKED_ATTEMPTS):
            with suppress(StaleRowError):
                return work(self.engine())
        try:
            with self.table.held() as snapshot:
                return work(self._engine_for(snapshot))
        except StaleRowError as error:
            raise self.table.damaged() from error

    def resolve(
        self, mention: str, type: str | None = None, context: str = "", prevalence: float | None = None
    ) -> Resolution:
        """The resolution of a mention; with `type` (person, org, place, other) among entities of that type only.

        `context` is text around the mention, or other mentions of the document: fuller names in it and the words beside
        the mention change how probable each candidate is, and the explanation says by how much. `prevalence` is the
        share of such mentions that are in the table, instead of that of the settings (which have .5 by default).
        """
        if prevalence is not None:
            return self.at_prevalence(prevalence).resolve(mention, type, context)
        return self.consistently(lambda engine: engine.resolver.resolve(mention, type, context))

    def resolve_many(
        self,
        mentions: Iterable[Query],
        type: str | None = None,
        jobs: int = 1,
        prevalence: float | Literal["auto"] | None = None,
    ) -> Generator[Resolution, None, None]:
        """The resolutions of the mentions, in order; an iterator of them is read lazily.

        An item may be a pair of a mention and its context. With `jobs`, several processes share the work (0: one a
        core), and some thousand mentions are read ahead. They are forked when the first resolution is asked for, and
        gone when none is left or the iterator is closed.

        `prevalence` is the share of the mentions that are in the table, instead of that of the settings; "auto" reads
        all mentions first, and estimates it from them (`estimate_prevalence`). Where neither says anything, it is
        "auto" for a list or another collection; of an iterator each mention is taken on its own.

        Raises SettingError for an unknown `type` or a bad `prevalence`, TypeError for a mention that is none, and
        ResolverError when a process dies.
        """
        check_type(type)
        if isinstance(mentions, str):
            raise TypeError(f"mentions are a list or another iterable of str, not one str: {mentions!r}")
        if prevalence is None and self.settings.prevalence is None and isinstance(mentions, Collection):
            prevalence = "auto"
        if prevalence is not None:
            if prevalence == "auto":
                mentions = list(mentions)
                prevalence = self.estimate_prevalence(mentions, type)
            return self.at_prevalence(prevalence).resolve_many(mentions, type, jobs)
        return self._answer_all(map(check_query, mentions), lambda query: self._answer(query, type), jobs)

    def resolve_to_json(
        self,
        mentions: Iterable[Query | None],
        type: str | None = None,
        jobs: int = 1,
        note: Callable[[SavedAnswer], object] | None = None,
    ) -> Generator[bytes, None, None]:
        """The resolutions as lines of JSON; with several `jobs`, faster than `resolve_many`.

        Each is encoded in the process that resolves it. A None among the mentions yields no line; it says that the next
        mention may take long to come, so all lines before it are yielded first. `note` is called with each answer, as a
        row to save, before its line is yielded.
        """
        from resolver.corpus.byte_streams import json_line

        check_type(type)
        if note is None:
            return self._answer_all(mentions, lambda query: json_line(self._answer(query, type).to_dict()), jobs)

        known: dict[Query, tuple[Resolution, tuple[bytes, SavedAnswer]]] = {}

        def line_and_row(query: Query) -> tuple[bytes, SavedAnswer]:
            resolution = self._answer(query, type)
            before = known.get(query)
            if before is not None and before[0] is resolution:
                return before[1]
            answer = json_line(resolution.to_dict()), to_saved(resolution, type)
            if isinstance(query, str):  # contexts are too long to cache
                if len(known) == CACHED_QUERIES:
                    known.clear()
                known[query] = resolution, answer
            return answer

        return _with_notes(self._answer_all(mentions, line_and_row, jobs), note)

    def _answer(self, query: Query, type: str | None) -> Resolution:
        return self.consistently(lambda engine: engine.answer(query, type))

    def _answer_all(
        self, queries: Iterable[Query | None], answer: Callable[[Query], T], jobs: int
    ) -> Generator[T, None, None]:
        jobs = count_workers(jobs, self.table.is_in_memory)
        workers = Workers(jobs, self.table.reopen, self._warm_up, self.settings.max_mention)
        return answer_all(queries, answer, workers)

    def _warm_up(self) -> None:
        self.consistently(lambda engine: engine.resolver.warm_up())

    def compare(self, mention: str, name: str) -> Comparison:
        """The comparison of a mention with a name, which need not be in the table, as if it were its only candidate.

        The table supplies word frequencies and the number of possible names; other names do not compete.
        """
        return self.consistently(lambda engine: compare_pair(mention, name, engine.snapshot, self.settings))

    def rewrite(self, text: str, doc: str = "") -> tuple[str, list[Edit]]:
        """The text with its distorted names corrected, and the edits in order; `doc` names the text in the edits."""
        return self.consistently(lambda engine: engine.rewriter.rewrite(text, doc))

    def entity(self, id: str) -> Entity | None:
        """The entity with an id or with a redirect from it, including its aliases; None if there is none."""
        return self.consistently(lambda engine: engine.snapshot.entity(id))

    def put(self, *entities: Entity) -> PutReport:
        """Put entities into the table: new ids are added, known ones replace the entity with that id.

        All changes are made in one transaction, visible to the next call in this and any other process. Raises
        InputError for an invalid entity or a repeated id, DatabaseError if the table cannot be changed.
        """
        return put_entities(self.file, entities)

    def remove(self, *ids: str) -> int:
        """Remove the entities with these ids in one transaction, and return their number.

        Raises InputError for an id that no entity has; then none is removed.
        """
        return remove_entities(self.file, ids)

    def accept(self, mention: str, id: str, who: str = "", why: str = "") -> Decision:
        """Decide that a mention means the entity with an id, so that it is always linked to it.

        It applies, from the next call in this and any other process, to all mentions with the same normal form,
        whatever their score, until a later decision or `undo`. Raises InputError for an id that no entity has and for a
        mention without a letter or digit, DatabaseError if the table cannot be changed.
        """
        return add_decision(self.file, Decision(0, mention, id, "accept", who, why=why))

    def reject(self, mention: str, id: str, who: str = "", why: str = "") -> Decision:
        """Decide that a mention does not mean the entity with an id, so that it is never linked to it; see `accept`."""
        return add_decision(self.file, Decision(0, mention, id, "reject", who, why=why))

    def undo(self, number: int | None = None) -> Decision:
        """Undo the decision with a number, or the last one in force, and return it.

        Raises InputError if there is none.
        """
        return undo_decision(self.file, number)

    def decisions(self) -> list[Decision]:
        """All decisions, in the order they were made, including undone ones."""
        self.table.snapshot()  # notices a new file in the place of the old one
        with self.table.rows.transaction() as connection:
            return read_decisions(connection)

    def save(
        self, resolutions: Iterable[Resolution], input: str = "", command: str = "resolve", type: str | None = None
    ) -> SavedRun:
        """Save answers as one run in the table `resolved`, all of them or none, and return the run.

        `input` says what was read, `command` by which command, and `type` which type of entity was requested. Equal
        answers are counted, on disk if they are many. Raises DatabaseError if the table cannot be changed.
        """
        with self.saving(command, input) as recorder:
            for resolution in resolutions:
                recorder.add(to_saved(resolution, type))
        assert recorder.run is not None
        return recorder.run

    def saving(self, command: str, input: str) -> AbstractContextManager[RunRecorder]:
        """A context manager that gives a recorder of answers.

        They are saved as one run if the block ends without an error; see `save`.
        """
        precision = self.settings.min_precision if self.settings.min_probability is None else 0.0
        return saving(self.file, SavedRun(command, input, precision))

    def compact(self) -> int:
        """Merge the delta index of earlier changes into the main index in the file, and return the number of changes.

        Answers stay the same. It pays after thousands of changes: each process reads them when it opens the file.
        """
        from resolver.database.compaction import compact_file  # only builds need sqlite-utils

        return compact_file(self.file)

    @property
    def file(self) -> Path:
        """The path of the database file. Raises DatabaseError for the bundled table, which cannot be changed."""
        if self.table.path is None:
            raise DatabaseError("the bundled table cannot be changed: build your own with: resolver build -o names.db")
        return self.table.path

    def close(self) -> None:
        """Close the database."""
        self.table.close()

    def __enter__(self) -> Names:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _with_notes(
    answers: Generator[tuple[bytes, SavedAnswer], None, None], note: Callable[[SavedAnswer], object]
) -> Generator[bytes, None, None]:
    with closing(answers):
        for line, row in answers:
            note(row)
            yield line
