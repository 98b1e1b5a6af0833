"""Rewriting that notes what it took the mentions of its texts for: those it changed, and those right as they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from resolver.corpus.byte_streams import json_line
from resolver.database.saved_runs import CANDIDATES, DIGITS, AnswerCounts, SavedAnswer, SavedCandidate, is_kept
from resolver.database.store import Store
from resolver.names.normal_form import normal_form
from resolver.records import Edit, Entity, Outcome, Rewrite
from resolver.settings import Settings
from resolver.text.exact_mentions import exact_spans
from resolver.text.stretch_cache import NOTHING, Finding, Screen, Shut
from resolver.text.text_tokens import text_words
from resolver.text.unspaced_scripts import cut_words

Recognise = Callable[[str, Sequence[Edit]], Iterable[tuple[str, Sequence[Entity]]]]
"""From a text and its edits to the mentions that stay: each as it is written, and what it may mean."""


def recogniser(store: Store, settings: Settings, is_wanted: Callable[[str], bool]) -> Recognise:
    """What finds the names of a table in texts, where no edit is; `is_wanted` says of which ids.

    A name that several entities have may mean each of them.
    """

    def examine(text: str, shut: Shut) -> Finding:
        found = cut_words(store, text_words(text, None, shut))
        spans = exact_spans(store, text, found, settings)
        return Finding(words=found, spans=spans) if spans else NOTHING

    screen = Screen(store, examine, examine, exact=True)

    def recognise(text: str, edits: Sequence[Edit]) -> Iterator[tuple[str, Sequence[Entity]]]:
        taken = iter(edits)
        edit = next(taken, None)
        for stretch in screen.screen(text):
            words = stretch.finding.words
            for span in stretch.finding.spans:
                start, end = (stretch.start + place for place in (words[span.first].start, words[span.last - 1].end))
                while edit is not None and edit.end <= start:
                    edit = next(taken, None)
                if edit is not None and edit.start < end:
                    continue
                surface = text[start:end]
                owners = {owner.id: owner for owner, _ in store.named(normal_form(surface).exact)}
                wanted = [owner for owner in owners.values() if is_wanted(owner.id)]
                if wanted:
                    yield surface, wanted

    return recognise


class Noting:
    """A function that rewrites texts, and notes what it took their mentions for."""

    def __init__(self, rewrite: Rewrite, recognise: Recognise, type_of: Callable[[str], str]) -> None:
        """Rewrite with `rewrite`; `type_of` says of which type the entity with an id is."""
        self._rewrite = rewrite
        self._recognise = recognise
        self._type_of = type_of
        self._noted = AnswerCounts()

    def __call__(self, text: str, doc: str) -> tuple[str, list[Edit]]:
        """The new text and the edits; `doc` is the place of its mentions."""
        new, edits = self._rewrite(text, doc)
        for edit in edits:
            choice = SavedCandidate(edit.id, edit.name, self._type_of(edit.id), round(edit.probability, DIGITS))
            self._note(edit.before, (choice,), doc)
        for mention, entities in self._recognise(text, edits):
            share = round(1.0 / len(entities), DIGITS)
            choices = tuple(
                SavedCandidate(entity.id, entity.name, entity.type, share) for entity in entities[:CANDIDATES]
            )
            self._note(mention, choices, doc)
        return new, edits

    def _note(self, mention: str, choices: tuple[SavedCandidate, ...], doc: str) -> None:
        if is_kept(mention):
            best, exact = choices[0], normal_form(mention).exact
            outcome: Outcome = "linked" if len(choices) == 1 else "ambiguous"
            entity_id = best.id if outcome == "linked" else None
            self._noted.add(SavedAnswer(mention, exact, "", outcome, entity_id, best.probability, choices, place=doc))

    def lines(self) -> tuple[bytes, ...]:
        """What was noted since the last time, as lines of JSON."""
        return tuple(json_line(row.to_dict()) for row in self._noted.taken())
