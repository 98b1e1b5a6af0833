"""Flat arrays of numbers that the compiled modules read and write."""

from __future__ import annotations

import contextlib
import mmap
from array import array
from collections.abc import Mapping
from typing import Any, TypeAlias

Buffer: TypeAlias = Any
"""An array, memoryview or bytearray; the element type is documented where it is used."""

Buffers: TypeAlias = Mapping[str, Any]
"""Buffers by name."""


def zeros(code: str, count: int) -> array[Any]:
    """An array of `count` zeros; `code` is a type code of the module array."""
    return array(code, bytes(array(code).itemsize * count))


HUGE_PAGE_BYTES = 1 << 20
"""Minimum size in bytes of a buffer in huge pages, where the system has them."""


def spread(size: int) -> memoryview:
    """A buffer of `size` zero bytes for random access: in huge pages, if large, for fewer TLB misses."""
    if size < HUGE_PAGE_BYTES or not hasattr(mmap, "MAP_ANONYMOUS"):
        return memoryview(bytearray(size))
    pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with contextlib.suppress(OSError):
            pages.madvise(mmap.MADV_HUGEPAGE)
    return memoryview(pages)


def spread_zeros(code: str, count: int) -> Buffer:
    """`count` zeros of type `code` for random access; see `spread`."""
    return spread(array(code).itemsize * count).cast(code)  # type: ignore[call-overload]


def shared_zeros(code: str, count: int) -> Buffer:
    """`count` zeros of type `code` in memory that this process shares with its forked children."""
    size = array(code).itemsize * count
    pages = mmap.mmap(-1, size)
    return memoryview(pages).cast(code)  # type: ignore[call-overload]
