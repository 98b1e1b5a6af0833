"""Parquet files, rewritten by row groups: each becomes a file with the schema of the input."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from resolver.adapters.corpus_splits import Split, SplitJob, SplitResult, file_state, outputs_of
from resolver.corpus.arrow_batches import rewrite_batch
from resolver.corpus.byte_streams import json_line
from resolver.errors import InputError
from resolver.infra.optional_libraries import needs
from resolver.records import Rewrite

with needs("arrow"):
    import pyarrow as pa
    import pyarrow.parquet as pq

ROWS_PER_BATCH = 1024
"""Number of rows that are rewritten at a time; memory holds two copies of them."""


def cut_parquet(job: SplitJob, number: int) -> Iterator[Split]:
    """A split for each row group of an input, at least one; its place is the number of rows before it.

    Raises InputError for a file that is not Parquet.
    """
    path = job.path(number)
    state = file_state(path)
    with _opened(path) as file:
        row = 0
        for group in range(max(file.num_row_groups, 1)):
            yield Split(number, group, state, row)
            row += file.metadata.row_group(group).num_rows if file.num_row_groups else 0


def rewrite_row_group(job: SplitJob, split: Split, rewrite: Rewrite) -> SplitResult:
    """Rewrite a row group to a Parquet file, as `rewrite_split` does a split.

    The doc of an edit in a row without `id` is path:row, counted from 1. Raises InputError for a column that does not
    hold text.
    """
    path, name = job.path(split.input), job.inputs[split.input].path
    columns = job.options.columns or ("text",)
    edits = 0
    with outputs_of(job, split) as (aside, write_edits), _opened(path) as file:
        schema, row, added = file.schema_arrow, split.place + 1, "edits"
        while added in schema.names:
            added += "_"
        groups = [split.number] if file.num_row_groups else []
        with pq.ParquetWriter(aside, schema, compression=_compression(file, groups)) as writer:
            for batch in file.iter_batches(ROWS_PER_BATCH, groups) if groups else ():
                done = rewrite_batch(batch, rewrite, columns, added, partial(_place, name, row))
                found = [edit for of_row in done.column(added).to_pylist() for edit in of_row]
                write_edits(_line(edit, job.only_field) for edit in found)
                edits += len(found)
                row += batch.num_rows
                writer.write_batch(done.select(schema.names).cast(schema))
    return SplitResult(split.input, split.number, edits)


@contextmanager
def _opened(path: str) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(path) as file:
            yield file
    except pa.ArrowException as error:
        raise InputError(f"cannot be read as Parquet: {error}", path) from error


def _compression(file: pq.ParquetFile, groups: list[int]) -> str:
    """The compression of the first column."""
    if not groups or not file.metadata.num_columns:
        return "none"
    used = file.metadata.row_group(groups[0]).column(0).compression
    return "none" if used == "UNCOMPRESSED" else str(used.lower())


def _line(edit: dict[str, Any], only_field: str) -> bytes:
    """An edit as a line of JSON, as `edit_lines` writes it."""
    return json_line({key: value for key, value in edit.items() if key != "field" or value != only_field})


def _place(path: str, first: int, row: int) -> str:
    return f"{path}:{first + row}"
