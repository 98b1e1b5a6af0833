"""Source files, compressed or not: their uncompressed bytes, with the number and digest of the bytes read so far."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from resolver.infra.compression import READ_BUFFER_BYTES, ZIP, errors_named, inner_name, unpacked


class Archive:
    """A source file, compressed (.gz, .bz2, .zst, or .zip with one file in it) or not."""

    def __init__(self, path: Path) -> None:
        """Set the path; `open` opens the file."""
        self.path = path
        self._digest = hashlib.sha256()
        self._position: Callable[[], int] = lambda: 0

    @property
    def size(self) -> int:
        """Size of the file in bytes; 0 if unknown, as for a pipe."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    @property
    def bytes_read(self) -> int:
        """Number of bytes of the (compressed) file read so far. Valid only while it is open."""
        return self._position()

    @property
    def sha256(self) -> str:
        """The SHA-256, in hexadecimal, of the bytes of the file read so far."""
        return self._digest.hexdigest()

    def inner_name(self) -> str:
        """The name of the file inside. Raises InputError for an unreadable .zip."""
        return inner_name(self.path)

    def head(self, size: int) -> bytes:
        """The first `size` uncompressed bytes; none for a pipe or device, which can be read only once."""
        if self.path.exists() and not self.path.is_file():
            return b""
        with Archive(self.path).open(whole=False) as file:
            return file.read(size)

    @contextmanager
    def open(self, whole: bool = True) -> Iterator[BinaryIO]:
        """A reader of the uncompressed bytes. With `whole`, `sha256` covers the whole file after the block.

        Raises InputError if the file cannot be read, and while reading if the data are damaged or truncated.
        """
        self._digest = hashlib.sha256()
        with ExitStack() as stack:
            with errors_named(self.path):
                raw = _DigestedFile(stack.enter_context(self.path.open("rb", buffering=0)), self._digest)
                file = cast(BinaryIO, io.BufferedReader(raw, READ_BUFFER_BYTES))
                self._position = lambda: raw.count
                if self.path.suffix.lower() == ZIP:  # read from its end first: not by the handle of the digest
                    file = stack.enter_context(self.path.open("rb"))
                    self._position = file.tell
            yield stack.enter_context(unpacked(file, self.path))
            if whole:
                while raw.read(READ_BUFFER_BYTES):  # bytes after the compressed data are part of the file too
                    pass


class _DigestedFile(io.RawIOBase):
    """A file that counts and digests its bytes as they are read."""

    def __init__(self, file: io.RawIOBase, digest: Any) -> None:  # noqa: ANN401
        self._file = file
        self._digest = digest
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        count: int = self._file.readinto(buffer)
        self._digest.update(memoryview(buffer)[:count])
        self.count += count
        return count
