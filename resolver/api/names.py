"""Opening a table: a database file, or the bundled table through a cache of its database."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.database.decisions import add_decision, read_decisions, undo_decision
from resolver.database.saved_runs import RunRecorder, SavedAnswer, SavedRun, resolved_from, saving
from resolver.database.schema import SCHEMA_VERSION, fingerprint
from resolver.database.store import Store, open_store
from resolver.database.updates import PutReport, put_entities, remove_entities
from resolver.errors import DatabaseError, ResolverError
from resolver.infra.packaged_data import data_path
from resolver.records import Comparison, Decision, Edit, Entity, Query, Resolution
from resolver.resolving.batch import REMEMBERED, answer_many, resolve_many, resolve_query
from resolver.resolving.pair_comparison import compare_pair
from resolver.resolving.resolver import Resolver
from resolver.settings import Settings
from resolver.sound import edit_distance as kernel

if TYPE_CHECKING:
    from resolver.text.rewriter import Rewriter


class Names:
    """An open canonical table: resolves mentions, rewrites texts, takes changes. Threads may share it, and take turns.

    Each call answers from one state of the table, the present one: what another process has changed is seen by the
    next call, and so is a new file in the place of the old one. In a batch each mention is a call.
    """

    def __init__(self, store: Store, settings: Settings | None = None) -> None:
        """Answer from `store`; `open` makes one from a file."""
        self.settings = settings or Settings()
        self.store = store
        self._resolver = Resolver(store, self.settings)

    @cached_property
    def rewriter(self) -> Rewriter:
        """What `rewrite` rewrites texts with."""
        from resolver.text.rewriter import Rewriter  # its patterns take long to compile: not for a resolution

        forms = self.settings.rewrite_forms
        least = self.settings.rewrite_probability
        quick = replace(self.settings, candidate_forms=forms, across_forms=forms, min_probability=least)
        return Rewriter(Resolver(self.store, quick), quick)

    def resolve(self, mention: str, type: str | None = None, context: str = "") -> Resolution:
        """The resolution of a mention. With `type` (person, org, place, other) only such entities can be meant.

        `context` is text around it, or other mentions of the document: fuller names in it and the words beside the
        mention change how probable each candidate is, and the explanation says by how much.
        """
        return self._resolver.resolve(mention, type, context)

    def resolve_many(
        self, mentions: Iterable[Query], type: str | None = None, jobs: int = 1
    ) -> Generator[Resolution, None, None]:
        """The resolutions of the mentions, in their order; a mention is read when its turn comes.

        A mention may be a pair, with its context. With `jobs` several processes share the work (0: one a core), and
        some thousand mentions are read ahead. They are forked when the first resolution is asked for, and gone when
        there is none left or the iterator is closed.
        Raises ResolverError when one dies, and SettingError for a `type` that there is not.
        """
        return resolve_many(self._resolver, mentions, type, jobs)

    def resolve_to_json(
        self,
        mentions: Iterable[Query | None],
        type: str | None = None,
        jobs: int = 1,
        note: Callable[[SavedAnswer], object] | None = None,
    ) -> Generator[bytes, None, None]:
        """The same as lines of JSON, which are made where the mention is resolved: faster with several `jobs`.

        A None among the mentions gives no line: it says that the next may be long in coming, and all lines before it
        are given first. `note` is told each answer, as it is saved, before its line is given.
        """
        from resolver.corpus.byte_streams import json_line

        self._resolver.check_type(type)
        resolver = self._resolver
        if note is None:
            return answer_many(
                resolver, lambda m: json_line(resolve_query(resolver, m, type).to_dict()), mentions, jobs
            )

        known: dict[Query, tuple[Resolution, tuple[bytes, SavedAnswer]]] = {}

        def line_and_row(query: Query) -> tuple[bytes, SavedAnswer]:
            resolution = resolve_query(resolver, query, type)
            before = known.get(query)
            if before is not None and before[0] is resolution:
                return before[1]
            answer = json_line(resolution.to_dict()), resolved_from(resolution, type)
            if isinstance(query, str):  # contexts are too long to be remembered
                if len(known) == REMEMBERED:
                    known.clear()
                known[query] = resolution, answer
            return answer

        return _noted(answer_many(resolver, line_and_row, mentions, jobs), note)

    def compare(self, mention: str, name: str) -> Comparison:
        """How a mention and a name compare, whether the name is in the table or not, judged as one of those there.

        The table says how common words are and how many names could be meant; no other name is weighed against it.
        """
        return self.store.in_one_state(lambda: compare_pair(mention, name, self.store, self.settings))

    def rewrite(self, text: str, doc: str = "") -> tuple[str, list[Edit]]:
        """The text with its distorted names set right, and the edits in order; `doc` names the text in them."""
        return self.store.in_one_state(lambda: self.rewriter.rewrite(text, doc))

    def put(self, *entities: Entity) -> PutReport:
        """Put entities into the table: those with a new id are added, the others take the place of theirs.

        All of them in one step, which the next call of this and of any other process sees. Raises InputError for an
        entity that makes no sense or an id given twice, DatabaseError when the table cannot be changed.
        """
        return put_entities(self.file, entities)

    def remove(self, *ids: str) -> int:
        """Take the entities with these ids out of the table, in one step as `put`, and return how many they are.

        Raises InputError for an id that no entity has; then none is taken out.
        """
        return remove_entities(self.file, ids)

    def accept(self, mention: str, id: str, who: str = "", why: str = "") -> Decision:
        """Decide that a mention means the entity with an id: the next call of this and of any other process links it.

        So are all mentions with the same normal form, whatever their score, until another decision on it or `undo`.
        Raises InputError for an id that no entity has and a mention without a letter or digit, DatabaseError when the
        table cannot be changed.
        """
        return add_decision(self.file, Decision(0, mention, id, "accept", who, why=why))

    def reject(self, mention: str, id: str, who: str = "", why: str = "") -> Decision:
        """Decide that a mention does not mean the entity with an id: it is never linked to it then; as `accept`."""
        return add_decision(self.file, Decision(0, mention, id, "reject", who, why=why))

    def undo(self, number: int | None = None) -> Decision:
        """Take back the decision with a number, or the last one that stands, and return it.

        Raises InputError when there is none.
        """
        return undo_decision(self.file, number)

    def decisions(self) -> list[Decision]:
        """All decisions, in the order they were made; those taken back too."""
        return self.store.in_one_state(lambda: read_decisions(self.store.connection))

    def save(
        self, resolutions: Iterable[Resolution], input: str = "", command: str = "resolve", type: str | None = None
    ) -> SavedRun:
        """Keep answers in the table `resolved`, as those of one run: all of them, when there is none left, or none.

        `input` says what was read, `command` by what, `type` what was asked for. Equal answers are counted, on the
        disk when they are many. Returns the run with its number. Raises DatabaseError when the table cannot be changed.
        """
        with self.saving(command, input) as tally:
            for resolution in resolutions:
                tally.add(resolved_from(resolution, type))
        assert tally.run is not None
        return tally.run

    def saving(self, command: str, input: str) -> AbstractContextManager[RunRecorder]:
        """What to count the answers of a run with, which are saved when the block ends well; as `save`."""
        precision = self.settings.min_precision if self.settings.min_probability is None else 0.0
        return saving(self.file, SavedRun(command, input, precision))

    def compact(self) -> int:
        """Fold what was put in and taken out into the search index in the file, and return how many changes that were.

        Answers stay the same. It is worth while when thousands wait: each process takes them in when it opens the file.
        """
        from resolver.database.compaction import compact_file  # only builds need sqlite-utils

        return compact_file(self.file)

    @property
    def file(self) -> Path:
        """The database file, which changes go into. Raises DatabaseError for the bundled table."""
        if self.store.path is None:
            raise DatabaseError("the bundled table cannot be changed: make one of your own, resolver build -o names.db")
        return self.store.path

    def close(self) -> None:
        """Close the database."""
        self.store.close()

    def __enter__(self) -> Names:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open(path: str | Path | None = None, settings: Settings | None = None) -> Names:
    """The names of the database file `path`, or of the bundled table without one.

    Raises DatabaseError when the file is missing, not ours, newer, damaged, or built with other rules.
    """
    _say_if_slow()
    return Names(_bundled_store() if path is None else open_store(path), settings)


def _bundled_store() -> Store:
    """The bundled table's database, built once and kept in the user's cache folder (or in memory, if need be)."""
    table = data_path("entities.tsv")
    digest = hashlib.sha256(table.read_bytes()).hexdigest()[:16]
    cached = _cache_folder() / f"bundled-{digest}-{fingerprint()}-{SCHEMA_VERSION}.db"
    if cached.is_file():
        try:
            return open_store(cached, growing=False)
        except DatabaseError:
            cached.unlink(missing_ok=True)  # damaged or half-gone: build it again
    from resolver.database.build import build_file, build_in_memory  # only builds need sqlite-utils

    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        build_file(cached, [table])
        return open_store(cached, growing=False)
    except (OSError, ResolverError):
        connection = build_in_memory([table])
        connection.place = str(table)
        return Store(connection)


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "resolver"


def _noted(
    answers: Generator[tuple[bytes, SavedAnswer], None, None], note: Callable[[SavedAnswer], object]
) -> Generator[bytes, None, None]:
    with closing(answers):
        for line, row in answers:
            note(row)
            yield line


_said: list[bool] = []


def _say_if_slow() -> None:
    if not kernel.is_compiled() and not _said:
        _said.append(True)
        print("resolver: running without its compiled modules: same answers, slower", file=sys.stderr)
