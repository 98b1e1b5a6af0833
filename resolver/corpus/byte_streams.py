"""Byte streams: files, compressed or not by their extension, and the standard streams for "-"."""

from __future__ import annotations

import bz2
import gzip
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson

from resolver.errors import InputError
from resolver.infra.atomic_files import atomic_replacement
from resolver.infra.compression import COMPRESSED, unpacked, zstd

STDIN = "-"


def display_name(path: str) -> str:
    """The name of an input in messages and in `doc`."""
    return "<stdin>" if path == STDIN else path


@contextmanager
def open_input(path: str) -> Iterator[BinaryIO]:
    """A reader of the bytes of a file, decompressed, or of standard input for "-".

    Raises InputError if it cannot be read; for compressed data that are damaged or truncated, when that point is
    reached.
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
        if Path(path).suffix.lower() in COMPRESSED:
            with unpacked(file, Path(path)) as inner:
                yield inner
        else:
            yield file


@contextmanager
def open_output(path: str | None) -> Iterator[BinaryIO]:
    """A writer of a file, which appears or is replaced when all is written; of standard output for None or "-".

    The bytes are compressed as the extension says; equal input gives equal output bytes.
    """
    if path is None or path == STDIN:
        if sys.stdout is None:
            raise InputError("standard output is closed")
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    target = Path(path).resolve()
    if target.exists() and not target.is_file():  # a device or a pipe cannot be replaced
        try:
            with target.open("wb") as file, _packed(path, file) as packed:
                yield packed
        except (IsADirectoryError, PermissionError) as error:
            raise InputError(f"cannot be written: {error.strerror}", path) from error
        return
    try:
        with atomic_replacement(target) as aside, aside.open("wb") as file, _packed(path, file) as packed:
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


def json_line(value: Mapping[str, Any]) -> bytes:
    """A value as one line of JSON; lone surrogates, which UTF-8 cannot encode, are escaped."""
    try:
        return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
    except (TypeError, orjson.JSONEncodeError):
        return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
