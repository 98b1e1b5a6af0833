"""CoNLL: columns with one token per line. The file stays unchanged; only the edits are of use.

Their offsets refer to this text: the tokens of a sentence separated by spaces (none if the last column of the first
says `SpaceAfter=No`), and a line end after each sentence. A sentence ends with an empty line, or after 256 kB. The
reason of an edit names the tokens, numbered from 1 in their sentence, and their lines.

Tokens are in the column with the given number, from 1; by default in the second column of CoNLL-U and CoNLL-X, which
have ten columns, the first a number, and in the first column of other files. In CoNLL-U, comments and empty nodes are
not tokens, and a range such as 1-2 is one token instead of those that it spans. `-DOCSTART-` is not a token either.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

import regex

from resolver.corpus.formats.file_format import LIMITS, ConcatenatedFormat, Part, Rewritten, RewrittenText, SizeLimits
from resolver.corpus.formats.large_records import LineReader, rejected_parts, untouched
from resolver.corpus.formats.plain_text import BOM_CHARACTER, lines_of, not_text, refuse_utf16
from resolver.errors import RecordError
from resolver.records import Edit, Rewrite

_TEN_COLUMNS = regex.compile(r"\d+(?:-\d+)?\t(?:[^\t]*\t){8}[^\t]*")
_RANGE = regex.compile(r"(\d{1,9})-(\d{1,9})")


@dataclass(frozen=True, slots=True)
class ConllFormat(ConcatenatedFormat):
    """The format of the CoNLL file `path` (the name in messages); `column` is the number of the column of tokens."""

    path: str
    column: int | None = None
    name: str = "conll"
    limits: SizeLimits = LIMITS

    def parts(self, file: BinaryIO) -> Iterator[Part]:
        """Some sentences at a time; the head is the number of the column, followed by "n" if tokens are numbered."""
        head = b""
        line, start = 1, 0
        source = LineReader(file, self.limits)
        while (raw := source.take(self.limits.min_block)) is not None:
            if not raw:
                problem = f"a line of more than {self.limits.max_record >> 20} MB is not a token"
                yield from rejected_parts(source.long_line(), RecordError(problem, self.path, line))
                line += 1
                continue
            lines = lines_of(raw)
            size = len(raw)
            while lines[-1].strip() and size < self.limits.max_block and (more := source.short_line()):
                lines.append(more)
                size += len(more)
            if not head:
                refuse_utf16(lines[0], self.path)
                head = self._head(lines)
            part = Part(b"".join(lines), line, start, head)
            yield part
            line += len(lines)
            start += len(_ConllSentences(part, self.path).text)

    def rewrite(self, part: Part, rewrite: Rewrite) -> list[Rewritten]:
        """The part unchanged, with the edits of its text, preceded by the errors of its lines."""
        if part.within is not None:
            return [untouched(part)]
        sentences = _ConllSentences(part, self.path)
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


class _ConllSentences:
    """The text of a part, and the errors of the lines omitted from it."""

    def __init__(self, part: Part, path: str) -> None:
        """Read the part; `path` names the file in errors."""
        self.errors: list[RecordError] = []
        self._tokens: list[_Token] = []
        self._numbered = part.head.endswith(b"n")
        self._column = int(part.head.rstrip(b"n")) - 1
        parts: list[str] = []
        place = number = 0
        space = ""
        for line, cells in self._rows(part, path):
            token = "\n" if cells is None else cells[self._column]
            if cells is not None:
                parts.append(space)
                place += len(space)
                number += 1
                self._tokens.append(_Token(place, place + len(token), number, line))
            elif number == 0:
                continue
            parts.append(token)
            place += len(token)
            if cells is None:
                number, space = 0, ""
            else:
                space = "" if "SpaceAfter=No" in cells[-1].split("|") else " "
        self.text = "".join(parts)

    def placed(self, edit: Edit, start: int) -> Edit:
        """The edit with offsets into the text of the file, in which the part begins at `start`."""
        first = bisect_right(self._tokens, edit.start, key=lambda token: token.end)
        last = max(bisect_left(self._tokens, edit.end, key=lambda token: token.start), first + 1)
        tokens = self._tokens[first:last]
        where = f"tokens {tokens[0].number}-{tokens[-1].number}, lines {tokens[0].line}-{tokens[-1].line}"
        reason = f"{edit.reason} ({where})" if edit.reason else where
        return replace(edit, start=edit.start + start, end=edit.end + start, reason=reason)

    def _rows(self, part: Part, path: str) -> Iterator[tuple[int, list[str] | None]]:
        """The number and the cells of each line with a token; None for the cells where a sentence ends."""
        hidden = range(0)  # the numbers of tokens that a range replaces
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
                problem = f"{len(cells)} columns, but the tokens are in column {self._column + 1}"
                self.errors.append(RecordError(problem, path, line, row))
            else:
                if self._numbered and (match := _RANGE.fullmatch(cells[0])):
                    hidden = range(int(match[1]), int(match[2]) + 1)
                yield line, cells
        yield part.line, None


def _is_in(number: str, numbers: range) -> bool:
    return number.isascii() and number.isdigit() and len(number) < 10 and int(number) in numbers
