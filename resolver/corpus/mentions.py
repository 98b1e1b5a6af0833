"""Finding mentions in the words of a text: those written exactly, and runs that are a distorted name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from resolver.corpus.distortion import is_distortion, is_other_word
from resolver.corpus.policy import accepted_like, change_exact, counts_as_mention, is_accepted
from resolver.corpus.textspans import TextWord, common_words
from resolver.gazetteer.schema import CANONICAL
from resolver.gazetteer.store import Store
from resolver.names.normal import NormalForm, normal_form
from resolver.names.scripts import script_of_text
from resolver.names.words import words
from resolver.records import Candidate, Entity, Evidence, TokenMatch
from resolver.resolving.matching import align
from resolver.resolving.resolver import Resolver
from resolver.settings import Settings

PROMISING = 0.15
"""A window is scored when the index finds a form at least this similar (cosine of keys)..."""
PROMISING_COMMON = 0.6
"""...or this, when all its words are common ones ("Turkish Airline")."""

LEAST_SPLIT = 6
"""Two words are one name in two pieces when they have so many letters."""

LONG_WORD = 7
SURE = 0.95
CLOSE_LETTERS = 0.85
"""A lone word is a distorted name when it has LONG_WORD letters or more, its entity is SURE, and its letters are
this similar (indel, 0 to 1) to the name's."""


@dataclass(frozen=True, slots=True)
class Span:
    """Words `first` to `last` (half-open) of a text are a mention of `entity`.

    `after` is what they become (None: they stay), `pairs` which folded word stands for which word of the name;
    `full` says that it is no short form, to which a legal form could make another company ("Sun Co").
    """

    first: int
    last: int
    entity: Entity | None
    probability: float
    exact: bool
    after: str | None = None
    reason: str = ""
    pairs: tuple[tuple[str, str], ...] = ()
    full: bool = True


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
    literal_from = first + 1
    while literal_from < limit and found[literal_from].joined and not found[literal_from].protected:
        literal_from += 1
    last = literal_from
    while last < limit and found[last].near and not found[last].protected:
        last += 1
    for end in range(last, first, -1):
        exact = " ".join(word.folded for word in found[first:end])
        owners = store.named(exact)
        if not owners:
            continue
        surface = surface_of(text, found, first, end)
        if end > literal_from and all(alias.name.rstrip(".") != surface.rstrip(".") for _, alias in owners):
            continue  # across a comma or a stop ("Washington, D.C.", "St. Petersburg") only what is written just so
        if not counts_as_mention(surface, (alias for _, alias in owners)):
            continue
        entity = owners[0][0]
        ids = {owner.id for owner, _ in owners}
        if len(ids) > 1:
            return Span(first, end, None, 1.0 / len(ids), exact=True)
        full = any(alias.kind in (CANONICAL, "") for _, alias in owners)
        change = change_exact(surface, entity, (alias for _, alias in owners), settings)
        if change is None:
            return Span(first, end, entity, 1.0, exact=True, full=full)
        accepted = store.decided(exact).get(entity.id)  # a rejected one is not among the owners
        reason = change.reason if accepted is None else str(accepted)
        return Span(first, end, entity, 1.0, exact=True, after=change.after, reason=reason, full=full)
    return _split_word(store, found, first, settings)


def _split_word(store: Store, found: Sequence[TextWord], first: int, settings: Settings) -> Span | None:
    """Two words that together are a name of one word ("Open AI", "Air-bus")."""
    if first + 1 >= len(found) or not found[first + 1].joined or found[first + 1].protected:
        return None
    one, other = found[first], found[first + 1]
    if len(one.folded + other.folded) < LEAST_SPLIT or not one.capital or not (other.capital or other.hyphened):
        return None
    owners = store.named(one.folded + other.folded)
    right = [(entity, alias) for entity, alias in owners if is_accepted(alias, settings)]
    if not right or len({entity.id for entity, _ in owners}) > 1:
        return None
    entity, alias = right[0]
    after = entity.name if settings.policy == "canonical" else alias.name
    return Span(first, first + 2, entity, 1.0, exact=False, after=after, reason=f"{alias.name} in two words")


def distorted_spans(
    resolver: Resolver, text: str, found: Sequence[TextWord], run: tuple[int, int], settings: Settings
) -> Iterator[Span]:
    """The windows of two words or more in a run that are a distorted name of one entity."""
    for first in range(run[0], run[1] - 1):
        if not found[first].capital:
            continue
        for last in range(first + 2, min(run[1], first + settings.max_span_words) + 1):
            if found[last - 1].capital or found[last - 1].hyphened:
                span = _distorted(resolver, text, found, first, last, settings)
                if span is not None:
                    yield span


