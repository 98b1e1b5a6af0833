"""The bytes of a source, unpacked as they are read: plain files, .gz, .bz2, .zst, and .zip with one file in it."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePath
from typing import Any, BinaryIO, cast

from resolver.errors import InputError
from resolver.infra.compression import COMPRESSED, unpacked, zstd

BUFFER = 1 << 18


class Archive:
    """A file that may be compressed; reading it counts the bytes it has on the disk, and makes their digest."""

    def __init__(self, path: Path) -> None:
        """Name the file."""
        self.path = path
        self.read = 0
        """How many of its bytes have been read so far; of a .zip, how many its unpacked ones took."""
        self._digest = hashlib.sha256()

    @property
    def size(self) -> int:
        """How many bytes the file has, as far as is known before it is read."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    @property
    def sha256(self) -> str:
        """The SHA-256 of the bytes read so far."""
        return self._digest.hexdigest()

    def inner_name(self) -> str:
        """The name of the file inside. Raises InputError for a .zip that cannot be read."""
        if self.path.suffix.lower() == ".zip":
            with self._reading(), zipfile.ZipFile(self.path) as archive:
                return self._member(archive).filename
        return self.path.stem if self.path.suffix.lower() in COMPRESSED else self.path.name

    def head(self, size: int) -> bytes:
        """The first bytes, unpacked; none of what is no file (a pipe can be read only once)."""
        if self.path.exists() and not self.path.is_file():
            return b""
        with Archive(self.path).open(whole=False) as file:
            return file.read(size)

    @contextmanager
    def open(self, whole: bool = True) -> Iterator[BinaryIO]:
        """The unpacked bytes; when they have been read as a `whole`, `sha256` is that of the file.

        Raises InputError for what cannot be read, and while reading for data that are damaged or end too early.
        """
        self.read, self._digest = 0, hashlib.sha256()
        with ExitStack() as stack:
            with self._reading():
                raw = stack.enter_context(_Counted(self, stack.enter_context(self.path.open("rb", buffering=0))))
                extension = self.path.suffix.lower()
                if extension == ".zip":
                    inner = self._unzipped(stack)
                elif extension in COMPRESSED:
                    file = cast(BinaryIO, io.BufferedReader(raw, BUFFER))
                    inner = stack.enter_context(unpacked(file, extension))
                else:
                    inner = cast(BinaryIO, raw)
            yield stack.enter_context(io.BufferedReader(_Checked(self, inner), BUFFER))
            if whole:
                while raw.read(BUFFER):  # what follows the compressed data counts too
                    pass

    def _unzipped(self, stack: ExitStack) -> BinaryIO:
        archive = stack.enter_context(zipfile.ZipFile(self.path))
        member = self._member(archive)
        share = member.compress_size / max(member.file_size, 1)
        return cast(BinaryIO, _Unzipped(self, stack.enter_context(archive.open(member)), share))

    def _member(self, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
        """The file in a .zip: the only one, or the one named as the archive is."""
        files = [member for member in archive.infolist() if not member.is_dir()]
        if len(files) != 1:
            files = [member for member in files if PurePath(member.filename).stem == self.path.stem]
        if len(files) != 1:
            names = ", ".join(sorted(archive.namelist())[:10])
            raise InputError(f"one file is expected in it, or one named {self.path.stem}: it has {names}", self.path)
        return files[0]

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Says what is wrong with an archive in an InputError."""
        try:
            yield
        except EOFError as error:
            raise InputError("cannot be read: the compressed data end too early", self.path) from error
        except (zlib.error, zipfile.BadZipFile, gzip.BadGzipFile, zstd().ZstdError) as error:
            raise InputError(f"cannot be read: the compressed data are damaged ({error})", self.path) from error
        except (NotImplementedError, RuntimeError) as error:  # of zipfile: encrypted, or packed in a rare way
            raise InputError(f"cannot be read: {error}", self.path) from error
        except OSError as error:
            reason = error.strerror or f"the compressed data are damaged ({error})"
            raise InputError(f"cannot be read: {reason}", self.path) from error


class _Wrapped(io.RawIOBase):
    """Bytes that pass from another file, with an eye on them."""

    def __init__(self, archive: Archive, inner: Any) -> None:  # noqa: ANN401
        self._archive = archive
        self._inner = inner

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        count: int = self._inner.readinto(buffer)
        self._look(memoryview(buffer)[:count])
        return count

    def _look(self, data: memoryview) -> None:
        """Take note of bytes that pass."""


class _Counted(_Wrapped):
    def _look(self, data: memoryview) -> None:
        self._archive.read += len(data)
        self._archive._digest.update(data)


class _Unzipped(_Wrapped):
    def __init__(self, archive: Archive, inner: Any, share: float) -> None:  # noqa: ANN401
        super().__init__(archive, inner)
        self._share = share
        self._unpacked = 0

    def _look(self, data: memoryview) -> None:
        self._unpacked += len(data)
        self._archive.read = int(self._unpacked * self._share)


class _Checked(_Wrapped):
    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        with self._archive._reading():
            return super().readinto(buffer)
