"""The outputs that all files of a run share: edits, annotations, the report, rejected records, the undo file."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from resolver.corpus.byte_streams import open_output
from resolver.corpus.outputs import web_annotations as webannotations
from resolver.corpus.outputs.report_page import report_page
from resolver.corpus.runs.journal import Counts
from resolver.corpus.runs.partial_files import OutputStream, PartialFile, is_stream, naming, partial_path


class SharedOutputs:
    """Writes each output, by name. `edits`, `rejects`, `undo` and `diff` are plain sequences of lines."""

    def __init__(
        self,
        paths: Mapping[str, str],
        hidden: frozenset[str],
        offsets: Mapping[str, int],
        ended: bool = False,
        lock_seconds: float = 0.0,
    ) -> None:
        """Continue after the first `offsets` bytes of each. `hidden` ones are removed at the end of the run.

        If all files had `ended` before, some outputs may be in place already; they are not changed.
        """
        self._hidden = hidden
        self._sinks: dict[str, OutputStream | PartialFile] = {}
        try:
            for name, path in paths.items():
                if ended and not partial_path(Path(path).resolve()).exists():
                    continue
                at = offsets.get(name, 0)
                target = Path(path).resolve()
                self._sinks[name] = OutputStream(path) if is_stream(path) else PartialFile(target, at, lock_seconds)
                if name == "annotations" and not at:
                    self._sinks[name].write(webannotations.PAGE_BEGIN)
        except BaseException:
            self.close() if offsets else self.discard()
            raise

    def add(self, name: str, data: bytes) -> None:
        """Append to an output, if the run has it."""
        sink = self._sinks.get(name)
        if sink is None or not data:
            return
        if name == "annotations" and sink.offset == len(webannotations.PAGE_BEGIN):
            data = data.removeprefix(webannotations.ITEM_SEPARATOR)
        sink.write(data)

    def has(self, name: str) -> bool:
        """Whether an output is being written."""
        return name in self._sinks

    def offsets(self) -> dict[str, int]:
        """The size of each output, in bytes."""
        return {name: sink.offset for name, sink in self._sinks.items()}

    def cut(self, offsets: Mapping[str, int]) -> None:
        """Truncate each output to its offset."""
        for name, sink in self._sinks.items():
            sink.cut(offsets[name])

    def save(self) -> None:
        """Sync, or flush, everything written so far."""
        for sink in self._sinks.values():
            sink.save()

    def hand_on(self) -> None:
        """Flush the streams."""
        for sink in self._sinks.values():
            if isinstance(sink, OutputStream):
                sink.save()

    def publish(self, counts: Counts, report_rows: int) -> None:
        """Complete all outputs and put them in place."""
        for name, sink in self._sinks.items():
            if name in self._hidden:
                sink.discard()
            elif name == "report" and isinstance(sink, PartialFile):
                _publish_report(sink, counts, report_rows)
            else:
                if name == "annotations":
                    sink.write(webannotations.PAGE_END)
                sink.publish()

    def close(self) -> None:
        """Close all outputs."""
        for sink in self._sinks.values():
            sink.close()

    def discard(self) -> None:
        """Remove what was written."""
        for sink in self._sinks.values():
            sink.discard()


def _publish_report(rows: PartialFile, counts: Counts, max_rows: int) -> None:
    before, behind = report_page(counts.edits, counts.changed, counts.files, counts.rejected, max_rows)
    rows.save()
    with naming(rows.target), rows.path.open("rb") as file, open_output(str(rows.target)) as page:
        page.write(before)
        shutil.copyfileobj(file, page, 1 << 20)
        page.write(behind)
    rows.discard()
