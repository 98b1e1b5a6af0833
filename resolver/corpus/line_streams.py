"""Line streams between running programs: each line is passed on soon, and as a whole."""

from __future__ import annotations

import io
import select
import stat
import time
from collections import deque
from collections.abc import Iterator
from os import fstat
from typing import BinaryIO

MAX_WAIT_SECONDS = 0.2
"""Maximum time in seconds that an answer waits to be written together with others."""

LINES_PER_WRITE = 256
"""Number of lines that are written together."""

_READ_BYTES = 1 << 16


class StreamLineReader:
    """The lines of a file, a pipe or a terminal; it knows whether the next line has already arrived."""

    def __init__(self, file: BinaryIO) -> None:
        """Read from `file`, of which this object must be the only reader."""
        self._file = file
        self._waits = _may_wait(file)
        self._lines: deque[bytes] = deque()
        self._piece: list[bytes] = []
        self._ended = False
        self._begun: float | None = None

    def __iter__(self) -> Iterator[bytes]:
        """The lines, with their ends."""
        if not self._waits:
            yield from self._file
            return
        while True:
            while self._lines:
                yield self._lines.popleft()
            if self._ended:
                return
            self._read()

    def pause(self) -> bool:
        """Whether to write pending answers now: no line has arrived, and one has waited for MAX_WAIT_SECONDS."""
        if not self._waits:
            return False
        while not (self._lines or self._ended):
            now = time.monotonic()
            left = MAX_WAIT_SECONDS if self._begun is None else max(self._begun + MAX_WAIT_SECONDS - now, 0.0)
            if not select.select([self._file], [], [], left)[0]:
                self._begun = None
                return True
            self._read()
        return False

    def _read(self) -> None:
        """Read the data that have arrived, or wait for some."""
        block = self._file.read1(_READ_BYTES)  # type: ignore[attr-defined]
        if self._begun is None:
            self._begun = time.monotonic()
        *ended, rest = block.split(b"\n")
        for line in ended:
            self._lines.append(b"".join([*self._piece, line, b"\n"]))
            self._piece.clear()
        if rest:
            self._piece.append(rest)
        if not block:
            self._ended = True
            if self._piece:
                self._lines.append(b"".join(self._piece))


def _may_wait(file: BinaryIO) -> bool:
    """Whether reading may block on another program or a person, as far as can be told."""
    try:
        return not stat.S_ISREG(fstat(file.fileno()).st_mode) and bool(select.select([file], [], [], 0.0))
    except (OSError, ValueError, io.UnsupportedOperation):
        return False


class LineWriter:
    """Writes lines to a file, many at a time."""

    def __init__(self, file: BinaryIO) -> None:
        """Write to `file`."""
        self._file = file
        self._lines: list[bytes] = []

    def write(self, line: bytes) -> None:
        """Write a line, immediately or with later ones."""
        self._lines.append(line)
        if len(self._lines) == LINES_PER_WRITE:
            self.flush()

    def flush(self) -> None:
        """Write all pending lines."""
        if self._lines:
            self._file.write(b"".join(self._lines))
            self._file.flush()
            self._lines.clear()
