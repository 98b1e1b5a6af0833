"""Finding mentions in the words of a text: those written exactly, and runs that are a distorted name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from resolver.corpus.policy import accepted_like, change_exact, counts_as_mention, is_accepted
from resolver.corpus.textspans import TextWord, common_words
from resolver.gazetteer.store import Store
from resolver.names.normal import NormalForm, normal_form
from resolver.names.scripts import script_of_text
from resolver.names.words import words
from resolver.records import Candidate, Entity, TokenMatch
from resolver.resolving.alignment import align
from resolver.resolving.resolver import Resolver
from resolver.settings import Settings

LEAST_MATCH = 0.7
"""In a distorted name each matched token is at least this similar..."""
LEAST_MEAN = 0.72
"""...and all of them on average this."""
# Endings that make another word of a name (Iraqi, Costa Rican); they are no distortion of it.
_AFTER_NAME = regex.compile("s|es|i|is|n|ns|ans?|ians?|eans?|ese|ish|ic|ers?")
_FOR_LAST_VOWEL = regex.compile("ans?|ians?|eans?|ese|ish|ic")

PROMISING = 0.3
"""A window is scored when the index finds a form at least this similar (cosine of keys)."""


@dataclass(frozen=True, slots=True)
class Span:
    """Words `first` to `last` (half-open) of a text are a mention of `entity`.

    `after` is what they become (None: they stay), `pairs` which folded word stands for which word of the name.
    """

    first: int
    last: int
    entity: Entity | None
    probability: float
    exact: bool
    after: str | None = None
    reason: str = ""
    pairs: tuple[tuple[str, str], ...] = ()


def surface_of(text: str, found: Sequence[TextWord], first: int, last: int) -> str:
    """The text of the words `first` to `last` with what stands between them."""
    return text[found[first].start : found[last - 1].end]


def exact_spans(store: Store, text: str, found: Sequence[TextWord], settings: Settings) -> list[Span]:
    """The mentions whose normal form stands in the table, leftmost longest, none overlapping.

    A name that several entities have is found, without an entity: it must not be taken for something else.
    """
    spans = []
    place = 0
    while place < len(found):
        span = _exact_at(store, text, found, place, settings)
        if span is None:
            place += 1
        else:
            spans.append(span)
            place = span.last
    return spans


def _exact_at(store: Store, text: str, found: Sequence[TextWord], first: int, settings: Settings) -> Span | None:
    if found[first].protected:
        return None
    limit = min(first + store.begins(found[first].folded), len(found))
    last = first + 1
    while last < limit and found[last].joined and not found[last].protected:
        last += 1
    for end in range(min(last, limit), first, -1):
        number = store.find_exact(" ".join(word.folded for word in found[first:end]))
        if number is None:
            continue
        surface = surface_of(text, found, first, end)
        owners = store.form(number).owners
        if not counts_as_mention(surface, (alias for _, alias in owners)):
            continue
        ids = dict.fromkeys(entity for entity, _ in owners)
        if len(ids) > 1:
            return Span(first, end, None, 1.0 / len(ids), exact=True)
        entity = store.entity(next(iter(ids)))
        change = change_exact(surface, entity, (alias for _, alias in owners), settings)
        if change is None:
            return Span(first, end, entity, 1.0, exact=True)
        return Span(first, end, entity, 1.0, exact=True, after=change.after, reason=change.reason)
    return None


def distorted_spans(
    resolver: Resolver, text: str, found: Sequence[TextWord], run: tuple[int, int], settings: Settings
) -> Iterator[Span]:
    """The windows of two words or more in a run that are a distorted name of one entity."""
    for first in range(run[0], run[1] - 1):
        if not found[first].capital:
            continue
        for last in range(first + 2, min(run[1], first + settings.max_span_words) + 1):
            if found[last - 1].capital:
                span = _distorted(resolver, text, found, first, last, settings)
                if span is not None:
                    yield span


def _distorted(
    resolver: Resolver, text: str, found: Sequence[TextWord], first: int, last: int, settings: Settings
) -> Span | None:
    if all(word.folded in common_words() for word in found[first:last]):
        return None
    surface = surface_of(text, found, first, last)
    normal = normal_form(surface)
    if resolver.likeness(normal) < PROMISING:
        return None
    resolution = resolver.resolve(surface)
    if resolution.entity is None or resolution.probability < settings.rewrite_probability:
        return None
    target = target_name(resolution.candidates[0], surface, settings)
    if target is None:
        return None
    if len(normal.tokens) == 1 and last - first > 1:  # letters read aloud: "Zed Tee Ee"
        reason = f"letters of {target}"
        return Span(first, last, resolution.entity, resolution.probability, exact=False, after=target, reason=reason)
    if len(normal.tokens) != last - first:
        return None
    right = normal_form(target)
    matches = align(normal.tokens, right.tokens)
    if not _is_distortion(normal, right, matches):
        return None
    used = sorted(place for match in matches for place in match.mention)
    name_used = sorted(place for match in matches for place in match.name)
    name_words = list(words(target))
    after = target[name_words[name_used[0]].start : name_words[name_used[-1]].end]
    pairs = tuple(
        (found[first + match.mention[0]].folded, name_words[match.name[0]].text)
        for match in matches
        if len(match.mention) == len(match.name) == 1
    )
    start, end = first + used[0], first + used[-1] + 1
    entity = resolution.entity
    if entity.type == "org" and after == target:
        end = max(end, last if all(role == "legal" for role in normal.roles[used[-1] + 1 :]) else end)
    reason = f"distortion of {target}"
    return Span(start, end, entity, resolution.probability, exact=False, after=after, reason=reason, pairs=pairs)


def target_name(candidate: Candidate, surface: str, settings: Settings) -> str | None:
    """The accepted form that a distorted surface stands for, in its script; None when there is none."""
    entity, alias = candidate.entity, candidate.alias
    if settings.policy == "canonical":
        return entity.name
    same_script = script_of_text(alias.name) == script_of_text(surface)
    if same_script and alias.kind == "variant":
        return entity.name
    if same_script and is_accepted(alias, settings) and alias.lang in ("", settings.language):
        return alias.name
    closest = accepted_like(entity, surface, settings)
    return closest.name if closest else None


def _is_distortion(mention: NormalForm, name: NormalForm, matches: tuple[TokenMatch, ...]) -> bool:
    """Whether the matched tokens are enough, close enough, not all equal, and none of them another word."""
    used = {place for match in matches for place in match.mention}
    if len(used) < 2 or any(mention.roles[p] == "name" for p in range(min(used), max(used)) if p not in used):
        return False
    if sum(match.similarity for match in matches) / len(matches) < LEAST_MEAN:
        return False
    pairs = [(_joined(mention, match.mention), _joined(name, match.name), match) for match in matches]
    wrong = [(left, right, match) for left, right, match in pairs if left != right]
    if not wrong:
        return any(len(match.mention) != len(match.name) for match in matches)
    if any(match.similarity < LEAST_MATCH or _is_other_word(left, right) for left, right, match in wrong):
        return False
    kept = any(mention.roles[match.mention[0]] == "name" for left, right, match in pairs if left == right)
    return kept or (len(matches) > 1 and not all(left in common_words() for left, _, _ in wrong))


def _is_other_word(written: str, right: str) -> bool:
    """Whether what is written is not a distortion but another number, common word, or a derivation ("Rican")."""
    if any(c.isdigit() for c in written + right):
        return True
    if written in common_words() and right in common_words():
        return True
    return any(
        stem != "" and written.startswith(stem) and suffix.fullmatch(written, len(stem)) is not None
        for stem, suffix in ((right, _AFTER_NAME), (right.rstrip("aeiouy"), _FOR_LAST_VOWEL))
    )


def _joined(form: NormalForm, places: tuple[int, ...]) -> str:
    return "".join(form.tokens[place] for place in places)
