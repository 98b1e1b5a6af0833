"""The format of HTML files of any size: small ones as a whole, larger ones some paragraphs at a time.

Each part of a large file is a separate document. It ends before a tag that begins a paragraph, or in a long text at the
end of a sentence or a word.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import regex

from resolver.corpus.formats.file_format import Part, SizeLimits
from resolver.corpus.formats.html import INLINE, HtmlNesting, visible_html
from resolver.corpus.formats.large_records import decoded
from resolver.corpus.formats.markup_format import MarkupFormat
from resolver.corpus.formats.plain_text import not_text
from resolver.corpus.formats.text_blocks import last_end
from resolver.corpus.formats.visible_text import VisibleText
from resolver.errors import InputError

_PLAIN, _PRE = b"plain", b"pre"
"""The heads of parts; in PRE line ends are significant where the part begins."""


@dataclass(frozen=True, slots=True)
class HtmlFormat(MarkupFormat):
    """HTML, whose large files are cut before paragraphs."""

    def cut(self, chunks: Iterable[bytes]) -> Iterator[Part]:
        """The parts of a large file. Raises InputError if it cannot be cut."""
        line, start = 1, 0
        try:
            for source, head in HtmlCutter(self.path, self.limits).cut(decoded(chunks, "strict")):
                yield Part(source.encode(), line, start, head)
                line, start = line + source.count("\n"), start + len(source)
        except UnicodeDecodeError as error:
            problem = not_text(error, self.path, line)
            raise InputError(problem.reason, self.path) from error

    def visible_of_part(self, source: str, head: bytes) -> tuple[VisibleText, int]:
        """The visible text of a part."""
        return visible_html(source, self.path, lambda quote: quote, head == _PRE), 0


class HtmlCutter(HtmlNesting):
    """Cuts HTML before the start tags of paragraphs, and in long texts."""

    def __init__(self, path: str, limits: SizeLimits) -> None:
        """Start before the first tag; `path` names the file in errors."""
        super().__init__()
        self._path = path
        self._limits = limits
        self._line = 1  # the number of the first line in _lines
        self._lines = array("q", [0])  # the offset of each
        self._last = 0
        self._cuts: list[tuple[int, bytes]] = []

    def cut(self, chunks: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """The parts, each with its head."""
        waiting, place, seen, head = "", 0, 0, _PLAIN  # the text that is not cut yet, and its offset
        for chunk in chunks:
            waiting += chunk
            self._lines.extend(seen + match.end() for match in regex.finditer("\n", chunk))
            seen += len(chunk)
            self.feed(chunk)
            for cut, next_head in self._cuts:
                yield waiting[: cut - place], head
                waiting, place, head = waiting[cut - place :], cut, next_head
            self._cuts.clear()
            self._forget()
            if len(waiting) > self._limits.max_whole:
                limit = f"{self._limits.max_whole >> 20} MB"
                raise InputError(f"there is no text to cut at within {limit}: split this file", self._path)
        yield waiting, head

    def _forget(self) -> None:
        """Drop the lines before the current one."""
        line, _ = self.getpos()
        self._lines = self._lines[line - self._line :]
        self._line = line

    def _place(self) -> int:
        line, column = self.getpos()
        return self._lines[line - self._line] + column

    def _cut(self, place: int) -> None:
        self._cuts.append((place, _PRE if self.is_pre else _PLAIN))
        self._last = place

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Cut before a paragraph, if the part is long enough."""
        if not self.code and tag not in INLINE and (place := self._place()) - self._last >= self._limits.max_block:
            self._cut(place)
        super().handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        """Cut within a long text."""
        place = self._place()
        if self.code or place + len(data) - self._last < 4 * self._limits.max_block:
            return
        size = last_end(data) or (len(data) if place - self._last > 8 * self._limits.max_block else 0)
        if size:
            self._cut(place + size)
