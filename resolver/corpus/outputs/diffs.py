"""Diffs of a run: a unified diff, or the changed lines with the changes marked."""

from __future__ import annotations

import difflib
from typing import Literal

import regex

from resolver.corpus.formats.file_format import Rewritten, RewrittenText
from resolver.corpus.formats.text_blocks import moved
from resolver.records import Edit
from resolver.text.edit_composition import apply_edits

Style = Literal["lines", "words"]

_HUNK = regex.compile(r"@@ -(\d+)((?:,\d+)?) \+(\d+)((?:,\d+)?) @@")
_RED, _GREEN, _CYAN, _BOLD, _PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[36m", "\x1b[1m", "\x1b[0m"
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), 127, *range(128, 160)) if chr(code) not in "\t\n"}


def diff_head(name: str, color: bool) -> str:
    """The head of the diff of a file."""
    lines = f"--- a/{name}", f"+++ b/{name}"
    return "".join(f"{_BOLD}{line}{_PLAIN}\n" if color else f"{line}\n" for line in lines)


def diff_of(unit: Rewritten, style: Style, color: bool) -> str:
    """The changes of a unit, with the line numbers of the file; "" if there are none.

    In the style `words` these are the changed lines, marked as [-Soja-]{+Suga+} or in red and green. For a unit that is
    not UTF-8 the texts are compared.
    """
    if not unit.edits:
        return ""
    if style == "words":
        return "".join(_in_words(text, color) for text in unit.texts if text.edits)
    before, after = _as_text(unit)
    lines = [_numbered(line, unit.line) for line in difflib.unified_diff(_lines(before), _lines(after))][2:]
    ended = (line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return "".join(_painted(line) if color else line for line in ended)


def _as_text(unit: Rewritten) -> tuple[str, str]:
    if b"\0" not in unit.before:
        try:
            return unit.before.decode(), unit.after.decode()
        except UnicodeDecodeError:
            pass
    texts = [(text.text, apply_edits(text.text, moved(text.edits, -text.offset))) for text in unit.texts]
    before, after = zip(*texts, strict=True)
    return "\n".join(before), "\n".join(after)


def _lines(text: str) -> list[str]:
    """The lines of a text, each with its line feed; no other character ends a line."""
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _numbered(line: str, first: int) -> str:
    """A line of a diff; the head of a hunk is renumbered, since the unit begins at line `first`."""
    match = _HUNK.match(line)
    if match is None:
        return line
    old, old_size, new, new_size = match.groups()
    return f"@@ -{int(old) + first - 1}{old_size} +{int(new) + first - 1}{new_size} @@\n"


def _painted(line: str) -> str:
    """A line of a diff in colour, with control characters escaped."""
    paint = {"-": _RED, "+": _GREEN, "@": _CYAN}.get(line[0], "")
    shown = _shown(line.rstrip("\n"))
    return f"{paint}{shown}{_PLAIN}\n" if paint else f"{shown}\n"


def _in_words(text: RewrittenText, color: bool) -> str:
    """The lines of a text that have edits, under its name."""
    shown = _shown if color else str
    head = f"@@ {text.doc} {text.field}".rstrip() + " @@"
    pieces = [f"{_CYAN}{_shown(head)}{_PLAIN}\n" if color else f"{head}\n"]
    place = -1  # after the last edit
    for edit in moved(text.edits, -text.offset):
        line = text.text.rfind("\n", 0, edit.start) + 1
        if place < line:
            pieces += [shown(_rest_of_line(text.text, place)), shown(text.text[line : edit.start])]
        else:
            pieces.append(shown(text.text[place : edit.start]))
        pieces.append(_changed(edit, color))
        place = edit.end
    return "".join(pieces) + shown(_rest_of_line(text.text, place))


def _rest_of_line(text: str, place: int) -> str:
    if place < 0:
        return ""
    end = text.find("\n", place)
    return text[place : len(text) if end < 0 else end] + "\n"


def _changed(edit: Edit, color: bool) -> str:
    if color:
        return f"{_RED}{_shown(edit.before)}{_PLAIN}{_GREEN}{_shown(edit.after)}{_PLAIN}"
    return f"[-{edit.before}-]{{+{edit.after}+}}"


def _shown(text: str) -> str:
    """The text with control characters escaped, so that a terminal does not execute them."""
    return text.translate(_CONTROLS)
