"""Lines in and out of programs that are still running: handed on soon, and always whole."""

from __future__ import annotations

import io
import select
import stat
import time
from collections import deque
from collections.abc import Iterator
from os import fstat
from typing import BinaryIO

PATIENCE = 0.2
"""Seconds that an answer waits at most for others to be written with it."""

WRITTEN = 256
"""How many lines are written together."""

_BLOCK = 1 << 16


class LinesIn:
    """The lines of a file, a pipe or a terminal, of which it is known whether the next one is there already."""

    def __init__(self, file: BinaryIO) -> None:
        """Read from `file`, which nobody else reads from."""
        self._file = file
        self._waits = _may_wait(file)
        self._lines: deque[bytes] = deque()
        self._piece: list[bytes] = []
        self._ended = False
        self._begun: float | None = None

    def __iter__(self) -> Iterator[bytes]:
        """The lines with their ends."""
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
        """Whether to write what there is: no line has come, and the first one since the last pause is long ago."""
        if not self._waits:
            return False
        while not (self._lines or self._ended):
            now = time.monotonic()
            left = PATIENCE if self._begun is None else max(self._begun + PATIENCE - now, 0.0)
            if not select.select([self._file], [], [], left)[0]:
                self._begun = None
                return True
            self._read()
        return False

    def _read(self) -> None:
        """Take in what has come, or wait for something to come."""
        block = self._file.read1(_BLOCK)  # type: ignore[attr-defined]
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
    """Whether reading may have to wait for another program or a person, as far as can be told."""
    try:
        return not stat.S_ISREG(fstat(file.fileno()).st_mode) and bool(select.select([file], [], [], 0.0))
    except (OSError, ValueError, io.UnsupportedOperation):
        return False


class LinesOut:
    """Writes lines to a file, many at once."""

    def __init__(self, file: BinaryIO) -> None:
        """Write to `file`."""
        self._file = file
        self._lines: list[bytes] = []

    def write(self, line: bytes) -> None:
        """Write a line, now or a little later."""
        self._lines.append(line)
        if len(self._lines) == WRITTEN:
            self.flush()

    def flush(self) -> None:
        """Write what has not been written yet."""
        if self._lines:
            self._file.write(b"".join(self._lines))
            self._file.flush()
            self._lines.clear()
