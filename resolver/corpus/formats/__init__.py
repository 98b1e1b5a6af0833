"""The file formats, and the choice of the format of a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from resolver.corpus.byte_streams import STDIN, display_name
from resolver.corpus.formats.conll import ConllFormat
from resolver.corpus.formats.delimited import DelimitedFormat
from resolver.corpus.formats.file_format import Format, FormatOptions
from resolver.corpus.formats.jsonl import JsonLinesFormat
from resolver.corpus.formats.plain_text import PlainTextFormat
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
"""The names of formats by extension; a file with any other extension is `text`."""


def _markdown(path: str, options: FormatOptions) -> Format:
    from resolver.corpus.formats.markdown import MarkdownFormat

    return MarkdownFormat(path, limits=options.limits)


def _html(path: str, options: FormatOptions) -> Format:
    from resolver.corpus.formats.html import visible_html
    from resolver.corpus.formats.large_html import HtmlFormat

    return HtmlFormat(path, "html", "html", visible_html, options.limits)


def _xliff(path: str, options: FormatOptions) -> Format:
    from resolver.corpus.formats.bilingual_xml import xliff
    from resolver.corpus.formats.large_xml import BilingualXmlFormat

    return BilingualXmlFormat(path, "xliff", "xml", xliff, options.limits)


def _tmx(path: str, options: FormatOptions) -> Format:
    from resolver.corpus.formats.bilingual_xml import tmx
    from resolver.corpus.formats.large_xml import BilingualXmlFormat

    return BilingualXmlFormat(path, "tmx", "xml", partial(tmx, options.language), options.limits)


def _parquet(path: str, options: FormatOptions) -> Format:
    from resolver.corpus.formats.parquet import ParquetFormat

    return ParquetFormat(path, options.columns or ("text",), limits=options.limits)


def _conll(path: str, options: FormatOptions) -> Format:
    if not options.columns:
        return ConllFormat(path, limits=options.limits)
    number = options.columns[0]
    if len(options.columns) > 1 or not (number.isascii() and number.isdigit() and int(number) > 0):
        raise InputError(f"the column of tokens must be a number, from 1, not {', '.join(options.columns)!r}", path)
    return ConllFormat(path, int(number), limits=options.limits)


FORMATS: dict[str, Callable[[str, FormatOptions], Format]] = {
    "text": lambda path, options: PlainTextFormat(path, limits=options.limits),
    "markdown": _markdown,
    "html": _html,
    "jsonl": lambda path, options: JsonLinesFormat(path, options.fields or ("text",), limits=options.limits),
    "csv": lambda path, options: DelimitedFormat(path, options.columns or ("text",), "csv", options.limits),
    "tsv": lambda path, options: DelimitedFormat(path, options.columns or ("text",), "tsv", options.limits),
    "parquet": _parquet,
    "xliff": _xliff,
    "tmx": _tmx,
    "conll": _conll,
}
"""Functions that make the format that `--format` names, for one input; parsers of markup are imported when needed."""

TABLES = ("csv", "tsv", "parquet", "conll")
"""The formats with columns."""


def format_of(path: str, name: str | None, options: FormatOptions) -> Format:
    """The format of an input: the named one, or the one of its extension (before that of compression).

    Standard input is text, or JSON lines if there are fields. Raises SettingError for an unknown name, and InputError
    for fields or columns if the format has none.
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
