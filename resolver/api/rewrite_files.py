"""`resolver.rewrite_files`: rewriting files. The command `resolver rewrite` calls it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, field, fields, replace
from functools import lru_cache
from os import PathLike
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from resolver import __version__
from resolver.api.engine import Engine
from resolver.api.names import Names
from resolver.api.opening import open as open_names
from resolver.corpus.formats.file_format import FormatOptions
from resolver.corpus.mention_log import MentionLog
from resolver.corpus.runs.part_rewriting import PartRewriter
from resolver.corpus.runs.planner import plan_run
from resolver.corpus.runs.request import Request, RewriteOptions
from resolver.corpus.runs.run import AnswerSink, RewriteRun, save_nothing
from resolver.corpus.runs.run_listener import RunListener
from resolver.database.saved_runs import RunRecorder, SavedAnswer, SavedRun, check_can_save
from resolver.errors import SettingError
from resolver.infra.process_pool import processes
from resolver.settings import Settings
from resolver.text.edit_filter import EditFilter

if TYPE_CHECKING:
    from resolver.corpus.runs.run_plan import Plan
    from resolver.records import Rewrite

AnyPath = str | PathLike[str]
T = TypeVar("T")

MAX_CACHED_ENTITIES = 1 << 16
"""Maximum number of entities with cached types, and of name pairs with cached explanations."""

_WARM_UP_TEXT = "Spokesman Yoshihidi Soja met Softbank."
"""A text that loads everything that rewriting needs, before processes are forked."""


@dataclass(frozen=True, slots=True)
class SavedAnswers:
    """The answers that a run has saved: the database, the number of the run in it, and the number of answers."""

    database: str
    run: int
    answers: int


@dataclass(frozen=True, slots=True)
class RewriteReport:
    """The counts of a run.

    `files` is the number of input files, `changed` of those with an edit, `edits` of all edits. `rejected` is the
    number of records and files that could not be read and were left as they are; `unreadable` of those that are whole
    files. `entities` maps the id and the canonical name of an entity to the number of its edits.
    """

    files: int
    changed: int
    edits: int
    rejected: int = 0
    unreadable: int = 0
    entities: Mapping[tuple[str, str], int] = field(default_factory=dict)
    saved: SavedAnswers | None = None


class RewriteEngine(Protocol):
    """An engine that rewrites files in place of this process, such as `resolver.adapters.spark_engine.SparkEngine`."""

    def rewrite(
        self, request: Request, db: str | None, settings: Settings, edit_filter: EditFilter, listener: RunListener
    ) -> RewriteReport:
        """Rewrite the files to the same bytes. Raises SettingError for a request that the engine does not support."""


def rewrite_files(
    inputs: AnyPath | Iterable[AnyPath],
    *,
    db: AnyPath | None = None,
    settings: Settings | None = None,
    field: str | Iterable[str] = (),
    column: str | Iterable[str] = (),
    output: AnyPath | None = None,
    in_place: bool = False,
    dry_run: bool = False,
    edits: AnyPath | None = None,
    jobs: int = 1,
    edit_filter: EditFilter | None = None,
    min_precision: float | None = None,
    options: RewriteOptions | None = None,
    listener: RunListener | None = None,
    engine: RewriteEngine | None = None,
) -> RewriteReport:
    """Rewrite the names in files, and return the counts of the run.

    resolver.rewrite_files("news.jsonl", output="fixed.jsonl", edits="edits.jsonl")
    resolver.rewrite_files("news/", db="names.db", in_place=True, edits="edits.jsonl", jobs=0)

    Everything but the names stays the same, to the byte. An existing output file is replaced when the new one is
    complete; no output is ever incomplete. An interrupted run is resumed from its last checkpoint when it is called
    again with the same arguments, unless it reads or writes a stream.

    Args:
        inputs: files, folders, patterns ("news/*.txt"), or "-" for standard input.
        db: a database file; by default the bundled table.
        settings: the policy (`variants` or `canonical`), the language of the texts, and the limits; by default
            `Settings()`.
        field: the fields of JSON lines that hold text; a dotted path descends. By default "text".
        column: the columns of tables that hold text. By default "text".
        output: the new file; for several inputs, or a folder, a folder. "-" is standard output.
        in_place: replace the input files, and keep the old ones with the suffix `options.backup`.
        dry_run: write no text.
        edits: a file for the edits, as JSON lines. FILE.undo beside it is what "resolver undo" needs.
        jobs: the number of processes; 0 for one per core.
        edit_filter: restricts the edits: by type, by entity, by protected strings. By default all are made.
        min_precision: rewrite so that about this share of the edits is correct (0 to 1); overrides `settings`.
        options: further outputs, and the format of the inputs.
        listener: functions to call with rejected records, messages and progress. By default none.
        engine: rewrites the files in place of this process, as Spark can.

    Raises:
        InputError: an input is missing or (if it is the only one) unreadable, a field or column does not exist in its
            format, or an output cannot be written: its folder is missing, or there is a backup from an earlier run.
        SettingError: a value is invalid (an unknown format, a precision above 1), there is no output for the new
            text, two options exclude each other, or an output would be written over an input or another output.
        DatabaseError: the database is missing, damaged, or with `options.save` cannot be changed.
    """
    options, listener, edit_filter = options or RewriteOptions(), listener or RunListener(), edit_filter or EditFilter()
    settings = _with_precision(settings or Settings(), min_precision)
    if output is None and not (in_place or dry_run or options.diff):
        raise SettingError("there is no output for the new text: give output, in_place or dry_run")
    request = Request(
        **{option.name: _path_text(getattr(options, option.name)) for option in fields(options)},
        inputs=_several(inputs),
        texts=FormatOptions(_several(field), _several(column), settings.language),
        output=_path_text(output),
        in_place=in_place,
        dry_run=dry_run,
        edits=_path_text(edits),
    )
    path = _path_text(db)
    if engine is not None:
        return engine.rewrite(request, path, settings, edit_filter, listener)
    with open_names(path, settings) as names:
        return _rewrite_with(names, request, edit_filter, jobs, min_precision, listener)


def filtered_rewrite(names: Names, edit_filter: EditFilter) -> Rewrite:
    """A function that rewrites a text by an open table, without the edits that the filter rejects."""
    present, _ = edit_filter.present(_present_id(names))
    return present.applied(names.rewrite, _type_of(names))


def _rewrite_with(
    names: Names,
    request: Request,
    edit_filter: EditFilter,
    jobs: int,
    min_precision: float | None,
    listener: RunListener,
) -> RewriteReport:
    edit_filter, unknown = edit_filter.present(_present_id(names))
    for entity_id in unknown:
        listener.news(f"no entity has the id {entity_id!r} of --only or --except")
    answering = [__version__, asdict(names.settings), edit_filter.key(), names.table.snapshot().identity]
    reserved = [str(names.table.path)] if names.table.path is not None else []
    plan = plan_run(request, answering, processes(jobs), listener.news, reserved)
    type_of = _type_of(names)
    saver = _AnswerSaver(names, request.inputs, min_precision) if request.save else None
    log = None if saver is None else MentionLog(lambda entity_id: edit_filter.wants(entity_id, type_of), type_of)

    def rewrite_by(engine: Engine) -> Rewrite:
        rewrite = edit_filter.applied(engine.rewriter.rewrite, type_of)
        return rewrite if log is None else log.logging(rewrite, engine.name_finder)

    def with_rewrite(work: Callable[[Rewrite], T]) -> T:
        return names.consistently(lambda engine: work(rewrite_by(engine)))

    plan = _shared_by_processes(names, plan, with_rewrite, listener)
    rewrite_part = PartRewriter(
        plan.jobs,
        with_rewrite,
        plan.wanted,
        type_of,
        _explainer(names),
        names.table.reopen,
        tuple if log is None else log.take,
    )
    save_answers: AnswerSink = save_nothing if saver is None else saver.save
    counts, entities = RewriteRun(plan, rewrite_part, type_of, listener, save_answers).run()
    return RewriteReport(
        len(plan.jobs),
        counts.changed,
        counts.edits,
        counts.rejected,
        counts.unreadable,
        dict(entities),
        saver.saved if saver is not None else None,
    )


def _shared_by_processes(
    names: Names, plan: Plan, with_rewrite: Callable[[Callable[[Rewrite], object]], object], listener: RunListener
) -> Plan:
    """The plan, for one process if others cannot read the table. Loads what all processes then share."""
    if plan.processes > 1 and names.table.is_in_memory:
        listener.news("the table is in memory, where other processes cannot read it: using one process")
        return replace(plan, processes=1)
    if plan.processes > 1:
        with_rewrite(lambda rewrite: rewrite(_WARM_UP_TEXT, ""))
    return plan


class _AnswerSaver:
    """Saves the answers of a run in the database; afterwards, `saved` describes them."""

    def __init__(self, names: Names, inputs: Iterable[str], min_precision: float | None) -> None:
        """Raise DatabaseError if the table cannot be changed."""
        self.saved: SavedAnswers | None = None
        self._database = names.table.place
        self._path = names.file
        self._inputs = ", ".join("" if path == "-" else path for path in inputs)
        self._precision = min_precision or 0.0
        check_can_save(self._path)

    def save(self, lines: Iterable[bytes], saving: str) -> None:
        """Save answers, given as lines of JSON, as the run with the id `saving`; a second call does nothing."""
        with closing(RunRecorder()) as recorder:
            for line in lines:
                recorder.add(SavedAnswer.from_dict(json.loads(line)))
            recorder.save(self._path, SavedRun("rewrite", self._inputs, self._precision, saved=saving))
            assert recorder.run is not None
            self.saved = SavedAnswers(str(self._database), recorder.run.number, recorder.count)


def _with_precision(settings: Settings, min_precision: float | None) -> Settings:
    if min_precision is None:
        return settings
    from resolver.resolving.threshold import for_edits

    return for_edits(settings, replace(settings, min_precision=min_precision).min_precision)  # checks the value


def _several(values: AnyPath | Iterable[AnyPath]) -> tuple[str, ...]:
    """One value, or several, as a tuple of strings."""
    if isinstance(values, str | PathLike):
        return (os.fspath(values),)
    return tuple(os.fspath(value) for value in values)


def _path_text(value: Any) -> Any:  # noqa: ANN401
    """A path as a string; other values as they are."""
    return os.fspath(value) if isinstance(value, PathLike) else value


def _type_of(names: Names) -> Callable[[str], str]:
    """A function from the id of an entity to its type, or "" if it no longer exists."""

    def look(entity_id: str) -> str:
        owner = names.consistently(lambda engine: engine.snapshot.owner(entity_id))
        return owner.entity.type if owner is not None else ""

    return lru_cache(MAX_CACHED_ENTITIES)(look)


def _present_id(names: Names) -> Callable[[str], str | None]:
    """A function from an id to the current id of its entity, or None if there is none."""

    def look(entity_id: str) -> str | None:
        owner = names.consistently(lambda engine: engine.snapshot.owner(entity_id))
        return None if owner is None else owner.entity.id

    return look


def _explainer(names: Names) -> Callable[[str, str], str]:
    """A function that explains how the old and the new form of a name compare."""
    return lru_cache(MAX_CACHED_ENTITIES)(lambda before, after: names.compare(before, after).explain())
