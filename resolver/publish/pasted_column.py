"""A pasted column of mentions: read within limits, resolved, and written as a CSV file."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from resolver.database.saved_runs import SavedAnswer
from resolver.errors import InputError, RecordError
from resolver.infra.tabular import csv_cells, csv_reader, read_rows
from resolver.resolving.resolution import Resolution
from resolver.resolving.saving import to_saved


@dataclass(frozen=True, slots=True)
class PasteLimits:
    """Bounds on a pasted text."""

    mentions: int = 2_000
    bytes: int = 300_000
    """Size of the text in UTF-8."""


LIMITS = PasteLimits()

PASTE_FORMATS = {"lines": "one mention per line", "tsv": "TSV with a header", "csv": "CSV with a header"}
"""The formats of the text, with their labels."""

DEFAULT_COLUMN = "mention"
"""The default column, if the table has it; otherwise the first one."""

SOURCE_NAME = "the pasted text"
"""The name of the text in errors."""

CSV_HEADER = ("mention", "outcome", "id", "name", "type", "probability", "best_id", "best_name")
"""The columns of the CSV file: the answer as in JSON, then the most probable entity, whatever the outcome."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A spreadsheet may run a cell that begins with one of these as a formula."""


@dataclass(frozen=True, slots=True)
class PastedColumn:
    """The mentions of a column, in order, and the problems of the rows that cannot be read."""

    mentions: tuple[str, ...]
    problems: tuple[str, ...] = ()


def read_column(text: str, kind: str, column: str = "") -> PastedColumn:
    """The column of mentions in a text of one of PASTE_FORMATS.

    Raises InputError for an unknown format or column, an empty text, and a text beyond LIMITS.
    """
    if kind not in PASTE_FORMATS:
        raise InputError(f"the format must be one of {', '.join(PASTE_FORMATS)}")
    size = len(text.encode())
    if size > LIMITS.bytes:
        raise InputError(f"{size:,} bytes were pasted; at most {LIMITS.bytes:,} at once: use resolver resolve for more")
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    if not any(line.strip() for line in lines):
        raise InputError("nothing was pasted")
    pasted = PastedColumn(tuple(lines)) if kind == "lines" else _read_table(lines, kind, column)
    count = len(pasted.mentions)
    if count > LIMITS.mentions:
        maximum = f"{LIMITS.mentions:,}"
        raise InputError(f"{count:,} mentions were pasted; at most {maximum} at once: use resolver resolve for more")
    return pasted


def _read_table(lines: list[str], kind: str, column: str) -> PastedColumn:
    text = [f"{line}\n" for line in lines]
    header = next(csv_cells(SOURCE_NAME, csv_reader(text)))[1] if kind == "csv" else lines[0].split("\t")
    if isinstance(header, RecordError):
        raise header
    chosen = column or (DEFAULT_COLUMN if DEFAULT_COLUMN in header else header[0].strip())
    mentions, problems = [], []
    for _, row in read_rows(SOURCE_NAME, (line.encode() for line in text), kind, [chosen]):
        if isinstance(row, RecordError):
            problems.append(f"line {row.line}: {row.reason}")
        else:
            mentions.append(row.get(chosen, ""))
    return PastedColumn(tuple(mentions), tuple(problems))


@dataclass(frozen=True, slots=True)
class ColumnAnswers:
    """The answers for a column: its mentions in order, and the resolution of each distinct one."""

    mentions: tuple[str, ...]
    resolutions: Mapping[str, Resolution]
    type: str | None
    """The requested type."""
    prevalence: float
    """The estimated share of the mentions whose entity is in the table."""

    def outcomes(self) -> Counter[str]:
        """The number of mentions by outcome."""
        return Counter(self.resolutions[mention].outcome for mention in self.mentions)

    def formulas(self) -> int:
        """The number of cells that a spreadsheet would run as formulas."""
        return sum(_is_formula(cell) for mention in self.mentions for cell in _csv_cells(self.resolutions[mention]))

    def to_csv(self, for_spreadsheet: bool) -> bytes:
        """The answers as CSV (RFC 4180, UTF-8), one row per mention.

        With `for_spreadsheet`, cells that would be formulas begin with an apostrophe, and the file begins with a
        byte-order mark, by which Excel recognises UTF-8. Otherwise cells are exact.
        """
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(CSV_HEADER)
        for mention in self.mentions:
            cells = _csv_cells(self.resolutions[mention])
            writer.writerow([f"'{cell}" if for_spreadsheet and _is_formula(cell) else cell for cell in cells])
        return text.getvalue().encode("utf-8-sig" if for_spreadsheet else "utf-8")

    def to_save(self) -> list[SavedAnswer]:
        """The answers as rows of a run: one per distinct mention that is not blank, with its first line."""
        first = {mention: str(line) for line, mention in reversed(list(enumerate(self.mentions, 1)))}
        return [
            replace(to_saved(self.resolutions[mention], self.type, first[mention]), times=times)
            for mention, times in Counter(self.mentions).items()
            if mention.strip()
        ]


def _is_formula(cell: str) -> bool:
    return cell.startswith(FORMULA_STARTS)


def _csv_cells(resolution: Resolution) -> tuple[str, ...]:
    entity, best = resolution.entity, resolution.candidates[0].entity if resolution.candidates else None
    linked = (entity.id, entity.name, entity.type) if entity else ("", "", "")
    probability = f"{round(resolution.probability, 6)}"
    return (resolution.mention, resolution.outcome, *linked, probability, *((best.id, best.name) if best else ("", "")))
