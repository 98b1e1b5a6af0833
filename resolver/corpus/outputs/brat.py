"""Edits as brat standoff (https://brat.nlplab.org/standoff.html): a text, and annotations of it.

The texts of one input are in one file, each beginning on a new line; those of a plain text make up the original text.
Offsets are in code points of that file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from resolver.corpus.formats.file_format import Rewritten
from resolver.records import Edit


@dataclass(frozen=True, slots=True)
class MarkedTexts:
    """Texts joined into one, and their edits, each with its offset in `text`."""

    text: str
    edits: tuple[tuple[int, Edit], ...]


@dataclass(frozen=True, slots=True)
class StandoffPlace:
    """The sizes of the two standoff files of an input: code points of text, and annotated mentions."""

    points: int = 0
    marks: int = 0


def marked(units: Iterable[Rewritten]) -> MarkedTexts:
    """The texts of some units, joined."""
    pieces: list[str] = []
    edits: list[tuple[int, Edit]] = []
    place = 0
    for unit in units:
        for text in unit.texts:
            edits += [(place + edit.start - text.offset, edit) for edit in text.edits]
            ended = text.text if text.goes_on or text.text.endswith("\n") else text.text + "\n"
            pieces.append(ended)
            place += len(ended)
    return MarkedTexts("".join(pieces), tuple(edits))


def standoff(found: MarkedTexts, at: StandoffPlace, type_of: Callable[[str], str]) -> tuple[str, StandoffPlace]:
    """The lines for texts that begin at `place`, and the place after them.

    Each edit has a T line with the type of its entity, an N line that refers to the entity, and a note with the new
    form. A mention that spans a line end is annotated in fragments.
    """
    lines: list[str] = []
    mark = at.marks
    for start, edit in found.edits:
        mark += 1
        where, shown = _fragments(edit.before, at.points + start)
        after, reason = _one_line(edit.after), _one_line(edit.reason)
        lines.append(f"T{mark}\t{type_of(edit.id) or 'other'} {where}\t{shown}\n")
        lines.append(f"N{mark}\tReference T{mark} resolver:{_id(edit.id)}\t{_one_line(edit.name)}\n")
        lines.append(f"#{mark}\tAnnotatorNotes T{mark}\t{after} (probability {edit.probability:.3f}, {reason})\n")
    return "".join(lines), StandoffPlace(at.points + len(found.text), mark)


def _fragments(before: str, start: int) -> tuple[str, str]:
    """The spans of the lines of a mention, and the mention on one line."""
    spans, pieces = [], []
    for line in before.split("\n"):
        if line:
            spans.append(f"{start} {start + len(line)}")
            pieces.append(line)
        start += len(line) + 1
    return ";".join(spans), _one_line(" ".join(pieces))


def _one_line(text: str) -> str:
    """The text with a space for each tab and line end, so that its length stays the same."""
    return text.translate({ord(char): " " for char in "\t\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"})


def _id(text: str) -> str:
    """The id of an entity as a single word."""
    return _one_line(text).replace(" ", "%20")
