"""Rewriting the texts in Arrow batches, for every engine that maps batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from resolver.corpus.formats.arrow_rows import is_text, rewrite_rows
from resolver.errors import InputError
from resolver.infra.optional_libraries import needs
from resolver.records import Rewrite

with needs("arrow"):
    import pyarrow as pa

EDITS = pa.list_(
    pa.struct(
        [
            ("doc", pa.string()),
            ("start", pa.int64()),
            ("end", pa.int64()),
            ("before", pa.string()),
            ("after", pa.string()),
            ("id", pa.string()),
            ("name", pa.string()),
            ("probability", pa.float64()),
            ("reason", pa.string()),
            ("field", pa.string()),
        ]
    )
)
"""The type of the column of edits; offsets are half-open, in code points of the original text in the column `field`."""


def rewritten_schema(schema: pa.Schema, columns: Sequence[str], edits: str = "edits") -> pa.Schema:
    """The schema of rewritten batches: that of the batches, followed by the column of edits.

    Raises InputError if a column is missing or does not hold text, and if the column `edits` exists already.
    """
    for column in columns:
        places = schema.get_all_field_indices(column)
        if len(places) != 1:
            raise InputError(
                f"{len(places) or 'no'} columns named {column!r}: the columns are {', '.join(schema.names)}"
            )
        if not is_text(schema.field(places[0]).type):
            raise InputError(f"the column {column!r} holds {schema.field(places[0]).type}, not text")
    if edits in schema.names:
        raise InputError(f"the column {edits!r} exists already: choose another name for that of the edits")
    return schema.append(pa.field(edits, EDITS))


def rewrite_batch(
    batch: pa.RecordBatch,
    rewrite: Rewrite,
    columns: Sequence[str] = ("text",),
    edits: str = "edits",
    doc: Callable[[int], str] = lambda row: "",
) -> pa.RecordBatch:
    """The batch with the texts of some columns rewritten, and a new column with the edits of each row.

    Nulls and all other columns stay the same. The texts of a row are one document. `rewrite` is `Names.rewrite` of an
    open table. The `doc` of an edit is the `id` of its row, if that column exists and has a value, otherwise `doc(row
    number)`. Raises InputError as `rewritten_schema` does, and for text that is not valid UTF-8.
    """
    schema = rewritten_schema(batch.schema, columns, edits)
    new, rows = rewrite_rows(batch, columns, rewrite, doc)
    made: list[list[dict[str, Any]]] = []
    for place, row in enumerate(rows):
        if row.problem:
            raise InputError(f"row {place} of the batch: {row.problem}")
        made.append([{**edit.to_dict(), "field": text.field} for text in row.texts for edit in text.edits])
    return pa.RecordBatch.from_arrays([*new.columns, pa.array(made, EDITS)], schema=schema)
