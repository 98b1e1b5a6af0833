"""Spark: rewriting files on many machines, to the bytes that one machine would write, and columns of data frames.

The machines need this package, and see inputs and outputs under the same paths. The database is shipped once to each
executor, and each of its Python processes opens it once.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import pickle
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

from resolver.adapters.arrow_rewriter import BatchRewriter
from resolver.adapters.corpus_splits import Split, SplitJob, SplitResult, cut, file_state, rewrite_split
from resolver.adapters.open_tables import names_of
from resolver.adapters.parquet_row_groups import cut_parquet, rewrite_row_group
from resolver.api.opening import open as open_names
from resolver.api.rewrite_files import filtered_rewrite
from resolver.corpus.arrow_batches import rewritten_schema
from resolver.errors import InputError, RecordError, ResolverError, SettingError
from resolver.infra.optional_libraries import needs
from resolver.settings import Settings

with needs("spark"):
    import pyarrow as pa
    from pyspark import SparkFiles
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

MAX_TASKS = 10_000
"""Maximum number of tasks to which the splits are distributed."""

_PACKED = "packed binary"
"""The schema of the column with pickled splits and results."""

_LOCAL = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1", "spark.ui.enabled": "false"}
"""The options of a local session, which needs no network."""


@dataclass(frozen=True, slots=True)
class SparkReport:
    """The result of a job: the numbers of edits, of inputs with an edit, and of inputs that could not be read.

    `rejected` lists the records and inputs that were left unchanged, in order.
    """

    edits: int
    changed: int
    unreadable: int
    rejected: tuple[RecordError, ...]


def rewrite_with_spark(job: SplitJob, master: str | None = None) -> SparkReport:
    """Rewrite the inputs of a job, each to a folder of part files in `job.output`; finally add `_SUCCESS`.

    The parts of an input, concatenated in the order of their names, are what one machine would write; so are the files
    in `job.edits`. The job runs in the Spark session of this process, or in a new one with `master` (by default the one
    that spark-submit sets). An input that is damaged, or changes meanwhile, is rejected as a whole and gets no output.
    Raises InputError if all inputs are rejected, one is missing or an output folder is not empty; SettingError for
    formats other than text, JSON lines and Parquet, and if the session has another master.
    """
    job = replace(job, root=str(Path.cwd()))
    _check(job)
    with _session(master) as spark:
        shipped = None if job.db is None else _ship(spark, job.db)
        numbers = [(number,) for number in range(len(job.inputs))]
        sizes = [file_state(found.path)[0] for found in job.inputs]
        tasks = min(sum(1 + size // job.size for size in sizes), MAX_TASKS)
        inputs = spark.createDataFrame(numbers, "number int").repartition(min(len(numbers), MAX_TASKS))
        splits = inputs.mapInArrow(partial(_cut_inputs, job), _PACKED).repartition(tasks)
        rows = splits.mapInArrow(partial(_rewrite_splits, job, shipped), _PACKED).collect()
    made: list[SplitResult] = sorted((pickle.loads(row[0]) for row in rows), key=lambda made: (made.input, made.number))
    unreadable = _unreadable(job, made)
    for number in unreadable:
        job.discard(number)
    for folder in filter(None, (job.output, job.edits)):
        Path(folder, "_SUCCESS").touch()
    done = [one for one in made if one.input not in unreadable]
    rejected = [*unreadable.values(), *(error for one in done for error in one.rejected)]
    changed = {one.input for one in done if one.edits}
    return SparkReport(sum(one.edits for one in done), len(changed), len(unreadable), tuple(rejected))


def _unreadable(job: SplitJob, made: Iterable[SplitResult]) -> dict[int, RecordError]:
    """The errors of unreadable inputs, by input number. Raises any other error, and the last one if all inputs fail."""
    errors: dict[int, RecordError] = {}
    for one in made:
        if one.failed is None:
            continue
        if not isinstance(one.failed, InputError) or str(one.failed.path) != job.path(one.input):
            raise one.failed
        errors.setdefault(one.input, RecordError(one.failed.reason, job.inputs[one.input].path))
        if len(errors) == len(job.inputs):
            raise one.failed
    return errors


def rewrite_frame(
    frame: DataFrame, db: str | None = None, settings: Settings | None = None, columns: Iterable[str] = ("text",)
) -> DataFrame:
    """A lazy Spark data frame with the texts of some columns rewritten, and a column `edits`."""
    shipped = None if db is None else _ship(frame.sparkSession, db)
    columns = tuple(columns)
    schema = from_arrow_schema(rewritten_schema(to_arrow_schema(frame.schema), columns))
    return frame.mapInArrow(partial(_rewrite_batches, shipped, settings or Settings(), columns), schema)


def _rewrite_batches(
    shipped: str | None, settings: Settings, columns: tuple[str, ...], batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    return BatchRewriter(_found(shipped), settings, columns).over(batches)


def _check(job: SplitJob) -> None:
    """Raise InputError or SettingError for a job that cannot be completed, before anything is written."""
    folders = [job.folder(number) for number in range(len(job.inputs))]
    twice = next((folder for folder, times in Counter(folders).items() if times > 1), None)
    if twice is not None:
        raise InputError("two inputs would write to this folder", twice)
    for number, found in enumerate(job.inputs):
        job.format_of(number)
        file_state(found.path)
    for place in filter(None, (job.output, job.edits)):
        if Path(place).exists() and not (Path(place).is_dir() and not any(Path(place).iterdir())):
            raise InputError("must be a new or an empty folder", place)
    try:
        for folder in [*folders, *([Path(job.edits)] if job.edits is not None else [])]:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", job.output) from error


def _cut_inputs(job: SplitJob, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The splits of the inputs whose numbers are in the batches; a failure is yielded as a result."""
    for batch in batches:
        for number in batch.column(0).to_pylist():
            yield from map(_packed, _or_failure(number, lambda n: (cut_parquet if job.is_parquet(n) else cut)(job, n)))


