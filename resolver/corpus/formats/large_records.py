"""Lines of any length, and records that are too large to be held, which are rewritten piece by piece.

A record of more than LARGE bytes is first read to its end, to a file on the disk, since what is wrong with it may stand
there. Then its texts are cut into blocks as a long text is: a name that only the block before spells out is not known.
"""

from __future__ import annotations

import codecs
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import IO, Protocol

from resolver.corpus.formats.file_format import Part, Placed, Rewritten, RewrittenText, Within
from resolver.corpus.formats.long_texts import BETWEEN, edits_of_several, moved
from resolver.corpus.formats.text_blocks import ENDS, MOST, cut_place
from resolver.corpus.record_segments import Segment
from resolver.errors import RecordError
from resolver.records import Edit, Rewrite

LARGE = 1 << 20
"""Lines and records of more bytes are read piece by piece."""

CHUNK = 1 << 16
"""So many bytes of them are read at once."""

_SHOWN = 1 << 12
"""So many bytes of a large record are told when it is rejected."""


Changes = Sequence[tuple[Placed, str, Sequence[Edit]]]
"""Texts, where each is written, and what is to become of it."""


class Syntax(Protocol):
    """How texts are written in records of a format."""

    def value(self, raw: str, placed: Placed) -> str:
        """What is written at a place says."""

    def size(self, raw: str, placed: Placed, points: int) -> int:
        """How many letters write the first code points of the text at a place."""

    def replaced(self, raw: str, changes: Changes) -> str:
        """What is written, with edits made in its texts. Raises ValueError for a text that cannot be written there."""


class Lines:
    """The lines of a file, of which some may be given back."""

    def __init__(self, file: IO[bytes]) -> None:
        """Read from `file`, which nobody else reads from."""
        self._files = [file]

    def __iter__(self) -> Iterator[bytes]:
        """The lines; a long one in pieces of LARGE bytes."""
        while line := self.readline(LARGE):
            yield line

    def readline(self, most: int) -> bytes:
        """The next line, or `most` bytes of it."""
        line = self._files[-1].readline(most)
        while len(self._files) > 1 and len(line) < most and not line.endswith(b"\n"):
            self._files.pop().close()
            line += self._files[-1].readline(most - len(line))
        return line

    def short_line(self) -> bytes:
        """The next line, if it has less than LARGE bytes."""
        line = self.readline(LARGE)
        if len(line) < LARGE:
            return line
        self.give_back(line)
        return b""

    def long_line(self) -> Iterator[bytes]:
        """The next line, in chunks."""
        ended = False
        while not ended and (chunk := self.readline(CHUNK)):
            ended = chunk.endswith(b"\n")
            yield chunk

    def take(self, size: int) -> bytes | None:
        """Some `size` bytes of whole lines: none where a line of more than LARGE bytes is next; None at the end."""
        data = self._files[-1].read(size)
        while len(self._files) > 1 and len(data) < size:
            self._files.pop().close()
            data += self._files[-1].read(size - len(data))
        if not data:
            return None
        if not data.endswith(b"\n"):
            begin = data.rfind(b"\n") + 1
            rest = self.readline(LARGE)
            if len(data) - begin + len(rest) > LARGE:
                self.give_back(data[begin:] + rest)
                return data[:begin]
            data += rest
        return data

    def peek(self) -> bytes:
        """The first bytes of what comes next."""
        data = self.readline(4)
        self.give_back(data)
        return data

    def give_back(self, data: bytes) -> None:
        """Have these bytes come next."""
        if data:
            self._files.append(io.BytesIO(data))

    def give_back_file(self, file: IO[bytes]) -> None:
        """Have what is left of a file come next; it will be closed."""
        self._files.append(file)


