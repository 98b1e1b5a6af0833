"""Markdown (CommonMark with tables and strikethrough), without code, link targets, raw HTML and front matter.

A name may span emphasis (`Yoshihidi **Soja**`), which stays, and a line end within a paragraph. A long file is
rewritten in blocks of some 256 kB, which end before a heading or a paragraph; evidence for a name, and the definition
of a reference, are limited to their block.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, BinaryIO

import regex

from resolver.corpus.formats.file_format import LIMITS, ConcatenatedFormat, Part, Rewritten, RewrittenText, SizeLimits
from resolver.corpus.formats.html import CODE, INLINE
from resolver.corpus.formats.markdown_inline import InlineMark, html_tag, markdown_parser, marks_of
from resolver.corpus.formats.plain_text import bom_of, codec_of, lines_of, not_text, size_of
from resolver.corpus.formats.text_blocks import moved
from resolver.corpus.formats.visible_text import VisibleText
from resolver.errors import InputError
from resolver.records import Rewrite
from resolver.text.edit_composition import apply_edits

_LINE = regex.compile(r"[^\r\n]*(?:\r\n?|\n|$)")
_FRONT_MATTER = regex.compile(
    r"\ufeff?(---|\+\+\+)[ \t]*\r?\n.*?^(?:\1|\.\.\.)[ \t]*\r?$", regex.DOTALL | regex.MULTILINE
)
_FRONT_MATTER_BYTES = regex.compile(
    rb"(?:\xef\xbb\xbf)?(---|\+\+\+)[ \t]*\r?\n.*?^(?:\1|\.\.\.)[ \t]*\r?$", regex.DOTALL | regex.MULTILINE
)
_SPECIAL = regex.compile(r"[\\`*_\[\]<|~]")
_SURROGATE = regex.compile("[\udc80-\udcff]")

_FENCE = regex.compile(rb"(?:[ \t>*+-]|\d+[.)])*(`{3,}|~{3,})")
_OPENS = regex.compile(rb"<!--|<\?|<!\[CDATA\[|<(?:pre|script|style|textarea)\b", regex.IGNORECASE)
_CLOSES = regex.compile(rb"-->|\?>|\]\]>|</(?:pre|script|style|textarea)>", regex.IGNORECASE)
_BEGINS = regex.compile(rb"[#A-Za-z\x80-\xff]")


@dataclass(frozen=True, slots=True)
class MarkdownFormat(ConcatenatedFormat):
    """The format of the Markdown file `path` (the name in messages)."""

    path: str
    name: str = "markdown"
    limits: SizeLimits = LIMITS

    def parts(self, file: BinaryIO) -> Iterator[Part]:
        """The blocks of the file; the head of each is its BOM. A file in UTF-16 is a single block."""
        waiting = file.read(self.limits.max_block)
        bom = bom_of(waiting)
        codec = codec_of(bom)
        line, start = 1, 0
        while waiting:
            more = file.read(max(self.limits.max_block, len(waiting)))
            waiting += more
            size = _last_begin(waiting, line == 1) if more and codec == "utf-8" else 0 if more else len(waiting)
            if size == 0 and len(waiting) > self.limits.max_whole:
                limit = f"{self.limits.max_whole >> 20} MB"
                raise InputError(
                    f"there is no heading or paragraph to cut at within {limit}: split this file", self.path, line
                )
            if size:
                yield Part(waiting[:size], line, start, bom)
                lines, points = size_of(waiting[:size], codec)
                line, start = line + lines, start + points
                waiting = waiting[size:]

    def rewrite(self, part: Part, rewrite: Rewrite) -> list[Rewritten]:
        """The rewritten block, preceded by the errors of its lines that are not valid UTF-8."""
        codec, doc = codec_of(part.head), f"{self.path}:1"
        errors = "surrogateescape" if codec == "utf-8" else "strict"
        try:
            source = part.raw.decode(codec, errors)
        except UnicodeDecodeError as error:
            return [Rewritten(part.raw, part.raw, error=not_text(error, self.path, part.line), line=part.line)]
        edits = visible(source, part.line == 1).edits(doc, rewrite, self.limits)
        after = apply_edits(source, edits).encode(codec, errors) if edits else part.raw
        text = RewrittenText(doc, "", source, part.start, tuple(moved(edits, part.start)), goes_on=True)
        return [*self._broken(part, source), Rewritten(part.raw, after, (text,), line=part.line)]

    def _broken(self, part: Part, source: str) -> Iterator[Rewritten]:
        """A unit with the error, but without bytes, for each line that cannot be decoded; the block has its bytes."""
        if not _SURROGATE.search(source):
            return
        for number, line in enumerate(lines_of(part.raw), part.line):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                yield Rewritten(b"", b"", error=not_text(error, self.path, number), line=number)


def visible(source: str, is_first: bool) -> VisibleText:
    """The visible text of Markdown, without lines that have lone surrogates, which were not valid UTF-8."""
    found = VisibleText(source)
    front = _FRONT_MATTER.match(source) if is_first else None
    begin = front.end() if front else int(source.startswith("\ufeff"))
    env: dict[str, Any] = {}
    tokens = markdown_parser().parse(source[begin:], env)
    lines = [match.span() for match in _LINE.finditer(source, begin)]
    behind = begin  # the last cell of a table
    for before, token in pairwise(tokens):
        if token.type != "inline" or token.map is None:
            continue
        content = token.content
        if before.type in ("th_open", "td_open"):
            start, end = lines[token.map[0]]
            placed = _cell_placed(source, content, max(behind, start), end)
            behind = placed[-1].source + placed[-1].length if placed else behind
        else:
            placed = _lines_placed(source, content, lines[token.map[0] : token.map[1]])
        if placed:
            found.apart()
            _Paragraph(found, content, placed).add(marks_of(content, env))
    return found


@dataclass(frozen=True, slots=True)
class _ContentSpan:
    """A piece of the content of a paragraph: its offset there and in the source, and its length."""

    content: int
    source: int
    length: int


def _lines_placed(source: str, content: str, lines: Sequence[tuple[int, int]]) -> list[_ContentSpan]:
    """The spans of the lines of a paragraph or heading in the source; empty if they are not found."""
    placed: list[_ContentSpan] = []
    place = 0
    for text, (start, end) in zip(content.split("\n"), lines, strict=False):
        core = text.strip()
        line = source[start:end].rstrip()
        if not line.endswith(core):
            line = line.rstrip("#").rstrip()  # a heading may have such signs at its end
        if not core or not line.endswith(core):
            return []
        if not _SURROGATE.search(core):
            placed.append(_ContentSpan(place + text.index(core), start + len(line) - len(core), len(core)))
        place += len(text) + 1
    return placed


def _cell_placed(source: str, content: str, start: int, end: int) -> list[_ContentSpan]:
    """The span of the content of a cell between the cell before it and the end of the line; empty if not found."""
    place = source.find(content, start, end) if content and not _SURROGATE.search(content) else -1
    if place < 0 or source[start:place].strip(" \t|>"):
        return []
    return [_ContentSpan(0, place, len(content))]


class _Paragraph:
    """Adds a paragraph to the visible text."""

    def __init__(self, found: VisibleText, content: str, placed: Sequence[_ContentSpan]) -> None:
        self._found = found
        self._content = content
        self._placed = placed
        self._begins = [piece.content for piece in placed]

    def add(self, marks: Sequence[InlineMark]) -> None:
        """Add the text without its marks."""
        found, content = self._found, self._content
        code = ""  # the enclosing element of raw HTML that holds code
        place = 0
        for mark in [*marks, InlineMark(len(content), len(content), "markup")]:
            if not code:
                self._add_text(place, mark.start)
            place = mark.end
            if mark.kind == "entity" and not code:
                found.entity(self._in_source(mark.start), self._in_source(mark.end), mark.said, _quote)
            elif mark.kind == "object":
                found.object()
            elif content.startswith("<", mark.start):
                name, is_end = html_tag(content, mark.start) or ("", False)
                if name in CODE and not code and not is_end:
                    code = name
                elif name == code and is_end:
                    code = ""
                if name not in INLINE:
                    found.object()

    def _add_text(self, start: int, end: int) -> None:
        """Add the content from `start` to `end`; a line end becomes a space, or a hard break."""
        last, piece_before = -1, self._placed[0]
        for number in range(self._number_of(start), len(self._placed) if start < end else 0):
            piece = self._placed[number]
            low, high = max(start, piece.content), min(end, piece.content + piece.length)
            if low > end:
                break
            if low > high:
                continue
            begin = piece.source + low - piece.content
            if last >= 0:
                hard = self._content.startswith("  ", piece_before.content + piece_before.length)
                self._found.entity(last, begin, "\n" if hard else " ", _quote)
            if low < high:
                self._found.literal(begin, begin + high - low, _quote)
            last, piece_before = begin + high - low, piece

    def _in_source(self, place: int) -> int:
        """The source offset of an offset in the content; between two pieces, the beginning of the second."""
        number = self._number_of(place)
        piece = self._placed[number]
        if place > piece.content + piece.length and number + 1 < len(self._placed):
            return self._placed[number + 1].source
        return piece.source + min(max(place - piece.content, 0), piece.length)

    def _number_of(self, place: int) -> int:
        """The number of the last piece that begins at or before an offset."""
        return max(bisect_right(self._begins, place) - 1, 0)


def _quote(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)


def _last_begin(data: bytes, is_first: bool) -> int:
    """The offset of the last heading or paragraph outside lists, code, raw HTML and front matter, or 0."""
    front = _FRONT_MATTER_BYTES.match(data) if is_first else None
    place = front.end() if front else 0
    last = 0
    fence = b""  # the signs that began a block of code
    in_html, after_blank = False, False
    for line in lines_of(data[place:]):
        signs = _FENCE.match(line)
        if fence:
            if signs and signs[1].startswith(fence) and not line[signs.end() :].strip():
                fence = b""
        elif in_html:
            in_html = _CLOSES.search(line) is None
        else:
            if after_blank and _BEGINS.match(line):
                last = place
            in_html = _OPENS.match(line.lstrip(b" ")) is not None and _CLOSES.search(line) is None
            fence = signs[1] if signs else b""
        after_blank = not line.strip()
        place += len(line)
    return last
