"""`BatchRewriter`, a picklable function that rewrites Arrow batches, tables and pandas frames, for any engine.

Every process opens the table once, at its first batch; its path must be valid on every machine.

Ray Data::

    rewritten = ray.data.read_parquet("news/").map_batches(BatchRewriter("names.db"), batch_format="pyarrow")

Dask::

    rewritten = dask.dataframe.read_parquet("news/").map_partitions(BatchRewriter("names.db"))

Hugging Face datasets::

    rewritten = datasets.load_dataset("news").with_format("arrow").map(BatchRewriter("names.db"), batched=True)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from resolver.adapters.open_tables import names_of
from resolver.corpus.arrow_batches import rewrite_batch, rewritten_schema
from resolver.errors import InputError
from resolver.infra.optional_libraries import needs
from resolver.infra.packaged_data import data_path
from resolver.settings import Settings

with needs("arrow"):
    import pyarrow as pa

if TYPE_CHECKING:
    import pandas as pd

Batch = TypeVar("Batch", "pa.RecordBatch", "pa.Table", "pd.DataFrame")


@dataclass(frozen=True)
class BatchRewriter:
    """Rewrites the texts in some columns of a batch, and adds a column with the edits of each row.

    Called with an Arrow record batch, an Arrow table or a pandas frame, it returns the same type. `db` is the path of a
    database, None for the bundled table; `edits` is the name of the added column.
    """

    db: str | None = None
    settings: Settings = field(default_factory=Settings)
    columns: tuple[str, ...] = ("text",)
    edits: str = "edits"
    table: str = ""
    """The state of the table when this object was made; set automatically.

    Engines that cache results by the attributes of the function (Hugging Face datasets) thus notice a changed table.
    """

    def __post_init__(self) -> None:
        """Raise InputError if the database is missing."""
        if self.db is not None:
            object.__setattr__(self, "db", str(Path(self.db).resolve()))
        object.__setattr__(self, "columns", tuple(self.columns))
        if not self.table:
            object.__setattr__(self, "table", _state(self.db))

    def __call__(self, batch: Batch) -> Batch:
        """The rewritten batch."""
        if isinstance(batch, pa.RecordBatch):
            return rewrite_batch(batch, names_of(self.db, self.settings).rewrite, self.columns, self.edits)
        if isinstance(batch, pa.Table):
            schema = rewritten_schema(batch.schema, self.columns, self.edits)
            return pa.Table.from_batches([self(part) for part in batch.to_batches()], schema)
        return self._frame(batch)

    def over(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The rewritten batches, one by one: the signature that Spark's `mapInArrow` requires."""
        return map(self, batches)

    def _frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rewritten frame, with its index and types."""
        import pandas as pd

        missing = [column for column in self.columns if column not in frame.columns]
        if missing:
            raise InputError(f"no column named {missing[0]!r}: the columns are {', '.join(map(str, frame.columns))}")
        arrays = {column: _strings(frame, column) for column in self.columns}
        if "id" in frame.columns and "id" not in arrays:
            arrays["id"] = pa.array([str(id) if isinstance(id, str | int) else None for id in frame["id"].tolist()])
        rewritten = self(pa.RecordBatch.from_pydict(arrays))
        texts = {
            column: pd.Series(rewritten.column(column).to_pylist(), frame.index, _type(frame[column].dtype))
            for column in self.columns
        }
        return frame.assign(**texts, **{self.edits: rewritten.column(self.edits).to_pylist()})


def _type(dtype: Any) -> Any:  # noqa: ANN401
    return "category" if dtype == "category" else dtype  # a new text is none of the old categories


def _strings(frame: pd.DataFrame, column: str) -> pa.Array:
    try:
        return pa.array(frame[column], pa.large_string(), from_pandas=True)
    except pa.ArrowException as error:
        raise InputError(f"the column {column!r} holds a value that is not text: {error}") from error


def _state(db: str | None) -> str:
    path = data_path("entities.tsv") if db is None else Path(db)
    try:
        found = path.stat()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", db) from error
    return f"{found.st_size}-{found.st_mtime_ns}"
