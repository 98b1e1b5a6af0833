"""Compressed files: gzip, bzip2, Zstandard, and ZIP archives that hold one file. The extension says which."""

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
"""Extensions of compressed files; what stands before them is the name of the file inside."""

ZIP = ".zip"

READ_BUFFER = 1 << 18
"""Bytes read from a file at a time."""

_NAMES_SHOWN = 10
"""Names of an archive's files in an error message, at most."""


def zstd() -> Any:  # noqa: ANN401
    """The module for Zstandard: of the standard library from Python 3.14 on, else its backport."""
    return importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


@contextmanager
def unpacked(file: BinaryIO, path: Path) -> Iterator[BinaryIO]:
    """A reader of the uncompressed bytes of `file`, the open file `path`, in bounded memory.

    A file whose extension is not of a compressed one is read as it is. Raises InputError, also from the reader's
    methods, for compressed data that are damaged or end too early and for a ZIP archive without the one file.
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
        yield stack.enter_context(io.BufferedReader(_UnpackedFile(inner, path), READ_BUFFER))


def inner_name(path: Path) -> str:
    """The name of the file inside a compressed one; of another file, its own name. Raises InputError as `unpacked`."""
    extension = path.suffix.lower()
    if extension == ZIP:
        with errors_named(path), zipfile.ZipFile(path) as archive:
            return _only_member(archive, path).filename
    return path.stem if extension in COMPRESSED else path.name


@contextmanager
def errors_named(path: Path) -> Iterator[None]:
    """Raise InputError that names `path` in place of any error in reading or unpacking it."""
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
    """The file in a ZIP archive: the only one, or the one with the archive's own name."""
    files = [member for member in archive.infolist() if not member.is_dir()]
    if len(files) != 1:
        files = [member for member in files if PurePath(member.filename).stem == path.stem]
    if len(files) != 1:
        names = ", ".join(sorted(archive.namelist())[:_NAMES_SHOWN])
        raise InputError(f"one file is expected in it, or one named {path.stem}: it has {names}", path)
    return files[0]


class _UnpackedFile(io.RawIOBase):
    """A file inside a compressed one; InputError names the outer file."""

    def __init__(self, inner: BinaryIO, path: Path) -> None:
        self._inner = cast(io.BufferedIOBase, inner)
        self._path = path

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        with errors_named(self._path):
            return self._inner.readinto(buffer)
