"""The SQL functions in DuckDB, column by column: Arrow arrays in and out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resolver.api.names import Names
from resolver.infra.optional_libraries import needs
from resolver.publish.sql_functions import Functions
from resolver.publish.sqlite_registration import ARGUMENTS
from resolver.settings import Settings

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


def register(
    connection: duckdb.DuckDBPyConnection, db: str | Path | Names | None = None, settings: Settings | None = None
) -> None:
    """Let the SQL of a DuckDB connection call `resolve`, `resolve_id`, `resolve_json`, `name_similarity`, `romanise`.

    `db`, a file or an open table, answers; without it the bundled table. Raises DatabaseError when that cannot
    answer, SettingError without pyarrow. What goes wrong later is a DuckDB error with the message.
    """
    with needs("duckdb"):
        import pyarrow  # noqa: F401 (DuckDB asks for it)
    functions = Functions(db, settings)
    for name, arguments in ARGUMENTS.items():
        numeric = name == "name_similarity"
        answers = partial(_answers, getattr(functions, name), numeric)
        connection.create_function(
            name,
            _of_one(answers) if arguments == 1 else _of_two(answers),
            ["VARCHAR"] * arguments,
            "DOUBLE" if numeric else "VARCHAR",
            type="arrow",
            null_handling="special",
        )


def _of_one(answers: Callable[..., Any]) -> Callable[[Any], Any]:
    return lambda values: answers(values)  # DuckDB counts the parameters of what it is given


def _of_two(answers: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    return lambda mentions, names: answers(mentions, names)


def _answers(function: Callable[..., Any], numeric: bool, *columns: pa.ChunkedArray) -> pa.Array:
    """The answers to whole columns; each distinct row of them is asked once."""
    import pyarrow as pa

    rows = list(zip(*(column.to_pylist() for column in columns), strict=True))
    answers = {row: function(*row) for row in dict.fromkeys(rows)}
    return pa.array([answers[row] for row in rows], pa.float64() if numeric else pa.string())
