"""What there is to read: files, folders, patterns and standard input, as a list of files in a fixed order."""

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

SNIFFED = 8192
"""How many bytes of a file of an unknown kind tell whether it is text."""

_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Input:
    """A file to read, or "-": its path, and its place in the tree of outputs."""

    path: str
    place: PurePath


def find_inputs(arguments: Sequence[str], backup: str, skipped: Callable[[str], object]) -> list[Input]:
    """The files that arguments name, in their order; those of a folder, with all below it, sorted by path.

    An argument that is no file may be a pattern (`*`, `?`, `[...]`, `**` for folders). A single folder or pattern keeps
    its tree; beside other arguments it is a tree under the folder's own name. In folders, hidden files, backups (named
    by the suffix `backup`) and binary files of an unknown kind are left out, and `skipped` is told which.
    Raises InputError for an argument that names nothing.
    """
    alone = len(arguments) == 1
    return [found for argument in arguments for found in _find(argument, alone, backup, skipped)]


def is_tree(argument: str) -> bool:
    """Whether an argument stands for any number of files."""
    return argument != STDIN and not Path(argument).is_file() and (Path(argument).is_dir() or _is_pattern(argument))


def root_of(argument: str) -> Path:
    """The folder that is read for an argument which is a folder or a pattern."""
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


def _find(argument: str, alone: bool, backup: str, skipped: Callable[[str], object]) -> Iterator[Input]:
    if not is_tree(argument):
        yield Input(argument, PurePath(Path(display_name(argument)).name))
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
            yield Input(str(path), under / path.relative_to(root))
    if nothing:
        raise InputError("no file here can be rewritten", argument)


def _walk(root: Path) -> Iterator[Path]:
    """All files below a folder; links to folders are not followed. Raises InputError where it cannot be listed."""
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
    """Why a file of a folder is left out; "" when it is not."""
    if any(part.startswith(".") for part in path.relative_to(root).parts):
        return "hidden"
    if not path.is_file():
        return "a folder or no file at all"
    if path.name.endswith(backup) and path.with_name(path.name[: -len(backup)]).exists():
        return f"the backup of {path.name[: -len(backup)]}"
    inner = path.with_suffix("") if path.suffix.lower() in COMPRESSED else path
    if inner.suffix.lower() in EXTENSIONS or inner != path:
        return ""
    try:
        with path.open("rb") as file:
            start = file.read(SNIFFED)
    except OSError:
        return ""  # opening it for rewriting says what is wrong
    return "" if start.startswith(_WIDE) or b"\0" not in start else "binary, of no known kind"
