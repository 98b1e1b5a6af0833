"""Guessing which runs of words are a distorted name: each window of a run is resolved, and what it may be is judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from resolver.database.snapshot import Snapshot
from resolver.names.known_words import LISTED, how_known
from resolver.names.normal_form import NormalForm, normal_form
from resolver.names.scripts import script_of_text
from resolver.names.tokens import words
from resolver.records import Evidence, TokenMatch
from resolver.resolving.matching import align
from resolver.resolving.resolution import Candidate, Resolution
from resolver.resolving.resolver import Resolver
from resolver.settings import Settings
from resolver.text.distortion_guards import Distortion, distortion_of
from resolver.text.distortion_model import Case, Pair, least_log_odds, log_odds
from resolver.text.exact_mentions import Span, is_name_word, surface_of
from resolver.text.policy import accepted_like, in_case_of, is_accepted
from resolver.text.text_tokens import TextWord, common_words

PROMISING = 0.2
"""A window is resolved when the index finds a form at least this similar (cosine of keys)..."""
PROMISING_COMMON = 0.6
"""...or this, when all its words are common ones ("Turkish Airline")."""

LEAST_LONE = 3
"""Shorter lone words, in letters, are near too many names."""


@dataclass(frozen=True, slots=True)
class Guess:
    """Words that may be a distorted name: the span that they would be, and the case to be judged; None for what is
    sure without (the letters of an acronym read aloud, or a name in which only particles differ)."""

    span: Span
    case: Case | None

    def is_good(self, settings: Settings) -> bool:
        """Whether the words are taken for a distorted form of the name."""
        return self.case is None or log_odds(self.case) > least_log_odds(settings)


def distorted_spans(
    resolver: Resolver, text: str, found: Sequence[TextWord], run: tuple[int, int], settings: Settings
) -> Iterator[Span]:
    """The windows of two words or more in a run that are a distorted name of one entity."""
    return (guess.span for guess in guesses(resolver, text, found, run, settings) if guess.is_good(settings))


def guesses(
    resolver: Resolver, text: str, found: Sequence[TextWord], run: tuple[int, int], settings: Settings
) -> Iterator[Guess]:
    """What the windows of two words or more in a run may be a distorted form of."""
    for first in range(run[0], run[1] - 1):
        if not found[first].capital:
            continue
        for last in range(first + 2, min(run[1], first + settings.max_span_words) + 1):
            if found[last - 1].capital or found[last - 1].hyphened:
                guess = _guess(resolver, text, found, (first, last), run, settings)
                if guess is not None:
                    yield guess


def distorted_word(
    resolver: Resolver, text: str, found: Sequence[TextWord], place: int, settings: Settings
) -> Iterator[Span]:
    """The lone word at `place`, when it is a distorted form of a whole name."""
    guess = guess_word(resolver, text, found, place, settings)
    if guess is not None and guess.is_good(settings):
        yield guess.span


def guess_word(
    resolver: Resolver, text: str, found: Sequence[TextWord], place: int, settings: Settings
) -> Guess | None:
    """What name the lone word at `place` may be a distorted form of: none if people write it otherwise, too."""
    word = found[place]
    if len(word.folded) < LEAST_LONE or how_known(word.folded) >= LISTED:
        return None
    return _guess(resolver, text, found, (place, place + 1), (place, place + 1), settings)


def _guess(
    resolver: Resolver,
    text: str,
    found: Sequence[TextWord],
    window: tuple[int, int],
    run: tuple[int, int],
    settings: Settings,
) -> Guess | None:
    first, last = window
    only_common = all(word.folded in common_words() for word in found[first:last])
    surface = surface_of(text, found, first, last)
    share = PROMISING_COMMON if only_common else PROMISING
    resolution = resolver.promising(surface, share, settings.rewrite_probability)
    if resolution is None:
        return None
    candidate, entity = resolution.candidates[0], resolution.candidates[0].entity
    target = target_name(resolver.snapshot, candidate, surface, settings)
    whole = entity.name if settings.policy == "canonical" else target
    if whole is None:
        return None
    target = target or candidate.alias.name
    normal = normal_form(surface)
    if len(normal.tokens) == 1 and last - first > 1:  # letters read aloud: "Zed Tee Ee"
        reason = f"letters of {target}"
        span = Span(first, last, entity, resolution.probability, exact=False, after=whole, reason=reason)
        return Guess(span, None)
    if len(normal.tokens) != last - first:
        return None
    distortion = _distortion(resolver.snapshot, candidate, normal, target, settings)
    if distortion is None or not _covers(distortion, normal, entity.type):
        return None
    part = target
    if distortion.name.exact == normal_form(target).exact:
        name_words = list(words(target))
        places = [place for match in distortion.matches for place in match.name]
        part = target[name_words[min(places)].start : name_words[max(places)].end]
    if _inside_longer_name(found, first, last, part == target):
        return None
    after = whole if settings.policy == "canonical" else in_case_of(part, surface)
    span = Span(
        first,
        last,
        entity,
        resolution.probability,
        exact=False,
        after=after,
        reason=f"distortion of {target}",
        pairs=_pairs(normal, target, distortion.matches),
    )
    if distortion.is_sure:
        return Guess(span, None)
    return Guess(span, _case(resolver.snapshot, resolution, found, window, run, distortion, target))


def _distortion(
    store: Snapshot, candidate: Candidate, normal: NormalForm, target: str, settings: Settings
) -> Distortion | None:
    """How the words distort the name that they are to become; or the nearer one of another language or script, if that
    is had whole."""
    right = normal_form(target)
    evidence = candidate.evidence
    near = normal_form(candidate.alias.name)
    matches = evidence.matches if near == right else align(normal, right)
    distortion = distortion_of(candidate.entity.type, normal, right, matches, settings)
    if distortion is None and near != right and len(normal.tokens) > 1 and _is_whole(evidence):
        distortion = distortion_of(candidate.entity.type, normal, near, evidence.matches, settings)
    return distortion


def _covers(distortion: Distortion, normal: NormalForm, entity_type: str) -> bool:
    """Whether the words are no more than the name and, for an organisation, a legal form after it."""
    used = [place for match in distortion.matches for place in match.mention]
    if min(used) > 0:
        return False
    behind = normal.roles[max(used) + 1 :]
    return not behind or (entity_type == "org" and all(role == "legal" for role in behind))


def _case(
    store: Snapshot,
    resolution: Resolution,
    found: Sequence[TextWord],
    window: tuple[int, int],
    run: tuple[int, int],
    distortion: Distortion,
    target: str,
) -> Case:
    others = resolution.candidates[1:2]
    pairs = [
        Pair(
            written,
            right,
            match.similarity,
            match.heard,
            distortion.mention.roles[match.mention[0]] == "name",
            store.token_forms(written) if written == right else 0,
            max(how_known(written), min(how_known(distortion.mention.tokens[i]) for i in match.mention)),
        )
        for written, right, match in distortion.pairs
    ]
    written = [word.text for word in found[window[0] : window[1]]]
    return Case(
        pairs,
        lone=window[1] - window[0] == 1,
        probability=resolution.probability,
        ahead=resolution.probability - (others[0].probability if others else 0.0),
        type=resolution.candidates[0].entity.type,
        missing=len(distortion.missing),
        swapped=distortion.is_swapped,
        beside=(window[0] > run[0]) + (window[1] < run[1]),
        shouted=all(word.isupper() and len(word) > 1 for word in written) and not target.isupper(),
        capitals=target.isupper(),
    )


def _inside_longer_name(found: Sequence[TextWord], start: int, end: int, whole: bool) -> bool:
    """Whether a word beside the span makes another name of it: what is named after it, or another given name."""
    if found[start].hyphened or (end < len(found) and found[end].hyphened):
        return True
    if not whole and end < len(found) and found[end].joined and is_name_word(found[end]):
        return True
    return not whole and start > 0 and found[start].joined and is_name_word(found[start - 1])


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


def target_name(store: Snapshot, candidate: Candidate, surface: str, settings: Settings) -> str | None:
    """The accepted form that a distorted surface stands for, in its script; None when there is none."""
    entity, alias = candidate.entity, candidate.alias
    same_script = script_of_text(alias.name) == script_of_text(surface)
    if same_script and alias.kind == "variant":
        return entity.name
    if same_script and is_accepted(alias, settings) and alias.lang in ("", settings.language):
        return alias.name
    closest = accepted_like(store.complete(entity), surface, settings)
    return closest.name if closest else None
