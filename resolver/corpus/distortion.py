"""Judging whether a mention is a distorted form of a name, rather than another name that is near it."""

from __future__ import annotations

import regex

from resolver.corpus.textspans import common_words
from resolver.gazetteer.store import Store
from resolver.names.normal import NormalForm
from resolver.names.parts import SMALL
from resolver.records import TokenMatch
from resolver.sound.lexicon import ALIKE, equivalents

LEAST_MATCH = 0.7
"""In a distorted name each matched token is at least this similar to what it stands for..."""
LEAST_MEAN = 0.72
"""...and all of them on average this."""

FEW_FORMS = 4
"""A part that more names have than this ("John") vouches only for..."""
CLOSE_MATCH = 0.86
"""...other parts that are at least this similar to what they stand for, and are no common words."""

# Endings that make another word of a name (Iraqi, Costa Rican); they are no distortion of it.
_AFTER_NAME = regex.compile("s|es|i|is|n|ns|ans?|ians?|eans?|ese|ish|ic|ers?")
_FOR_LAST_VOWEL = regex.compile("ans?|ians?|eans?|ese|ish|ic")


def is_distortion(
    store: Store, entity_type: str, mention: NormalForm, name: NormalForm, matches: tuple[TokenMatch, ...]
) -> bool:
    """Whether the matched tokens are enough, close enough, not all equal, and none of them another word."""
    used = {place for match in matches for place in match.mention}
    inside = [place for place in range(min(used, default=0), max(used, default=0)) if place not in used]
    if len(used) < 2 or any(mention.roles[place] == "name" for place in inside):
        return False
    if sum(match.similarity for match in matches) / len(matches) < LEAST_MEAN:
        return False
    pairs = [(_joined(mention, match.mention), _joined(name, match.name), match) for match in matches]
    wrong = [(left, right, match) for left, right, match in pairs if left != right]
    if not wrong:
        split = any(len(match.mention) != len(match.name) for match in matches)
        return split or _other_particles(mention, name, inside, matches)
    missing = _missing(name, matches)
    if entity_type == "org" and len(wrong) == 1 and not missing and len(pairs) > 1 and _same_stem(*wrong[0][:2]):
        return True
    if any(match.similarity < LEAST_MATCH or is_other_word(left, right) for left, right, match in wrong):
        return False
    if any(match.similarity == ALIKE and right in equivalents(left) for left, right, match in wrong):
        return False  # Dave is no distortion of David: the lexicon equates them, they do not sound alike
    if entity_type == "person" and not _only_inside(missing, matches):
        return False
    kept = [left for left, right, match in pairs if left == right and mention.roles[match.mention[0]] == "name"]
    if any(store.token_forms(token) <= FEW_FORMS for token in kept):
        return True
    if missing:
        return False
    if kept:
        return all(left not in common_words() and match.similarity >= CLOSE_MATCH for left, _, match in wrong)
    return len(matches) > 1 and any(left not in common_words() for left, _, _ in wrong)


def is_other_word(written: str, right: str) -> bool:
    """Whether what is written is not a distortion but another number, common word, or a derivation ("Rican")."""
    if any(c.isdigit() for c in written + right):
        return True
    if written in common_words() and right in common_words():
        return True
    return any(
        stem != "" and written.startswith(stem) and suffix.fullmatch(written, len(stem)) is not None
        for stem, suffix in ((right, _AFTER_NAME), (right.rstrip("aeiouy"), _FOR_LAST_VOWEL))
    )


def _same_stem(written: str, right: str) -> bool:
    """Whether two words differ in their ending only: beside the right rest of a company's name that is a slip."""
    same = next(
        (i for i, (a, b) in enumerate(zip(written, right, strict=False)) if a != b), min(len(written), len(right))
    )
    return same >= 4 and max(len(written), len(right)) - same <= 2


def _only_inside(missing: set[int], matches: tuple[TokenMatch, ...]) -> bool:
    """Whether all that the mention lacks stands between parts that it has: a middle name, but no surname."""
    places = [place for match in matches for place in match.name]
    return all(min(places) < place < max(places) for place in missing)


def _other_particles(mention: NormalForm, name: NormalForm, inside: list[int], matches: tuple[TokenMatch, ...]) -> bool:
    """Whether only particles inside differ ("Court for Human Rights"), and nothing else of the name is lacking."""
    missing = _missing(name, matches)
    particles = all(name.roles[place] in SMALL for place in missing)
    return particles and len(missing) == len(inside) > 0 and all(mention.roles[p] in SMALL for p in inside)


def _missing(name: NormalForm, matches: tuple[TokenMatch, ...]) -> set[int]:
    return set(range(len(name.tokens))) - {place for match in matches for place in match.name}


def _joined(form: NormalForm, places: tuple[int, ...]) -> str:
    return "".join(form.tokens[place] for place in places)
