"""Records of JSON lines and tables that are too large for memory, read segment by segment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence, Set
from typing import NamedTuple

import regex

MAX_KEY_CHARACTERS = 1 << 12
"""Maximum number of characters of a key, an id or a number; longer keys and ids are cut off."""

MAX_NESTING_DEPTH = 1000
"""Maximum nesting depth of lists and objects."""

_BOM = "\ufeff"
_SPACE = regex.compile(r"[ \t\r\n]*+")
_SCALAR = regex.compile(r"(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null)(?![\w.+-])")
_IN_STRING = regex.compile(r'(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')
_HALF = regex.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\Z")
_WHOLE_NUMBER = regex.compile(r"-?[0-9]+\Z")

_IN_QUOTES = regex.compile(r'(?:[^"]++|"")*+')
_IN_CSV = regex.compile(r"[^,\r\n]*+")
_IN_TSV = regex.compile(r"(?:[^\t\r\n]++|\r(?!\r*+(?:\n|\Z)))*+")
_CSV_END = regex.compile(r",|\r?\n|\Z")
_TSV_END = regex.compile(r"\t|\r*+\n|\r*+\Z")


class Segment(NamedTuple):
    """A piece of a record as written: part of a string or cell in a wanted field, or anything else (`text` is None)."""

    raw: str
    text: str | None = None
    """The text that it represents; None outside wanted fields."""
    field: str = ""
    """The path or column."""
    begins: bool = False
    """Whether it is the first piece of its string or cell."""
    quoted: bool = True


class _Window:
    """A text that arrives in chunks, of which a window is in memory."""

    def __init__(self, chunks: Iterator[str]) -> None:
        self._chunks = chunks
        self.data = ""
        self.place = 0

    @property
    def left(self) -> int:
        """The number of characters left in the window."""
        return len(self.data) - self.place

    def more(self) -> bool:
        """Read another chunk, and drop the consumed part; False at the end of the text."""
        chunk = next(self._chunks, "")
        self.data, self.place = self.data[self.place :] + chunk, 0
        return chunk != ""

    def take(self, pattern: regex.Pattern[str]) -> str:
        """The match of a pattern that always matches here; the position moves after it."""
        match = pattern.match(self.data, self.place)
        assert match is not None
        self.place = match.end()
        return match.group()


class JsonSegments:
    """The segments of a JSON object; those of strings in the wanted fields have their text.

    A field is a dotted path of keys, which descends into the items of lists. Of equal keys each one counts.
    """

    def __init__(self, chunks: Iterator[str], fields: Set[str]) -> None:
        """Read `chunks`, the text of the record."""
        self._window = _Window(chunks)
        self._fields = fields
        self._keys: list[str | int] = []  # for each enclosing object or list, the key or index of the item
        self._gap: list[str] = []
        self.found: set[str] = set()
        """The fields that had a string."""
        self.id: str | int | None = None

    def __iter__(self) -> Iterator[Segment]:
        """The segments. Raises ValueError if the record is not a JSON object."""
        yield from self._object()
        yield self._flushed()

    def _object(self) -> Iterator[Segment]:
        window, keys = self._window, self._keys
        expected = "{"
        self._see()
        if window.data.startswith(_BOM):
            self._pass(1)
        while True:
            self._see()
            self._gap.append(window.take(_SPACE))
            if window.left < MAX_KEY_CHARACTERS and window.more():
                continue
            sign = window.data[window.place : window.place + 1]
            if expected == "":
                if sign:
                    raise ValueError(f"more than one value: {window.data[window.place :][:20]!r}")
                return
            if not sign:
                raise ValueError("it is truncated")
            if sign == '"' and expected in ("value", "value or ]"):
                yield from self._string()
            elif sign == '"' and expected in ("key", "key or }"):
                keys[-1] = self._key()
                expected = ":"
                continue
            elif (sign in "{[" and expected in ("value", "value or ]")) or sign == expected == "{":
                self._pass(1)
                keys.append("" if sign == "{" else 0)
                if len(keys) > MAX_NESTING_DEPTH:
                    raise ValueError("too many nested lists")
                expected = "key or }" if sign == "{" else "value or ]"
                continue
            elif sign in "}]" and sign in expected and (isinstance(keys[-1], str) == (sign == "}")):
                self._pass(1)
                keys.pop()
            elif sign == ":" and expected == ":":
                self._pass(1)
                expected = "value"
                continue
            elif sign == "," and "," in expected:
                self._pass(1)
                expected = "key"
                if isinstance(keys[-1], int):
                    keys[-1] += 1
                    expected = "value"
                continue
            elif expected in ("value", "value or ]"):
                self._scalar()
            else:
                raise ValueError(f"not {sign!r}, but {expected} should come")
            expected = "" if not keys else ", or }" if isinstance(keys[-1], str) else ", or ]"
            if len(self._gap) > MAX_KEY_CHARACTERS:
                yield self._flushed()

    def _see(self) -> None:
        while self._window.left < MAX_KEY_CHARACTERS and self._window.more():
            pass

    def _pass(self, size: int) -> str:
        """Skip something that is not text."""
        window = self._window
        raw = window.data[window.place : window.place + size]
        window.place += size
        self._gap.append(raw)
        return raw

    def _flushed(self) -> Segment:
        gap = Segment("".join(self._gap))
        self._gap.clear()
        return gap

    def _scalar(self) -> None:
        window = self._window
        match = _SCALAR.match(window.data, window.place)
        if match is None or match.end() - match.start() >= MAX_KEY_CHARACTERS - 1:
            raise ValueError(f"no value: {window.data[window.place :][:20]!r}")
        raw = self._pass(match.end() - match.start())
        if self._keys == ["id"] and _WHOLE_NUMBER.match(raw):
            self.id = json.loads(raw)

    def _key(self) -> str:
        kept = ""
        self._pass(1)
        for raw in self._pieces():
            self._gap.append(raw)
            kept += _value(raw) if len(kept) < MAX_KEY_CHARACTERS else ""
        self._pass(1)
        return kept

    def _string(self) -> Iterator[Segment]:
        field = ".".join(key for key in self._keys if isinstance(key, str))
        path = ".".join(map(str, self._keys))
        wanted, begins = field in self._fields, True
        self._pass(1)
        if wanted:
            self.found.add(field)
            yield self._flushed()
        for raw in self._pieces():
            if path == "id":
                self.id = (_value(raw) if begins else f"{self.id}{_value(raw)}")[:MAX_KEY_CHARACTERS]
            if wanted:
                yield Segment(raw, _value(raw), path, begins)
            else:
                self._gap.append(raw)
                if len(raw) > MAX_KEY_CHARACTERS:
                    yield self._flushed()
            begins = False
        if wanted and begins:
            yield Segment("", "", path, True)
        self._pass(1)

    def _pieces(self) -> Iterator[str]:
        """The pieces of a string, up to its closing quote."""
        window = self._window
        while True:
            raw = window.take(_IN_STRING)
            ended = window.data.startswith('"', window.place)
            if not ended and (half := _HALF.search(raw)):
                window.place -= len(half.group())
                raw = raw[: half.start()]
            if raw:
                yield raw
            if ended:
                return
            if window.left > 2 * MAX_KEY_CHARACTERS or not window.more():
                raise ValueError(f"a string is invalid or does not end: {window.data[window.place :][:20]!r}")


def _value(raw: str) -> str:
    """The text that a piece of a string represents."""
    value: str = json.loads(f'"{raw}"') if "\\" in raw else raw
    return value


class CellSegments:
    """The segments of a row of a table; those of the cells in the wanted columns have their text."""

    def __init__(self, chunks: Iterator[str], header: Sequence[str], columns: Sequence[str], quotes: bool) -> None:
        """Read `chunks`, the text of a row of CSV (`quotes`) or TSV."""
        self._window = _Window(chunks)
        self._header = header
        self._columns = columns
        self._quotes = quotes
        self.cells = 0
        """The number of cells so far."""
        self.id: str | None = None

    def __iter__(self) -> Iterator[Segment]:
        """The segments. Raises ValueError if the text is not a row of a table."""
        window = self._window
        if window.more() and window.data.startswith(_BOM):
            window.place = len(_BOM)
            yield Segment(_BOM)
        end = ","
        while end in (",", "\t"):
            while window.left < 2 and window.more():
                pass
            column = self._header[self.cells] if self.cells < len(self._header) else ""
            quoted = self._quotes and window.data.startswith('"', window.place)
            if quoted:
                window.place += 1
                yield Segment('"')
            yield from self._cell(column, _IN_QUOTES if quoted else _IN_CSV if self._quotes else _IN_TSV, quoted)
            if quoted:
                if window.left == 0:
                    raise ValueError("unexpected end of data")
                window.place += 1
                yield Segment('"')
                while window.left < 2 and window.more():
                    pass
            pattern = _CSV_END if self._quotes else _TSV_END
            if pattern.match(window.data, window.place) is None:
                raise ValueError("',' expected after '\"'" if quoted else "a line end within a line")
            end = window.take(pattern)
            yield Segment(end)
            self.cells += 1

    def _cell(self, column: str, inside: regex.Pattern[str], quoted: bool) -> Iterator[Segment]:
        """The segments of a cell, up to its closing quote or its end."""
        window = self._window
        wanted, begins = column in self._columns, True
        while True:
            raw = window.take(inside)
            text = raw.replace('""', '"') if quoted else raw
            if column == "id":
                self.id = (text if begins else f"{self.id}{text}")[:MAX_KEY_CHARACTERS]
            if wanted and (raw or begins):
                yield Segment(raw, text, column, begins, quoted)
            elif raw:
                yield Segment(raw)
            begins = begins and not raw
            if window.left >= 2 or not window.more():
                return
