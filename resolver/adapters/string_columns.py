"""Columns of strings, resolved or rewritten: the code that the data frame adapters share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from resolver.adapters.open_tables import names_of
from resolver.api.names import Names
from resolver.errors import InputError
from resolver.records import Query
from resolver.settings import Settings

ANSWER_COLUMNS: dict[str, type] = {"outcome": str, "id": str, "name": str, "type": str, "probability": float}
"""The columns of an answer and their types: some keys of the object that `resolver resolve` writes."""

Strings = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class StringColumns:
    """Resolves and rewrites columns of strings by the database file `db`, or by the bundled table.

    The table is opened once per process. Missing strings (None) stay None.
    """

    db: str | None = None
    settings: Settings | None = None

    @property
    def _names(self) -> Names:
        return names_of(self.db, self.settings)

    def resolve(
        self, mentions: Strings, type: str | None = None, contexts: Strings | None = None, jobs: int = 1
    ) -> list[dict[str, Any] | None]:
        """The answers for the mentions, with the keys ANSWER_COLUMNS; equal pairs of mention and context resolve once.

        Raises InputError if the numbers of contexts and mentions differ.
        """
        if contexts is not None and len(contexts) != len(mentions):
            raise InputError(f"{len(mentions)} mentions with {len(contexts)} contexts")
        pairs = zip(mentions, contexts or [None] * len(mentions), strict=True)
        queries = [None if mention is None else (mention, context or "") for mention, context in pairs]
        distinct = [query for query in dict.fromkeys(queries) if query is not None]
        answers: dict[Query | None, dict[str, Any]] = {
            query: {key: value for key, value in resolution.to_dict().items() if key in ANSWER_COLUMNS}
            for query, resolution in zip(distinct, self._names.resolve_many(distinct, type, jobs), strict=True)
        }
        return [answers.get(query) for query in queries]

    def rewrite(self, texts: Strings) -> list[str | None]:
        """The rewritten texts, each as one document; equal texts are rewritten once."""
        names = self._names
        rewritten = {text: names.rewrite(text)[0] for text in dict.fromkeys(texts) if text is not None}
        return [None if text is None else rewritten[text] for text in texts]
