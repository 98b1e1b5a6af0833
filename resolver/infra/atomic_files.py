"""Files that appear whole: written beside their target and renamed when they are complete."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from resolver.infra.locks import lock

SUFFIX = ".part"
"""The extension of a file that is being written."""


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """An empty file beside `target` to write to; it replaces `target` when the block ends without an exception.

    The new file gets the permissions of the old one. Files that killed processes left beside `target` are removed
    first. Raises OSError when the folder cannot be written.
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
    """Rename a complete file to `target`, once it is on the disk, with the permissions of the file it replaces.

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
    """A new file beside `target`, locked as a sign that it is being written."""
    from tempfile import mkstemp  # not needed to read a file

    while True:
        handle, name = mkstemp(prefix=f".{target.name}.", suffix=SUFFIX, dir=target.parent)
        if lock(handle, math.inf) and os.fstat(handle).st_nlink == 0:  # removed as a leftover before it was locked
            os.close(handle)
            continue
        return handle, Path(name)


def _remove_leftovers(target: Path) -> None:
    """Remove the files beside `target` that nobody is writing any more."""
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
