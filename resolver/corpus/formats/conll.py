"""Columns with a token a line, as in CoNLL: the file stays as it is, and what is distorted in it is said by edits.

Their offsets count in this text: the tokens of a sentence with a space between two (none where the last column of the
first says `SpaceAfter=No`), and a line end behind each sentence. An empty line ends a sentence, and so do 256 kB
of one. The reason of an edit names the tokens, from 1 in their sentence, and their lines.

Tokens are in the column that is asked for by its number, from 1; else in the second one of CoNLL-U and CoNLL-X, which
have ten columns, the first a number, and in the first one of other files. Of CoNLL-U, comments and empty nodes are no
tokens, and a range such as 1-2 is one in place of those it spans. `-DOCSTART-` is none either.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

import regex

from resolver.corpus.formats.file_format import Joined, Part, Rewritten, RewrittenText
from resolver.corpus.formats.large_records import LARGE, Lines, rejected_parts, untouched
from resolver.corpus.formats.plain_text import BOM_CHARACTER, lines_of, not_text, refuse_utf16
from resolver.corpus.formats.text_blocks import LEAST, MOST
from resolver.errors import RecordError
from resolver.records import Edit, Rewrite

_TEN_COLUMNS = regex.compile(r"\d+(?:-\d+)?\t(?:[^\t]*\t){8}[^\t]*")
_RANGE = regex.compile(r"(\d{1,9})-(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Conll(Joined):
    """The format of the columns in `path` (as messages name it), with tokens in the column of this number."""

    path: str
    column: int | None = None
    name: str = "conll"

    def parts(self, file: BinaryIO) -> Iterator[Part]:
        """Some sentences at a time; the head is the number of the column, with an "n" if tokens are numbered."""
        head = b""
        line, start = 1, 0
        source = Lines(file)
        while (raw := source.take(LEAST)) is not None:
            if not raw:
                problem = f"a line of more than {LARGE >> 20} MB is no token"
                yield from rejected_parts(source.long_line(), RecordError(problem, self.path, line))
                line += 1
                continue
            lines = lines_of(raw)
            size = len(raw)
            while lines[-1].strip() and size < MOST and (more := source.short_line()):
                lines.append(more)
                size += len(more)
            if not head:
                refuse_utf16(lines[0], self.path)
                head = self._head(lines)
            part = Part(b"".join(lines), line, start, head)
            yield part
            line += len(lines)
            start += len(_Sentences(part, self.path).text)

    def rewrite(self, part: Part, rewrite: Rewrite) -> list[Rewritten]:
        """The part as it was, with the edits of its text; before it what is wrong with its lines."""
        if part.within is not None:
            return [untouched(part)]
        sentences = _Sentences(part, self.path)
        doc = f"{self.path}:1"
        edits = tuple(sentences.placed(edit, part.start) for edit in rewrite(sentences.text, doc)[1])
        broken = [Rewritten(b"", b"", error=error, line=error.line or 0) for error in sentences.errors]
        text = RewrittenText(doc, "", sentences.text, part.start, edits)
        return [*broken, Rewritten(part.raw, part.raw, (text,), line=part.line)]

    def _head(self, lines: Sequence[bytes]) -> bytes:
        rows = (line.decode(errors="replace").rstrip("\r\n").lstrip(BOM_CHARACTER) for line in lines)
        first = next((row for row in rows if row and not row.startswith(("#", "-DOCSTART-"))), "")
        numbered = _TEN_COLUMNS.fullmatch(first) is not None
        return b"%d%s" % (self.column or 1 + numbered, b"n" * numbered)


@dataclass(frozen=True, slots=True)
class _Token:
    """A token in the text of a part: its span, its number in its sentence, and its line in the file."""

    start: int
    end: int
    number: int
    line: int


class _Sentences:
    """The text of a part, and what is wrong with lines that are left out of it."""

    def __init__(self, part: Part, path: str) -> None:
        """Read the part; `path` names the file in errors."""
        self.errors: list[RecordError] = []
        self._tokens: list[_Token] = []
        self._numbered = part.head.endswith(b"n")
        self._column = int(part.head.rstrip(b"n")) - 1
        pieces: list[str] = []
        place = number = 0
        space = ""
        for line, cells in self._rows(part, path):
            token = "\n" if cells is None else cells[self._column]
            if cells is not None:
                pieces.append(space)
                place += len(space)
                number += 1
                self._tokens.append(_Token(place, place + len(token), number, line))
            elif number == 0:
                continue
            pieces.append(token)
            place += len(token)
            if cells is None:
                number, space = 0, ""
            else:
                space = "" if "SpaceAfter=No" in cells[-1].split("|") else " "
        self.text = "".join(pieces)

    def placed(self, edit: Edit, start: int) -> Edit:
        """The edit with its place in the text of the file, which has the part's from `start` on."""
        first = bisect_right(self._tokens, edit.start, key=lambda token: token.end)
        last = max(bisect_left(self._tokens, edit.end, key=lambda token: token.start), first + 1)
        tokens = self._tokens[first:last]
        where = f"tokens {tokens[0].number}-{tokens[-1].number}, lines {tokens[0].line}-{tokens[-1].line}"
        reason = f"{edit.reason} ({where})" if edit.reason else where
        return replace(edit, start=edit.start + start, end=edit.end + start, reason=reason)

    def _rows(self, part: Part, path: str) -> Iterator[tuple[int, list[str] | None]]:
        """The cells of each line that has a token; None where a sentence ends."""
        hidden = range(0)  # the numbers of tokens that a range stands for
        for line, raw in enumerate(lines_of(part.raw), part.line):
            try:
                row = raw.decode().rstrip("\r\n").lstrip(BOM_CHARACTER)
            except UnicodeDecodeError as error:
                self.errors.append(not_text(error, path, line))
                continue
            cells = row.split("\t") if "\t" in row else row.split()
            if not row.strip():
                hidden = range(0)
                yield line, None
            elif cells[0] == "-DOCSTART-" or (
                self._numbered and (row.startswith("#") or "." in cells[0] or _is_in(cells[0], hidden))
            ):
                continue
            elif len(cells) <= self._column:
                problem = f"{len(cells)} columns, where tokens are in number {self._column + 1}"
                self.errors.append(RecordError(problem, path, line, row))
            else:
                if self._numbered and (match := _RANGE.fullmatch(cells[0])):
                    hidden = range(int(match[1]), int(match[2]) + 1)
                yield line, cells
        yield part.line, None


def _is_in(number: str, numbers: range) -> bool:
    return number.isascii() and number.isdigit() and len(number) < 10 and int(number) in numbers