class Spool:
    """Lines that were copied to a file on the disk, so that they can be read again."""

    def __init__(self, source: Lines) -> None:
        """Copy from `source`."""
        self._source = source
        self.size = 0
        self.file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()

    def copied(self, most: int) -> Iterator[bytes]:
        """Lines, in chunks, as they are copied, until there are some `most` bytes or no more."""
        ended = True
        while not (ended and self.size >= most) and (chunk := self._source.readline(CHUNK)):
            ended = chunk.endswith(b"\n")
            yield self._write(chunk)

    def copied_line(self) -> Iterator[bytes]:
        """A line, in chunks, as it is copied."""
        yield from map(self._write, self._source.long_line())

    def _write(self, chunk: bytes) -> bytes:
        self.file.write(chunk)
        self.size += len(chunk)
        return chunk

    def again(self, size: int = -1) -> Iterator[bytes]:
        """What was copied, or the first bytes of it, in chunks."""
        self.file.seek(0)
        left = self.size if size < 0 else size
        while left > 0 and (chunk := self.file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk

    def rest(self, size: int) -> IO[bytes]:
        """What was copied behind the first bytes, as a file; the spool has nothing any more."""
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
    """The parts of a record that stays as it is, the first with what is wrong with it."""
    line = error.line or 1
    for number, chunk in enumerate(chunks):
        if number == 0:
            error.record = chunk[:_SHOWN].decode(errors="backslashreplace").rstrip("\r\n")
            yield Part(chunk, line, within=Within(error=error))
        else:
            yield Part(chunk, line, within=Within())


def large_parts(segments: Iterable[Segment], syntax: Syntax, doc: str, line: int) -> Iterator[Part]:
    """The parts of a record: blocks of its texts with what is between them."""
    block = _Block(syntax)
    for segment in segments:
        block.add(segment)
        while (place := block.place_to_cut()) is not None:
            part = block.cut(place, doc, line)
            line += part.raw.count(b"\n")
            yield part
    if block.raw:
        yield block.cut((len(block.texts), 0), doc, line)


class _Block:
    """Segments of a record that are not handed out yet."""

    def __init__(self, syntax: Syntax) -> None:
        self._syntax = syntax
        self.texts: list[tuple[Placed, str]] = []
        """The texts, and where each stands in what is written."""
        self._pieces: list[str] = []
        self._size = 0  # of what is written
        self._seen = 0  # of the texts, with what is put between them

    @property
    def raw(self) -> str:
        """What is written."""
        return "".join(self._pieces)

    def add(self, segment: Segment) -> None:
        """Take in the next segment."""
        start = self._size
        self._pieces.append(segment.raw)
        self._size += len(segment.raw)
        if segment.text is None:
            return
        if segment.begins:
            self.texts.append((Placed(segment.field, start, self._size, 0, segment.quoted), segment.text))
            self._seen += len(segment.text) + len(BETWEEN)
        else:
            placed, text = self.texts[-1]
            self.texts[-1] = replace(placed, end=self._size), text + segment.text
            self._seen += len(segment.text)

    def place_to_cut(self) -> tuple[int, int] | None:
        """In which text the block is to be cut, and where in it; None while there is room."""
        if self._seen - len(BETWEEN) <= MOST:
            return (len(self.texts), 0) if self._size > 8 * MOST and self._is_between() else None
        place = cut_place(BETWEEN.join(text for _, text in self.texts)[:MOST], ENDS)
        for number, (_, text) in enumerate(self.texts):
            if place <= len(text):
                return number, place
            place = max(place - len(text) - len(BETWEEN), 0)
        return None

    def _is_between(self) -> bool:
        return not self.texts or self.texts[-1][0].end < self._size

    def cut(self, place: tuple[int, int], doc: str, line: int) -> Part:
        """The part before a place; what is behind stays."""
        number, size = place
        raw = self.raw
        texts, behind = self.texts[:number], self.texts[number:]
        end = len(raw)
        if behind:
            (placed, text), *others = behind
            end = placed.start + self._syntax.size(raw, placed, size)
            texts.append((replace(placed, end=end, goes_on=True), text[:size]))
            behind = [(replace(placed, start=end, offset=placed.offset + size), text[size:]), *others]
        part = Part(raw[:end].encode("utf-8", "surrogateescape"), line, within=Within(doc, tuple(p for p, _ in texts)))
        self.texts = [(replace(p, start=p.start - end, end=p.end - end), text) for p, text in behind]
        self._pieces, self._size = [raw[end:]], len(raw) - end
        self._seen = sum(len(text) + len(BETWEEN) for _, text in self.texts)
        return part


def rewrite_large(path: str, part: Part, syntax: Syntax, rewrite: Rewrite) -> Rewritten:
    """A part of a large record of a file rewritten; or as it is, and what is wrong with that."""
    within = part.within
    if within is None or not within.texts:
        return untouched(part)
    raw = part.raw.decode("utf-8", "surrogateescape")
    texts = [syntax.value(raw, placed) for placed in within.texts]
    edits = edits_of_several(texts, within.doc, rewrite)
    changes = list(zip(within.texts, texts, edits, strict=True))
    try:
        after = syntax.replaced(raw, changes).encode("utf-8", "surrogateescape") if any(edits) else part.raw
    except ValueError as error:
        return Rewritten(part.raw, part.raw, error=RecordError(str(error), path, part.line), line=part.line)
    looked_at = tuple(
        RewrittenText(within.doc, placed.field, text, placed.offset, tuple(moved(own, placed.offset)), placed.goes_on)
        for placed, text, own in changes
    )
    return Rewritten(part.raw, after, looked_at, line=part.line)


def untouched(part: Part) -> Rewritten:
    """A part without texts, and what is wrong with its record."""
    return Rewritten(part.raw, part.raw, error=part.within.error if part.within else None, line=part.line)
