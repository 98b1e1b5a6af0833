"""Candidates: the name forms that a mention may stand for, with nothing decided yet."""

from __future__ import annotations

from resolver.gazetteer.store import Form, Store
from resolver.names.normal import NormalForm
from resolver.sound.keys import mention_keys, token_keys
from resolver.sound.likeness import Spelling, search_spellings


def search_keys(mention: NormalForm) -> tuple[str, ...]:
    """The keys to search the index for: those of the tokens as romanised, and of their other likely spellings."""
    keys = dict.fromkeys(mention_keys(mention.tokens))
    for token, written in zip(mention.tokens, mention.exact.split(" "), strict=True):
        for spelling in search_spellings(Spelling(token, written))[1:]:
            keys.update(dict.fromkeys(token_keys(spelling)))
    return tuple(keys)


def find_candidates(store: Store, mention: NormalForm, limit: int) -> list[Form]:
    """The forms to score for a mention: those equal to it first, then at most `limit` that share keys with it."""
    if not mention.tokens:
        return []
    exact = store.find_exact(mention.exact)
    numbers = dict.fromkeys(store.find_core(mention.core) if exact is None else [exact])
    numbers.update(dict.fromkeys(hit.form for hit in store.index.search(search_keys(mention), limit)))
    return [store.form(number) for number in numbers]
