"""Reports on sources: the rejected records, and the line of each entity."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from resolver.errors import InputError, RecordError
from resolver.sources.importers.importer import Importer
from resolver.sources.source_blocks import PreparedBlock
from resolver.sources.supplements import Supplements


@dataclass(slots=True)
class SourceReport:
    """The rejected records of sources, and the unknown kinds of alias."""

    rejects: list[RecordError] = field(default_factory=list)
    unknown_kinds: Counter[str] = field(default_factory=Counter)
    """Number of aliases of each unknown kind; they are treated as correct names."""

    unmatched: int = 0
    """Number of lines that supplement entities in none of the sources. They are not rejected, as such files cover more
    entities than the file they belong to."""

    def add_block(self, block: PreparedBlock) -> None:
        """Add the errors and unknown kinds of a block."""
        self.rejects += block.errors
        self.unknown_kinds.update(block.unknown_kinds)

    def add_unused(self, importer: Importer, supplements: Supplements) -> None:
        """Add the supplements of a source to entities in none of the sources."""
        if importer.is_part:
            self.rejects += supplements.unused(importer)
        elif not importer.has_entities:
            self.unmatched += supplements.count_unused(importer)


class SourceLines:
    """The source and line of each entity, by its number in the order of reading."""

    def __init__(self) -> None:
        """Start without a source."""
        self._lines = array("I")
        self._sources: list[tuple[int, str]] = []

    def begin(self, path: str | Path) -> None:
        """Continue with a source, which may be the same as before."""
        if not self._sources or self._sources[-1][1] != str(path):
            self._sources.append((len(self._lines), str(path)))

    def extend(self, lines: Iterable[int]) -> None:
        """Add the lines of the next entities."""
        self._lines.extend(lines)

    def place(self, entity: int) -> tuple[str, int]:
        """The source and line of an entity."""
        path = next(path for first, path in reversed(self._sources) if first <= entity)
        return path, self._lines[entity]

    def repeated_id(self, entity_id: str, first: int, again: int) -> InputError:
        """The error for two entities with the same id."""
        (path, line), (other, at) = self.place(first), self.place(again)
        return InputError(f"the id {entity_id!r} is already used at {path}:{line}", Path(other), at)
