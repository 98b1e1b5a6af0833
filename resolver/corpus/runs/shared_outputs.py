"""The outputs that all files of a run share: edits, annotations, the report, rejected records, how to undo."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from resolver.corpus.byte_streams import open_output
from resolver.corpus.outputs import web_annotations as webannotations
from resolver.corpus.outputs.report_page import report_page
from resolver.corpus.runs.journal import Counts
from resolver.corpus.runs.partial_files import PartialFile, Stream, is_stream, naming, partial_path


class SharedOutputs:
    """Takes what is written to each, by name. `edits`, `rejects`, `undo` and `diff` are lines, one after the other."""

    def __init__(
        self, paths: Mapping[str, str], hidden: frozenset[str], offsets: Mapping[str, int], ended: bool = False
    ) -> None:
        """Go on behind so many bytes of each. The `hidden` ones are for the run itself, and removed at its end.

        When all files had `ended` before, some may be in place already: there is nothing more to do with them.
        """
        self._hidden = hidden
        self._sinks: dict[str, Stream | PartialFile] = {}
        try:
            for name, path in paths.items():
                if ended and not partial_path(Path(path).resolve()).exists():
                    continue
                at = offsets.get(name, 0)
                self._sinks[name] = Stream(path) if is_stream(path) else PartialFile(Path(path).resolve(), at)
                if name == "annotations" and not at:
                    self._sinks[name].write(webannotations.HEAD)
        except BaseException:
            self.close() if offsets else self.discard()
            raise

    def add(self, name: str, data: bytes) -> None:
        """Write to an output, if it is wanted."""
        sink = self._sinks.get(name)
        if sink is None or not data:
            return
        if name == "annotations" and sink.offset == len(webannotations.HEAD):
            data = data.removeprefix(webannotations.BETWEEN)
        sink.write(data)

    def has(self, name: str) -> bool:
        """Whether an output is being written."""
        return name in self._sinks

    def offsets(self) -> dict[str, int]:
        """How many bytes each has."""
        return {name: sink.offset for name, sink in self._sinks.items()}

    def cut(self, offsets: Mapping[str, int]) -> None:
        """Take back what is behind so many bytes of each."""
        for name, sink in self._sinks.items():
            sink.cut(offsets[name])

    def save(self) -> None:
        """See to it that all is on the disk, or handed on."""
        for sink in self._sinks.values():
            sink.save()

    def hand_on(self) -> None:
        """Hand on what goes to streams."""
        for sink in self._sinks.values():
            if isinstance(sink, Stream):
                sink.save()

    def publish(self, counts: Counts) -> None:
        """Make all whole and put them in place."""
        for name, sink in self._sinks.items():
            if name in self._hidden:
                sink.discard()
            elif name == "report" and isinstance(sink, PartialFile):
                _publish_report(sink, counts)
            else:
                if name == "annotations":
                    sink.write(webannotations.TAIL)
                sink.publish()

    def close(self) -> None:
        """Let go of all."""
        for sink in self._sinks.values():
            sink.close()

    def discard(self) -> None:
        """Remove what was written."""
        for sink in self._sinks.values():
            sink.discard()


def _publish_report(rows: PartialFile, counts: Counts) -> None:
    before, behind = report_page(counts.edits, counts.changed, counts.files, counts.rejected)
    rows.save()
    with naming(rows.target), rows.path.open("rb") as file, open_output(str(rows.target)) as page:
        page.write(before)
        shutil.copyfileobj(file, page, 1 << 20)
        page.write(behind)
    rows.discard()
