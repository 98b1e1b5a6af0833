"""Columns of strings, resolved or rewritten: what the adapters for data frames have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resolver.adapters.open_tables import names_of
from resolver.records import Query
from resolver.settings import Settings

ANSWER = ("outcome", "id", "name", "type", "probability")
"""What of a resolution becomes a column: the keys of the object that `resolver resolve` writes."""


def resolved(
    mentions: Sequence[str | None],
    db: str | None,
    settings: Settings | None,
    type: str | None = None,
    contexts: Sequence[str | None] | None = None,
    jobs: int = 1,
) -> list[dict[str, Any] | None]:
    """The answers for the mentions, None for None; equal mentions with equal contexts are resolved once."""
    pairs = zip(mentions, contexts or [None] * len(mentions), strict=True)
    queries = [None if mention is None else (mention, context or "") for mention, context in pairs]
    asked = [query for query in dict.fromkeys(queries) if query is not None]
    found = names_of(db, settings).resolve_many(asked, type, jobs)
    answers: dict[Query | None, dict[str, Any]] = {
        query: {key: value for key, value in resolution.to_dict().items() if key in ANSWER}
        for query, resolution in zip(asked, found, strict=True)
    }
    return [answers.get(query) for query in queries]


def rewritten(texts: Sequence[str | None], db: str | None, settings: Settings | None) -> list[str | None]:
    """The texts rewritten, each by itself, None for None; equal texts are rewritten once."""
    names = names_of(db, settings)
    done = {text: names.rewrite(text)[0] for text in dict.fromkeys(texts) if text is not None}
    return [None if text is None else done[text] for text in texts]
