"""The interface of file formats: cutting a file into parts, and rewriting a part.

A format reads and writes bytes, knows which of them are text, and passes that text to a rewriting function. All other
bytes, and those of the text outside the edits, stay unchanged.

Offsets of edits are half-open and in code points. In JSONL, CSV, TSV and Parquet they refer to the value of a field or
column. In text, Markdown, HTML, XLIFF and TMX they refer to the whole decoded file, where a BOM is the code point
U+FEFF, and each byte that is not valid UTF-8 counts as one. In CoNLL they refer to the text that `conll.py` defines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from resolver.errors import RecordError
from resolver.records import Edit, Rewrite


@dataclass(frozen=True, slots=True)
class SizeLimits:
    """The sizes in which a file is read, rewritten and held in memory, in bytes unless another unit is named.

    - `min_block`, `max_block`: a long text is rewritten in blocks of at most `max_block` (code points, of a decoded
      text). A block has at least `min_block` if a paragraph, a line, a sentence or a word ends after that.
    - `max_whole`: markup of up to this size is read as a whole; in a larger file, this is the maximum distance of two
      possible cuts.
    - `max_record`: larger lines and records are read in pieces of size `chunk`.
    - `batch`: lines are rewritten together until they have this size.
    - `batch_rows`: the number of Parquet rows that are rewritten together.
    """

    min_block: int = 1 << 16
    max_block: int = 1 << 18
    max_whole: int = 16 << 20
    max_record: int = 1 << 20
    chunk: int = 1 << 16
    batch: int = 1 << 16
    batch_rows: int = 256


LIMITS = SizeLimits()


@dataclass(frozen=True, slots=True)
class FormatOptions:
    """Options of a format: fields of JSON lines, columns of tables, the language of the texts (BCP 47), and sizes."""

    fields: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    language: str = "en"
    limits: SizeLimits = LIMITS


@dataclass(frozen=True, slots=True)
class TextPlace:
    """A text, or a piece of one, in a part of a large record.

    It is written from `start` to `end` (code points of the part), and begins at `offset` in the whole text of its field
    or column.
    """

    field: str
    start: int
    end: int
    offset: int
    quoted: bool = True
    """Whether it is in quotes."""
    goes_on: bool = False
    """Whether the text continues in the next part."""


@dataclass(frozen=True, slots=True)
class RecordPart:
    """The contents of a part of a large record: texts of the document `doc`, or the error if the record is rejected."""

    doc: str = ""
    texts: tuple[TextPlace, ...] = ()
    error: RecordError | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file that is rewritten independently: some JSON lines, some rows, a block of a text, an HTML file."""

    raw: bytes
    """The bytes of the part in the (decompressed) file."""
    line: int
    """The number of its first line, from 1."""
    start: int = 0
    """The number of code points before it, in formats whose offsets refer to the file."""
    head: bytes = b""
    """The start of the file, as far as all parts need it: the BOM of a text, the header of a table."""
    within: RecordPart | None = None
    """Its contents, if it is a part of a single record."""


@dataclass(frozen=True, slots=True)
class RewrittenText:
    """A text that was searched, and its edits: `text[e.start - offset : e.end - offset] == e.before` for each."""

    doc: str
    """The `id` of the record if it has one, otherwise path:line."""
    field: str
    """The field or column; "" if the format has none."""
    text: str
    """The original text."""
    offset: int
    """Where `text` begins in the text to which the offsets of the edits refer."""
    edits: tuple[Edit, ...]
    goes_on: bool = False
    """Whether the next text continues it without a gap."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The smallest unit that is written or rejected, before and after: a JSON line, a row, a block, a file."""

    before: bytes
    after: bytes
    texts: tuple[RewrittenText, ...] = ()
    error: RecordError | None = None
    line: int = 0
    """The number of its first line, from 1."""

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits of all its texts, in order."""
        return tuple(edit for text in self.texts for edit in text.edits)


Write = Callable[[Rewritten], object]


class Format(Protocol):
    """A format, for one input. It can be pickled and has no state."""

    @property
    def name(self) -> str:
        """Its name for `--format`."""

    def parts(self, file: BinaryIO) -> Iterator[Part]:
        """The parts of a file, read in order with bounded memory.

        Raises InputError for a file that cannot be read in this format.
        """

    def rewrite(self, part: Part, rewrite: Rewrite) -> list[Rewritten]:
        """The rewritten units of a part. A unit that cannot be read is in its place, unchanged, with its error."""

    def output(self, file: BinaryIO, sink: BinaryIO) -> AbstractContextManager[Write]:
        """A context manager that gives a function to write the units of all parts, in order, to `sink`."""


class ConcatenatedFormat:
    """A format whose new file is the concatenation of the new bytes of all units."""

    @contextmanager
    def output(self, file: BinaryIO, sink: BinaryIO) -> Iterator[Write]:
        """A function that writes a unit to `sink`."""
        yield lambda rewritten: sink.write(rewritten.after)
