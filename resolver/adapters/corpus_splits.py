"""Splits of a corpus, which any machine that sees its files rewrites independently, to the same bytes.

Each split becomes a file. The files of an input, concatenated in the order of their names, are what one machine would
write. The same is true of the files of edits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from resolver.corpus.byte_streams import open_input
from resolver.corpus.formats import format_of
from resolver.corpus.formats.file_format import Format, FormatOptions, Part, Rewritten
from resolver.corpus.outputs.edit_lines import edit_lines
from resolver.corpus.runs.input_files import InputFile
from resolver.errors import InputError, RecordError, ResolverError, SettingError
from resolver.infra.atomic_files import atomic_replacement
from resolver.infra.compression import COMPRESSED
from resolver.records import Rewrite
from resolver.settings import Settings
from resolver.text.edit_filter import EditFilter

MIN_SPLIT_BYTES = 8 << 20
"""Minimum size of a split in bytes, unless the input ends: it ends with the part that reaches this size."""

SPLIT_FORMATS = ("text", "jsonl", "parquet")
"""The formats of files that can be split: text and JSON lines between parts, Parquet between row groups."""


@dataclass(frozen=True, slots=True)
class SplitJob:
    """A rewriting job: inputs (see `find_inputs`), outputs and options.

    `output` and `edits` are folders. All machines see them and the inputs under the same paths.
    """

    inputs: tuple[InputFile, ...]
    output: str
    edits: str | None = None
    db: str | None = None
    settings: Settings = field(default_factory=Settings)
    format: str | None = None
    options: FormatOptions = field(default_factory=FormatOptions)
    edit_filter: EditFilter = field(default_factory=EditFilter)
    size: int = MIN_SPLIT_BYTES
    root: str = ""
    """The base of relative paths, for machines with another working directory."""

    def path(self, number: int) -> str:
        """The path of an input."""
        return str(Path(self.root, self.inputs[number].path))

    def folder(self, number: int) -> Path:
        """The folder for the parts of an input, named like the file without its extension of compression."""
        place = Path(self.root, self.output) / self.inputs[number].place
        return place.with_suffix("") if place.suffix.lower() in COMPRESSED else place

    def discard(self, number: int) -> None:
        """Remove all outputs of an input."""
        for part in self.folder(number).iterdir():
            part.unlink()
        self.folder(number).rmdir()
        for part in Path(self.root, self.edits).glob(edits_name(number, "*")) if self.edits is not None else ():
            part.unlink()

    def format_of(self, number: int) -> Format:
        """The format of an input. Raises SettingError if it cannot be split, InputError as `format_of` does."""
        path = self.inputs[number].path
        form = format_of(path, self.format, self.options)
        if form.name not in SPLIT_FORMATS:
            raise SettingError(f"{path}: an engine can rewrite only {', '.join(SPLIT_FORMATS)}")
        return form

    @property
    def only_field(self) -> str:
        """The field or column that is read if there is only one, as edits then need not name it; otherwise ""."""
        asked = self.options.fields or self.options.columns or ("text",)
        return asked[0] if len(asked) == 1 else ""

    def is_parquet(self, number: int) -> bool:
        """Whether an input is split between row groups."""
        return self.format_of(number).name == "parquet"


@dataclass(frozen=True, slots=True)
class Split:
    """A split of an input: the numbers of both, where it begins, and the sizes and places of its parts.

    A compressed file is a single split, whose parts are determined when it is read.
    """

    input: int
    number: int
    state: tuple[int, int]
    place: int = 0
    parts: tuple[tuple[int, Part], ...] | None = None


@dataclass(frozen=True, slots=True)
class SplitResult:
    """The result of a split: the number of edits, the rejected records, and the error if nothing was written."""

    input: int
    number: int
    edits: int = 0
    rejected: tuple[RecordError, ...] = ()
    failed: ResolverError | None = None


def cut(job: SplitJob, number: int) -> Iterator[Split]:
    """The splits of an input, in order; at least one. Reads it once, with the parts of one split in memory at a time.

    Raises InputError if it cannot be read, or changes meanwhile.
    """
    path = job.path(number)
    state = file_state(path)
    if Path(path).suffix.lower() in COMPRESSED:
        yield Split(number, 0, state)
        return
    held: list[tuple[int, Part]] = []
    count = place = end = 0
    with open_input(path) as file:
        for part in job.format_of(number).parts(file):
            if end - place >= job.size:
                yield Split(number, count, state, place, tuple(held))
                held, count, place = [], count + 1, end
            held.append((len(part.raw), replace(part, raw=b"")))
            end += len(part.raw)
    if (end, state) != (state[0], file_state(path)):
        raise InputError("changed while it was read; run again", path)
    yield Split(number, count, state, place, tuple(held))


def file_state(path: str) -> tuple[int, int]:
    """The size of a file and the time of its last change. Raises InputError if it is missing."""
    try:
        found = Path(path).stat()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path) from error
    return found.st_size, found.st_mtime_ns


def rewrite_split(job: SplitJob, split: Split, rewrite: Rewrite) -> SplitResult:
    """Rewrite a split. Its files appear when complete; every attempt writes the same bytes."""
    edits = 0
    rejected: list[RecordError] = []
    with outputs_of(job, split) as (aside, write_edits), aside.open("wb") as sink:
        for done in _rewritten(job, split, rewrite):
            sink.write(done.after)
            edits += len(done.edits)
            write_edits(edit_lines(done, job.only_field))
            if done.error is not None:
                rejected.append(done.error)
    return SplitResult(split.input, split.number, edits, tuple(rejected))


def edits_name(input: int, number: str) -> str:
    """The name of the file for the edits of a split; names sort in the order of inputs and splits."""
    return f"edits-{input:06d}-{number}.jsonl"


WriteEdits = Callable[[Iterable[bytes]], object]
"""Writes edits, given as lines of JSON."""


@contextmanager
def outputs_of(job: SplitJob, split: Split) -> Iterator[tuple[Path, WriteEdits]]:
    """A context manager that gives the file for the rewritten split, and a function that writes its edits.

    Both files appear if the block ends without an exception. Raises InputError if they cannot be written, or if the
    input has changed since it was split.
    """
    folder, path = job.folder(split.input), job.path(split.input)
    try:
        with ExitStack() as stack:
            aside = stack.enter_context(atomic_replacement(folder / f"part-{split.number:06d}{folder.suffix}"))
            if job.edits is None:
                yield aside, lambda lines: None
            else:
                target = Path(job.root, job.edits) / edits_name(split.input, f"{split.number:06d}")
                sink = stack.enter_context(stack.enter_context(atomic_replacement(target)).open("wb"))
                yield aside, sink.writelines
            if file_state(path) != split.state:
                raise InputError("changed while it was rewritten; run again", path)
    except OSError as error:
        raise InputError(f"cannot be read or written: {error.strerror}", error.filename or folder) from error


def _rewritten(job: SplitJob, split: Split, rewrite: Rewrite) -> Iterator[Rewritten]:
    form = job.format_of(split.input)
    with open_input(job.path(split.input)) as file:
        if split.parts is None:
            parts = form.parts(file)
        else:
            file.seek(split.place)
            parts = (replace(part, raw=file.read(size)) for size, part in split.parts)
        for part in parts:
            yield from form.rewrite(part, rewrite)
