"""pandas: `series.resolver` resolves and rewrites a column.

import resolver.adapters.pandas
frame.join(frame["mention"].resolver.resolve())
frame["text"] = frame["text"].resolver.rewrite()
"""

from __future__ import annotations

from resolver.adapters.string_columns import ANSWER, resolved, rewritten
from resolver.errors import InputError
from resolver.infra.optional_libraries import needs
from resolver.settings import Settings

with needs("pandas"):
    import pandas as pd


@pd.api.extensions.register_series_accessor("resolver")
class SeriesResolver:
    """What `series.resolver` can do. The table is opened once in a process; without `db` it is the bundled one."""

    def __init__(self, series: pd.Series[str]) -> None:
        """Work on a series of strings; missing values stay missing."""
        self._series = series

    def resolve(
        self,
        db: str | None = None,
        settings: Settings | None = None,
        type: str | None = None,
        context: pd.Series[str] | None = None,
        jobs: int = 1,
    ) -> pd.DataFrame:
        """A frame with the index of the series: outcome, id, name, type and probability of each mention.

        `context` has the text around each mention, in a series of the same length. Raises InputError for a value that
        is no string.
        """
        around = None if context is None else _strings(context)
        if around is not None and len(around) != len(self._series):
            raise InputError(f"{len(self._series)} mentions with {len(around)} contexts")
        answers = resolved(_strings(self._series), db, settings, type, around, jobs)
        columns = {
            name: pd.Series([answer[name] if answer else None for answer in answers], self._series.index, kind)
            for name, kind in ((name, "float64" if name == "probability" else "string") for name in ANSWER)
        }
        return pd.DataFrame(columns, index=self._series.index)

    def rewrite(self, db: str | None = None, settings: Settings | None = None) -> pd.Series[str]:
        """The series with the distorted names in its texts set right; each text is one document."""
        new = rewritten(_strings(self._series), db, settings)
        texts = [old if text is None else text for text, old in zip(new, self._series, strict=True)]
        kind = self._series.dtype
        categories = isinstance(kind, pd.CategoricalDtype)  # a new text is none of the old categories
        return pd.Series(texts, self._series.index, "category" if categories else kind, self._series.name)


def _strings(series: pd.Series[str]) -> list[str | None]:
    values = [None if missing else value for value, missing in zip(series, series.isna(), strict=True)]
    for place, value in zip(series.index, values, strict=True):
        if not isinstance(value, str | None):
            raise InputError(f"no string in the row {place!r}: {value!r}")
    return values
