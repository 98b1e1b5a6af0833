"""A log of what a run took the mentions of its texts for: those it changed, and those that are right as they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from resolver.corpus.byte_streams import json_line
from resolver.database.saved_runs import DIGITS, MOST, Choice, Counted, Resolved, is_kept
from resolver.database.store import Store
from resolver.names.normal_form import normal_form
from resolver.records import Edit, Entity, Outcome, Rewrite
from resolver.settings import Settings
from resolver.text.exact_mentions import exact_mentions
from resolver.text.protected_spans import ProtectedSpans
from resolver.text.stretch_cache import NOTHING, Screen, StretchContent
from resolver.text.tokenised_text import tokenise
from resolver.text.unspaced_scripts import cut_unspaced

Recognise = Callable[[str, Sequence[Edit]], Iterable[tuple[str, Sequence[Entity]]]]
"""A function from a text and its edits to the mentions that stay: each as written, and the entities it may mean."""


def recogniser(store: Store, settings: Settings, is_wanted: Callable[[str], bool]) -> Recognise:
    """A function that finds the names of a table in texts, outside the edits; `is_wanted` filters the ids of entities.

    A name that several entities share may mean each of them.
    """

    def examine(text: str, protected: ProtectedSpans) -> StretchContent:
        tokens = cut_unspaced(store, tokenise(text, None, protected))
        mentions = exact_mentions(store, tokens, settings)
        return StretchContent(tokens=tokens, mentions=mentions) if mentions else NOTHING

    screen = Screen(store, examine, examine, exact=True)

    def recognise(text: str, edits: Sequence[Edit]) -> Iterator[tuple[str, Sequence[Entity]]]:
        taken = iter(edits)
        edit = next(taken, None)
        for stretch in screen.screen(text):
            tokens = stretch.content.tokens
            assert tokens is not None
            for mention in stretch.content.mentions:
                span = mention.span_in(tokens)
                start, end = stretch.start + span.start, stretch.start + span.end
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


class MentionLog:
    """A function that rewrites texts, and logs what it took their mentions for."""

    def __init__(self, rewrite: Rewrite, recognise: Recognise, type_of: Callable[[str], str]) -> None:
        """Rewrite with `rewrite`; `type_of` gives the type of the entity with an id."""
        self._rewrite = rewrite
        self._recognise = recognise
        self._type_of = type_of
        self._noted = Counted()

    def __call__(self, text: str, doc: str) -> tuple[str, list[Edit]]:
        """The new text and the edits; `doc` is logged as the place of the mentions."""
        new, edits = self._rewrite(text, doc)
        for edit in edits:
            choice = Choice(edit.id, edit.name, self._type_of(edit.id), round(edit.probability, DIGITS))
            self._note(edit.before, (choice,), doc)
        for mention, entities in self._recognise(text, edits):
            share = round(1.0 / len(entities), DIGITS)
            choices = tuple(Choice(entity.id, entity.name, entity.type, share) for entity in entities[:MOST])
            self._note(mention, choices, doc)
        return new, edits

    def _note(self, mention: str, choices: tuple[Choice, ...], doc: str) -> None:
        if is_kept(mention):
            best, exact = choices[0], normal_form(mention).exact
            outcome: Outcome = "linked" if len(choices) == 1 else "ambiguous"
            entity_id = best.id if outcome == "linked" else None
            self._noted.add(Resolved(mention, exact, "", outcome, entity_id, best.probability, choices, place=doc))

    def lines(self) -> tuple[bytes, ...]:
        """The entries logged since the last call, as lines of JSON."""
        return tuple(json_line(row.to_dict()) for row in self._noted.taken())
