"""polars: `expr.resolver` resolves and rewrites a column.

import resolver.adapters.polars
frame.with_columns(answer=pl.col("mention").resolver.resolve()).unnest("answer")
frame.with_columns(pl.col("text").resolver.rewrite())
"""

from __future__ import annotations

from resolver.adapters.string_columns import ANSWER, resolved, rewritten
from resolver.errors import InputError
from resolver.infra.optional_libraries import needs
from resolver.settings import Settings

with needs("polars"):
    import polars as pl

_STRUCT = pl.Struct({name: pl.Float64 if name == "probability" else pl.String for name in ANSWER})


@pl.api.register_expr_namespace("resolver")
class ExprResolver:
    """What `expr.resolver` can do. The table is opened once in a process; without `db` it is the bundled one."""

    def __init__(self, expr: pl.Expr) -> None:
        """Work on an expression of strings; nulls stay nulls. Another type is an InputError when it is computed."""
        self._expr = expr

    def resolve(
        self, db: str | None = None, settings: Settings | None = None, type: str | None = None, jobs: int = 1
    ) -> pl.Expr:
        """A struct: outcome, id, name, type and probability of each mention, or null where there is none."""

        def answers(column: pl.Series) -> pl.Series:
            return pl.Series(column.name, resolved(_strings(column), db, settings, type, jobs=jobs), _STRUCT)

        return self._expr.map_batches(answers, _STRUCT, is_elementwise=True)

    def rewrite(self, db: str | None = None, settings: Settings | None = None) -> pl.Expr:
        """The texts with their distorted names set right; each is one document."""

        def texts(column: pl.Series) -> pl.Series:
            return pl.Series(column.name, rewritten(_strings(column), db, settings), pl.String)

        return self._expr.map_batches(texts, pl.String, is_elementwise=True)


def _strings(column: pl.Series) -> list[str | None]:
    if column.dtype not in (pl.String, pl.Categorical, pl.Enum, pl.Null):
        raise InputError(f"the column {column.name!r} holds {column.dtype}, not strings")
    return list(column)
