"""The formats of corpora: which one a file has, and how its texts are rewritten."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from resolver.corpus.byte_streams import STDIN, display_name
from resolver.corpus.formats.conll import Conll
from resolver.corpus.formats.delimited import DelimitedTable
from resolver.corpus.formats.file_format import Format, FormatOptions
from resolver.corpus.formats.jsonl import JsonLines
from resolver.corpus.formats.plain_text import Text
from resolver.errors import InputError, SettingError
from resolver.infra.compression import COMPRESSED

EXTENSIONS = {
    ".conll": "conll",
    ".conllu": "conll",
    ".conllx": "conll",
    ".csv": "csv",
    ".htm": "html",
    ".html": "html",
    ".jsonl": "jsonl",
    ".markdown": "markdown",
    ".md": "markdown",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".tab": "tsv",
    ".tmx": "tmx",
    ".tsv": "tsv",
    ".xhtml": "html",
    ".xlf": "xliff",
    ".xliff": "xliff",
}
"""The formats of files by extension; those of all others are `text`."""


def _markdown(path: str, options: FormatOptions) -> Format:
    from resolver.corpus.formats.markdown import Markdown

    return Markdown(path)


def _html(path: str, options: FormatOptions) -> Format:
    from resolver.corpus.formats import html
    from resolver.corpus.formats.large_html import Pages

    return Pages(path, "html", "html", html.visible)


def _xliff(path: str, options: FormatOptions) -> Format:
    from resolver.corpus.formats import bilingual_xml as xml
    from resolver.corpus.formats import large_xml as bilingual

    return bilingual.Bilingual(path, "xliff", "xml", xml.xliff)


def _tmx(path: str, options: FormatOptions) -> Format:
    from resolver.corpus.formats import bilingual_xml as xml
    from resolver.corpus.formats import large_xml as bilingual

    return bilingual.Bilingual(path, "tmx", "xml", partial(xml.tmx, options.language))


def _parquet(path: str, options: FormatOptions) -> Format:
    from resolver.corpus.formats.parquet import Parquet

    return Parquet(path, options.columns or ("text",))


def _conll(path: str, options: FormatOptions) -> Format:
    if not options.columns:
        return Conll(path)
    number = options.columns[0]
    if len(options.columns) > 1 or not (number.isascii() and number.isdigit() and int(number) > 0):
        raise InputError(f"the column of tokens has a number, from 1, not {', '.join(options.columns)!r}", path)
    return Conll(path, int(number))


FORMATS: dict[str, Callable[[str, FormatOptions], Format]] = {
    "text": lambda path, options: Text(path),
    "markdown": _markdown,
    "html": _html,
    "jsonl": lambda path, options: JsonLines(path, options.fields or ("text",)),
    "csv": lambda path, options: DelimitedTable(path, options.columns or ("text",), "csv"),
    "tsv": lambda path, options: DelimitedTable(path, options.columns or ("text",), "tsv"),
    "parquet": _parquet,
    "xliff": _xliff,
    "tmx": _tmx,
    "conll": _conll,
}
"""How the formats that `--format` names are made, for one input; what markup takes is loaded when it is asked for."""

TABLES = ("csv", "tsv", "parquet", "conll")
"""The formats that have columns."""


def format_of(path: str, name: str | None, options: FormatOptions) -> Format:
    """The format of an input: the one named, else by its extension, before that of a compressed file.

    Standard input is text, or JSON lines when fields are asked for. Raises SettingError for an unknown name, and
    InputError for fields of what has none.
    """
    shown = display_name(path)
    name = name or _by_extension(path, options)
    if name not in FORMATS:
        raise SettingError(f"the format must be one of {', '.join(FORMATS)}, not {name!r}")
    if options.fields and name != "jsonl":
        raise InputError(f"only JSON lines have fields such as {options.fields[0]!r}, and this is {name}", shown)
    if options.columns and name not in TABLES:
        raise InputError(f"only tables have columns such as {options.columns[0]!r}, and this is {name}", shown)
    return FORMATS[name](shown, options)


def _by_extension(path: str, options: FormatOptions) -> str:
    if path == STDIN:
        return "jsonl" if options.fields else "text"
    file = Path(path)
    if file.suffix.lower() in COMPRESSED:
        file = file.with_suffix("")
    return EXTENSIONS.get(file.suffix.lower(), "text")
