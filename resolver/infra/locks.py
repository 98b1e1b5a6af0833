"""Locks between processes, on files and folders that are there for another reason.

They are flock locks: advisory, and gone with the last process that has the file open, however it ends. The package
filelock does not serve: it locks a file that it makes and leaves behind, while these lock the thing itself. A folder
whose database is replaced must hold nothing but the database, a checkpoint is locked and read through one handle, and
what a killed process left half written is known by its missing lock.
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

POLL = 0.002
"""Seconds between two attempts to get a lock."""


def lock(handle: int, wait: float) -> bool:
    """Lock an open file or folder, waiting up to `wait` seconds for another process. False if it can have no lock.

    That is so on a system or file system without flock. Raises BlockingIOError when another process keeps the lock.
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
            time.sleep(POLL)
        except OSError:
            return False


@contextlib.contextmanager
def locked_folder(folder: Path, wait: float) -> Iterator[None]:
    """Hold the lock of a folder, which need only be readable. Without flock there is no lock, and no error.

    Raises BlockingIOError when another process keeps it for `wait` seconds, OSError when the folder cannot be opened.
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
    """The file `path`, made if missing, open for reading and writing and locked until it is closed.

    Raises BlockingIOError when another process keeps it for `wait` seconds, OSError when it cannot be written.
    """
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
    try:
        lock(file.fileno(), wait)
    except BlockingIOError:
        file.close()
        raise
    return file
