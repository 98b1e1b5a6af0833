"""The inputs of a run: files, folders, patterns and standard input, as a list of files in a fixed order."""

from __future__ import annotations

import codecs
import glob
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from resolver.corpus.byte_streams import STDIN, display_name
from resolver.corpus.formats import EXTENSIONS
from resolver.corpus.runs.partial_files import is_unfinished
from resolver.errors import InputError
from resolver.infra.compression import COMPRESSED

SNIFFED_BYTES = 8192
"""Number of bytes at the beginning of a file of unknown kind by which it is judged to be text or binary."""

_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file to read, or "-", and its place in the tree of outputs."""

    path: str
    place: PurePath


def find_inputs(arguments: Sequence[str], backup: str, skipped: Callable[[str], object]) -> list[InputFile]:
    """The files that the arguments name, in order; those below a folder are sorted by path.

    An argument that is not a file may be a pattern (`*`, `?`, `[...]`, `**` for folders). A single folder or pattern
    keeps its tree; with several arguments, each becomes a tree under its own name. In folders, hidden files, backups
    (with the suffix `backup`) and binary files of an unknown kind are skipped, and `skipped` is called with a message
    for each. Raises InputError for an argument that names no file.
    """
    alone = len(arguments) == 1
    return [found for argument in arguments for found in _find(argument, alone, backup, skipped)]


def is_tree(argument: str) -> bool:
    """Whether an argument may stand for several files."""
    return argument != STDIN and not Path(argument).is_file() and (Path(argument).is_dir() or _is_pattern(argument))


def root_of(argument: str) -> Path:
    """The folder that is searched for an argument that is a folder or a pattern."""
    if Path(argument).is_dir():
        return Path(argument)
    fixed = []
    for part in Path(argument).parts[:-1]:
        if glob.has_magic(part):
            break
        fixed.append(part)
    return Path(*fixed)


def _is_pattern(argument: str) -> bool:
    return glob.has_magic(argument) and not Path(argument).exists()


def _find(argument: str, alone: bool, backup: str, skipped: Callable[[str], object]) -> Iterator[InputFile]:
    if not is_tree(argument):
        yield InputFile(argument, PurePath(Path(display_name(argument)).name))
        return
    root = root_of(argument)
    under = PurePath() if alone else PurePath(root.resolve().name)
    if Path(argument).is_dir():
        paths = _walk(root)
    else:
        matches = sorted(root.glob(str(Path(argument).relative_to(root))))
        paths = iter(dict.fromkeys(path for match in matches for path in (_walk(match) if match.is_dir() else [match])))
    nothing = True
    for path in paths:
        why = _why_not(path, root, backup)
        if why:
            if not is_unfinished(path):
                skipped(f"{path}: skipped: {why}")
        else:
            nothing = False
            yield InputFile(str(path), under / path.relative_to(root))
    if nothing:
        raise InputError("no file here can be rewritten", argument)


def _walk(root: Path) -> Iterator[Path]:
    """All files below a folder; links to folders are not followed. Raises InputError if a folder cannot be listed."""
    try:
        entries = sorted(os.scandir(root), key=lambda entry: entry.name)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", root) from error
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if not entry.name.startswith("."):
                yield from _walk(root / entry.name)
        else:
            yield root / entry.name


def _why_not(path: Path, root: Path, backup: str) -> str:
    """The reason why a file of a folder is skipped; "" if it is not."""
    if any(part.startswith(".") for part in path.relative_to(root).parts):
        return "hidden"
    if not path.is_file():
        return "a folder or not a regular file"
    if path.name.endswith(backup) and path.with_name(path.name[: -len(backup)]).exists():
        return f"the backup of {path.name[: -len(backup)]}"
    inner = path.with_suffix("") if path.suffix.lower() in COMPRESSED else path
    if inner.suffix.lower() in EXTENSIONS or inner != path:
        return ""
    try:
        with path.open("rb") as file:
            start = file.read(SNIFFED_BYTES)
    except OSError:
        return ""  # opening it for rewriting reports the problem
    return "" if start.startswith(_WIDE) or b"\0" not in start else "binary, of an unknown kind"
