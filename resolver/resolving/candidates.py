"""Candidates: the name forms that a mention may stand for, with nothing decided yet."""

from __future__ import annotations

from dataclasses import replace

from resolver.gazetteer.store import Form, Store
from resolver.names.normal import NormalForm
from resolver.names.scripts import script_of_text
from resolver.records import Entity
from resolver.settings import Settings
from resolver.sound.keys import mention_keys, token_keys
from resolver.sound.likeness import Spelling, search_spellings


def search_keys(mention: NormalForm) -> dict[str, float]:
    """The keys to search the index for, and how much each counts (0 to 1).

    Those of the tokens as romanised count whole; those of the other likely spellings of a token in another script
    as much as the most probable spelling that has them.
    """
    keys = dict.fromkeys(mention_keys(mention.tokens), 1.0) if mention.exact.isascii() else {}
    for token, written in zip(mention.tokens, mention.exact.split(" "), strict=True):
        for spelling, weight in search_spellings(Spelling(token, written)).items():
            for key in token_keys(spelling):
                keys[key] = max(keys.get(key, 0.0), weight)
    return keys


def find_candidates(store: Store, mention: NormalForm, settings: Settings) -> list[tuple[Form, float]]:
    """The forms to score for a mention, each with the share of keys that it has in common (cosine, 0 to 1).

    Those equal to the mention come first, with a share of 1, then as many that share keys with it as the settings say.
    """
    if not mention.tokens:
        return []
    exact = store.find_exact(mention.exact)
    shares = dict.fromkeys(store.find_core(mention.core) if exact is None else [exact], 1.0)
    limit = settings.candidate_forms if mention.exact.isascii() else settings.across_forms
    for hit in store.index.search(search_keys(mention), limit):
        shares.setdefault(hit.form, hit.similarity)
    script = script_of_text(mention.exact)
    found = [(_for_script(store, store.form(number), script), share) for number, share in shares.items()]
    return [(form, share) for form, share in found if form is not None]


def _for_script(store: Store, form: Form, script: str) -> Form | None:
    """The form as a mention in a script may mean it: one in a third script only for entities without a Latin name."""
    if form.exact.isascii() or script_of_text(form.exact) == script:
        return form
    owners = tuple((entity, alias) for entity, alias in form.owners if not has_latin_name(store.entity(entity)))
    return replace(form, owners=owners) if owners else None


def has_latin_name(entity: Entity) -> bool:
    """Whether the canonical name is in Latin letters."""
    return script_of_text(entity.name) in ("Latin", "Other")
