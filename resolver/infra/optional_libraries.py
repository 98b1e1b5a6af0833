"""Imports of optional libraries, which the extras of the package install."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from resolver.errors import SettingError


@contextmanager
def needs(extra: str) -> Iterator[None]:
    """Import libraries of an extra in the block. Raises SettingError with the pip command if one is missing."""
    try:
        yield
    except ImportError as error:
        install = f"pip install 'entity-name-resolver[{extra}]'"
        raise SettingError(f"{error.name or error} is not installed: {install}") from error
