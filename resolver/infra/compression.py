"""Compressed files, by extension: gzip, bzip2, Zstandard, and ZIP archives that hold one file."""

from __future__ import annotations

import bz2
import gzip
import importlib
import io
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePath
from typing import Any, BinaryIO, cast

from resolver.errors import InputError

COMPRESSED = (".gz", ".bz2", ".zst")
"""Extensions of compressed files; the name without the extension is that of the file inside."""

ZIP = ".zip"

READ_BUFFER_BYTES = 1 << 18
"""Size of a read from a file, in bytes."""

_MAX_NAMES_SHOWN = 10
"""Maximum number of file names of an archive in an error message."""


def zstd() -> Any:  # noqa: ANN401
    """The Zstandard module: the standard library's from Python 3.14 on, otherwise its backport."""
    return importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


@contextmanager
def unpacked(file: BinaryIO, path: Path) -> Iterator[BinaryIO]:
    """A context manager that gives a reader of the uncompressed bytes of `file`, opened from `path`. Memory is bounded.

    A file without an extension of compression is read as is. Raises InputError, also from the reader's methods, if the
    compressed data are damaged or truncated, and for a ZIP archive that does not hold one file.
    """
    extension = path.suffix.lower()
    with ExitStack() as stack:
        with errors_named(path):
            inner: Any = file
            if extension == ".gz":
                inner = stack.enter_context(gzip.GzipFile(fileobj=file))
            elif extension == ".bz2":
                inner = stack.enter_context(bz2.BZ2File(file))
            elif extension == ".zst":
                inner = stack.enter_context(zstd().ZstdFile(file))
            elif extension == ZIP:
                archive = stack.enter_context(zipfile.ZipFile(file))
                inner = stack.enter_context(archive.open(_only_member(archive, path)))
        yield stack.enter_context(io.BufferedReader(_UnpackedFile(inner, path), READ_BUFFER_BYTES))


def inner_name(path: Path) -> str:
    """The name of the file inside a compressed one, or the file's own name. Raises InputError as `unpacked` does."""
    extension = path.suffix.lower()
    if extension == ZIP:
        with errors_named(path), zipfile.ZipFile(path) as archive:
            return _only_member(archive, path).filename
    return path.stem if extension in COMPRESSED else path.name


@contextmanager
def errors_named(path: Path) -> Iterator[None]:
    """Turn any error of reading or decompression in the block into an InputError that names `path`."""
    try:
        yield
    except EOFError as error:
        raise InputError("cannot be read: the compressed data end too early", path) from error
    except (zlib.error, zipfile.BadZipFile, gzip.BadGzipFile, zstd().ZstdError) as error:
        raise InputError(f"cannot be read: the compressed data are damaged ({error})", path) from error
    except (NotImplementedError, RuntimeError) as error:  # zipfile: encrypted, or an unsupported method
        raise InputError(f"cannot be read: {error}", path) from error
    except OSError as error:
        reason = error.strerror or f"the compressed data are damaged ({error})"
        raise InputError(f"cannot be read: {reason}", path) from error


def _only_member(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    """The file in a ZIP archive: the only one, or the one named like the archive."""
    files = [member for member in archive.infolist() if not member.is_dir()]
    if len(files) != 1:
        files = [member for member in files if PurePath(member.filename).stem == path.stem]
    if len(files) != 1:
        names = ", ".join(sorted(archive.namelist())[:_MAX_NAMES_SHOWN])
        raise InputError(f"the archive must hold one file, or one named {path.stem}; it holds {names}", path)
    return files[0]


class _UnpackedFile(io.RawIOBase):
    """A reader of the file inside a compressed one; its InputErrors name the outer file."""

    def __init__(self, inner: BinaryIO, path: Path) -> None:
        self._inner = cast(io.BufferedIOBase, inner)
        self._path = path

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        with errors_named(self._path):
            return self._inner.readinto(buffer)
