"""The exceptions that users may see.

ResolverError
├── InputError       a file, record or value that cannot be read; names file, line and value
│   └── RecordError  one bad record; the rest of its file can be read
├── DatabaseError    a database that is not ours, newer, damaged, or built with other rules
│   └── InUseError   one that another process has been changing for too long
└── SettingError     a setting or an option with a value that makes no sense
"""

from __future__ import annotations

from pathlib import Path


class ResolverError(Exception):
    """The base of all errors raised on purpose by this package."""


class InputError(ResolverError):
    """A file, record or value that cannot be read."""

    def __init__(self, message: str, path: str | Path | None = None, line: int | None = None) -> None:
        place = "" if path is None else f"{path}: " if line is None else f"{path}:{line}: "
        super().__init__(place + message)
        self.path = path
        self.line = line
        self.reason = message


class RecordError(InputError):
    """One record that cannot be used, while the records around it can; `record` is its text."""

    def __init__(
        self, message: str, path: str | Path | None = None, line: int | None = None, record: str | None = None
    ) -> None:
        super().__init__(message, path, line)
        self.record = record


class DatabaseError(ResolverError):
    """A database file that cannot answer; the message says what to run."""


class InUseError(DatabaseError):
    """A database file that another process has been changing for too long."""


class SettingError(ResolverError):
    """A setting whose value makes no sense."""
