"""Atomic files: written beside their target, and renamed to it when complete."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from resolver.infra.locks import lock

SUFFIX = ".part"
"""The extension of a file that is being written."""


@contextmanager
def atomic_replacement(target: Path) -> Iterator[Path]:
    """A context manager that gives an empty file to write; it replaces `target` if the block ends without an exception.

    The new file gets the permissions of the old one. Files that killed processes left beside `target` are removed
    first. Raises OSError if the folder cannot be written.
    """
    _remove_leftovers(target)
    handle, aside = _make(target)
    try:
        yield aside
        put_in_place(aside, target)
    finally:
        aside.unlink(missing_ok=True)
        os.close(handle)


def put_in_place(aside: Path, target: Path) -> None:
    """Sync a complete file to disk and rename it to `target`, with the permissions of the file it replaces.

    Raises OSError.
    """
    aside.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
    handle = os.open(aside, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    aside.replace(target)


def _make(target: Path) -> tuple[int, Path]:
    """A handle and the path of a new file beside `target`; a lock marks it as being written."""
    while True:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=SUFFIX, dir=target.parent)
        if lock(handle, math.inf) and os.fstat(handle).st_nlink == 0:  # removed as a leftover before it was locked
            os.close(handle)
            continue
        return handle, Path(name)


def _remove_leftovers(target: Path) -> None:
    """Remove the unlocked part files beside `target`: their writers have ended."""
    with suppress(OSError):
        for path in target.parent.iterdir():
            if path.name.startswith(f".{target.name}.") and path.name.endswith(SUFFIX):
                _remove_unlocked(path)


def _remove_unlocked(path: Path) -> None:
    with suppress(OSError):
        handle = os.open(path, os.O_RDWR)
        try:
            if lock(handle, wait=0.0):
                path.unlink()
        finally:
            os.close(handle)


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
