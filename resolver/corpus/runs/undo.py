"""Undoing a run: FILE.undo, beside a file of edits, has what is needed to restore each file.

It is JSON lines: the splices of a file (offset and length in the new bytes, and the old bytes in base64), then the file
itself: its path, the SHA-256 of its bytes before and after, the number of its splices, and the files that may still
have the old bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import orjson

from resolver.corpus.byte_streams import json_line
from resolver.corpus.runs.reverse_patches import Splice
from resolver.errors import InputError
from resolver.infra.atomic_files import atomic_replacement

_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that was rewritten; `copies` are the files that had its old bytes: a backup, the input."""

    path: str
    before: str
    after: str
    splices: int | None
    """The number of its splices; None if only a copy has the old bytes."""
    copies: tuple[str, ...] = ()
    backup: str = ""


@dataclass(frozen=True, slots=True)
class _Step:
    """A change, and where its splices begin in the undo file."""

    change: FileChange
    place: int


def undo_path(edits: str) -> Path:
    """The undo file of a file of edits."""
    return Path(f"{edits}.undo")


def splice_line(splice: Splice) -> bytes:
    """A splice as a line of the undo file."""
    start, size, data = splice
    return json_line({"start": start, "length": size, "original": base64.b64encode(data).decode()})


def change_line(change: FileChange) -> bytes:
    """A change as a line of the undo file; it follows its splices."""
    return json_line(asdict(change))


def hash_of(path: Path | str) -> str:
    """The SHA-256 of a file. Raises OSError."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def undo_edits(edits: str) -> tuple[int, int]:
    """Restore all files that a run with this file of edits has changed.

    Returns the numbers of restored files, and of files that had their old bytes already. The backups of restored files
    are removed, and then the undo file. Raises InputError, before anything is changed, if a file has changed since the
    run, or its old bytes are lost.
    """
    source = undo_path(edits)
    try:
        file = source.open("rb")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}; it is needed to undo the edits", source) from error
    with file:
        steps = list(_steps(file, source))
        waiting = [step for step in steps if _is_changed(step.change)]
        for step in waiting:
            _check(step, file)
        for step in waiting:
            with atomic_replacement(Path(step.change.path)) as aside, aside.open("wb") as sink:
                for block in _old_bytes(step, file):
                    sink.write(block)
    for step in steps:
        if step.change.backup and _hash_or_none(step.change.backup) == step.change.before:
            Path(step.change.backup).unlink()
    source.unlink()
    return len(waiting), len(steps) - len(waiting)


def _steps(file: BinaryIO, source: Path) -> Iterator[_Step]:
    place = file.tell()
    begin, splices = place, 0
    try:
        for line in file:
            place += len(line)
            value = json.loads(line)  # file names may have lone surrogates, which orjson rejects
            if "original" in value:
                splices += 1
                continue
            change = FileChange(**{**value, "copies": tuple(value["copies"])})
            if change.splices not in (None, splices):
                raise ValueError
            yield _Step(change, begin)
            begin, splices = place, 0
        if splices:
            raise ValueError
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("not an undo file, or damaged", source) from error


def _is_changed(change: FileChange) -> bool:
    """Whether a file is as the run left it; False if it has its old bytes already. Raises InputError otherwise."""
    now = _hash_or_none(change.path)
    if now not in (change.before, change.after):
        why = "it no longer exists" if now is None else "it has changed since it was rewritten"
        raise InputError(f"{why}: nothing was restored", change.path)
    return now == change.after


def _check(step: _Step, file: BinaryIO) -> None:
    """Raise InputError unless the old bytes of a file can be restored."""
    digest = hashlib.sha256()
    for block in _old_bytes(step, file):
        digest.update(block)
    if digest.hexdigest() != step.change.before:
        raise InputError("its old bytes are lost: nothing was restored", step.change.path)


def _old_bytes(step: _Step, file: BinaryIO) -> Iterator[bytes]:
    """The bytes of a file before it was rewritten, in blocks; too few if they are lost."""
    change = step.change
    if change.splices is None:
        copy = next((path for path in change.copies if _hash_or_none(path) == change.before), None)
        if copy is not None:
            with Path(copy).open("rb") as old:
                yield from iter(lambda: old.read(_BLOCK_BYTES), b"")
        return
    file.seek(step.place)
    with Path(change.path).open("rb") as new:
        for _ in range(change.splices):
            splice = orjson.loads(file.readline())
            yield from _blocks(new, splice["start"] - new.tell())
            new.seek(splice["length"], 1)
            yield base64.b64decode(splice["original"])
        yield from iter(lambda: new.read(_BLOCK_BYTES), b"")


def _blocks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The next `size` bytes of a file, in blocks."""
    while size > 0 and (block := file.read(min(size, _BLOCK_BYTES))):
        yield block
        size -= len(block)


def _hash_or_none(path: str) -> str | None:
    try:
        return hash_of(path)
    except OSError:
        return None
