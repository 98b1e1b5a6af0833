"""Markup formats: the encoding of a document, and the edits of its visible text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

import regex

from resolver.corpus.formats.file_format import (
    LIMITS,
    ConcatenatedFormat,
    Part,
    Rewritten,
    RewrittenText,
    SizeLimits,
)
from resolver.corpus.formats.plain_text import bom_of, codec_of, not_text
from resolver.corpus.formats.text_blocks import moved
from resolver.corpus.formats.visible_text import Quote, VisibleText
from resolver.errors import InputError, RecordError
from resolver.records import Rewrite
from resolver.text.edit_composition import apply_edits

_DECLARED = {
    "html": regex.compile(rb"<meta[^>]+?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_.:-]+)", regex.IGNORECASE),
    "xml": regex.compile(rb"^\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([a-zA-Z0-9_.:-]+)"),
}
_IN_FACT = {"iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252", "gb2312": "gbk"}
"""The encodings that browsers use for some names (WHATWG Encoding Standard)."""

_DECLARED_WITHIN = 1024
"""Number of bytes at the beginning of a file in which the declaration of its encoding is searched."""


@dataclass(frozen=True, slots=True)
class MarkupFormat(ConcatenatedFormat):
    """A markup format: a file of up to `limits.max_whole` bytes is rewritten as a whole.

    A larger file must be UTF-8, and is cut into parts, each of which is a separate document.

    `visible(source, path, in_codec)` returns the visible text of a source; `in_codec` adapts a function that escapes
    new text to the encoding of the file. It raises RecordError, naming `path`, if the source is broken.
    """

    path: str
    name: str
    kind: str
    """How the file declares its encoding: "html" or "xml"."""
    visible: Callable[[str, str, Callable[[Quote], Quote]], VisibleText]
    limits: SizeLimits = LIMITS

    def parts(self, file: BinaryIO) -> Iterator[Part]:
        """The file, or parts of it. Raises InputError for a large file that cannot be cut."""
        whole, block = self.limits.max_whole, self.limits.max_block
        data = file.read(whole + 1)
        if len(data) <= whole:
            yield from [Part(data, 1)] if data else []
            return
        if self.codec(data) not in ("utf-8", "utf8"):
            raise InputError(f"files of more than {whole >> 20} MB must be UTF-8, not {self.codec(data)}", self.path)
        begun = (data[place : place + block] for place in range(0, len(data), block))
        yield from self.cut(chain(begun, iter(lambda: file.read(block), b"")))

    def cut(self, chunks: Iterable[bytes]) -> Iterator[Part]:
        """The parts of a large file given in chunks; the head of each part is not empty."""
        raise NotImplementedError

    def visible_of_part(self, source: str, head: bytes) -> tuple[VisibleText, int]:
        """The visible text of a part of a large file, and the number of characters inserted before the source."""
        raise NotImplementedError

    def rewrite(self, part: Part, rewrite: Rewrite) -> list[Rewritten]:
        """The rewritten file, or the part of it; unchanged if it is broken."""
        doc, source, codec, before = f"{self.path}:1", "", "utf-8", 0
        try:
            if part.head:
                source = part.raw.decode()
                visible, before = self.visible_of_part(source, part.head)
            else:
                source, codec = self._decoded(part.raw)
                visible = self.visible(source, self.path, lambda quote: _in_codec(quote, codec))
            edits = moved(visible.edits(doc, rewrite, self.limits), -before)
        except UnicodeDecodeError as error:
            return [_rejected(part, not_text(error, self.path, part.line))]
        except RecordError as error:
            line = part.line + (error.line or 1) - 1
            return [_rejected(part, RecordError(error.reason, self.path, line, error.record))]
        after = apply_edits(source, edits).encode(codec) if edits else part.raw
        text = RewrittenText(doc, "", source, part.start, tuple(moved(edits, part.start)), goes_on=part.head != b"")
        return [Rewritten(part.raw, after, (text,), line=part.line)]

    def codec(self, data: bytes) -> str:
        """The encoding of a file: by its BOM, otherwise by its declaration, otherwise UTF-8."""
        bom = bom_of(data)
        declared = None if bom else _DECLARED[self.kind].search(data, 0, _DECLARED_WITHIN)
        if declared is None:
            return codec_of(bom)
        codec = declared.group(1).decode().lower()
        return _IN_FACT.get(codec, codec) if self.kind == "html" else codec

    def _decoded(self, data: bytes) -> tuple[str, str]:
        """The source and its encoding. Raises RecordError if the bytes cannot be decoded, or not be restored."""
        codec = self.codec(data)
        try:
            source = data.decode(codec)
            same = source.encode(codec) == data
        except UnicodeDecodeError as error:
            raise not_text(error, self.path, 1) from error
        except (LookupError, UnicodeError, ValueError) as error:
            raise RecordError(f"unknown encoding {codec!r}", self.path, 1) from error
        if not same:
            raise RecordError(f"in the encoding {codec!r} it cannot be restored byte for byte", self.path, 1)
        return source, codec


def _rejected(part: Part, error: RecordError) -> Rewritten:
    return Rewritten(part.raw, part.raw, error=error, line=error.line or part.line)


def _in_codec(quote: Quote, codec: str) -> Quote:
    """Wraps `quote` to write characters that the encoding lacks as character references."""
    return lambda text: quote(text).encode(codec, "xmlcharrefreplace").decode(codec)
