"""The visible text of bilingual XML (XLIFF 1.2 and 2, TMX): the target side only.

The targets of a file, or of a part of a large one, are one document. A name may span inline elements, which stay. The
contents of codes such as `<bpt>`, and of anything marked `translate="no"`, are not text. A file that is not well-formed
stays unchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Protocol
from xml.parsers import expat

from resolver.corpus.formats.visible_text import Quote, VisibleText
from resolver.errors import RecordError

_CODES = frozenset("bpt ept ph it ut x bx ex sub sc ec cp sm em".split())
"""Inline elements that represent formatting; their contents are not text."""

_LANG = "http://www.w3.org/XML/1998/namespace lang"

Attributes = dict[str, str]


class Side(Protocol):
    """Recognises the elements that hold the texts of one side."""

    def __call__(self, names: list[str], attributes: Attributes) -> bool:
        """Whether the last element of `names`, nested in the others, holds such text."""


def xliff_targets(names: list[str], attributes: Attributes) -> bool:
    """Whether an element is the translation of a unit, not a proposed one."""
    return names[-1] == "target" and names[-2:-1] in (["trans-unit"], ["segment"])


def xliff(source: str, path: str, in_codec: Callable[[Quote], Quote]) -> VisibleText:
    """The targets of an XLIFF document of any version."""
    return _XmlScanner(source, in_codec, xliff_targets).scanned(path)


def tmx(language: str, source: str, path: str, in_codec: Callable[[Quote], Quote]) -> VisibleText:
    """The segments of a TMX document in a language, or a variety of it, that are not the source of their unit."""
    return _XmlScanner(source, in_codec, _TmxTargets(language)).scanned(path)


class _TmxTargets:
    """Recognises the segments of TMX in a language; it must see all elements in order."""

    def __init__(self, language: str) -> None:
        self._language = _normal(language)
        self._sources: dict[str, str] = {}
        self._is_target = False

    def __call__(self, names: list[str], attributes: Attributes) -> bool:
        name = names[-1]
        if name in ("header", "tu"):
            self._sources[name] = _normal(attributes.get("srclang", ""))
        elif name == "tuv":
            language = _normal(attributes.get(_LANG) or attributes.get("lang", ""))
            own = (language + "-").startswith(self._language + "-")
            self._is_target = own and language != (self._sources.get("tu") or self._sources.get("header"))
        return name == "seg" and self._is_target


def _normal(language: str) -> str:
    return language.lower().replace("_", "-")


class _XmlScanner:
    """Finds the texts of one side by the positions that expat reports."""

    def __init__(self, source: str, in_codec: Callable[[Quote], Quote], side: Side) -> None:
        self._visible = VisibleText(source)
        self._data = source.encode()
        self._side = side
        self._quote = in_codec(lambda text: escape(text, quote=False))
        self._encoded = in_codec(str)
        self._names: list[str] = []
        self._untranslated: list[bool] = []  # for each enclosing element, whether it is marked as not to be translated
        self._texts: list[bool] = []  # for each of them, whether its contents are text of the side
        self._in_cdata = False
        self._byte = self._place = 0  # the same position, in the data and in the source

    def scanned(self, path: str) -> VisibleText:
        """The visible text. Raises RecordError if the source is not well-formed."""
        parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        self._parser = parser
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartCdataSectionHandler = lambda: self._cdata(True)
        parser.EndCdataSectionHandler = lambda: self._cdata(False)
        parser.DefaultHandler = self._other  # keeps expat from expanding the entities of the file
        try:
            parser.Parse(self._data, True)
        except expat.ExpatError as error:
            problem = f"not well-formed XML: {expat.ErrorString(error.code)} at column {error.offset + 1}"
            raise RecordError(problem, path, error.lineno) from error
        finally:
            del self._parser  # ends the reference cycle
        return self._visible

    def _start(self, name: str, attributes: Attributes) -> None:
        local = name.rpartition(" ")[2]
        self._names.append(local)
        within = bool(self._texts) and self._texts[-1]
        inherited = bool(self._untranslated) and self._untranslated[-1] and attributes.get("translate") != "yes"
        untranslated = attributes.get("translate") == "no" or attributes.get("mtype") == "protected" or inherited
        begins = self._side(self._names, attributes)
        if begins:
            self._visible.apart()
        elif within and untranslated:
            self._visible.object()
        self._untranslated.append(untranslated)
        self._texts.append((begins or (within and local not in _CODES)) and not untranslated)

    def _end(self, name: str) -> None:
        self._names.pop()
        self._untranslated.pop()
        self._texts.pop()

    def _cdata(self, begins: bool) -> None:
        self._in_cdata = begins

    def _other(self, data: str) -> None:
        if data.startswith("&") and self._texts and self._texts[-1]:
            self._visible.object()

    def _characters(self, text: str) -> None:
        if not (self._texts and self._texts[-1]):
            return
        start = self._parser.CurrentByteIndex
        data, written = self._data, text.encode()
        if not self._in_cdata and data.startswith(b"&", start):
            end = data.index(b";", start) + 1
        elif data.startswith(written, start):
            end = start + len(written)
        else:  # a line end, which XML parsers report as "\n"
            end = start + (2 if data.startswith(b"\r\n", start) else 1)
        first, last = self._place_of(start), self._place_of(end)
        quote = self._quote_in_cdata if self._in_cdata else self._quote
        if data[start:end] == written:
            self._visible.literal(first, last, quote)
        else:
            self._visible.entity(first, last, text, quote)

    def _quote_in_cdata(self, text: str) -> str:
        """The text escaped for CDATA; signs that could end the section, or need a reference, go between sections."""
        return "".join(
            char if char != ">" and self._encoded(char) == char else f"]]>&#{ord(char)};<![CDATA[" for char in text
        )

    def _place_of(self, byte: int) -> int:
        """The position in the source of a byte of the data; bytes must be requested in order."""
        self._place += len(self._data[self._byte : byte].decode())
        self._byte = byte
        return self._place
