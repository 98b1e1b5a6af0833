"""Showing what a rewriting changed, line by line."""

from __future__ import annotations

import difflib
from collections.abc import Iterator


def unified_diff(before: str, after: str, name: str) -> Iterator[str]:
    """The lines of a unified diff of two texts; a text that does not end in a line break gets the usual remark."""
    for line in difflib.unified_diff(_lines(before), _lines(after), f"a/{name}", f"b/{name}"):
        yield line if line.endswith("\n") else line + "\n\\ No newline at end of file\n"


def _lines(text: str) -> list[str]:
    """The lines of a text with their breaks; only a line feed ends one."""
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]
