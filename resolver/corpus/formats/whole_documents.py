"""Documents with markup, which are read as a whole: their encoding, and the edits of what is visible of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

import regex

from resolver.corpus.formats.file_format import LARGEST_WHOLE, Joined, Part, Rewritten, RewrittenText
from resolver.corpus.formats.plain_text import bom_of, codec_of, not_text
from resolver.corpus.formats.text_blocks import MOST
from resolver.corpus.formats.visible_text import Quote, Visible
from resolver.errors import InputError, RecordError
from resolver.records import Rewrite
from resolver.text.edit_composition import apply_edits

_DECLARED = {
    "html": regex.compile(rb"<meta[^>]+?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_.:-]+)", regex.IGNORECASE),
    "xml": regex.compile(rb"^\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([a-zA-Z0-9_.:-]+)"),
}
_IN_FACT = {"iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252", "gb2312": "gbk"}
"""What browsers take some encodings for, as the WHATWG Encoding Standard has it."""

_DECLARED_WITHIN = 1024


@dataclass(frozen=True, slots=True)
class Whole(Joined):
    """A format whose files are rewritten as a whole, unless they are large: then they have to be UTF-8, and are `cut`.

    `visible` says what of a source is text: Visible(source), made with a function that quotes new text for the
    encoding of the file. It raises RecordError, naming `path`, when the source is broken.
    """

    path: str
    name: str
    kind: str
    """How the file declares its encoding: "html" or "xml"."""
    visible: Callable[[str, str, Callable[[Quote], Quote]], Visible]

    def parts(self, file: BinaryIO) -> Iterator[Part]:
        """The file, or parts of it; InputError when a large one cannot be cut."""
        data = file.read(LARGEST_WHOLE + 1)
        if len(data) <= LARGEST_WHOLE:
            yield from [Part(data, 1)] if data else []
            return
        if self.codec(data) not in ("utf-8", "utf8"):
            limit = f"{LARGEST_WHOLE >> 20} MB"
            raise InputError(f"files of more than {limit} have to be UTF-8, not {self.codec(data)}", self.path)
        begun = (data[place : place + MOST] for place in range(0, len(data), MOST))
        yield from self.cut(chain(begun, iter(lambda: file.read(MOST), b"")))

    def cut(self, chunks: Iterable[bytes]) -> Iterator[Part]:
        """Parts of a large file that comes in pieces."""
        raise NotImplementedError

    def rewrite(self, part: Part, rewrite: Rewrite) -> list[Rewritten]:
        """The file rewritten, or as it was when it is broken."""
        doc = f"{self.path}:1"
        try:
            source, codec = self._decoded(part.raw)
            edits = self.visible(source, self.path, lambda quote: _in_codec(quote, codec)).edits(doc, rewrite)
        except RecordError as error:
            return [Rewritten(part.raw, part.raw, error=error, line=error.line or 1)]
        after = apply_edits(source, edits).encode(codec) if edits else part.raw
        return [Rewritten(part.raw, after, (RewrittenText(doc, "", source, 0, tuple(edits)),), line=1)]

    def codec(self, data: bytes) -> str:
        """The encoding of a file, as its start says: that of its BOM, else the one it declares, else UTF-8."""
        bom = bom_of(data)
        declared = None if bom else _DECLARED[self.kind].search(data, 0, _DECLARED_WITHIN)
        if declared is None:
            return codec_of(bom)
        codec = declared.group(1).decode().lower()
        return _IN_FACT.get(codec, codec) if self.kind == "html" else codec

    def _decoded(self, data: bytes) -> tuple[str, str]:
        """The source and its encoding."""
        codec = self.codec(data)
        try:
            source = data.decode(codec)
            same = source.encode(codec) == data
        except UnicodeDecodeError as error:
            raise not_text(error, self.path, 1) from error
        except (LookupError, UnicodeError, ValueError) as error:
            raise RecordError(f"the encoding {codec!r} is not known here", self.path, 1) from error
        if not same:
            raise RecordError(f"in the encoding {codec!r} it cannot be written again byte for byte", self.path, 1)
        return source, codec


def _in_codec(quote: Quote, codec: str) -> Quote:
    """Quotes as `quote` does, and writes what the encoding lacks as character references."""
    return lambda text: quote(text).encode(codec, "xmlcharrefreplace").decode(codec)
