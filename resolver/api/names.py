"""An open canonical table, as people use it from Python."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import AbstractContextManager, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from resolver.api.engine import Engine
from resolver.database.rows import StaleRowError
from resolver.database.snapshot import Snapshot
from resolver.database.table import Table
from resolver.errors import DatabaseError
from resolver.records import Decision, Edit, Entity, Query
from resolver.resolving.batch import CACHED_QUERIES, Workers, answer_all, check_query, count_workers
from resolver.resolving.resolution import Comparison, Resolution
from resolver.resolving.resolver import check_type
from resolver.settings import Settings

if TYPE_CHECKING:
    from resolver.database.saved_runs import RunRecorder, SavedAnswer, SavedRun
    from resolver.database.updates import PutReport

T = TypeVar("T")

_FREE_TRIES = 2
"""So often an answer is tried without keeping writers out of the file."""


class Names:
    """An open canonical table: resolves mentions, rewrites texts, takes changes. Threads may share it.

    Each call answers by the present state of the table: it sees what another process has changed, and a new file in
    the place of the old one. In a batch, each mention is a call. Answers are plain data and stay as they are.
    """

    def __init__(self, table: Table, settings: Settings | None = None) -> None:
        """Answer by `table`; `resolver.open` opens one."""
        self.table = table
        self.settings = settings or Settings()
        self._engine: Engine | None = None

    def engine(self) -> Engine:
        """What answers by the present state of the table."""
        return self._engine_for(self.table.snapshot())

    def _engine_for(self, snapshot: Snapshot) -> Engine:
        engine = self._engine
        if engine is None or engine.snapshot is not snapshot:
            engine = engine.successor(snapshot) if engine is not None else Engine(snapshot, self.settings)
            self._engine = engine
        return engine

    def consistently(self, work: Callable[[Engine], T]) -> T:
        """The result of `work` with one state of the table; done again by a newer state if that changed under it."""
        for _ in range(_FREE_TRIES):
            with suppress(StaleRowError):
                return work(self.engine())
        try:
            with self.table.held() as snapshot:
                return work(self._engine_for(snapshot))
        except StaleRowError as error:
            raise self.table.damaged() from error

    def resolve(self, mention: str, type: str | None = None, context: str = "") -> Resolution:
        """The resolution of a mention; with `type` (person, org, place, other) among entities of that type only.

        `context` is text around the mention, or other mentions of the document: fuller names in it and the words beside
        the mention change how probable each candidate is, and the explanation says by how much.
        """
        return self.consistently(lambda engine: engine.resolver.resolve(mention, type, context))

    def resolve_many(
        self, mentions: Iterable[Query], type: str | None = None, jobs: int = 1
    ) -> Generator[Resolution, None, None]:
        """The resolutions of the mentions, in order; a mention is read when its turn comes.

        A mention may be a pair of a mention and its context. With `jobs`, several processes share the work (0: one a
        core), and some thousand mentions are read ahead. They are forked when the first resolution is asked for, and
        gone when none is left or the iterator is closed. Raises SettingError for an unknown `type`, TypeError for a
        mention that is none, and ResolverError when a process dies.
        """
        check_type(type)
        return self._answer_all(map(check_query, mentions), lambda query: self._answer(query, type), jobs)

    def resolve_to_json(
        self,
        mentions: Iterable[Query | None],
        type: str | None = None,
        jobs: int = 1,
        note: Callable[[SavedAnswer], object] | None = None,
    ) -> Generator[bytes, None, None]:
        """As `resolve_many`, in lines of JSON made where the mention is resolved: faster with several `jobs`.

        A None among the mentions gives no line: it says that the next may be long in coming, and all lines before it
        are yielded first. `note` gets each answer, as a row to be saved, before its line is yielded.
        """
        from resolver.corpus.byte_streams import json_line

        check_type(type)
        if note is None:
            return self._answer_all(mentions, lambda query: json_line(self._answer(query, type).to_dict()), jobs)

        from resolver.resolving.saving import to_saved

        known: dict[Query, tuple[Resolution, tuple[bytes, SavedAnswer]]] = {}

        def line_and_row(query: Query) -> tuple[bytes, SavedAnswer]:
            resolution = self._answer(query, type)
            before = known.get(query)
            if before is not None and before[0] is resolution:
                return before[1]
            answer = json_line(resolution.to_dict()), to_saved(resolution, type)
            if isinstance(query, str):  # contexts are too long to be kept
                if len(known) == CACHED_QUERIES:
                    known.clear()
                known[query] = resolution, answer
            return answer

        return _noted(self._answer_all(mentions, line_and_row, jobs), note)

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
        """How a mention and a name compare, whether the name is in the table or not, judged as one of its names.

        The table says how common words are and how many names could be meant; no other name competes.
        """
        from resolver.resolving.pair_comparison import compare_pair

        return self.consistently(lambda engine: compare_pair(mention, name, engine.snapshot, self.settings))

    def rewrite(self, text: str, doc: str = "") -> tuple[str, list[Edit]]:
        """The text with its distorted names set right, and the edits in order; `doc` names the text in the edits."""
        return self.consistently(lambda engine: engine.rewriter.rewrite(text, doc))

    def entity(self, id: str) -> Entity | None:
        """The entity with an id, or the one that the id redirects to, with all its aliases; None without any."""
        return self.consistently(lambda engine: engine.snapshot.entity(id))

    def put(self, *entities: Entity) -> PutReport:
        """Put entities into the table: those with a new id are added, others replace the entity with their id.

        All in one transaction, which the next call of this and of any other process sees. Raises InputError for an
        entity that makes no sense or an id given twice, DatabaseError when the table cannot be changed.
        """
        from resolver.database.updates import put_entities  # imports what reads tables

        return put_entities(self.file, entities)

    def remove(self, *ids: str) -> int:
        """Remove the entities with these ids, in one transaction as `put`, and return how many they are.

        Raises InputError for an id that no entity has; then none is removed.
        """
        from resolver.database.updates import remove_entities

        return remove_entities(self.file, ids)

    def accept(self, mention: str, id: str, who: str = "", why: str = "") -> Decision:
        """Decide that a mention means the entity with an id: the next call of this and of any other process links it.

        It holds for all mentions with the same normal form, whatever their score, until another decision on them or
        `undo`. Raises InputError for an id that no entity has and for a mention without a letter or digit,
        DatabaseError when the table cannot be changed.
        """
        from resolver.database.decisions import add_decision

        return add_decision(self.file, Decision(0, mention, id, "accept", who, why=why))

    def reject(self, mention: str, id: str, who: str = "", why: str = "") -> Decision:
        """Decide that a mention does not mean the entity with an id, and is never linked to it; as `accept`."""
        from resolver.database.decisions import add_decision

        return add_decision(self.file, Decision(0, mention, id, "reject", who, why=why))

    def undo(self, number: int | None = None) -> Decision:
        """Take back the decision with a number, or the last one in force, and return it.

        Raises InputError when there is none.
        """
        from resolver.database.decisions import undo_decision

        return undo_decision(self.file, number)

    def decisions(self) -> list[Decision]:
        """All decisions, in the order they were made, with those taken back."""
        self.table.snapshot()  # so that a new file in the place of the old one is seen
        from resolver.database.decisions import read_decisions

        with self.table.rows.transaction() as connection:
            return read_decisions(connection)

    def save(
        self, resolutions: Iterable[Resolution], input: str = "", command: str = "resolve", type: str | None = None
    ) -> SavedRun:
        """Save answers in the table `resolved` as those of one run, all of them or none, and return the run.

        `input` says what was read, `command` by what, `type` what was asked for. Equal answers are counted, on disk
        when they are many. Raises DatabaseError when the table cannot be changed.
        """
        from resolver.resolving.saving import to_saved

        with self.saving(command, input) as tally:
            for resolution in resolutions:
                tally.add(to_saved(resolution, type))
        assert tally.run is not None
        return tally.run

    def saving(self, command: str, input: str) -> AbstractContextManager[RunRecorder]:
        """A tally of the answers of a run, which is saved when the block ends without an error; as `save`."""
        from resolver.database.saved_runs import SavedRun, saving

        precision = self.settings.min_precision if self.settings.min_probability is None else 0.0
        return saving(self.file, SavedRun(command, input, precision))

    def compact(self) -> int:
        """Merge what was put in and removed into the search index in the file, and return how many changes that were.

        Answers stay the same. Worth while when thousands wait: each process reads them in when it opens the file.
        """
        from resolver.database.compaction import compact_file  # only builds need sqlite-utils

        return compact_file(self.file)

    @property
    def file(self) -> Path:
        """The database file, which changes go into. Raises DatabaseError for the bundled table."""
        if self.table.path is None:
            raise DatabaseError("the bundled table cannot be changed: make one of your own, resolver build -o names.db")
        return self.table.path

    def close(self) -> None:
        """Close the database."""
        self.table.close()

    def __enter__(self) -> Names:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _noted(
    answers: Generator[tuple[bytes, SavedAnswer], None, None], note: Callable[[SavedAnswer], object]
) -> Generator[bytes, None, None]:
    with closing(answers):
        for line, row in answers:
            note(row)
            yield line
