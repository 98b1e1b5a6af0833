"""Plain text, in UTF-8 or, with a BOM, in UTF-16.

A text of any size is rewritten in independent blocks of 64 to 256 kB: a lone "Soja" is corrected if its block has the
full name. A line that is not valid UTF-8 stays unchanged; the lines around it are rewritten.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import BinaryIO

from resolver.corpus.formats.file_format import LIMITS, ConcatenatedFormat, Part, Rewritten, RewrittenText, SizeLimits
from resolver.corpus.formats.text_blocks import byte_blocks, moved
from resolver.errors import InputError, RecordError
from resolver.records import Rewrite
from resolver.text.edit_composition import apply_edits

BOM_CHARACTER = "\ufeff"
_BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def bom_of(data: bytes) -> bytes:
    """The BOM at the beginning of the data; b"" if there is none."""
    return next((bom for bom in _BOMS if data.startswith(bom)), b"")


def codec_of(bom: bytes) -> str:
    """The encoding of a BOM, in which the BOM itself is a code point; UTF-8 without one."""
    return _BOMS.get(bom, "utf-8")


def size_of(data: bytes, codec: str) -> tuple[int, int]:
    """The numbers of line ends and of code points in the data; each byte that is not valid UTF-8 counts as one."""
    text = data.decode(codec, "surrogateescape" if codec == "utf-8" else "replace")
    return text.count("\n"), len(text)


def lines_of(data: bytes) -> list[bytes]:
    """The lines of some data, each with its "\\n"."""
    if data.find(b"\n") in (-1, len(data) - 1):  # a single line is not copied
        return [data] if data else []
    lines = data.split(b"\n")
    last = lines.pop()
    return [line + b"\n" for line in lines] + ([last] if last else [])


def refuse_utf16(data: bytes, path: str) -> None:
    """Raise InputError if the data begin with the BOM of UTF-16, which only texts and documents may use."""
    if codec_of(bom_of(data)) != "utf-8":
        raise InputError("this format cannot be read in UTF-16: convert it to UTF-8", path)


def not_text(error: UnicodeDecodeError, path: str, line: int) -> RecordError:
    """The error for a line (or a block of UTF-16) that cannot be decoded."""
    data: bytes = error.object
    begin = data.rfind(b"\n", 0, error.start) + 1
    encoding = {"utf-8": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}.get(error.encoding, error.encoding)
    problem = f"not valid {encoding}: byte 0x{data[error.start]:02x} at byte {error.start - begin + 1} of the line"
    end = data.find(b"\n", error.start)
    record = data[begin : end if end >= 0 else len(data)].decode(errors="backslashreplace").strip()
    return RecordError(problem, path, line + data.count(b"\n", 0, error.start), record)


@dataclass(frozen=True, slots=True)
class PlainTextFormat(ConcatenatedFormat):
    """The format of the text file `path` (the name in messages)."""

    path: str
    name: str = "text"
    limits: SizeLimits = LIMITS

    def parts(self, file: BinaryIO) -> Iterator[Part]:
        """The blocks of the text; the head of each is the BOM of the file."""
        first = file.read(4)
        bom = bom_of(first)
        codec = codec_of(bom)
        line, start = 1, 0
        for block in byte_blocks(file, codec, first, self.limits):
            yield Part(block, line, start, bom)
            lines, points = size_of(block, codec)
            line, start = line + lines, start + points

    def rewrite(self, part: Part, rewrite: Rewrite) -> list[Rewritten]:
        """The rewritten block, in several units if some of its lines cannot be decoded."""
        codec = codec_of(part.head)
        done: list[Rewritten] = []
        line, start = part.line, part.start
        for data in _decodable(part.raw, codec):
            done.append(self._rewrite(data, codec, line, start, rewrite))
            lines, points = size_of(data, codec)
            line, start = line + lines, start + points
        return done

    def _rewrite(self, data: bytes, codec: str, line: int, start: int, rewrite: Rewrite) -> Rewritten:
        try:
            text = data.decode(codec)
        except UnicodeDecodeError as error:
            return Rewritten(data, data, error=not_text(error, self.path, line), line=line)
        doc = f"{self.path}:1"
        _, edits = rewrite(text, doc)
        after = apply_edits(text, edits).encode(codec) if edits else data
        return Rewritten(
            data, after, (RewrittenText(doc, "", text, start, tuple(moved(edits, start)), goes_on=True),), line=line
        )


def _decodable(data: bytes, codec: str) -> Iterable[bytes]:
    """The data as a whole if decodable or UTF-16; otherwise the broken lines, and the data between them."""
    if codec != "utf-8" or _is_utf8(data):
        return [data]
    runs = groupby(data.splitlines(keepends=True), _is_utf8)
    return (data for good, lines in runs for data in ([b"".join(lines)] if good else lines))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