def distorted_word(resolver: Resolver, word: TextWord, place: int, settings: Settings) -> Iterator[Span]:
    """The lone word at `place`, when it is long and all but equal to the name of an organisation or a place.

    Given names and surnames are not set right so: nothing tells them from the names of other people.
    """
    if len(word.folded) < LONG_WORD or word.opens or resolver.likeness(word.text) < PROMISING:
        return
    resolution = resolver.resolve(word.text)
    entity = resolution.entity
    if entity is None or entity.type == "person" or resolution.probability < SURE:
        return
    target = target_name(resolution.candidates[0], word.text, settings)
    if target is None:
        return
    joined = normal_form(target).joined
    close = Indel.normalized_similarity(word.folded, joined) >= CLOSE_LETTERS
    if close and not is_other_word(word.folded, joined) and joined not in common_words():
        after = entity.name if settings.policy == "canonical" else target
        reason = f"distortion of {target}"
        yield Span(place, place + 1, entity, resolution.probability, exact=False, after=after, reason=reason)


def _distorted(
    resolver: Resolver, text: str, found: Sequence[TextWord], first: int, last: int, settings: Settings
) -> Span | None:
    only_common = all(word.folded in common_words() for word in found[first:last])
    surface = surface_of(text, found, first, last)
    if resolver.likeness(surface) < (PROMISING_COMMON if only_common else PROMISING):
        return None
    resolution = resolver.resolve(surface)
    if resolution.entity is None or resolution.probability < settings.rewrite_probability:
        return None
    candidate, entity = resolution.candidates[0], resolution.entity
    target = target_name(candidate, surface, settings)
    whole = candidate.entity.name if settings.policy == "canonical" else target
    if whole is None:
        return None
    target = target or candidate.alias.name
    normal = normal_form(surface)
    if len(normal.tokens) == 1 and last - first > 1:  # letters read aloud: "Zed Tee Ee"
        reason = f"letters of {target}"
        return Span(first, last, entity, resolution.probability, exact=False, after=whole, reason=reason)
    if len(normal.tokens) != last - first:
        return None
    right = normal_form(target)
    matches = align(normal, right)
    evidence = candidate.evidence
    part = target
    if is_distortion(resolver.store, entity.type, normal, right, matches):
        name_words = list(words(target))
        places = [place for match in matches for place in match.name]
        part = target[name_words[min(places)].start : name_words[max(places)].end]
    elif _is_whole(evidence) and is_distortion(
        resolver.store, entity.type, normal, normal_form(candidate.alias.name), evidence.matches
    ):
        matches = evidence.matches  # a spelling of another language or script is nearer: the whole name stands for it
    else:
        return None
    used = sorted(place for match in matches for place in match.mention)
    after = whole if settings.policy == "canonical" else part
    pairs = _pairs(normal, target, matches)
    start, end = first + used[0], first + used[-1] + 1
    if entity.type == "org" and part == target:
        end = max(end, last if all(role == "legal" for role in normal.roles[used[-1] + 1 :]) else end)
    if _inside_longer_name(found, start, end, part == target):
        return None
    reason = f"distortion of {target}"
    return Span(start, end, entity, resolution.probability, exact=False, after=after, reason=reason, pairs=pairs)


def _inside_longer_name(found: Sequence[TextWord], start: int, end: int, whole: bool) -> bool:
    """Whether a word beside the span makes another name of it: what is named after it, or another given name."""
    if found[start].hyphened or (end < len(found) and found[end].hyphened):
        return True
    if end < len(found) and found[end].joined and is_name_word(found[end]):
        return True
    return not whole and start > 0 and found[start].joined and is_name_word(found[start - 1])


def is_name_word(word: TextWord) -> bool:
    """Whether a word is capitalised, no address or markup, and no common word, title or generic part of names."""
    return word.text[0].isupper() and not word.protected and word.folded not in common_words()


def _is_whole(evidence: Evidence) -> bool:
    """Whether every token of the name is matched."""
    return len({place for match in evidence.matches for place in match.name}) == len(evidence.name_tokens)


def _pairs(mention: NormalForm, target: str, matches: tuple[TokenMatch, ...]) -> tuple[tuple[str, str], ...]:
    """Which token of the mention stands for which word of the target, where that is one to one."""
    written = [word.text for word in words(target)]
    return tuple(
        (mention.tokens[match.mention[0]], written[match.name[0]])
        for match in matches
        if len(match.mention) == len(match.name) == 1 and match.name[0] < len(written)
    )


def target_name(candidate: Candidate, surface: str, settings: Settings) -> str | None:
    """The accepted form that a distorted surface stands for, in its script; None when there is none."""
    entity, alias = candidate.entity, candidate.alias
    same_script = script_of_text(alias.name) == script_of_text(surface)
    if same_script and alias.kind == "variant":
        return entity.name
    if same_script and is_accepted(alias, settings) and alias.lang in ("", settings.language):
        return alias.name
    closest = accepted_like(entity, surface, settings)
    return closest.name if closest else None
