"""Compressed files: which ones are by their extension, and what is in them."""

from __future__ import annotations

import bz2
import gzip
import importlib
import sys
from typing import Any, BinaryIO, cast

COMPRESSED = (".gz", ".bz2", ".zst")
"""The extensions of compressed files, which are named by what comes before."""


def zstd() -> Any:  # noqa: ANN401
    """The module for Zstandard, which the standard library has from Python 3.14 on."""
    return importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


def unpacked(file: BinaryIO, extension: str) -> BinaryIO:
    """The bytes that were compressed, of a file with one of the extensions COMPRESSED."""
    if extension == ".gz":
        return cast(BinaryIO, gzip.GzipFile(fileobj=file))
    return cast(BinaryIO, bz2.BZ2File(file) if extension == ".bz2" else zstd().ZstdFile(file))
