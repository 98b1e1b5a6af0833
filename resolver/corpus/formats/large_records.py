"""Lines of any length, and records too large for memory, which are rewritten part by part.

A record larger than `max_record` is first copied to a temporary file, since an error may occur anywhere in it. Then its
texts are cut into blocks like a long text: names are only known within their block.
"""

from __future__ import annotations

import codecs
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import IO, Protocol

from resolver.corpus.formats.file_format import (
    LIMITS,
    Part,
    RecordPart,
    Rewritten,
    RewrittenText,
    SizeLimits,
    TextPlace,
)
from resolver.corpus.formats.text_blocks import BLOCK_ENDS, TEXT_SEPARATOR, cut_place, edits_of_several, moved
from resolver.corpus.record_segments import Segment
from resolver.errors import RecordError
from resolver.records import Edit, Rewrite

MAX_REPORTED_BYTES = 1 << 12
"""Maximum number of bytes of a rejected large record that are reported."""

TextChanges = Sequence[tuple[TextPlace, str, Sequence[Edit]]]
"""Texts: the place and value of each, and its edits."""


class Syntax(Protocol):
    """The notation of texts in the records of a format."""

    def value(self, raw: str, placed: TextPlace) -> str:
        """The text at a place."""

    def size(self, raw: str, placed: TextPlace, points: int) -> int:
        """The number of characters that write the first `points` code points of the text at a place."""

    def replaced(self, raw: str, changes: TextChanges) -> str:
        """The record with edits made in its texts. Raises ValueError for a text that cannot be written there."""


class LineReader:
    """The lines of a file; lines may be pushed back after reading."""

    def __init__(self, file: IO[bytes], limits: SizeLimits = LIMITS) -> None:
        """Read from `file`, of which this object must be the only reader."""
        self._files = [file]
        self.limits = limits

    def __iter__(self) -> Iterator[bytes]:
        """The lines; a large one in pieces of `max_record` bytes."""
        while line := self.readline(self.limits.max_record):
            yield line

    def readline(self, maximum: int) -> bytes:
        """The next line, or the first `maximum` bytes of it."""
        line = self._files[-1].readline(maximum)
        while len(self._files) > 1 and len(line) < maximum and not line.endswith(b"\n"):
            self._files.pop().close()
            line += self._files[-1].readline(maximum - len(line))
        return line

    def short_line(self) -> bytes:
        """The next line if it is not large, otherwise b""."""
        line = self.readline(self.limits.max_record)
        if len(line) < self.limits.max_record:
            return line
        self.push_back(line)
        return b""

    def long_line(self) -> Iterator[bytes]:
        """The next line, in chunks."""
        ended = False
        while not ended and (chunk := self.readline(self.limits.chunk)):
            ended = chunk.endswith(b"\n")
            yield chunk

    def take(self, size: int) -> bytes | None:
        """Whole lines of about `size` bytes in total; b"" if a large line is next, None at the end."""
        data = self._files[-1].read(size)
        while len(self._files) > 1 and len(data) < size:
            self._files.pop().close()
            data += self._files[-1].read(size - len(data))
        if not data:
            return None
        if not data.endswith(b"\n"):
            begin = data.rfind(b"\n") + 1
            rest = self.readline(self.limits.max_record)
            if len(data) - begin + len(rest) > self.limits.max_record:
                self.push_back(data[begin:] + rest)
                return data[:begin]
            data += rest
        return data

    def peek(self) -> bytes:
        """The next four bytes, without consuming them."""
        data = self.readline(4)
        self.push_back(data)
        return data

    def push_back(self, data: bytes) -> None:
        """Make these bytes the next ones to read."""
        if data:
            self._files.append(io.BytesIO(data))

    def push_back_file(self, file: IO[bytes]) -> None:
        """Make the rest of a file the next bytes to read; it is closed after that."""
        self._files.append(file)


class Spool:
    """Lines copied to a temporary file, to be read again."""

    def __init__(self, source: LineReader) -> None:
        """Copy from `source`."""
        self._source = source
        self._chunk = source.limits.chunk
        self.size = 0
        self.file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()

    def copied(self, maximum: int) -> Iterator[bytes]:
        """Lines, in chunks, while they are copied: about `maximum` bytes."""
        ended = True
        while not (ended and self.size >= maximum) and (chunk := self._source.readline(self._chunk)):
            ended = chunk.endswith(b"\n")
            yield self._write(chunk)

    def copied_line(self) -> Iterator[bytes]:
        """A line, in chunks, while it is copied."""
        yield from map(self._write, self._source.long_line())

    def _write(self, chunk: bytes) -> bytes:
        self.file.write(chunk)
        self.size += len(chunk)
        return chunk

    def again(self, size: int = -1) -> Iterator[bytes]:
        """The copied bytes, or the first `size` of them, in chunks."""
        self.file.seek(0)
        left = self.size if size < 0 else size
        while left > 0 and (chunk := self.file.read(min(self._chunk, left))):
            left -= len(chunk)
            yield chunk

    def rest(self, size: int) -> IO[bytes]:
        """The copied bytes after the first `size`, as a file; afterwards the spool is empty."""
        file, self.file = self.file, io.BytesIO()
        file.seek(size)
        return file

    def first_line(self) -> int:
        """The size of the first line."""
        size = 0
        for chunk in self.again():
            end = chunk.find(b"\n")
            if end >= 0:
                return size + end + 1
            size += len(chunk)
        return size


