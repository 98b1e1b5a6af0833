"""Files of HTML of any size: up to LARGEST_WHOLE bytes as a whole, larger ones some paragraphs at a time.

Each part of a large file is a document by itself. It ends before a tag that begins a paragraph, or in a long text where
a sentence or a word ends.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import regex

from resolver.corpus.formats.file_format import LARGEST_WHOLE, Part, Rewritten, RewrittenText
from resolver.corpus.formats.html import INLINE, Nesting, visible
from resolver.corpus.formats.large_records import decoded
from resolver.corpus.formats.long_texts import moved
from resolver.corpus.formats.plain_text import not_text
from resolver.corpus.formats.text_blocks import MOST, last_end
from resolver.corpus.formats.whole_documents import Whole
from resolver.errors import InputError
from resolver.records import Rewrite
from resolver.text.edit_composition import apply_edits

_PLAIN, _PRE = b"plain", b"pre"
"""The heads of parts: whether line ends are shown as such where they begin."""


@dataclass(frozen=True, slots=True)
class Pages(Whole):
    """HTML, whose large files are cut."""

    def cut(self, chunks: Iterable[bytes]) -> Iterator[Part]:
        """Parts of a large file; InputError when it cannot be cut."""
        line, start = 1, 0
        try:
            for source, head in _Cutter(self.path).cut(decoded(chunks, "strict")):
                yield Part(source.encode(), line, start, head)
                line, start = line + source.count("\n"), start + len(source)
        except UnicodeDecodeError as error:
            problem = not_text(error, self.path, line)
            raise InputError(problem.reason, self.path) from error

    def rewrite(self, part: Part, rewrite: Rewrite) -> list[Rewritten]:
        """The part rewritten."""
        if not part.head:
            return Whole.rewrite(self, part, rewrite)
        doc, source = f"{self.path}:1", part.raw.decode()
        edits = visible(source, self.path, lambda quote: quote, part.head == _PRE).edits(doc, rewrite)
        after = apply_edits(source, edits).encode() if edits else part.raw
        text = RewrittenText(doc, "", source, part.start, tuple(moved(edits, part.start)), goes_on=True)
        return [Rewritten(part.raw, after, (text,), line=part.line)]


class _Cutter(Nesting):
    """Finds where to cut."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._line = 1  # the number of the first of the lines that are known
        self._lines = array("q", [0])  # where each begins
        self._last = 0
        self._cuts: list[tuple[int, bytes]] = []

    def cut(self, chunks: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """The parts and their heads."""
        waiting, place, seen, head = "", 0, 0, _PLAIN  # what is not cut yet, and where it begins
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
            if len(waiting) > LARGEST_WHOLE:
                limit = f"{LARGEST_WHOLE >> 20} MB"
                raise InputError(f"there is no text to cut at within {limit}: split this file", self._path)
        yield waiting, head

    def _forget(self) -> None:
        """Drop the lines before the one that is being read."""
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
        """Cut before a paragraph, if it is time to."""
        if not self.code and tag not in INLINE and (place := self._place()) - self._last >= MOST:
            self._cut(place)
        super().handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        """Cut in a long text."""
        place = self._place()
        if self.code or place + len(data) - self._last < 4 * MOST:
            return
        size = last_end(data) or (len(data) if place - self._last > 8 * MOST else 0)
        if size:
            self._cut(place + size)
