"""The exceptions of this package.

ResolverError
├── InputError       a file, record or value that cannot be read; the message names file, line and value
│   └── RecordError  one bad record; the rest of its file is read
├── DatabaseError    a database file that is missing, damaged, newer, of another program, or built by other rules
│   └── InUseError   a database that another process keeps locked for too long
└── SettingError     a setting or option with an invalid value
"""

from __future__ import annotations

from pathlib import Path


class ResolverError(Exception):
    """The base of all exceptions that this package raises."""


class InputError(ResolverError):
    """A file, record or value that cannot be read."""

    def __init__(self, message: str, path: str | Path | None = None, line: int | None = None) -> None:
        place = "" if path is None else f"{path}: " if line is None else f"{path}:{line}: "
        super().__init__(place + message)
        self.path = path
        self.line = line
        self.reason = message


class RecordError(InputError):
    """A record that cannot be used, while the records around it can; `record` is its text."""

    def __init__(
        self, message: str, path: str | Path | None = None, line: int | None = None, record: str | None = None
    ) -> None:
        super().__init__(message, path, line)
        self.record = record


class DatabaseError(ResolverError):
    """A database file that cannot be used; the message says which command helps."""


class InUseError(DatabaseError):
    """A database file that another process keeps locked for longer than we wait."""


class SettingError(ResolverError):
    """A setting or option with an invalid value."""
