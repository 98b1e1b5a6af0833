"""Taking a rewriting back: beside a file of edits, FILE.undo says what each file was, and how to make it so again.

It is JSON lines: the splices of a file (where in the new bytes, how many, and what stood there, in base64), then the
file: its path, the SHA-256 of its bytes before and after, how many splices, and where else the old bytes may be.
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
from resolver.infra.atomic_files import written_aside

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Change:
    """A file that was rewritten. `copies` are files that had the old bytes: a backup, the input."""

    path: str
    before: str
    after: str
    splices: int | None
    """How many there are; None when the old bytes are in a copy only."""
    copies: tuple[str, ...] = ()
    backup: str = ""


@dataclass(frozen=True, slots=True)
class _Step:
    """A change, and where its splices begin in the file that says so."""

    change: Change
    place: int


def undo_path(edits: str) -> Path:
    """The file that says how to take back the edits in the file `edits`."""
    return Path(f"{edits}.undo")


def splice_line(splice: Splice) -> bytes:
    """A splice as a line of that file."""
    start, size, data = splice
    return json_line({"start": start, "length": size, "original": base64.b64encode(data).decode()})


def change_line(change: Change) -> bytes:
    """A change as a line of that file, behind its splices."""
    return json_line(asdict(change))


def hash_of(path: Path | str) -> str:
    """The SHA-256 of a file. Raises OSError."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def undo_edits(edits: str) -> tuple[int, int]:
    """Restore all files that a rewriting with `--edits` has changed: how many, and how many were so already.

    The backups of restored files are removed, and at the end the file that said how. Raises InputError, before anything
    is changed, when a file is no longer what the rewriting made of it, or its old bytes cannot be had any more.
    """
    source = undo_path(edits)
    try:
        file = source.open("rb")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}; it says how to take the edits back", source) from error
    with file:
        steps = list(_steps(file, source))
        waiting = [step for step in steps if _is_changed(step.change)]
        for step in waiting:
            _check(step, file)
        for step in waiting:
            with written_aside(Path(step.change.path)) as aside, aside.open("wb") as sink:
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
            value = json.loads(line)  # names of files may have lone surrogates, which orjson refuses
            if "original" in value:
                splices += 1
                continue
            change = Change(**{**value, "copies": tuple(value["copies"])})
            if change.splices not in (None, splices):
                raise ValueError
            yield _Step(change, begin)
            begin, splices = place, 0
        if splices:
            raise ValueError
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("does not say how to take edits back, or is damaged", source) from error


def _is_changed(change: Change) -> bool:
    """Whether a file is as the rewriting left it; not when it is restored already. Raises InputError when neither."""
    now = _hash_or_none(change.path)
    if now not in (change.before, change.after):
        why = "it is not there any more" if now is None else "it has changed since it was rewritten"
        raise InputError(f"{why}: nothing was restored", change.path)
    return now == change.after


def _check(step: _Step, file: BinaryIO) -> None:
    """Raise InputError unless the old bytes of a file can be had."""
    digest = hashlib.sha256()
    for block in _old_bytes(step, file):
        digest.update(block)
    if digest.hexdigest() != step.change.before:
        raise InputError("its old bytes cannot be had any more: nothing was restored", step.change.path)


def _old_bytes(step: _Step, file: BinaryIO) -> Iterator[bytes]:
    """The bytes of a file before it was rewritten, as far as they can be had."""
    change = step.change
    if change.splices is None:
        copy = next((path for path in change.copies if _hash_or_none(path) == change.before), None)
        if copy is not None:
            with Path(copy).open("rb") as old:
                yield from iter(lambda: old.read(_BLOCK), b"")
        return
    file.seek(step.place)
    with Path(change.path).open("rb") as new:
        for _ in range(change.splices):
            splice = orjson.loads(file.readline())
            yield from _blocks(new, splice["start"] - new.tell())
            new.seek(splice["length"], 1)
            yield base64.b64decode(splice["original"])
        yield from iter(lambda: new.read(_BLOCK), b"")


def _blocks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The next bytes of a file."""
    while size > 0 and (block := file.read(min(size, _BLOCK))):
        yield block
        size -= len(block)


def _hash_or_none(path: str) -> str | None:
    try:
        return hash_of(path)
    except OSError:
        return None
