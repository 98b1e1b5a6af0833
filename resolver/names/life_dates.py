"""Life dates in brackets behind a name: (1950–2010), (b. 1950), (* 3 May 1950)."""

from __future__ import annotations

import re

_BIRTH = r"(?:b|born|geb|né|née|né\(e\)|nacid[oa]|nascid[oa]|nat[oa]|född|født|ur|nar|род|р)\b\.?|\*"
_DATE = r"(?:(?:[0-9]{1,2}[.,/]?\s*)?(?:[^\W\d_]{3,12}\.?\s*|[0-9]{1,2}[./]\s*)?(?:[0-9]{1,2},\s*)?)([0-9]{4})"
_IN_BRACKETS = re.compile(
    rf"[(（\[]\s*(?:(?:{_BIRTH})\s*{_DATE}|([0-9]{{4}})\s*[-‐‑–—]\s*([0-9]{{4}})?)\s*[)）\]]", re.IGNORECASE
)


def with_life_dates_marked(text: str) -> str:
    """`text` with each life date in brackets as a note of words that are no numbers.

    A year distinguishes names (Expo 1950, Expo 1960), a life date does not count against a name without it. A lone year
    in brackets is none, as it is more often that of a work or an event.

    >>> with_life_dates_marked("Ada Quell (1950–2010)"), with_life_dates_marked("Ada Quell (born 3 May 1950)")
    ('Ada Quell lifedates y1950 y2010', 'Ada Quell lifedates y1950')
    """
    return _IN_BRACKETS.sub(_note, text)


def _note(found: re.Match[str]) -> str:
    return "lifedates " + " ".join(f"y{year}" for year in found.groups() if year)
