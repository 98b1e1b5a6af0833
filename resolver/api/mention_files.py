"""Resolving a file: a column of mentions in, JSON lines out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace

from resolver.api.names import Names
from resolver.corpus.byte_streams import open_input, open_output
from resolver.corpus.line_streams import LineWriter, StreamLineReader
from resolver.corpus.mention_columns import read_mentions
from resolver.database.saved_runs import RunRecorder, SavedAnswer
from resolver.errors import RecordError
from resolver.infra.gc_pause import rare_collections
from resolver.records import Query


@dataclass(frozen=True, slots=True)
class MentionFile:
    """A table with a column of mentions. The path "-" is standard input.

    The format (tsv, csv, jsonl) follows from the extension unless given; standard input is TSV by default.
    """

    path: str
    column: str = "mention"
    format: str | None = None
    context_column: str | None = None
    """The column with the context of each mention."""
    context: str = ""
    """The context of all mentions if there is no `context_column`."""


def sample_of(source: MentionFile) -> Iterator[Query]:
    """The mentions of a file in order, without the records that have none; the file is read on demand."""
    with open_input(source.path) as file:
        for _, mention in read_mentions(source.path, file, source.column, source.format, source.context_column):
            if not isinstance(mention, RecordError):
                yield (mention, source.context) if source.context and isinstance(mention, str) else mention


def resolve_file(
    names: Names,
    source: MentionFile,
    output: str | None,
    reject: Callable[[RecordError], object],
    type: str | None = None,
    jobs: int = 1,
    recorder: RunRecorder | None = None,
) -> None:
    """Resolve a file of mentions to `output` (None: standard output), one JSON object per record.

    Answers come in input order, as from `Names.resolve_to_json`, and are not held back while the input pauses. A record
    without a mention is skipped and passed to `reject`. `recorder` gets the answers to save, with their line numbers.
    Raises InputError if the file, its format or a column is missing.
    """
    with open_input(source.path) as file, open_output(output) as sink, rare_collections():
        lines, out = StreamLineReader(file), LineWriter(sink)
        numbers: deque[int] = deque()

        def mentions() -> Iterator[Query | None]:
            table = read_mentions(source.path, lines, source.column, source.format, source.context_column)
            for number, mention in table:
                if isinstance(mention, RecordError):
                    reject(mention)
                else:
                    if recorder is not None:
                        numbers.append(number)
                    yield (mention, source.context) if source.context and isinstance(mention, str) else mention
                if lines.pause():
                    yield None
                    out.flush()

        def count(row: SavedAnswer) -> None:
            assert recorder is not None
            recorder.add(replace(row, place=str(numbers.popleft())))

        note = None if recorder is None else count
        with closing(names.resolve_to_json(mentions(), type=type, jobs=jobs, note=note)) as answers:
            for line in answers:
                out.write(line)
        out.flush()
