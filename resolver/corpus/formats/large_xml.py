"""Files of XLIFF and TMX of any size: up to LARGEST_WHOLE bytes as a whole, larger ones some units at a time.

Each part of a large file is read within the start tags of the elements around it, so it is a document by itself. A
unit of more than 1 MB is cut within its texts, as a long text is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from xml.parsers import expat

from resolver.corpus.formats.file_format import LARGEST_WHOLE, Part, Rewritten, RewrittenText
from resolver.corpus.formats.long_texts import moved
from resolver.corpus.formats.plain_text import not_text, size_of
from resolver.corpus.formats.text_blocks import MOST, last_end
from resolver.corpus.formats.whole_documents import Whole
from resolver.errors import InputError, RecordError
from resolver.records import Rewrite
from resolver.text.edit_composition import apply_edits

_UNITS = frozenset(["tu", "trans-unit", "unit"])
_BETWEEN = b"\0"
"""What stands in the head of a part between the tags before it and those behind; no XML has it."""


@dataclass(frozen=True, slots=True)
class Bilingual(Whole):
    """A format of XML whose large files are cut where a unit begins."""

    def cut(self, chunks: Iterable[bytes]) -> Iterator[Part]:
        """Parts of a large file; InputError when it turns out not to be well-formed."""
        line, start = 1, 0
        for raw, head in _Cutter(self.path).cut(chunks):
            yield Part(raw, line, start, head)
            lines, points = size_of(raw, "utf-8")
            line, start = line + lines, start + points

    def rewrite(self, part: Part, rewrite: Rewrite) -> list[Rewritten]:
        """The part rewritten, or as it was when it is broken."""
        if not part.head:
            return Whole.rewrite(self, part, rewrite)
        doc = f"{self.path}:1"
        before, behind = (tags.decode() for tags in part.head.split(_BETWEEN))
        try:
            source = part.raw.decode()
            visible = self.visible(before + source + behind, self.path, lambda quote: quote)
        except UnicodeDecodeError as error:
            return [self._rejected(part, not_text(error, self.path, part.line))]
        except RecordError as error:
            line = part.line + (error.line or 1) - 1
            return [self._rejected(part, RecordError(error.reason, self.path, line))]
        edits = moved(visible.edits(doc, rewrite), -len(before))
        after = apply_edits(source, edits).encode() if edits else part.raw
        text = RewrittenText(doc, "", source, part.start, tuple(moved(edits, part.start)), goes_on=True)
        return [Rewritten(part.raw, after, (text,), line=part.line)]

    def _rejected(self, part: Part, error: RecordError) -> Rewritten:
        return Rewritten(part.raw, part.raw, error=error, line=error.line or part.line)


class _Cutter:
    """Cuts XML before the start tags of units, and in the texts of large units."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._around: list[tuple[str, str]] = []
        """The start tags and names of the elements around."""
        self._header = ""
        self._last = 0
        self._cuts: list[tuple[int, bytes, bytes]] = []
        """Where to cut, the end tags that the part before lacks, and the start tags that the one behind lacks."""
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartCdataSectionHandler = lambda: self._cdata(True)
        self._parser.EndCdataSectionHandler = lambda: self._cdata(False)
        self._in_cdata = False
        self._parser.DefaultHandler = lambda data: None  # with it what entities stand for is not put in

    def cut(self, chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
        """The parts and their heads."""
        waiting, place, before = b"", 0, b""  # what is not cut yet, where it begins, and the tags before it
        for chunk in chunks:
            waiting += chunk
            self._parse(chunk, False)
            for cut, behind, next_before in self._cuts:
                yield waiting[: cut - place], before + _BETWEEN + behind
                waiting, place, before = waiting[cut - place :], cut, next_before
            self._cuts.clear()
            if len(waiting) > LARGEST_WHOLE + MOST:
                raise InputError(f"no unit begins within {LARGEST_WHOLE >> 20} MB: split this file", self._path)
        self._parse(b"", True)
        yield waiting, before + _BETWEEN

    def _parse(self, chunk: bytes, is_last: bool) -> None:
        try:
            self._parser.Parse(chunk, is_last)
        except expat.ExpatError as error:
            problem = f"not well-formed XML: {expat.ErrorString(error.code)} at column {error.offset + 1}"
            raise InputError(problem, self._path, error.lineno) from error

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        tag = f"<{name}{''.join(map(_attribute, attributes, attributes.values()))}>"
        if local == "header":
            self._header = f"{tag}</{name}>"
        place = self._parser.CurrentByteIndex
        if local in _UNITS and place - self._last >= MOST and self._around:
            self._cut(place)
        self._around.append((tag, name))

    def _cut(self, place: int) -> None:
        tags = [start for start, _ in self._around]
        before = "".join([tags[0], self._header, *tags[1:]])
        behind = "".join(f"</{name}>" for _, name in reversed(self._around))
        self._cuts.append((place, behind.encode(), before.encode()))
        self._last = place

    def _cdata(self, begins: bool) -> None:
        self._in_cdata = begins

    def _characters(self, text: str) -> None:
        """Cut behind a sentence or a word, if it is time to. What one letter says may be written as an entity."""
        far = self._parser.CurrentByteIndex - self._last
        if far < 4 * MOST or self._in_cdata or len(text) < 2:
            return
        size = last_end(text) or (len(text) if far > 8 * MOST else 0)
        if size:
            self._cut(self._parser.CurrentByteIndex + len(text[:size].encode()))

    def _end(self, name: str) -> None:
        self._around.pop()


def _attribute(name: str, value: str) -> str:
    """An attribute as a tag has it, on one line."""
    written = escape(value).replace("\n", "&#10;")
    return f' {name}="{written}"'
