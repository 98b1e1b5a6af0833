"""A log of the answers for the mentions in rewritten texts: changed ones, and those correct as written."""

from __future__ import annotations

from collections.abc import Callable

from resolver.corpus.byte_streams import json_line
from resolver.database.saved_runs import (
    MAX_SAVED_CANDIDATES,
    PROBABILITY_DIGITS,
    AnswerCounts,
    SavedAnswer,
    SavedCandidate,
    is_short_enough,
)
from resolver.names.normal_form import normal_form
from resolver.records import Edit, Outcome, Rewrite
from resolver.text.name_finder import NameFinder


class MentionLog:
    """Logs the mentions of rewritten texts as rows to save; equal rows are counted."""

    def __init__(self, is_wanted: Callable[[str], bool], type_of: Callable[[str], str]) -> None:
        """Log mentions of the entities whose id `is_wanted`; `type_of` gives the type of the entity with an id."""
        self._is_wanted = is_wanted
        self._type_of = type_of
        self._rows = AnswerCounts()

    def logging(self, rewrite: Rewrite, finder: NameFinder) -> Rewrite:
        """A function like `rewrite`, which also logs its edits, and the names that the finder finds beside them.

        A name that several entities have may mean any of them.
        """

        def rewrite_and_log(text: str, doc: str) -> tuple[str, list[Edit]]:
            new, edits = rewrite(text, doc)
            for edit in edits:
                choice = SavedCandidate(
                    edit.id, edit.name, self._type_of(edit.id), round(edit.probability, PROBABILITY_DIGITS)
                )
                self._add(edit.before, (choice,), doc)
            for surface, entities in finder.find(text, edits):
                wanted = [entity for entity in entities if self._is_wanted(entity.id)]
                if wanted:
                    share = round(1.0 / len(wanted), PROBABILITY_DIGITS)
                    self._add(
                        surface,
                        tuple(SavedCandidate(e.id, e.name, e.type, share) for e in wanted[:MAX_SAVED_CANDIDATES]),
                        doc,
                    )
            return new, edits

        return rewrite_and_log

    def _add(self, mention: str, choices: tuple[SavedCandidate, ...], doc: str) -> None:
        if is_short_enough(mention):
            best, exact = choices[0], normal_form(mention).exact
            outcome: Outcome = "linked" if len(choices) == 1 else "ambiguous"
            entity_id = best.id if outcome == "linked" else None
            self._rows.add(SavedAnswer(mention, exact, "", outcome, entity_id, best.probability, choices, place=doc))

    def take(self) -> tuple[bytes, ...]:
        """Return the rows logged since the last call, as lines of JSON, and empty the log."""
        return tuple(json_line(row.to_dict()) for row in self._rows.taken())
