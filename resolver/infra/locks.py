"""Locks between processes, on files and folders that exist for another purpose.

They are flock locks: advisory, and released when the last process that has the file open closes it or ends. The package
filelock does not fit: it creates a lock file of its own and leaves it behind. Here the thing itself is locked: the
folder of a database that is replaced must hold nothing but the database, a checkpoint is locked and read through one
handle, and a part file without a lock is known to be a leftover.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # not a Unix system
    fcntl = None  # type: ignore[assignment]

POLL_SECONDS = 0.002
"""Seconds between two attempts to get a lock."""


def lock(handle: int, wait: float) -> bool:
    """Lock an open file or folder, waiting up to `wait` seconds. False if it cannot be locked.

    It cannot on a system or file system without flock. Raises BlockingIOError if another process holds the lock for
    longer.
    """
    if fcntl is None:
        return False
    end = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > end:
                raise
            time.sleep(POLL_SECONDS)
        except OSError:
            return False


@contextlib.contextmanager
def locked_folder(folder: Path, wait: float) -> Iterator[None]:
    """Hold the lock of a folder, which need only be readable, in the block. Without flock nothing is locked.

    Raises BlockingIOError if another process holds the lock for `wait` seconds, OSError if the folder cannot be opened.
    """
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        lock(handle, wait)
        yield
    finally:
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_UN)  # closing is not enough: a child forked meanwhile has the handle too
        os.close(handle)


def open_locked(path: Path, wait: float) -> BinaryIO:
    """The file `path`, created if missing, open for reading and writing, and locked until it is closed.

    Raises BlockingIOError if another process holds the lock for `wait` seconds, OSError if the file cannot be written.
    """
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
    try:
        lock(file.fileno(), wait)
    except BlockingIOError:
        file.close()
        raise
    return file
