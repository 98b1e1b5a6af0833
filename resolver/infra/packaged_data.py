"""The paths and tables of the data files: inside an installed package, or beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def data_path(name: str) -> Path:
    """The path of the data file `name`, such as "entities.tsv" or "sample/wire.txt"."""
    installed = _PACKAGE / "data" / name
    return installed if installed.exists() else _PACKAGE.parent / "data" / name


def read_table(name: str) -> list[dict[str, str]]:
    """The rows of a bundled TSV file by column name; blank lines and lines that begin with # are skipped."""
    lines = data_path(name).read_text(encoding="utf-8").split("\n")
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    header = rows[0]
    return [dict(zip(header, row, strict=True)) for row in rows[1:]]
