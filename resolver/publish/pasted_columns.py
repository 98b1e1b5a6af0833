"""A column of mentions that somebody pastes: read within limits, answered, and given back as a CSV file."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from resolver.database.saved_runs import SavedAnswer, resolved_from
from resolver.errors import InputError, RecordError
from resolver.infra.tabular import csv_cells, csv_reader, read_rows
from resolver.records import Resolution

LINES = 2_000
"""So many mentions can be pasted at once..."""

BYTES = 300_000
"""...in so many bytes of UTF-8."""

KINDS = {"lines": "lines: a mention each", "tsv": "TSV with a header", "csv": "CSV with a header"}
"""How what is pasted can be written."""

COLUMN = "mention"
"""The column that is taken when none is named, if there is one of that name; else the first."""

PASTED = "what was pasted"

HEADER = ("mention", "outcome", "id", "name", "type", "probability", "best_id", "best_name")
"""The columns of the CSV file: the answer as in JSON, and the most probable entity whatever the outcome."""

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A spreadsheet may run a cell that begins so as a formula."""


def read_mentions(text: str, kind: str, column: str = "") -> tuple[list[str], list[str]]:
    """The mentions in a text, in order, and what is wrong with the rows that cannot be read.

    Raises InputError for a kind that there is not, a column that is not there, and when the limits are passed.
    """
    if kind not in KINDS:
        raise InputError(f"what is pasted must be one of {', '.join(KINDS)}")
    size = len(text.encode())
    if size > BYTES:
        raise InputError(f"{size:,} bytes were pasted; at most {BYTES:,} at once: use resolver resolve for more")
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    if not any(line.strip() for line in lines):
        raise InputError("nothing was pasted")
    mentions, problems = lines, list[str]()
    if kind != "lines":
        mentions, problems = _column(lines, kind, column)
    if len(mentions) > LINES:
        raise InputError(
            f"{len(mentions):,} mentions were pasted; at most {LINES:,} at once: use resolver resolve for more"
        )
    return mentions, problems


def _column(lines: list[str], kind: str, column: str) -> tuple[list[str], list[str]]:
    text = [f"{line}\n" for line in lines]
    header = next(csv_cells(PASTED, csv_reader(text)))[1] if kind == "csv" else lines[0].split("\t")
    if isinstance(header, RecordError):
        raise header
    taken = column or (COLUMN if COLUMN in header else header[0].strip())
    rows = read_rows(PASTED, (line.encode() for line in text), kind, [taken])
    mentions, problems = [], []
    for _, row in rows:
        if isinstance(row, RecordError):
            problems.append(f"line {row.line}: {row.reason}")
            continue
        mentions.append(row.get(taken, ""))
    return mentions, problems


def to_save(mentions: Sequence[str], found: Mapping[str, Resolution], type: str | None) -> list[SavedAnswer]:
    """The answers as a run saves them: one for each distinct mention, with its first line, and how often it comes."""
    times = Counter(mentions)
    first = {mention: str(line) for line, mention in reversed(list(enumerate(mentions, 1)))}
    return [replace(resolved_from(found[m], type, first[m]), times=n) for m, n in times.items() if m.strip()]


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet may take a cell for a formula."""
    return cell.startswith(FORMULAS)


def to_csv(mentions: Iterable[str], found: Mapping[str, Resolution], for_spreadsheet: bool) -> bytes:
    """The answers as CSV (RFC 4180, UTF-8), a row for each mention, in order.

    Cells are exactly what they are. `for_spreadsheet` puts an apostrophe before those that would be formulas, and a
    byte-order mark before all, by which Excel knows UTF-8.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER)
    for mention in mentions:
        cells = _cells(found[mention])
        writer.writerow([f"'{cell}" if for_spreadsheet and is_formula(cell) else cell for cell in cells])
    return text.getvalue().encode("utf-8-sig" if for_spreadsheet else "utf-8")


def _cells(resolution: Resolution) -> tuple[str, ...]:
    entity, best = resolution.entity, resolution.candidates[0].entity if resolution.candidates else None
    linked = (entity.id, entity.name, entity.type) if entity else ("", "", "")
    probability = f"{round(resolution.probability, 6)}"
    return (resolution.mention, resolution.outcome, *linked, probability, *((best.id, best.name) if best else ("", "")))


def formulas_in(mentions: Iterable[str], found: Mapping[str, Resolution]) -> int:
    """How many cells of these answers a spreadsheet would take for formulas."""
    return sum(is_formula(cell) for mention in mentions for cell in _cells(found[mention]))
