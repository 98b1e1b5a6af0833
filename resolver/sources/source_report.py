"""What there is to say of the sources that entities come from: what was left out, and which line each stands in."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from resolver.errors import InputError, RecordError
from resolver.sources.importers.importer import Importer
from resolver.sources.source_blocks import PreparedBlock
from resolver.sources.supplements import Extras


@dataclass(slots=True)
class Intake:
    """The rows that had to be left out, and the kinds of alias that are not known."""

    rejects: list[RecordError] = field(default_factory=list)
    unknown_kinds: Counter[str] = field(default_factory=Counter)
    """How many aliases have a kind that is not known; they are taken as correct names."""

    left: int = 0
    """How many lines speak of entities that are in another file, which has more than was asked for."""

    def take(self, block: PreparedBlock) -> None:
        """Add what there is to say of a block."""
        self.rejects += block.errors
        self.unknown_kinds.update(block.unknown_kinds)

    def take_left(self, importer: Importer, extras: Extras) -> None:
        """Add what a source says of entities that there are not."""
        if importer.is_part:
            self.rejects += extras.left(importer)
        elif not importer.has_entities:
            self.left += extras.count_left(importer)


class Lines:
    """Which line of which source each entity comes from."""

    def __init__(self) -> None:
        """Begin with no source."""
        self._numbers = array("I")
        self._sources: list[tuple[int, str]] = []

    def begin(self, path: str | Path) -> None:
        """Go on with another source."""
        self._sources.append((len(self._numbers), str(path)))

    def extend(self, lines: Iterable[int]) -> None:
        """Take the lines of the next entities."""
        self._numbers.extend(lines)

    def place(self, entity: int) -> tuple[str, int]:
        """The source and line of an entity."""
        path = next(path for first, path in reversed(self._sources) if first <= entity)
        return path, self._numbers[entity]

    def twice(self, entity_id: str, first: int, again: int) -> InputError:
        """The error that says that two entities have one id."""
        (path, line), (other, at) = self.place(first), self.place(again)
        return InputError(f"the id {entity_id!r} stands already at {path}:{line}", Path(other), at)
