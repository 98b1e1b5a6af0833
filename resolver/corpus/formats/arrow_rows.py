"""Rewriting the rows of Arrow batches, each of which is one document.

A column of texts has the type `string`, `large_string` or `string_view`, plain or dictionary-encoded. Nulls are
skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resolver.corpus.formats.file_format import LIMITS, RewrittenText, SizeLimits
from resolver.corpus.formats.jsonl import document_name
from resolver.corpus.formats.text_blocks import edits_of_several
from resolver.records import Rewrite
from resolver.text.edit_composition import apply_edits

if TYPE_CHECKING:
    import pyarrow

Texts = list[str | bytes | None]
"""The texts of a column; bytes if they are not valid UTF-8."""


@dataclass(frozen=True, slots=True)
class RewrittenRow:
    """The texts of a row, or the problem for which it stays unchanged."""

    texts: tuple[RewrittenText, ...] = ()
    problem: str = ""


def is_text(type: pyarrow.DataType) -> bool:
    """Whether a column of this type holds texts."""
    from pyarrow import types

    value = type.value_type if types.is_dictionary(type) else type
    return bool(types.is_string(value) or types.is_large_string(value) or types.is_string_view(value))


def rewrite_rows(
    batch: pyarrow.RecordBatch,
    columns: Sequence[str],
    rewrite: Rewrite,
    doc: Callable[[int], str],
    limits: SizeLimits = LIMITS,
) -> tuple[pyarrow.RecordBatch, list[RewrittenRow]]:
    """The batch with the texts in some columns rewritten and all else unchanged, and its rows.

    The document of a row is its `id`, if that column exists and has a value, otherwise `doc(row number)`.
    """
    texts = {column: _texts(batch.column(column)) for column in columns}
    ids = batch.column("id").to_pylist() if batch.schema.names.count("id") == 1 else [None] * batch.num_rows
    changed: set[str] = set()
    rows = []
    for place, identifier in enumerate(ids):
        row = _rewritten({column: texts[column][place] for column in columns}, rewrite, identifier, doc(place), limits)
        rows.append(row)
        for text in row.texts:
            if text.edits:
                changed.add(text.field)
                texts[text.field][place] = apply_edits(text.text, text.edits)
    import pyarrow

    arrays = [
        _array(texts[field.name], field.type) if field.name in changed else array
        for field, array in zip(batch.schema, batch.columns, strict=True)
    ]
    return pyarrow.RecordBatch.from_arrays(arrays, schema=batch.schema) if changed else batch, rows


def _rewritten(
    values: dict[str, str | bytes | None], rewrite: Rewrite, identifier: object, place: str, limits: SizeLimits
) -> RewrittenRow:
    present = {column: value for column, value in values.items() if isinstance(value, str)}
    broken = next((column for column, value in values.items() if isinstance(value, bytes)), None)
    if broken is not None:
        return RewrittenRow(problem=f"not valid UTF-8 in column {broken!r}")
    name = document_name(identifier, place)
    found = edits_of_several(list(present.values()), name, rewrite, limits) if present else []
    texts = (
        RewrittenText(name, column, text, 0, tuple(edits))
        for (column, text), edits in zip(present.items(), found, strict=True)
    )
    return RewrittenRow(tuple(texts))


def _texts(array: pyarrow.Array) -> Texts:
    import pyarrow

    try:
        found: Texts = array.to_pylist()
    except UnicodeDecodeError:
        if pyarrow.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        found = array.cast(pyarrow.large_binary()).to_pylist()
        found = [_decoded(value) if isinstance(value, bytes) else None for value in found]
    return found


def _decoded(value: bytes) -> str | bytes:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def _array(texts: Texts, type: pyarrow.DataType) -> pyarrow.Array:
    import pyarrow
    import pyarrow.compute

    if not any(isinstance(text, bytes) for text in texts) and not pyarrow.types.is_dictionary(type):
        return pyarrow.array(texts, type)
    plain = pyarrow.array([text.encode() if isinstance(text, str) else text for text in texts], pyarrow.large_binary())
    value = type.value_type if pyarrow.types.is_dictionary(type) else type
    as_text = pyarrow.compute.cast(plain, options=pyarrow.compute.CastOptions.unsafe(value))
    return as_text if value == type else as_text.dictionary_encode().cast(type)
