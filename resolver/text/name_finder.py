"""Finds the names of a table that stand in texts exactly as they are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from resolver.database.snapshot import Snapshot
from resolver.names.normal_form import normal_form
from resolver.records import Edit, Entity
from resolver.settings import Settings
from resolver.text.exact_mentions import exact_mentions
from resolver.text.protected_spans import ProtectedSpans
from resolver.text.stretch_cache import NOTHING, Screen, StretchContent
from resolver.text.tokenised_text import tokenise
from resolver.text.unspaced_scripts import cut_unspaced


class FoundName(NamedTuple):
    """A name as it stands in a text, and the entities that have it."""

    surface: str
    entities: Sequence[Entity]


class NameFinder:
    """Finds the names of one snapshot of a table. Threads may share it."""

    def __init__(self, snapshot: Snapshot, settings: Settings) -> None:
        """Find names that are accepted in the language of `settings`."""
        self._snapshot = snapshot
        self._settings = settings
        self._screen = Screen(snapshot, self._examine, self._examine, exact=True)

    def _examine(self, text: str, protected: ProtectedSpans) -> StretchContent:
        tokens = cut_unspaced(self._snapshot, tokenise(text, None, protected))
        mentions = exact_mentions(self._snapshot, tokens, self._settings)
        return StretchContent(tokens=tokens, mentions=mentions) if mentions else NOTHING

    def find(self, text: str, edits: Sequence[Edit] = ()) -> Iterator[FoundName]:
        """The names in a text in order, but for those that an edit touches; `edits` are in order too."""
        pending = iter(edits)
        edit = next(pending, None)
        for stretch in self._screen.screen(text):
            tokens = stretch.content.tokens
            assert tokens is not None
            for mention in stretch.content.mentions:
                span = mention.span_in(tokens)
                start, end = stretch.start + span.start, stretch.start + span.end
                while edit is not None and edit.end <= start:
                    edit = next(pending, None)
                if edit is not None and edit.start < end:
                    continue
                surface = text[start:end]
                owners = self._snapshot.named_as(surface, normal_form(surface).exact)
                yield FoundName(surface, list({owner.id: owner for owner, _ in owners}.values()))
