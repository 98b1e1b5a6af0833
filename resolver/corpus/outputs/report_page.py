"""The report: a page that shows each edit in its sentence; it needs no network, and is readable without its script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from importlib.resources import files

import regex

from resolver.corpus.formats.file_format import Rewritten, RewrittenText
from resolver.records import Edit

MAX_CONTEXT_POINTS = 200
"""Maximum number of code points of the sentence that are shown on each side of an edit."""

_SENTENCE_END = regex.compile(r"(?<=[.!?؟।][\"'”’»)]*)\s+(?=\P{Ll}|$)|(?<=[。！？])|[\n\r\u2028\u2029]+")
_CONTROLS = {code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\t\n"}
_CONTROLS |= {127: "\u2421", **dict.fromkeys(range(128, 160), "\ufffd")}
_CONTROLS |= {code: f"[U+{code:04X}]" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


def report_rows(
    unit: Rewritten, path: str, type_of: Callable[[str], str], explain: Callable[[str, str], str]
) -> Iterator[bytes]:
    """A table row for each edit of a unit; `explain` compares its old and new form."""
    for text in unit.texts:
        for edit in text.edits:
            yield _row(text, edit, path, type_of(edit.id), explain(edit.before, edit.after)).encode("utf-8", "replace")


def report_page(edits: int, changed: int, files_: int, rejected: int, max_rows: int) -> tuple[bytes, bytes]:
    """The page before and after its rows, with the numbers of edits, changed files and rejected records.

    It says if there are more than `max_rows` edits, of which only the first are shown.
    """
    page = (files("resolver.corpus.outputs") / "report_page.html").read_text(encoding="utf-8")
    totals = f"{_number(edits, 'edit')} in {changed:,} of {_number(files_, 'file')}."
    if rejected:
        totals += f" {_number(rejected, 'record')} could not be read and were left unchanged."
    cut = ""
    if edits > max_rows:
        cut = f"<p><strong>Only the first {max_rows:,} are shown</strong>: all of them are in the file of --edits.</p>"
    for mark, value in (("@TITLE@", "Rewritten names"), ("@TOTALS@", totals), ("@CUT@", cut)):
        page = page.replace(mark, value)
    before, behind = page.split("@ROWS@\n")
    return before.encode(), behind.encode()


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _row(text: RewrittenText, edit: Edit, path: str, type_: str, explanation: str) -> str:
    start, end = edit.start - text.offset, edit.end - text.offset
    left, right = _sentence(text.text, start, end)
    file = "" if text.doc.startswith(path) else f"{path} "
    place = _shown(f"{file}{text.field} {edit.start}–{edit.end}".strip())
    type_ = _shown(type_ or "other")
    return (
        f'<tr data-p="{edit.probability:.4f}" data-type="{type_}">'
        f"<td><bdi>{_shown(text.doc)}</bdi><small>{place}</small></td>"
        f'<td class="text" dir="auto">{_shown(left)}<del><bdi>{_shown(edit.before)}</bdi></del> '
        f"<ins><bdi>{_shown(edit.after)}</bdi></ins>{_shown(right)}</td>"
        f'<td class="number">{edit.probability:.3f}</td>'
        f"<td><bdi>{_shown(edit.name)}</bdi><small><bdi>{_shown(edit.id)}</bdi> · {type_}</small></td>"
        f"<td><details><summary>{_shown(edit.reason)}</summary><pre>{_shown(explanation)}</pre></details></td></tr>\n"
    )


def _sentence(text: str, start: int, end: int) -> tuple[str, str]:
    """The parts of the sentence before and after a span."""
    left, right = text[max(start - MAX_CONTEXT_POINTS, 0) : start], text[end : end + MAX_CONTEXT_POINTS]
    ends = [match.end() for match in _SENTENCE_END.finditer(left)]
    begin = ends[-1] if ends else 0
    cut = "…" if not ends and start > MAX_CONTEXT_POINTS else ""
    stop = _SENTENCE_END.search(right)
    rest = right[: stop.start()] if stop else right + ("…" if end + MAX_CONTEXT_POINTS < len(text) else "")
    return cut + left[begin:].lstrip(), rest.rstrip()


def _shown(text: str) -> str:
    """The text escaped for HTML, with visible control characters."""
    return escape(text.translate(_CONTROLS))
