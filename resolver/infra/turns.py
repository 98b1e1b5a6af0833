"""Taking turns: resolving uses work arrays that all tables in a process share, so threads do it one at a time."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

_TURN = threading.RLock()

if hasattr(os, "register_at_fork"):  # a fork waits for its turn too, so that no child finds a mention half resolved
    os.register_at_fork(before=_TURN.acquire, after_in_parent=_TURN.release, after_in_child=_TURN.release)

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def in_turn(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """The function, run by one thread at a time; all functions made so share that one turn."""

    @wraps(function)
    def taking_turns(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        with _TURN:
            return function(*args, **kwargs)

    return taking_turns
