"""Writing a file aside and putting it in place when it is whole, so that nobody ever sees half of one."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # not on this system: what a killed process has left stays
    fcntl = None  # type: ignore[assignment]


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """An empty file beside `target` to write to; it becomes `target` when the block ends without an exception.

    A file that `target` replaces hands its permissions on. What a process that was killed has left beside `target` is
    removed. Raises OSError when the folder cannot be written.
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
    """Make a whole file that was written beside `target` that file, with the permissions of what it replaces.

    It is on the disk before it has the name. Raises OSError.
    """
    aside.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
    handle = os.open(aside, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    aside.replace(target)


def locked(path: Path, patience: float) -> BinaryIO:
    """A file, made if it is not there, to read and write: open, and locked against other processes as long as it is.

    Waits `patience` seconds for a process that is ending. Raises BlockingIOError when another one has it, OSError when
    it cannot be written.
    """
    until = time.monotonic() + patience
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
    while fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > until:
                file.close()
                raise
            time.sleep(0.05)
        except OSError:  # a file system without locks
            break
    return file


def _make(target: Path) -> tuple[int, Path]:
    """A new file beside `target`, locked to say that somebody is writing it."""
    while True:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
        if fcntl is not None:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(handle, fcntl.LOCK_EX)
            if os.fstat(handle).st_nlink == 0:  # taken for a leftover before it was locked
                os.close(handle)
                continue
        return handle, Path(name)


def _remove_leftovers(target: Path) -> None:
    if fcntl is None:
        return
    with suppress(OSError):
        for path in target.parent.iterdir():
            if path.name.startswith(f".{target.name}.") and path.name.endswith(".part"):
                _remove_unlocked(path)


def _remove_unlocked(path: Path) -> None:
    with suppress(OSError):
        handle = os.open(path, os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        finally:
            os.close(handle)


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
