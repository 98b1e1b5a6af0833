"""The SQL functions in DuckDB, vectorised: Arrow columns in and out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resolver.api.names import Names
from resolver.infra.optional_libraries import needs
from resolver.publish.sql_functions import Functions
from resolver.publish.sqlite_registration import SQL_FUNCTIONS
from resolver.settings import Settings

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


def register(
    connection: duckdb.DuckDBPyConnection, db: str | Path | Names | None = None, settings: Settings | None = None
) -> None:
    """Register `resolve`, `resolve_id`, `resolve_json`, `name_similarity` and `romanise` with a DuckDB connection.

    They use `db`, a file or an open table; by default the bundled table. Raises DatabaseError if it cannot be used,
    SettingError if pyarrow is not installed. A later error is a DuckDB error with its message.
    """
    with needs("duckdb"):
        import pyarrow  # noqa: F401 (which DuckDB needs)
    functions = Functions(db, settings)
    for name, arguments in SQL_FUNCTIONS.items():
        numeric = name == "name_similarity"
        answers = partial(_answers, getattr(functions, name), numeric)
        connection.create_function(
            name,
            _unary(answers) if arguments == 1 else _binary(answers),
            ["VARCHAR"] * arguments,
            "DOUBLE" if numeric else "VARCHAR",
            type="arrow",
            null_handling="special",
        )


def _unary(answers: Callable[..., Any]) -> Callable[[Any], Any]:
    return lambda values: answers(values)  # DuckDB counts the parameters


def _binary(answers: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    return lambda mentions, names: answers(mentions, names)


def _answers(function: Callable[..., Any], numeric: bool, *columns: pa.ChunkedArray) -> pa.Array:
    """The values of a function for whole columns; it is called once per distinct row."""
    import pyarrow as pa

    rows = list(zip(*(column.to_pylist() for column in columns), strict=True))
    answers = {row: function(*row) for row in dict.fromkeys(rows)}
    return pa.array([answers[row] for row in rows], pa.float64() if numeric else pa.string())
