"""The inline syntax of Markdown paragraphs: markdown-it parses it, and each rule records the characters it consumed."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import regex

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

Kind = Literal["markup", "object", "entity"]

_NOTES = "notes"
"""The key of the notes in the environment of a parse."""

_TAG = regex.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")


@dataclass(frozen=True, slots=True, order=True)
class InlineMark:
    """A span that is not plain text: markup, an object, or an entity."""

    start: int
    end: int
    kind: Kind
    said: str = ""
    """The text of an entity."""


@dataclass(slots=True)
class ParagraphNotes:
    """The notes of the rules on one paragraph while it is parsed."""

    source: str
    marks: list[InlineMark] = field(default_factory=list)
    delimiters: list[tuple[Token, int, int]] = field(default_factory=list)
    """Tokens that may become emphasis, with the offsets of their delimiters."""


def marks_of(content: str, env: dict[str, Any]) -> list[InlineMark]:
    """The marks in the content of a paragraph, in order; `env` has the references of its document."""
    parser = markdown_parser()
    notes = ParagraphNotes(content)
    parser.inline.parse(content, parser, {**env, _NOTES: notes}, [])
    return _outermost(sorted(notes.marks, key=lambda mark: (mark.start, -mark.end)))


def html_tag(source: str, place: int) -> tuple[str, bool] | None:
    """The name of the HTML tag at an offset, and whether it is an end tag; None for a comment and the like."""
    match = _TAG.match(source, place)
    return None if match is None else (match[2].lower(), bool(match[1]))


@cache
def markdown_parser() -> MarkdownIt:
    """A parser of CommonMark with tables and strikethrough that records notes in its environment."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    parser.core.ruler.enableOnly(["normalize", "block"])
    rules = dict(zip(parser.inline.ruler.get_active_rules(), parser.inline.ruler.getRules(""), strict=True))
    for name, note in _NOTED.items():
        parser.inline.ruler.at(name, _noting(rules[name], note))
    parser.inline.ruler2.before("fragments_join", "marks_of_emphasis", _note_emphasis)
    return parser


Rule = Callable[["StateInline", bool], bool]
Note = Callable[["StateInline", ParagraphNotes, int, int], None]
"""Adds to the notes what a rule matched from an offset on; the number is that of the tokens before."""


def _noting(rule: Rule, note: Note) -> Rule:
    def noting(state: StateInline, silent: bool) -> bool:
        notes: ParagraphNotes | None = state.env.get(_NOTES)
        if silent or notes is None or notes.source != state.src:  # the label of an image is parsed separately
            return rule(state, silent)
        start, before = state.pos, len(state.tokens)
        found = rule(state, silent)
        if found:
            note(state, notes, start, before)
        return found

    return noting


def _note_escape(state: StateInline, notes: ParagraphNotes, start: int, before: int) -> None:
    notes.marks.append(InlineMark(start, state.pos, "entity", state.src[start + 1 : state.pos]))


def _note_entity(state: StateInline, notes: ParagraphNotes, start: int, before: int) -> None:
    notes.marks.append(InlineMark(start, state.pos, "entity", html.unescape(state.src[start : state.pos])))


def _note_code(state: StateInline, notes: ParagraphNotes, start: int, before: int) -> None:
    if len(state.tokens) > before and state.tokens[-1].type == "code_inline":  # else the backticks are text
        notes.marks.append(InlineMark(start, state.pos, "object"))


def _note_autolink(state: StateInline, notes: ParagraphNotes, start: int, before: int) -> None:
    notes.marks.append(InlineMark(start, state.pos, "object"))


def _note_tag(state: StateInline, notes: ParagraphNotes, start: int, before: int) -> None:
    notes.marks.append(InlineMark(start, state.pos, "markup"))


def _note_link(state: StateInline, notes: ParagraphNotes, start: int, before: int) -> None:
    """Record the marks of a link; its label is text, unless it also names the reference."""
    is_image = state.src[start] == "!"
    label = start + 1 + is_image
    end = state.md.helpers.parseLinkLabel(_at(state, start), label - 1, not is_image)
    behind = state.src[end + 1 : state.pos]
    if behind in ("", "[]") or (is_image and regex.search(r"[`<\[&\\]", state.src[label:end])):
        notes.marks.append(InlineMark(start, state.pos, "object"))
    else:
        notes.marks += [InlineMark(start, label, "markup"), InlineMark(end, state.pos, "markup")]


def _at(state: StateInline, start: int) -> StateInline:
    """A copy of the state as it was at `start`."""
    from markdown_it.rules_inline import StateInline

    again = StateInline(state.src, state.md, state.env, [])
    again.pos, again.posMax, again.level, again.cache = start, state.posMax, state.level, state.cache
    return again


def _note_delimiter(state: StateInline, notes: ParagraphNotes, start: int, before: int) -> None:
    for token in state.tokens[len(state.tokens) - _new_delimiters(state, start) :]:
        notes.delimiters.append((token, start, start + len(token.content)))
        start += len(token.content)


def _new_delimiters(state: StateInline, start: int) -> int:
    """The number of tokens that the delimiters from `start` on became."""
    count = length = 0
    while length < state.pos - start:
        count += 1
        length += len(state.tokens[-count].content)
    return count


def _note_emphasis(state: StateInline) -> None:
    notes: ParagraphNotes | None = state.env.get(_NOTES)
    if notes is not None and notes.source == state.src:
        taken = [(start, end) for token, start, end in notes.delimiters if token.type != "text" or not token.content]
        notes.marks += [InlineMark(start, end, "markup") for start, end in taken]


_NOTED: dict[str, Note] = {
    "escape": _note_escape,
    "backticks": _note_code,
    "strikethrough": _note_delimiter,
    "emphasis": _note_delimiter,
    "link": _note_link,
    "image": _note_link,
    "autolink": _note_autolink,
    "html_inline": _note_tag,
    "entity": _note_entity,
}


def _outermost(marks: list[InlineMark]) -> list[InlineMark]:
    """The marks, in order, without those inside an earlier one."""
    kept: list[InlineMark] = []
    for mark in marks:
        if not kept or mark.start >= kept[-1].end:
            kept.append(mark)
    return kept
