"""The visible text of HTML: without tags, attributes, comments, scripts, styles and code.

A file is one document, so a full name in a headline is evidence for all of it. A name may span inline tags (`Yoshihidi
<b>Soja</b>`), which stay, and line ends; other tags, and `<br>`, end a paragraph. Broken HTML is read as far as
possible: what may not be text is not changed.
"""

from __future__ import annotations

import html
from array import array
from collections.abc import Callable
from html.parser import HTMLParser

import regex

from resolver.corpus.formats.visible_text import Quote, VisibleText

INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite data del dfn em font i ins label mark nobr q s small span strike strong time u"
    " wbr".split()
)
"""Elements within a sentence; a name may span their tags."""
_OBJECTS = frozenset("sub sup img svg math canvas audio video object embed input ruby rt rp picture".split())
CODE = frozenset(
    "script style code kbd samp var tt textarea template xmp iframe noembed noframes plaintext svg math".split()
)
"""Elements whose text is not changed."""
_LINE_END = regex.compile(r"(?:(?<![ \t\f])[ \t\f]++)?[\r\n][ \t\f\r\n]*+")
"""White space that a browser shows as a space."""


def visible_html(source: str, path: str, in_codec: Callable[[Quote], Quote], is_pre: bool = False) -> VisibleText:
    """The visible text of HTML; with `is_pre` it begins where line ends are significant."""
    scanner = _HtmlScanner(source, in_codec(_quote), is_pre)
    scanner.feed(source)  # without close(): the rest is an unfinished tag or comment, which is not text
    return scanner.visible


def _quote(text: str) -> str:
    return html.escape(text, quote=False)


class HtmlNesting(HTMLParser):
    """Tracks the enclosing elements that decide what is text."""

    def __init__(self, is_pre: bool = False) -> None:
        """Start outside of all code."""
        super().__init__(convert_charrefs=False)
        self.code = ""
        """The outermost enclosing element whose text is not changed; "" if there is none."""
        self._depth = 0  # nesting depth of elements of that name
        self.is_pre = is_pre
        """Whether line ends are significant."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record where a paragraph or code begins."""
        self.on_tag(tag)
        self.is_pre = self.is_pre or tag == "pre"
        if tag in CODE and tag == (self.code or tag):
            self.code = tag
            self._depth += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record where a paragraph begins; browsers take `<code/>` for the start of code."""
        if tag in ("svg", "math"):  # foreign elements can be empty
            self.on_tag(tag)
        else:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Record where a paragraph or code ends."""
        if tag == self.code:
            self._depth -= 1
            self.code = tag if self._depth else ""
        self.is_pre = self.is_pre and tag != "pre"
        self.on_tag(tag)

    def on_tag(self, tag: str) -> None:
        """Handle a tag of either kind."""


class _HtmlScanner(HtmlNesting):
    """Finds the text in HTML by the positions that the parser reports."""

    def __init__(self, source: str, quote: Quote, is_pre: bool) -> None:
        super().__init__(is_pre)
        self.visible = VisibleText(source)
        self._quote = quote
        self._lines = array("q", [0])  # the offset of each line
        self._lines.extend(match.end() for match in regex.finditer("\n", source))

    def _place(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def on_tag(self, tag: str) -> None:
        """End the paragraph, or add an object."""
        if tag in _OBJECTS or tag in CODE:
            self.visible.object()
        elif tag not in INLINE:
            self.visible.apart()

    def handle_data(self, data: str) -> None:
        """Add text, if it is where the parser reports it."""
        place = self._place()
        if self.code or not self.visible.source.startswith(data, place):
            return
        end = place + len(data)
        for space in _LINE_END.finditer(data) if not self.is_pre else ():
            start, stop = end - len(data) + space.start(), end - len(data) + space.end()
            self.visible.literal(place, start, self._quote)
            self.visible.entity(start, stop, " ", self._quote)
            place = stop
        self.visible.literal(place, end, self._quote)

    def handle_entityref(self, name: str) -> None:
        """Add a named character."""
        self._reference("&" + name)

    def handle_charref(self, name: str) -> None:
        """Add a numbered character."""
        self._reference("&#" + name)

    def _reference(self, written: str) -> None:
        place, source = self._place(), self.visible.source
        if self.code or not source.startswith(written, place):
            return
        end = place + len(written)
        end += source.startswith(";", end)
        self.visible.entity(place, end, html.unescape(source[place:end]), self._quote)
