"""Flat arrays of numbers, as the compiled modules read and write them."""

from __future__ import annotations

import contextlib
import mmap
from array import array
from collections.abc import Mapping
from typing import Any, TypeAlias

Buffer: TypeAlias = Any
"""An array, a memoryview or a bytearray, of the element type that is said where it is used."""

Buffers: TypeAlias = Mapping[str, Any]
"""Several by name."""


def zeros(code: str, count: int) -> array[Any]:
    """An array of so many zeros, with a type code as the module array has them."""
    return array(code, bytes(array(code).itemsize * count))


LARGE = 1 << 20
"""Buffers of so many bytes and more lie in large pages, where the system has them."""


def spread(size: int) -> memoryview:
    """So many zero bytes that are read and written all over: in large pages, which the processor finds sooner."""
    if size < LARGE or not hasattr(mmap, "MAP_ANONYMOUS"):
        return memoryview(bytearray(size))
    pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with contextlib.suppress(OSError):
            pages.madvise(mmap.MADV_HUGEPAGE)
    return memoryview(pages)


def spread_zeros(code: str, count: int) -> Buffer:
    """The same as so many zeros of a type code."""
    return spread(array(code).itemsize * count).cast(code)  # type: ignore[call-overload]


def shared_zeros(code: str, count: int) -> Buffer:
    """So many zeros that this process and those forked from it read and write alike, where processes can share any."""
    size = array(code).itemsize * count
    pages = mmap.mmap(-1, size)
    return memoryview(pages).cast(code)  # type: ignore[call-overload]
