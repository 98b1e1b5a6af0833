"""What a file format is: how a file is cut into parts, and how a part is rewritten.

A format reads and writes bytes, knows which of them are text, and hands that text to a function that rewrites it. The
bytes that are not text, and those of the text outside the edits, stay as they were.

Offsets of edits are half-open and in code points. In JSONL, CSV, TSV and Parquet they count in the value of a field or
column. In text, Markdown, HTML, XLIFF and TMX they count in the whole decoded file, where a BOM is the code point
U+FEFF, and each byte that is no UTF-8 counts as one. In CoNLL they count in the text that `conll.py` defines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from resolver.errors import RecordError
from resolver.records import Edit, Rewrite

LARGEST_WHOLE = 16 << 20
"""Files of a format that can only be understood as a whole have at most this many bytes; others have any number."""


@dataclass(frozen=True, slots=True)
class FormatOptions:
    """What is asked of a format: fields of JSON lines, columns of tables, and the language of the texts (BCP 47)."""

    fields: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Placed:
    """A text, or a piece of one, in a part of a large record: its field or column, the span of what is written of it
    (code points of the part), and where it begins in the whole text."""

    field: str
    start: int
    end: int
    offset: int
    quoted: bool = True
    """Whether it stands between quotes."""
    goes_on: bool = False
    """Whether the next part has more of it."""


@dataclass(frozen=True, slots=True)
class Within:
    """What a part of a large record has: texts of the document `doc`, or nothing, and what is wrong with the record."""

    doc: str = ""
    texts: tuple[Placed, ...] = ()
    error: RecordError | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What is rewritten by itself: some JSON lines, some rows, a block of a text, a whole HTML file."""

    raw: bytes
    """The part as it stands in the (decompressed) file."""
    line: int
    """The number of its first line, from 1."""
    start: int = 0
    """How many code points are before it, in formats whose offsets count in the file."""
    head: bytes = b""
    """What the start of the file says about all parts: the BOM of a text, the header of a table."""
    within: Within | None = None
    """Where it is a part of one record."""


@dataclass(frozen=True, slots=True)
class RewrittenText:
    """A text that was looked at, and its edits: `text[e.start - offset : e.end - offset] == e.before` for each."""

    doc: str
    """The `id` of the record where it has one, else path:line."""
    field: str
    """The field or column; "" where the format has none."""
    text: str
    """The original text."""
    offset: int
    """Where `text` begins in what the offsets of the edits count in."""
    edits: tuple[Edit, ...]
    goes_on: bool = False
    """Whether the text that comes next goes on with it, with nothing between."""


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
    """A format, for one input. It can be pickled, and keeps nothing between calls."""

    @property
    def name(self) -> str:
        """What `--format` calls it."""

    def parts(self, file: BinaryIO) -> Iterator[Part]:
        """The parts of a file: read in order, with bounded memory.

        Raises InputError when nothing can be done with the file.
        """

    def rewrite(self, part: Part, rewrite: Rewrite) -> list[Rewritten]:
        """A part rewritten. What cannot be read is in its place, as it was, with what is wrong with it."""

    def output(self, file: BinaryIO, sink: BinaryIO) -> AbstractContextManager[Write]:
        """A function that takes what all parts became, in order, and writes the new file to `sink`."""


class Joined:
    """A format whose new file is what the units of all parts became, one after the other."""

    @contextmanager
    def output(self, file: BinaryIO, sink: BinaryIO) -> Iterator[Write]:
        """A function that writes a unit to `sink`."""
        yield lambda rewritten: sink.write(rewritten.after)