def decoded(chunks: Iterable[bytes], errors: str) -> Iterator[str]:
    """The text of UTF-8 in chunks. Raises UnicodeDecodeError."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors)
    for chunk in chunks:
        if text := decoder.decode(chunk):
            yield text
    if text := decoder.decode(b"", True):
        yield text


def rejected_parts(chunks: Iterable[bytes], error: RecordError) -> Iterator[Part]:
    """The parts of a record that stays unchanged, the first one with the error."""
    line = error.line or 1
    for number, chunk in enumerate(chunks):
        if number == 0:
            error.record = chunk[:MAX_REPORTED_BYTES].decode(errors="backslashreplace").rstrip("\r\n")
            yield Part(chunk, line, within=RecordPart(error=error))
        else:
            yield Part(chunk, line, within=RecordPart())


def large_parts(segments: Iterable[Segment], syntax: Syntax, doc: str, line: int, limits: SizeLimits) -> Iterator[Part]:
    """The parts of a record: blocks of its texts, and the bytes between them."""
    block = _RecordBlock(syntax, limits)
    for segment in segments:
        block.add(segment)
        while (place := block.place_to_cut()) is not None:
            part = block.cut(place, doc, line)
            line += part.raw.count(b"\n")
            yield part
    if block.raw:
        yield block.cut((len(block.texts), 0), doc, line)


class _RecordBlock:
    """The segments of a record that are not in a part yet."""

    def __init__(self, syntax: Syntax, limits: SizeLimits) -> None:
        self._syntax = syntax
        self._limits = limits
        self.texts: list[tuple[TextPlace, str]] = []
        """The texts, each with its place in the record as written."""
        self._written: list[str] = []
        self._size = 0  # of the record as written
        self._text_size = 0  # of the texts, with their separators

    @property
    def raw(self) -> str:
        """The record as written."""
        return "".join(self._written)

    def add(self, segment: Segment) -> None:
        """Add the next segment."""
        start = self._size
        self._written.append(segment.raw)
        self._size += len(segment.raw)
        if segment.text is None:
            return
        if segment.begins:
            self.texts.append((TextPlace(segment.field, start, self._size, 0, segment.quoted), segment.text))
            self._text_size += len(segment.text) + len(TEXT_SEPARATOR)
        else:
            placed, text = self.texts[-1]
            self.texts[-1] = replace(placed, end=self._size), text + segment.text
            self._text_size += len(segment.text)

    def place_to_cut(self) -> tuple[int, int] | None:
        """The number of the text in which to cut the block, and the offset in it; None while there is room."""
        if self._text_size - len(TEXT_SEPARATOR) <= self._limits.max_block:
            return (len(self.texts), 0) if self._size > 8 * self._limits.max_block and self._is_between() else None
        place = cut_place(
            TEXT_SEPARATOR.join(text for _, text in self.texts)[: self._limits.max_block], BLOCK_ENDS, self._limits
        )
        for number, (_, text) in enumerate(self.texts):
            if place <= len(text):
                return number, place
            place = max(place - len(text) - len(TEXT_SEPARATOR), 0)
        return None

    def _is_between(self) -> bool:
        return not self.texts or self.texts[-1][0].end < self._size

    def cut(self, place: tuple[int, int], doc: str, line: int) -> Part:
        """The part before a place; the rest stays in the block."""
        number, size = place
        raw = self.raw
        texts, behind = self.texts[:number], self.texts[number:]
        end = len(raw)
        if behind:
            (placed, text), *others = behind
            end = placed.start + self._syntax.size(raw, placed, size)
            texts.append((replace(placed, end=end, goes_on=True), text[:size]))
            behind = [(replace(placed, start=end, offset=placed.offset + size), text[size:]), *others]
        contents = RecordPart(doc, tuple(placed for placed, _ in texts))
        part = Part(raw[:end].encode("utf-8", "surrogateescape"), line, within=contents)
        self.texts = [(replace(p, start=p.start - end, end=p.end - end), text) for p, text in behind]
        self._written, self._size = [raw[end:]], len(raw) - end
        self._text_size = sum(len(text) + len(TEXT_SEPARATOR) for _, text in self.texts)
        return part


def rewrite_large(path: str, part: Part, syntax: Syntax, rewrite: Rewrite, limits: SizeLimits) -> Rewritten:
    """A part of a large record of a file, rewritten; unchanged, with the error, if that is impossible."""
    within = part.within
    if within is None or not within.texts:
        return untouched(part)
    raw = part.raw.decode("utf-8", "surrogateescape")
    texts = [syntax.value(raw, placed) for placed in within.texts]
    edits = edits_of_several(texts, within.doc, rewrite, limits)
    changes = list(zip(within.texts, texts, edits, strict=True))
    try:
        after = syntax.replaced(raw, changes).encode("utf-8", "surrogateescape") if any(edits) else part.raw
    except ValueError as error:
        return Rewritten(part.raw, part.raw, error=RecordError(str(error), path, part.line), line=part.line)
    searched = tuple(
        RewrittenText(within.doc, placed.field, text, placed.offset, tuple(moved(own, placed.offset)), placed.goes_on)
        for placed, text, own in changes
    )
    return Rewritten(part.raw, after, searched, line=part.line)


def untouched(part: Part) -> Rewritten:
    """A part without texts, unchanged, with the error of its record."""
    return Rewritten(part.raw, part.raw, error=part.within.error if part.within else None, line=part.line)
