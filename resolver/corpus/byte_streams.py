"""Bytes in and out: files, compressed or not by their extension, and the standard streams for "-"."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson

from resolver.errors import InputError
from resolver.infra.atomic_files import written_aside
from resolver.infra.compression import COMPRESSED, unpacked, zstd

STDIN = "-"

_BUFFER = 1 << 18


def display_name(path: str) -> str:
    """The name of an input in messages and in `doc`."""
    return "<stdin>" if path == STDIN else path


@contextmanager
def open_input(path: str) -> Iterator[BinaryIO]:
    """The bytes of a file, decompressed, or of standard input for "-". Raises InputError if they cannot be read.

    A compressed file that ends early, or is damaged, raises InputError once it is read so far.
    """
    if path == STDIN:
        if sys.stdin is None:
            raise InputError("standard input is closed")
        yield sys.stdin.buffer
        return
    try:
        file = Path(path).open("rb")  # noqa: SIM115
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path) from error
    with file:
        extension = Path(path).suffix.lower()
        if extension not in COMPRESSED:
            yield file
        else:
            with (
                unpacked(file, extension) as inner,
                io.BufferedReader(_CheckedArchive(inner, path), _BUFFER) as checked,
            ):
                yield checked


@contextmanager
def open_output(path: str | None) -> Iterator[BinaryIO]:
    """Bytes to a file that appears, or changes, only when all is written; to standard output for None or "-".

    They are compressed as the extension says, always to the same bytes.
    """
    if path is None or path == STDIN:
        if sys.stdout is None:
            raise InputError("standard output is closed")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    target = Path(path).resolve()
    if target.exists() and not target.is_file():  # a device, a pipe: nothing to put in its place
        try:
            with target.open("wb") as file, _packed(path, file) as packed:
                yield packed
        except (IsADirectoryError, PermissionError) as error:
            raise InputError(f"cannot be written: {error.strerror}", path) from error
        return
    try:
        with written_aside(target) as aside, aside.open("wb") as file, _packed(path, file) as packed:
            yield packed
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", path) from error


@contextmanager
def _packed(path: str, file: BinaryIO) -> Iterator[BinaryIO]:
    extension = Path(path).suffix.lower()
    if extension == ".gz":
        with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
            yield cast(BinaryIO, packed)
    elif extension == ".bz2":
        with bz2.BZ2File(file, "wb") as packed:
            yield cast(BinaryIO, packed)
    elif extension == ".zst":
        module = zstd()
        with module.ZstdFile(file, "wb", options={module.CompressionParameter.checksum_flag: 1}) as packed:
            yield cast(BinaryIO, packed)
    else:
        yield file


class _CheckedArchive(io.RawIOBase):
    """The decompressed contents of a file; InputError names the file if it is damaged."""

    def __init__(self, inner: BinaryIO, path: str) -> None:
        self._inner = inner
        self._path = path

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        try:
            data = self._inner.read(len(buffer))
        except EOFError as error:
            raise InputError("cannot be read: the compressed data end too early", self._path) from error
        except (OSError, zlib.error, zstd().ZstdError) as error:
            raise InputError(f"cannot be read: the compressed data are damaged ({error})", self._path) from error
        buffer[: len(data)] = data
        return len(data)


def json_line(value: Mapping[str, Any]) -> bytes:
    """A value as one line of JSON; lone surrogates, which UTF-8 cannot hold, are written as escapes."""
    try:
        return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
    except (TypeError, orjson.JSONEncodeError):
        return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
