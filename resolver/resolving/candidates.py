"""Candidates: the name forms that a mention may stand for, with nothing decided yet."""

from __future__ import annotations

from resolver.gazetteer.store import Form, Store
from resolver.names.normal import NormalForm


def find_candidates(store: Store, mention: NormalForm, limit: int) -> list[Form]:
    """The forms to score for a mention: those equal to it first, then at most `limit` that share keys with it."""
    if not mention.tokens:
        return []
    exact = store.find_exact(mention.exact)
    numbers = dict.fromkeys(store.find_core(mention.core) if exact is None else [exact])
    numbers.update(dict.fromkeys(hit.form for hit in store.index.search(mention.tokens, limit)))
    return [store.form(number) for number in numbers]
