"""Output files that are written part by part, if necessary in several runs, and get their names when complete."""

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
"""The name of the journal of a run in a folder of outputs, and its suffix beside a file."""


def is_stream(path: str) -> bool:
    """Whether a path is standard output, a device or a pipe, where written data cannot be taken back."""
    return path == STDIN or (Path(path).exists() and not Path(path).is_file() and not Path(path).is_dir())


def partial_path(target: Path) -> Path:
    """The file beside `target` that is written before it gets its name."""
    return target.with_name(f".{target.name}{_PARTIAL}")


def is_unfinished(path: Path) -> bool:
    """Whether a file is a partial file of an interrupted run."""
    return path.name.startswith(".") and path.name.endswith((_PARTIAL, JOURNAL))


@contextmanager
def naming(path: Path | str) -> Iterator[None]:
    """Raise InputError that names `path` if the block cannot write it."""
    try:
        yield
    except BrokenPipeError:
        raise
    except BlockingIOError as error:
        raise InputError("another process is writing it", path) from error
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror or error}", path) from error


class OutputStream:
    """Standard output, a device or a pipe: data cannot be taken back, and nothing is put in place."""

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
        """Flush the data."""
        with naming(self.name):
            self.file.flush()

    def cut(self, offset: int) -> None:
        """Do nothing: written data are gone."""

    def publish(self) -> None:
        """Flush the data, and close."""
        self.save()
        self.close()

    def close(self) -> None:
        """Close the stream unless it is standard output."""
        if self._path != STDIN:
            with suppress(OSError):
                self.file.close()

    def discard(self) -> None:
        """Close."""
        self.close()


class PartialFile:
    """A file beside `target` with the data so far; a later run continues from an offset in it."""

    def __init__(self, target: Path, at: int = 0, lock_seconds: float = 0.0) -> None:
        """Continue after the first `at` bytes.

        Raises InputError if it cannot be written, or if another process is still writing it after `lock_seconds`.
        """
        self.target = target
        self.name = str(target)
        self.path = partial_path(target)
        if target.is_dir():
            raise InputError("cannot be written: it is a folder", target)
        with naming(target):
            self.file = open_locked(self.path, lock_seconds)
            self.file.truncate(at)
            self.file.seek(at)

    @property
    def offset(self) -> int:
        """The number of bytes so far."""
        with naming(self.target):
            return self.file.tell()

    def write(self, data: bytes) -> None:
        """Write some bytes."""
        with naming(self.target):
            self.file.write(data)

    def save(self) -> None:
        """Sync the data to disk."""
        with naming(self.target):
            self.file.flush()
            os.fsync(self.file.fileno())

    def cut(self, offset: int) -> None:
        """Truncate the file to `offset` bytes."""
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
        """Close the file; data that cannot be written are lost."""
        with suppress(OSError):
            self.file.close()

    def discard(self) -> None:
        """Close and remove the file."""
        self.close()
        self.path.unlink(missing_ok=True)


def ready_path(target: Path) -> Path:
    """The file beside `target` that need only be renamed: the partial one, or that one compressed."""
    if target.suffix.lower() in COMPRESSED:
        return target.with_name(f".{target.stem}.packed{target.suffix}")
    return partial_path(target)


def packed(path: Path, target: Path) -> Path:
    """The complete file at `path`, compressed as the name of `target` says, in the file `ready_path(target)`."""
    ready = ready_path(target)
    if ready != path:
        with path.open("rb") as file, open_output(str(ready)) as sink:
            shutil.copyfileobj(file, sink, 1 << 20)
        path.unlink()
    return ready
