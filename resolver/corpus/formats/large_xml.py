"""The formats of XLIFF and TMX files of any size: small ones as a whole, larger ones some units at a time.

Each part of a large file is read within the start tags of the elements around it, as a separate document. A unit of
more than 1 MB is cut within its texts, like a long text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from xml.parsers import expat

from resolver.corpus.formats.file_format import Part, SizeLimits
from resolver.corpus.formats.markup_format import MarkupFormat
from resolver.corpus.formats.plain_text import size_of
from resolver.corpus.formats.text_blocks import last_end
from resolver.corpus.formats.visible_text import VisibleText
from resolver.errors import InputError

_UNITS = frozenset(["tu", "trans-unit", "unit"])
_SEPARATOR = b"\0"
"""Separates, in the head of a part, the tags before it from those after it; XML cannot contain it."""


@dataclass(frozen=True, slots=True)
class BilingualXmlFormat(MarkupFormat):
    """An XML format whose large files are cut where a unit begins."""

    def cut(self, chunks: Iterable[bytes]) -> Iterator[Part]:
        """The parts of a large file. Raises InputError if it turns out not to be well-formed."""
        line, start = 1, 0
        for raw, head in XmlCutter(self.path, self.limits).cut(chunks):
            yield Part(raw, line, start, head)
            lines, points = size_of(raw, "utf-8")
            line, start = line + lines, start + points

    def visible_of_part(self, source: str, head: bytes) -> tuple[VisibleText, int]:
        """The visible text of a part, between the tags in its head."""
        before, behind = (tags.decode() for tags in head.split(_SEPARATOR))
        return self.visible(before + source + behind, self.path, lambda quote: quote), len(before)


class XmlCutter:
    """Cuts XML before the start tags of units, and in the texts of large units."""

    def __init__(self, path: str, limits: SizeLimits) -> None:
        """Start before the first tag; `path` names the file in errors."""
        self._path = path
        self._limits = limits
        self._around: list[tuple[str, str]] = []
        """The start tags and names of the enclosing elements."""
        self._header = ""
        self._last = 0
        self._cuts: list[tuple[int, bytes, bytes]] = []
        """Where to cut, the end tags that the part before lacks, and the start tags that the part after lacks."""
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartCdataSectionHandler = lambda: self._cdata(True)
        self._parser.EndCdataSectionHandler = lambda: self._cdata(False)
        self._in_cdata = False
        self._parser.DefaultHandler = lambda data: None  # keeps expat from expanding entities

    def cut(self, chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
        """The parts, each with its head."""
        waiting, place, before = b"", 0, b""  # the bytes that are not cut yet, their offset, and the tags before them
        for chunk in chunks:
            waiting += chunk
            self._parse(chunk, False)
            for cut, behind, next_before in self._cuts:
                yield waiting[: cut - place], before + _SEPARATOR + behind
                waiting, place, before = waiting[cut - place :], cut, next_before
            self._cuts.clear()
            if len(waiting) > self._limits.max_whole + self._limits.max_block:
                raise InputError(
                    f"no unit begins within {self._limits.max_whole >> 20} MB: split this file", self._path
                )
        self._parse(b"", True)
        yield waiting, before + _SEPARATOR

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
        if local in _UNITS and place - self._last >= self._limits.max_block and self._around:
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
        """Cut after a sentence or a word, if the part is long enough. A single letter may be written as an entity."""
        far = self._parser.CurrentByteIndex - self._last
        if far < 4 * self._limits.max_block or self._in_cdata or len(text) < 2:
            return
        size = last_end(text) or (len(text) if far > 8 * self._limits.max_block else 0)
        if size:
            self._cut(self._parser.CurrentByteIndex + len(text[:size].encode()))

    def _end(self, name: str) -> None:
        self._around.pop()


def _attribute(name: str, value: str) -> str:
    """An attribute as it is written in a tag, on one line."""
    written = escape(value).replace("\n", "&#10;")
    return f' {name}="{written}"'
