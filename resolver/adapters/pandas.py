"""pandas: `series.resolver` resolves and rewrites a column.

import resolver.adapters.pandas
frame.join(frame["mention"].resolver.resolve())
frame["text"] = frame["text"].resolver.rewrite()
"""

from __future__ import annotations

from resolver.adapters.string_columns import ANSWER_COLUMNS, StringColumns
from resolver.errors import InputError
from resolver.infra.optional_libraries import needs
from resolver.settings import Settings

with needs("pandas"):
    import pandas as pd


@pd.api.extensions.register_series_accessor("resolver")
class SeriesResolver:
    """The accessor `series.resolver`. It opens the database file `db`, or the bundled table, once per process."""

    def __init__(self, series: pd.Series[str]) -> None:
        """Wrap a series of strings; missing values stay missing."""
        self._series = series

    def resolve(
        self,
        db: str | None = None,
        settings: Settings | None = None,
        type: str | None = None,
        context: pd.Series[str] | None = None,
        jobs: int = 1,
    ) -> pd.DataFrame:
        """A frame with the index of the series and the columns outcome, id, name, type and probability.

        `context` is a series of the same length with the text around each mention. Raises InputError for a value that
        is not a string.
        """
        contexts = None if context is None else _strings(context)
        answers = StringColumns(db, settings).resolve(_strings(self._series), type, contexts, jobs)
        columns = {
            name: pd.Series(
                [answer[name] if answer else None for answer in answers],
                self._series.index,
                "float64" if kind is float else "string",
            )
            for name, kind in ANSWER_COLUMNS.items()
        }
        return pd.DataFrame(columns, index=self._series.index)

    def rewrite(self, db: str | None = None, settings: Settings | None = None) -> pd.Series[str]:
        """The series with the distorted names in its texts corrected; each text is a document of its own."""
        rewritten = StringColumns(db, settings).rewrite(_strings(self._series))
        texts = [old if new is None else new for new, old in zip(rewritten, self._series, strict=True)]
        kind = self._series.dtype
        categorical = isinstance(kind, pd.CategoricalDtype)  # new texts need new categories
        return pd.Series(texts, self._series.index, "category" if categorical else kind, self._series.name)


def _strings(series: pd.Series[str]) -> list[str | None]:
    """The values of a series, None for missing ones. Raises InputError for a value that is not a string."""
    strings = [None if missing else value for value, missing in zip(series, series.isna(), strict=True)]
    for place, value in zip(series.index, strings, strict=True):
        if not isinstance(value, str | None):
            raise InputError(f"row {place!r} does not hold a string: {value!r}")
    return strings
