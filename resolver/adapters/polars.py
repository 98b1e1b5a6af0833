"""polars: `expr.resolver` resolves and rewrites a column.

import resolver.adapters.polars
frame.with_columns(answer=pl.col("mention").resolver.resolve()).unnest("answer")
frame.with_columns(pl.col("text").resolver.rewrite())
"""

from __future__ import annotations

from resolver.adapters.string_columns import ANSWER_COLUMNS, StringColumns
from resolver.errors import InputError
from resolver.infra.optional_libraries import needs
from resolver.settings import Settings

with needs("polars"):
    import polars as pl

_ANSWER = pl.Struct({name: pl.Float64 if kind is float else pl.String for name, kind in ANSWER_COLUMNS.items()})


@pl.api.register_expr_namespace("resolver")
class ExprResolver:
    """The namespace `expr.resolver`. It opens the database file `db`, or the bundled table, once per process."""

    def __init__(self, expr: pl.Expr) -> None:
        """Wrap an expression of strings; nulls stay null. Other types raise InputError when it is computed."""
        self._expr = expr

    def resolve(
        self, db: str | None = None, settings: Settings | None = None, type: str | None = None, jobs: int = 1
    ) -> pl.Expr:
        """A struct of outcome, id, name, type and probability per mention, or null."""
        columns = StringColumns(db, settings)

        def answers(column: pl.Series) -> pl.Series:
            return pl.Series(column.name, columns.resolve(_strings(column), type, jobs=jobs), _ANSWER)

        return self._expr.map_batches(answers, _ANSWER, is_elementwise=True)

    def rewrite(self, db: str | None = None, settings: Settings | None = None) -> pl.Expr:
        """The texts with their distorted names corrected; each text is one document."""
        columns = StringColumns(db, settings)

        def texts(column: pl.Series) -> pl.Series:
            return pl.Series(column.name, columns.rewrite(_strings(column)), pl.String)

        return self._expr.map_batches(texts, pl.String, is_elementwise=True)


def _strings(column: pl.Series) -> list[str | None]:
    """The values of a column. Raises InputError unless it holds strings."""
    if column.dtype not in (pl.String, pl.Categorical, pl.Enum, pl.Null):
        raise InputError(f"the column {column.name!r} holds {column.dtype}, not strings")
    return list(column)
