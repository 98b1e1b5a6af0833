"""The outputs of one file: its new text, and its brat standoff; put in place when they are complete."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from resolver.corpus.byte_streams import STDIN, open_input
from resolver.corpus.formats.file_format import ConcatenatedFormat, Format, Rewritten, Write
from resolver.corpus.outputs.brat import MarkedTexts, StandoffPlace, standoff
from resolver.corpus.runs.partial_files import OutputStream, PartialFile, is_stream, naming, packed, ready_path
from resolver.corpus.runs.undo import FileChange, hash_of
from resolver.errors import InputError
from resolver.infra.atomic_files import atomic_replacement, put_in_place
from resolver.infra.compression import COMPRESSED


@dataclass(frozen=True, slots=True)
class FileJob:
    """A file to rewrite: its path, its format, and the paths of its outputs.

    `target` is None if no text is written, and the file itself if it is rewritten in place; then the old file is
    renamed to `backup`. `brat` is the path of the standoff without its extension.
    """

    path: str
    format: Format
    target: str | None = None
    in_tree: bool = False
    """Whether missing folders of the target are created."""
    backup: Path | None = None
    brat: Path | None = None

    @property
    def is_spliced(self) -> bool:
        """Whether the old bytes can be restored by splices of the new ones."""
        if self.target is None or is_stream(self.target) or self.path == STDIN:
            return False
        return isinstance(self.format, ConcatenatedFormat) and not (is_packed(self.path) or is_packed(self.target))

    def targets(self) -> dict[str, Path]:
        """The files that are written, by output name."""
        found = {"text": Path(self.target).resolve()} if self.target and not is_stream(self.target) else {}
        if self.brat is not None:
            found |= {name: self.brat.with_name(f"{self.brat.name}.{name}").resolve() for name in ("txt", "ann")}
        return found


def is_packed(path: str | None) -> bool:
    """Whether a file is compressed, by its extension."""
    return path is not None and Path(path).suffix.lower() in COMPRESSED


class FileOutputs:
    """Writes the outputs of a file, part by part."""

    def __init__(self, job: FileJob, sizes: Mapping[str, int], place: StandoffPlace, lock_seconds: float) -> None:
        """Continue after the first `sizes` bytes of each output, and after `place` of the standoff."""
        self.job = job
        self._lock_seconds = lock_seconds
        self.place = place
        self._stack = ExitStack()
        self._files: dict[str, PartialFile] = {}
        self._text: PartialFile | OutputStream | None = None
        self._write: Write = _nowhere
        try:
            self._open(sizes)
        except BaseException:
            self.discard()
            raise

    def _open(self, sizes: Mapping[str, int]) -> None:
        for name, target in self.job.targets().items():
            if self.job.in_tree or name != "text":
                with naming(target):
                    target.parent.mkdir(parents=True, exist_ok=True)
            self._files[name] = PartialFile(target, sizes.get(name, 0), self._lock_seconds)
        self._text = self._files.get("text") or (OutputStream(self.job.target) if self.job.target else None)
        if self._text is not None:
            file = self._stack.enter_context(open_input(self.job.path))
            with naming(self._text.name):
                self._write = self._stack.enter_context(self.job.format.output(file, self._text.file))

    def write(self, units: Iterable[Rewritten]) -> None:
        """Write the new bytes of some units."""
        if self._text is not None:
            with naming(self._text.name):
                for unit in units:
                    self._write(unit)
            if isinstance(self._text, OutputStream):
                self._text.save()

    def mark(self, found: MarkedTexts, type_of: Callable[[str], str]) -> None:
        """Write the standoff of some texts."""
        lines, self.place = standoff(found, self.place, type_of)
        self._files["txt"].write(found.text.encode("utf-8", "replace"))
        self._files["ann"].write(lines.encode("utf-8", "replace"))

    def sizes(self) -> dict[str, int]:
        """The size of each output, in bytes."""
        return {name: file.offset for name, file in self._files.items()}

    def save(self) -> None:
        """Sync, or flush, everything written so far."""
        for file in self._files.values():
            file.save()
        if isinstance(self._text, OutputStream):
            self._text.save()

    def end(self, changed: bool) -> None:
        """Complete the outputs.

        Without edits, a compressed or binary file is copied, or stays if it is rewritten in place.
        """
        with naming(self._text.name if self._text else self.job.path):
            self._stack.close()
        for file in self._files.values():
            file.save()
        text = self._files.get("text")
        if text is None:
            return
        if not changed and self.job.backup is not None:
            self._files.pop("text").discard()
        elif not changed and self._same_kind(text.target):
            text.discard()
            with naming(text.target):
                shutil.copyfile(self.job.path, ready_path(text.target))
        else:
            with naming(text.target):
                packed(text.path, text.target)

    def _same_kind(self, target: Path) -> bool:
        if isinstance(self.job.format, ConcatenatedFormat) and not is_packed(self.job.path):
            return False  # a copy was made already
        return self.job.path != STDIN and Path(self.job.path).suffix.lower() == target.suffix.lower()

    def change(self, splices: int) -> FileChange | None:
        """The record by which a complete new text is undone; None if nothing has changed."""
        text = self._files.get("text")
        if text is None or self.job.path == STDIN:
            return None
        before, after = hash_of(self.job.path), hash_of(ready_path(text.target))
        if before == after:
            return None
        backup = str(self.job.backup.absolute()) if self.job.backup else ""
        copy = backup or str(Path(self.job.path).absolute())
        return FileChange(str(text.target), before, after, splices if self.job.is_spliced else None, (copy,), backup)

    def publish(self) -> None:
        """Put the complete outputs in place."""
        publish(self.job)
        self.close()

    def close(self) -> None:
        """Close the outputs; incomplete ones are not ended."""
        stop = GeneratorExit()
        with suppress(OSError):
            self._stack.__exit__(GeneratorExit, stop, None)
        stop.__traceback__ = None
        self._write = _nowhere  # a writer that ends its file when freed does so while the file is open
        for file in self._files.values():
            file.close()
        if self._text is not None:
            self._text.close()

    def discard(self) -> None:
        """Remove the written files."""
        self.close()
        for file in self._files.values():
            file.discard()


def _nowhere(unit: Rewritten) -> None:
    """Write nothing."""


def publish(job: FileJob) -> None:
    """Put the complete outputs of a job in place, after the backup of the old file is made."""
    for target in job.targets().values():
        ready = ready_path(target)
        with naming(target):
            if ready.exists():
                if job.backup is not None and target == Path(job.path).resolve():
                    _keep(target, job.backup)
                put_in_place(ready, target)


def _keep(path: Path, backup: Path) -> None:
    """Give a file a second name, or copy it if that is impossible. Raises InputError if the backup exists."""
    try:
        os.link(path, backup)
    except FileExistsError as error:
        if not backup.samefile(path) and hash_of(backup) != hash_of(path):
            raise InputError("the backup exists already", backup) from error
    except OSError:
        if backup.exists():
            raise
        with atomic_replacement(backup) as aside:
            shutil.copy2(path, aside)
