"""Parquet: columns of strings. Needs pyarrow, which the extra `arrow` installs.

The other columns, the schema, the metadata and the row groups stay unchanged; a file without edits stays the same to
the byte. The columns of a row are one document; nulls are skipped. One row group at a time is in memory, uncompressed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from resolver.corpus.formats.arrow_rows import is_text, rewrite_rows
from resolver.corpus.formats.file_format import LIMITS, Part, Rewritten, SizeLimits, Write
from resolver.errors import InputError, RecordError
from resolver.infra.optional_libraries import needs
from resolver.records import Rewrite

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.parquet


@dataclass(frozen=True, slots=True)
class ParquetFormat:
    """The format of the Parquet file `path` (the name in messages), whose `columns` are text."""

    path: str
    columns: tuple[str, ...] = ("text",)
    name: str = "parquet"
    limits: SizeLimits = LIMITS

    def parts(self, file: BinaryIO) -> Iterator[Part]:
        """Some rows at a time: their texts and ids as an Arrow stream. The line of a part is a row number."""
        source = self._open(file)
        schema = source.schema_arrow
        for column in self.columns:
            if column not in schema.names:
                raise InputError(f"no column {column!r} among {schema.names}", self.path)
            if not is_text(schema.field(column).type):
                raise InputError(f"column {column!r} is of type {schema.field(column).type}, not text", self.path)
        wanted = [*self.columns, *(["id"] if "id" in schema.names and "id" not in self.columns else [])]
        row = 1
        with _readable(self.path):
            for group in range(source.num_row_groups):
                for batch in source.iter_batches(self.limits.batch_rows, [group], wanted, use_threads=False):
                    yield Part(_to_bytes(batch), row)
                    row += batch.num_rows

    def rewrite(self, part: Part, rewrite: Rewrite) -> list[Rewritten]:
        """The rows as one unit, preceded by the errors of some of them."""
        batch = _from_bytes(part.raw)
        new, rows = rewrite_rows(
            batch, self.columns, rewrite, lambda place: f"{self.path}:{part.line + place}", self.limits
        )
        after = part.raw if new is batch else _to_bytes(new)
        broken = (
            Rewritten(b"", b"", error=RecordError(row.problem, self.path, number), line=number)
            for number, row in enumerate(rows, part.line)
            if row.problem
        )
        texts = tuple(text for row in rows for text in row.texts)
        return [*broken, Rewritten(part.raw, after, texts, line=part.line)]

    @contextmanager
    def output(self, file: BinaryIO, sink: BinaryIO) -> Iterator[Write]:
        """A function that takes the units of all rows, and writes each row group when it is complete."""
        writer = _ParquetWriter(self, self._open(file), sink)
        yield writer.write
        if not writer.close():
            file.seek(0)
            shutil.copyfileobj(file, sink)

    def _open(self, file: BinaryIO) -> pyarrow.parquet.ParquetFile:
        module = _parquet()
        if not file.seekable():
            raise InputError("Parquet can be read only from an uncompressed file, not from a pipe", self.path)
        with _readable(self.path):
            file.seek(0)
            return module.ParquetFile(file, pre_buffer=False)


@contextmanager
def _readable(path: str) -> Iterator[None]:
    """Raise InputError if pyarrow finds the file damaged."""
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(f"not a Parquet file, or damaged: {error}", path) from error


class _ParquetWriter:
    """Writes the row groups of a file with new texts, from the first edited one on."""

    def __init__(self, format: ParquetFormat, source: pyarrow.parquet.ParquetFile, sink: BinaryIO) -> None:
        self._format = format
        self._source = source
        self._sink = sink
        self._group = 0
        self._batches: list[Any] = []
        self._rows = 0
        self._edited = False
        self._writer: pyarrow.parquet.ParquetWriter | None = None

    def write(self, unit: Rewritten) -> None:
        """Add the next rows; a unit without bytes only has an error."""
        if not unit.before:
            return
        while self._source.metadata.row_group(self._group).num_rows == 0:
            self._end_group()
        batch = _from_bytes(unit.after)
        self._batches.append(batch)
        self._rows += batch.num_rows
        self._edited = self._edited or unit.before != unit.after
        if self._rows == self._source.metadata.row_group(self._group).num_rows:
            self._end_group()

    def close(self) -> bool:
        """End the file, and return whether it was written: without an edit it is not."""
        if self._writer is None:
            return False
        while self._group < self._source.num_row_groups:
            self._end_group()
        self._writer.close()
        return True

    def _end_group(self) -> None:
        if self._edited and self._writer is None:
            self._writer = _writer_like(self._source, self._sink)
            for group in range(self._group):
                self._write_group(group)
        if self._writer is not None:
            self._write_group(self._group)
        self._group += 1
        self._batches, self._rows, self._edited = [], 0, False

    def _write_group(self, group: int) -> None:
        import pyarrow

        schema = self._source.schema_arrow
        is_new = [group == self._group and self._edited and name in self._format.columns for name in schema.names]
        kept = [name for name, new in zip(schema.names, is_new, strict=True) if not new]
        with _readable(self._format.path):
            columns = iter(self._source.read_row_group(group, kept, use_threads=False).columns)
        if any(is_new):
            texts = pyarrow.Table.from_batches(self._batches)
            columns = iter(
                [texts.column(n) if new else next(columns) for n, new in zip(schema.names, is_new, strict=True)]
            )
        table = pyarrow.Table.from_arrays(list(columns), schema=schema)
        assert self._writer is not None
        self._writer.write_table(table, row_group_size=max(table.num_rows, 1))


def _writer_like(source: pyarrow.parquet.ParquetFile, sink: BinaryIO) -> pyarrow.parquet.ParquetWriter:
    """A writer of a file with the schema, metadata, compression and encodings of another file."""
    import pyarrow.parquet

    metadata, schema = source.metadata, source.schema_arrow
    kept = metadata.metadata or {}
    first = metadata.row_group(0)
    chunks = [first.column(place) for place in range(first.num_columns)]
    writer = pyarrow.parquet.ParquetWriter(
        sink,
        schema,
        version={"1.0": "1.0", "2.4": "2.4"}.get(metadata.format_version, "2.6"),
        compression={chunk.path_in_schema: _NONE.get(chunk.compression, chunk.compression) for chunk in chunks},
        use_dictionary=[chunk.path_in_schema for chunk in chunks if chunk.has_dictionary_page],
        store_schema=_ARROW_SCHEMA in kept,
        use_deprecated_int96_timestamps=any(chunk.physical_type == "INT96" for chunk in chunks),
        write_statistics=[chunk.path_in_schema for chunk in chunks if chunk.is_stats_set],
    )
    more = {key: value for key, value in kept.items() if key not in {_ARROW_SCHEMA, *(schema.metadata or {})}}
    if more:
        writer.add_key_value_metadata(more)
    return writer


_ARROW_SCHEMA = b"ARROW:schema"
_NONE = {"UNCOMPRESSED": "NONE"}


def _to_bytes(batch: pyarrow.RecordBatch) -> bytes:
    import pyarrow

    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def _from_bytes(data: bytes) -> pyarrow.RecordBatch:
    import pyarrow

    with pyarrow.ipc.open_stream(data) as reader:
        return reader.read_next_batch()


def _parquet() -> Any:  # noqa: ANN401
    with needs("arrow"):
        import pyarrow.parquet
    return pyarrow.parquet
