"""Outputs that are written piece by piece, in more than one run if need be, and get their name when they are whole."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from resolver.corpus.byte_streams import STDIN, open_output
from resolver.errors import InputError
from resolver.infra.atomic_files import put_in_place
from resolver.infra.compression import COMPRESSED
from resolver.infra.locks import open_locked

_PARTIAL = ".partial"

JOURNAL = ".rewrite.journal"
"""The name of the journal of a run in a folder of outputs, and its extension beside a file."""

PATIENCE = 5.0
"""Seconds to wait for the processes of a run that was killed to end."""


def is_stream(path: str) -> bool:
    """Whether a path stands for standard output, a device or a pipe: what is written there is gone."""
    return path == STDIN or (Path(path).exists() and not Path(path).is_file() and not Path(path).is_dir())


def partial_path(target: Path) -> Path:
    """The file beside `target` that is written before it has its name."""
    return target.with_name(f".{target.name}{_PARTIAL}")


def is_unfinished(path: Path) -> bool:
    """Whether a file is what an interrupted run has left for the next one."""
    return path.name.startswith(".") and path.name.endswith((_PARTIAL, JOURNAL))


@contextmanager
def naming(path: Path | str) -> Iterator[None]:
    """Raise InputError that names `path` when it cannot be written."""
    try:
        yield
    except BrokenPipeError:
        raise
    except BlockingIOError as error:
        raise InputError("another process is writing it", path) from error
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", path) from error


class Stream:
    """Standard output, a device or a pipe. Nothing can be taken back, and there is nothing to put in place."""

    def __init__(self, path: str) -> None:
        """Write to `path`, "-" for standard output."""
        if path == STDIN and sys.stdout is None:
            raise InputError("standard output is closed")
        self._path = path
        self.name = "standard output" if path == STDIN else path
        with naming(path):
            self.file: BinaryIO = sys.stdout.buffer if path == STDIN else Path(path).open("wb")  # noqa: SIM115
        self.offset = 0

    def write(self, data: bytes) -> None:
        """Write some bytes."""
        with naming(self.name):
            self.file.write(data)
        self.offset += len(data)

    def save(self) -> None:
        """Hand on what was written."""
        with naming(self.name):
            self.file.flush()

    def cut(self, offset: int) -> None:
        """Do nothing: it is too late."""

    def publish(self) -> None:
        """Hand on what was written, and close."""
        self.save()
        self.close()

    def close(self) -> None:
        """Close what is not standard output."""
        if self._path != STDIN:
            with suppress(OSError):
                self.file.close()

    def discard(self) -> None:
        """Close."""
        self.close()


class PartialFile:
    """A file beside `target`. What was saved is there for a later run, which goes on from a place in it."""

    def __init__(self, target: Path, at: int = 0) -> None:
        """Go on behind the first `at` bytes. Raises InputError when it cannot be written, or is being written."""
        self.target = target
        self.name = str(target)
        self.path = partial_path(target)
        if target.is_dir():
            raise InputError("cannot be written: it is a folder", target)
        with naming(target):
            self.file = open_locked(self.path, PATIENCE)
            self.file.truncate(at)
            self.file.seek(at)

    @property
    def offset(self) -> int:
        """How many bytes there are."""
        with naming(self.target):
            return self.file.tell()

    def write(self, data: bytes) -> None:
        """Write some bytes."""
        with naming(self.target):
            self.file.write(data)

    def save(self) -> None:
        """See to it that what was written is on the disk."""
        with naming(self.target):
            self.file.flush()
            os.fsync(self.file.fileno())

    def cut(self, offset: int) -> None:
        """Take back what was written behind the first `offset` bytes."""
        with naming(self.target):
            self.file.seek(offset)
            self.file.truncate()

    def publish(self) -> None:
        """Put the file in place, compressed as its name says."""
        self.save()
        with naming(self.target):
            put_in_place(packed(self.path, self.target), self.target)
        self.close()

    def close(self) -> None:
        """Let go of the file; what cannot be written is lost."""
        with suppress(OSError):
            self.file.close()

    def discard(self) -> None:
        """Close and remove the file."""
        self.close()
        self.path.unlink(missing_ok=True)


def ready_path(target: Path) -> Path:
    """The file beside `target` that only needs its name: the partial one, or that one compressed."""
    if target.suffix.lower() in COMPRESSED:
        return target.with_name(f".{target.stem}.packed{target.suffix}")
    return partial_path(target)


def packed(path: Path, target: Path) -> Path:
    """The whole file at `path`, compressed as the name of `target` says, in the file `ready_path(target)`."""
    ready = ready_path(target)
    if ready != path:
        with path.open("rb") as file, open_output(str(ready)) as sink:
            shutil.copyfileobj(file, sink, 1 << 20)
        path.unlink()
    return ready