def _or_failure(number: int, splits: Callable[[int], Iterable[Split]]) -> Iterator[Split | SplitResult]:
    try:
        yield from splits(number)
    except ResolverError as error:
        yield SplitResult(number, 0, failed=error)


def _rewrite_splits(job: SplitJob, shipped: str | None, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The results of the splits in the batches, rewritten in this process."""
    for batch in batches:
        for value in batch.column(0).to_pylist():
            split: Split | SplitResult = pickle.loads(value)
            yield _packed(split if isinstance(split, SplitResult) else _rewrite(job, shipped, split))


def _rewrite(job: SplitJob, shipped: str | None, split: Split) -> SplitResult:
    try:
        rewrite = filtered_rewrite(names_of(_found(shipped), job.settings), job.edit_filter)
        return (rewrite_row_group if job.is_parquet(split.input) else rewrite_split)(job, split, rewrite)
    except ResolverError as error:  # Spark need not retry: it would fail again
        return SplitResult(split.input, split.number, failed=error)


def _packed(value: Split | SplitResult) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"packed": pa.array([pickle.dumps(value)], pa.binary())})


def _found(shipped: str | None) -> str | None:
    """The path of the database on this machine."""
    return None if shipped is None else SparkFiles.get(shipped)


def _ship(spark: SparkSession, db: str) -> str:
    """Ship the current state of a database to each executor, and return its name there."""
    open_names(db).close()  # reports any problem with it here
    copy = _served() / "copy.db"
    with (
        closing(sqlite3.connect(f"{Path(db).resolve().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
    with copy.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    named = copy.replace(copy.with_name(f"names-{digest[:16]}.db"))
    spark.sparkContext.addFile(str(named))
    return named.name


@cache
def _served() -> Path:
    """A folder of files that executors can fetch while this process lives."""
    folder = tempfile.mkdtemp(prefix="resolver-spark-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


@contextmanager
def _session(master: str | None) -> Iterator[SparkSession]:
    """The Spark session of this process, or a new one, which is stopped at the end of the block."""
    active = SparkSession.getActiveSession()
    if active is not None:
        if master not in (None, active.sparkContext.master):
            raise SettingError(f"a Spark session exists already, with the master {active.sparkContext.master}")
        yield active
        return
    options = {"spark.ui.showConsoleProgress": str(sys.stderr.isatty()).lower()}
    if master is not None:
        options["spark.master"] = master
        if master.startswith("local"):
            options |= _LOCAL
            os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = SparkSession.builder.appName("resolver rewrite").config(map=options).getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    try:
        yield spark
    finally:
        spark.stop()
