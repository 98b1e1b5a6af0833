"""Texts in Arrow batches, rewritten: one function from a batch to a batch, for every engine that has such batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from resolver.corpus.edits import apply_edits
from resolver.corpus.formats.base import Rewrite
from resolver.corpus.formats.jsonl import document_name
from resolver.corpus.formats.texts import edits_of_several
from resolver.errors import InputError
from resolver.extras import needs

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
"""The type of the column of edits: offsets are half-open, in code points of the original text of the column `field`."""


def rewritten_schema(schema: pa.Schema, columns: Sequence[str], edits: str = "edits") -> pa.Schema:
    """The schema of rewritten batches: that of the batches, and the column of edits behind.

    Raises InputError for a column that is not there or holds no text, and when there is a column `edits` already.
    """
    for column in columns:
        places = schema.get_all_field_indices(column)
        if len(places) != 1:
            raise InputError(f"{len(places) or 'no'} columns named {column!r}: there are {', '.join(schema.names)}")
        if not _is_text(schema.field(places[0]).type):
            raise InputError(f"the column {column!r} holds {schema.field(places[0]).type}, not text")
    if edits in schema.names:
        raise InputError(f"there is a column {edits!r} already: give that of the edits another name")
    return schema.append(pa.field(edits, EDITS))


def rewrite_batch(
    batch: pa.RecordBatch,
    rewrite: Rewrite,
    columns: Sequence[str] = ("text",),
    edits: str = "edits",
    doc: Callable[[int], str] = lambda row: "",
) -> pa.RecordBatch:
    """The batch with the texts of some columns rewritten, and one column more: what was changed in each row.

    Nulls stay, and all other columns are the same. The texts of a row are one document. `rewrite` is that of an open
    table, `Names.rewrite`. An edit has the row's `id` as its `doc`, where there is such a column and a value in it,
    else what `doc` says of the row's place in the batch. Raises InputError as `rewritten_schema`, and for a text that
    is not valid UTF-8.
    """
    schema = rewritten_schema(batch.schema, columns, edits)
    texts = {column: _texts(batch.column(column), column) for column in columns}
    changed: set[str] = set()
    made: list[list[dict[str, Any]]] = []
    for row, name in enumerate(_docs(batch, doc)):
        present = {column: text for column in columns if (text := texts[column][row]) is not None}
        made.append([])
        for column, found in zip(present, edits_of_several(list(present.values()), name, rewrite), strict=True):
            if found:
                changed.add(column)
                texts[column][row] = apply_edits(present[column], found)
                made[-1] += [{**edit.to_dict(), "field": column} for edit in found]
    arrays = [
        _array(texts[field.name], field.type) if field.name in changed else array
        for field, array in zip(batch.schema, batch.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays([*arrays, pa.array(made, EDITS)], schema=schema)


def _is_text(type: pa.DataType) -> bool:
    value = type.value_type if pa.types.is_dictionary(type) else type
    return pa.types.is_string(value) or pa.types.is_large_string(value) or pa.types.is_string_view(value)


def _texts(array: pa.Array, column: str) -> list[str | None]:
    try:
        return array.to_pylist()
    except UnicodeDecodeError as error:
        raise InputError(f"a text of the column {column!r} is not valid UTF-8: {error.object[:80]!r}") from error


def _array(texts: list[str | None], type: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(type):
        return pa.array(texts, type.value_type).dictionary_encode().cast(type)
    return pa.array(texts, type)


def _docs(batch: pa.RecordBatch, doc: Callable[[int], str]) -> list[str]:
    ids = batch.column("id").to_pylist() if batch.schema.names.count("id") == 1 else [None] * batch.num_rows
    return [document_name(id, doc(row)) for row, id in enumerate(ids)]
