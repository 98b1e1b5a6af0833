"""Libraries that are not needed by all: each comes with one of the optional extras of the package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from resolver.errors import SettingError


@contextmanager
def needs(extra: str) -> Iterator[None]:
    """A block that imports what comes with an extra; SettingError, which names the extra, when it is not there."""
    try:
        yield
    except ImportError as error:
        install = f"pip install 'entity-name-resolver[{extra}]'"
        raise SettingError(f"{error.name or error} is not installed: {install}") from error
