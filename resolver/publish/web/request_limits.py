"""The bounds on a request and on the work it may cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from resolver.errors import SettingError


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Bounds on one request, which the plugin's setting `limits` may change: `{"answer_seconds": 120}`."""

    body_bytes: int = 1 << 20
    """Maximum size of the body."""
    receive_seconds: float = 30.0
    """Maximum time for the body to arrive."""
    answer_seconds: float = 60.0
    """Maximum time until an answer begins."""
    sql_seconds: float = 3.0
    """Maximum time for the SQL of one of our pages."""
    sql_value_bytes: int = 1 << 20
    """Maximum size of a value that SQL of users may make or return: larger ones would hold up all other users."""
    batch_seconds: float = 45.0
    """Maximum time for resolving a pasted column."""
    batch_turn: int = 20
    """Number of mentions of a pasted column that are resolved before other requests are served."""


def read_limits(given: object) -> RequestLimits:
    """The limits in a setting, by default those of RequestLimits. Raises SettingError if they are invalid."""
    defaults = asdict(RequestLimits())
    if not isinstance(given, Mapping):
        raise SettingError(f"the plugin resolver: limits must be an object, not {given!r}")
    for name, value in given.items():
        if name not in defaults:
            raise SettingError(f"the plugin resolver has no limit {name!r}; its limits are {', '.join(defaults)}")
        kind = int if isinstance(defaults[name], int) else int | float
        if isinstance(value, bool) or not isinstance(value, kind):
            words = "a whole number" if kind is int else "a number"
            raise SettingError(f"the plugin resolver: the limit {name} must be {words}, not {value!r}")
    return RequestLimits(**given)
