"""The journal of a run: its checkpoints, from the last of which an interrupted run is resumed.

It is a file of JSON lines. The first line has a fingerprint of the run: the request, and the table. Each other line is
a checkpoint, written when everything before it is on disk. An incomplete last line, left by a crash, is ignored.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from resolver.corpus.byte_streams import json_line
from resolver.corpus.runs.partial_files import naming
from resolver.infra.locks import open_locked

Signature = tuple[int, int]
"""The size of a file and the time of its last change, in nanoseconds: equal if the file is unchanged."""


def signature(path: Path | str) -> Signature:
    """The signature of a file as it is now. Raises OSError."""
    stat = Path(path).stat()
    return stat.st_size, stat.st_mtime_ns


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of a run; from `own_edits` on, those of the current file."""

    files: int = 0
    changed: int = 0
    edits: int = 0
    rejected: int = 0
    unreadable: int = 0
    """Files that were rejected as a whole; they are also counted in `rejected`."""
    rows: int = 0
    """Rows of the report."""
    own_edits: int = 0
    own_changes: int = 0
    """Units whose bytes have changed."""
    splices: int = 0
    points: int = 0
    """Code points in its standoff."""
    marks: int = 0
    """Mentions marked there."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a run.

    Offsets are by output; `begun` and `counts_begun` are those at the start of the current file.
    """

    number: int = 0
    """The number of the current file, from 0; those before it are finished."""
    parts: int = 0
    """The number of its finished parts."""
    own: Mapping[str, int] = field(default_factory=dict)
    """The sizes of its own outputs."""
    offsets: Mapping[str, int] = field(default_factory=dict)
    """The sizes of the outputs that all files share."""
    begun: Mapping[str, int] = field(default_factory=dict)
    counts: Counts = Counts()
    counts_begun: Counts = Counts()
    input: Signature | None = None
    """The signature of the current file."""
    whole: bool = False
    """Whether its outputs are complete and being put in place."""
    saving: str = ""
    """The time at which saving the answers of the run began, after all files were finished; it identifies them."""
    done: tuple[Signature, ...] = ()
    """The files finished since the preceding checkpoint; in a journal that was read, all of them."""


class Journal:
    """Reads and writes the checkpoints of a run; while open, it is locked against other processes."""

    def __init__(self, path: Path, fingerprint: str, in_place: bool, lock_seconds: float) -> None:
        """Open the file at the first read or write; `in_place` says whether the run rewrites files in place."""
        self.path = path
        self.in_place = in_place
        """Whether this run, or the one whose journal was read, rewrites in place."""
        self._fingerprint = fingerprint
        self._lock_seconds = lock_seconds
        self._file: BinaryIO | None = None

    def read(self) -> Checkpoint | str | None:
        """The last checkpoint with all finished files, None if there is none, or the reason why it cannot be used.

        An incomplete last line is removed. Raises InputError if another process has the journal open.
        """
        if not self.path.is_file():
            return None
        with naming(self.path):
            file = self._open()
            data = file.read()
            end = data.rfind(b"\n") + 1
            file.truncate(end)
            file.seek(end)
        try:
            head, *checkpoints = (orjson.loads(line) for line in data[:end].splitlines())
            self.in_place = head["in_place"]
            if head["fingerprint"] != self._fingerprint:
                return "its request, table or program version differs"
            if not checkpoints:
                return None
            done = tuple((size, time) for checkpoint in checkpoints for size, time in checkpoint["done"])
            return _checkpoint(checkpoints[-1], done)
        except (ValueError, KeyError, TypeError):
            return "its journal is damaged"

    def add(self, checkpoint: Checkpoint) -> None:
        """Write and sync a checkpoint."""
        with naming(self.path):
            file = self._open()
            if not file.tell():
                file.write(json_line({"fingerprint": self._fingerprint, "in_place": self.in_place}))
            file.write(json_line(asdict(checkpoint)))
            file.flush()
            os.fsync(file.fileno())

    def remove(self) -> None:
        """Remove the file; the next checkpoint is the first one of a new run."""
        with naming(self.path):
            self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            self._file = None

    def _open(self) -> BinaryIO:
        if self._file is None:
            self._file = open_locked(self.path, self._lock_seconds)
        return self._file


def _checkpoint(value: dict[str, Any], done: tuple[Signature, ...]) -> Checkpoint:
    now, counts, begun = value["input"], Counts(**value["counts"]), Counts(**value["counts_begun"])
    size_and_time = (now[0], now[1]) if now else None
    return Checkpoint(**{**value, "input": size_and_time, "counts": counts, "counts_begun": begun, "done": done})
