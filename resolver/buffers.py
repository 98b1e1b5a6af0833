"""Flat arrays of numbers, as the compiled modules read and write them."""

from __future__ import annotations

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
