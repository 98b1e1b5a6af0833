"""Measures the peak memory of rewriting one huge value, format by format: scripts/bench memory.

Each case is a file with one record, one cell, one text node, or many small ones. The command rewrites it in a process
of its own. "above" is its peak resident memory less that of the same command with a tiny file, which is what the
program and the table take.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

FILL = "The committee said that it had not decided, and that more was to be heard of it in the spring. "
PARAGRAPH = "Spokesman Yoshihidi Soja met Softbank in Tokyo. " + FILL * 40
WIDE = "😀 это не так, как было сказано раньше, и об этом ещё будет речь. " * 40


def _repeated(begin, piece, end, size):
    """A file of about `size` bytes: `piece` again and again between a begin and an end."""
    yield begin
    yield from (piece for _ in range(max(size // len(piece.encode()), 1)))
    yield end


def _text(begin, piece, end):
    return lambda path, size: _write(path, _repeated(begin, piece, end, size))


def _write(path, pieces):
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(pieces)


def _parquet(group, rows=None):
    """A file with a row for each 40 kB, or so many rows; `group` of them are a row group."""

    def make(path, size):
        import pyarrow
        import pyarrow.parquet

        count = rows or max(size // (10 * len(PARAGRAPH)), 1)
        text = PARAGRAPH * max(size // count // len(PARAGRAPH), 1)
        schema = pyarrow.schema([("id", pyarrow.int64()), ("text", pyarrow.large_string())])
        with pyarrow.parquet.ParquetWriter(path, schema, use_dictionary=False) as writer:
            for first in range(0, count, group):
                ids = list(range(first, min(first + group, count)))
                writer.write_table(pyarrow.table([ids, [f"{n} {text}" for n in ids]], schema=schema))

    return make


_XLIFF = '<?xml version="1.0"?>\n<xliff version="1.2"><file target-language="en"><body>\n'
_UNIT = f"<trans-unit><source>x</source><target>{PARAGRAPH}</target></trans-unit>\n"
_TMX = '<?xml version="1.0"?>\n<tmx version="1.4"><header srclang="ja"/><body>\n'
_TU = f'<tu><tuv xml:lang="ja"><seg>x</seg></tuv><tuv xml:lang="en"><seg>{PARAGRAPH}</seg></tuv></tu>\n'
_TOKENS = "".join(f"{word}\tO\n" for word in PARAGRAPH.split())

CASES = {
    "a text of one line": ("a.txt", _text("", PARAGRAPH, ""), ()),
    "a text of many lines": ("a.txt", _text("", PARAGRAPH + "\n", ""), ()),
    "JSONL: many records": ("a.jsonl", _text("", f'{{"text":"{PARAGRAPH}"}}\n', ""), ()),
    "JSONL: one string": ("a.jsonl", _text('{"text":"', PARAGRAPH, '"}\n'), ()),
    "JSONL: one string, wide": ("a.jsonl", _text('{"text":"', WIDE + "\\u00e9 ", '"}\n'), ()),
    "JSONL: strings in a list": ("a.jsonl", _text('{"text":["', PARAGRAPH + '","', '"]}\n'), ()),
    "JSONL: short strings": ("a.jsonl", _text('{"text":["', 'Soja","', '"]}\n'), ()),
    "JSONL: another field": ("a.jsonl", _text('{"x":"', PARAGRAPH, '","text":"Yoshihidi Soja"}\n'), ()),
    "JSONL: two fields": (
        "a.jsonl",
        lambda path, size: _write(
            path,
            [
                *_repeated('{"text":"', PARAGRAPH, '","title":"', size // 2),
                *_repeated("", PARAGRAPH, '"}\n', size // 2),
            ],
        ),
        ("--field", "text", "--field", "title"),
    ),
    "CSV: many rows": ("a.csv", _text("id,text\n", f'1,"{PARAGRAPH}"\n', ""), ()),
    "CSV: one cell": ("a.csv", _text('id,text\n1,"', PARAGRAPH, '"\n'), ()),
    "CSV: one cell of lines": ("a.csv", _text('id,text\n1,"', PARAGRAPH + '""x""\n', '"\n'), ()),
    "CSV: a cell without quotes": ("a.csv", _text("id,text\n1,", PARAGRAPH.replace(",", ""), "\n"), ()),
    "TSV: one cell": ("a.tsv", _text("id\ttext\n1\t", PARAGRAPH, "\n"), ()),
    "Markdown: many paragraphs": ("a.md", _text("# A\n\n", PARAGRAPH + "\n\n", ""), ()),
    "Markdown: one paragraph": ("a.md", _text("# A\n\n", PARAGRAPH + "\n", "\n"), ()),
    "Markdown: one line": ("a.md", _text("# A\n\n", PARAGRAPH, "\n"), ()),
    "HTML: many paragraphs": ("a.html", _text("<html><body>", f"<p>{PARAGRAPH}</p>\n", "</body></html>"), ()),
    "HTML: one text node": ("a.html", _text("<html><body><p>", PARAGRAPH, "</p></body></html>"), ()),
    "HTML: a script": ("a.html", _text("<p>Soja</p><script>", "let x = '<p>';", "</script><p>Soja</p>"), ()),
    "XLIFF: many units": ("a.xlf", _text(_XLIFF, _UNIT, "</body></file></xliff>\n"), ()),
    "XLIFF: one target": (
        "a.xlf",
        _text(f"{_XLIFF}<trans-unit><target>", PARAGRAPH, "</target></trans-unit></body></file></xliff>\n"),
        (),
    ),
    "TMX: many units": ("a.tmx", _text(_TMX, _TU, "</body></tmx>\n"), ()),
    "TMX: one segment": (
        "a.tmx",
        _text(f'{_TMX}<tu><tuv xml:lang="en"><seg>', PARAGRAPH, "</seg></tuv></tu></body></tmx>\n"),
        (),
    ),
    "CoNLL: many sentences": ("a.conll", _text("", _TOKENS + "\n", ""), ()),
    "CoNLL: one sentence": ("a.conll", _text("", _TOKENS, ""), ()),
    "CoNLL: one token": ("a.conll", _text("Soja\tO\n\n", "x" * 1000, "\tO\n"), ()),
    "Parquet: many row groups": ("a.parquet", _parquet(64), ()),
    "Parquet: one row group": ("a.parquet", _parquet(1 << 20), ()),
    "Parquet: one cell": ("a.parquet", _parquet(1, rows=1), ()),
}


def _peak(arguments, folder):
    """Exit code, seconds and peak resident memory, in MB, of the command rewriting."""
    command = [sys.executable, "-c", "from resolver.cli import main; main()", "rewrite", *arguments]
    start = time.perf_counter()
    with (folder / "messages").open("wb") as messages:
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=messages)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, time.perf_counter() - start, usage.ru_maxrss / 1024


def measure_memory(megabytes, only, folder):
    """The figures of each case whose name has one of the words in `only`; of all cases if there are none."""
    folder = Path(folder)
    found = {}
    for name, (file, make, options) in CASES.items():
        if only and not any(word in name for word in only):
            continue
        path = folder / file
        peaks = {}
        for size in (2000, megabytes * 1_000_000):
            make(path, size)
            arguments = [file, "--output", f"new-{file}", "--edits", "edits.jsonl", *options]
            peaks[size] = _peak(arguments, folder)
        (_, _, least), (code, seconds, most) = peaks.values()
        figures = {"exit": code, "seconds": round(seconds, 1), "peak_mb": round(most), "above_mb": round(most - least)}
        if code:
            figures["said"] = (folder / "messages").read_text(encoding="utf-8", errors="replace").strip()[:200]
        found[name] = figures
        print(f"{name:28}", *(f"{key} {value}" for key, value in figures.items()), flush=True)
        for left in (path, folder / f"new-{file}", folder / "edits.jsonl"):
            left.unlink(missing_ok=True)
    return {"megabytes": megabytes, "cases": found}
