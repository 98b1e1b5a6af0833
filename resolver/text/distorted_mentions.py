"""Distorted names in a text: each window of a run of words is resolved, and the guess at what it means is judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from resolver.database.snapshot import Snapshot
from resolver.names.known_words import LISTED, how_known
from resolver.names.normal_form import NormalForm, normal_form, words_of_tokens
from resolver.names.scripts import script_of_text
from resolver.records import WEAK, Evidence, TokenMatch
from resolver.resolving.matching import align
from resolver.resolving.resolution import Candidate, Resolution
from resolver.resolving.resolver import Resolver
from resolver.settings import Settings
from resolver.text.common_words import common_words
from resolver.text.counterparts import WindowScreen
from resolver.text.distortion_guards import Distortion, distortion_of, is_derived
from resolver.text.distortion_model import GuessCase, WordPair, log_odds, log_odds_threshold
from resolver.text.exact_mentions import TextMention, is_name_word
from resolver.text.policy import accepted_like, in_case_of, is_accepted
from resolver.text.tokenised_text import TokenSpan


@dataclass(frozen=True, slots=True)
class GuessLimits:
    """Which words are worth resolving.

    A window is resolved if the index finds a form with at least `min_similarity` (cosine of keys), or
    `min_similarity_common` if all its words are common ones ("Turkish Airline"). A lone word with fewer than
    `min_letters` is near too many names.
    """

    min_similarity: float = 0.2
    min_similarity_common: float = 0.6
    min_letters: int = 3


LIMITS = GuessLimits()


@dataclass(frozen=True, slots=True)
class Guess:
    """Words that may be a distorted name: the mention that they would be, and the case to be judged.

    The case is None for what is sure without judgement: the letters of an acronym read aloud, or a name in which only
    particles differ.
    """

    mention: TextMention
    case: GuessCase | None

    def is_good(self, settings: Settings) -> bool:
        """Whether the words are taken for a distorted form of the name."""
        return self.case is None or log_odds(self.case) > log_odds_threshold(settings)


class DistortionFinder:
    """Finds distorted names in texts."""

    def __init__(self, resolver: Resolver, settings: Settings) -> None:
        """Guess by the table of `resolver`, and judge by the policy and limits of `settings`."""
        self._resolver = resolver
        self._settings = settings
        self._screen = WindowScreen(resolver.snapshot)

    def mentions(self, run: TokenSpan) -> list[TextMention]:
        """The windows of two words or more in a run that are a distorted name of one entity; they may overlap."""
        return [guess.mention for guess in self.guesses(run) if guess.is_good(self._settings)]

    def lone_mention(self, word: TokenSpan) -> TextMention | None:
        """The mention that a lone word is, if it is a distorted form of a whole name."""
        guess = self.guess_word(word)
        return guess.mention if guess is not None and guess.is_good(self._settings) else None

    def guesses(self, run: TokenSpan) -> Iterator[Guess]:
        """The guesses at what the windows of two words or more in a run are distorted forms of."""
        tokens = run.text.tokens
        for first in range(run.first, run.last - 1):
            if not tokens[first].capital:
                continue
            for last in range(first + 2, min(run.last, first + self._settings.max_span_words) + 1):
                if tokens[last - 1].capital or tokens[last - 1].hyphened:
                    guess = self._guess(run.text.span(first, last), run)
                    if guess is not None:
                        yield guess

    def guess_word(self, word: TokenSpan) -> Guess | None:
        """The guess at the whole name that a lone word is a distorted form of; None for a word that is widely known."""
        folded = word.tokens[0].folded
        if len(folded) < LIMITS.min_letters or how_known(folded) >= LISTED:
            return None
        return self._guess(word, word)

    def _guess(self, window: TokenSpan, run: TokenSpan) -> Guess | None:
        settings, surface = self._settings, window.surface
        if len(surface) > settings.max_mention:
            return None
        normal = normal_form(surface)
        if len(normal.tokens) != 1 and len(normal.tokens) != len(window):
            return None
        if len(normal.tokens) == len(window) and not self._may_distort(window, normal):
            return None
        only_common = all(token.folded in common_words() for token in window.tokens)
        min_similarity = LIMITS.min_similarity_common if only_common else LIMITS.min_similarity
        resolution = self._resolver.promising(surface, min_similarity, settings.rewrite_probability)
        if resolution is None:
            return None
        candidate, entity = resolution.candidates[0], resolution.candidates[0].entity
        if candidate.alias.kind == WEAK:
            return None  # what is like a word that as often means something else tells nothing
        target = target_name(self._resolver.snapshot, candidate, surface, settings)
        whole = entity.name if settings.policy == "canonical" else target
        if whole is None:
            return None
        target = target or candidate.alias.name
        mention = TextMention(window.first, window.last, entity, resolution.probability, exact=False)
        if len(normal.tokens) == 1 and len(window) > 1:  # letters read aloud: "Zed Tee Ee"
            return Guess(replace(mention, after=whole, reason=f"letters of {target}"), None)
        distortion = self._distortion(candidate, normal, target)
        if distortion is None or not _covers(distortion, normal, entity.type):
            return None
        if settings.policy == "variants":  # a legal form behind the name stays as it is
            mention = replace(mention, last=window.first + _tokens_matched(distortion))
        part = target
        if distortion.name.exact == normal_form(target).exact:
            places = [place for match in distortion.matches for place in match.name]
            if name_words := words_of_tokens(target):
                part = target[name_words[min(places)].start : name_words[max(places)].end]
        if _is_inside_longer_name(window, is_whole=part == target):
            return None
        after = whole if settings.policy == "canonical" else in_case_of(part, surface)
        pairs = _one_to_one(normal, target, distortion.matches)
        mention = replace(mention, after=after, reason=f"distortion of {target}", pairs=pairs)
        return Guess(mention, None if distortion.is_sure else self._case(resolution, window, run, distortion, target))

    def _may_distort(self, window: TokenSpan, normal: NormalForm) -> bool:
        """Whether a window may be a distorted name; False saves the time to resolve it."""
        if window.is_hyphened:
            return False
        return self._screen.may_distort(normal, whole=_has_name_beside(window))

    def _distortion(self, candidate: Candidate, normal: NormalForm, target: str) -> Distortion | None:
        """The way in which the words distort the name that they are to become.

        If they do not, the way in which they distort the alias that was found, in another language or script, provided
        that they have the whole of it.
        """
        right = normal_form(target)
        evidence = candidate.evidence
        assert evidence is not None  # the best candidate has it
        near = normal_form(candidate.alias.name)
        matches = evidence.matches if near == right else align(normal, right)
        distortion = distortion_of(candidate.entity.type, normal, right, matches, self._settings)
        if candidate.entity.type == "place" and is_derived(normal, right):
            return None  # "Saudi Arabian", though Saudi-Arabien is nearer
        if distortion is None and near != right and len(normal.tokens) > 1 and _has_every_token(evidence):
            distortion = distortion_of(candidate.entity.type, normal, near, evidence.matches, self._settings)
        return distortion

    def _case(
        self, resolution: Resolution, window: TokenSpan, run: TokenSpan, distortion: Distortion, target: str
    ) -> GuessCase:
        others = resolution.candidates[1:2]
        pairs = [
            WordPair(
                written,
                right,
                match.similarity,
                match.heard,
                distortion.mention.roles[match.mention[0]] == "name",
                self._resolver.snapshot.token_forms(written) if written == right else 0,
                max(how_known(written), min(how_known(distortion.mention.tokens[i]) for i in match.mention)),
            )
            for written, right, match in distortion.pairs
        ]
        return GuessCase(
            pairs,
            lone=len(window) == 1,
            probability=resolution.probability,
            ahead=resolution.probability - (others[0].probability if others else 0.0),
            type=resolution.candidates[0].entity.type,
            missing=len(distortion.missing),
            swapped=distortion.is_swapped,
            beside=(window.first > run.first) + (window.last < run.last),
            shouted=all(t.text.isupper() and len(t.text) > 1 for t in window.tokens) and not target.isupper(),
            capitals=target.isupper(),
        )


def target_name(snapshot: Snapshot, candidate: Candidate, surface: str, settings: Settings) -> str | None:
    """The accepted form, in the script of the surface, that a distorted surface stands for; None if there is none."""
    entity, alias = candidate.entity, candidate.alias
    same_script = script_of_text(alias.name) == script_of_text(surface)
    if same_script and alias.kind == "variant":
        return entity.name
    if same_script and is_accepted(alias, settings) and alias.lang in ("", settings.language):
        return alias.name
    closest = accepted_like(snapshot.complete(entity), surface, settings)
    return closest.name if closest else None


def _covers(distortion: Distortion, normal: NormalForm, entity_type: str) -> bool:
    """Whether the words are no more than the name and, for an organisation, a legal form after it."""
    if min(place for match in distortion.matches for place in match.mention) > 0:
        return False
    behind = normal.roles[_tokens_matched(distortion) :]
    return not behind or (entity_type == "org" and all(role == "legal" for role in behind))


def _tokens_matched(distortion: Distortion) -> int:
    """The number of tokens of the mention up to the last one that is matched."""
    return 1 + max(place for match in distortion.matches for place in match.mention)


def _is_inside_longer_name(span: TokenSpan, is_whole: bool) -> bool:
    """Whether a token beside the span makes it another name: of a namesake, or with another given name."""
    if span.is_hyphened:
        return True
    return not is_whole and _has_name_beside(span)


def _has_name_beside(span: TokenSpan) -> bool:
    return any(token is not None and is_name_word(token) for token in (span.joined_before, span.joined_behind))


def _has_every_token(evidence: Evidence) -> bool:
    """Whether every token of the name is matched."""
    return len({place for match in evidence.matches for place in match.name}) == len(evidence.name_tokens)


def _one_to_one(mention: NormalForm, target: str, matches: tuple[TokenMatch, ...]) -> tuple[tuple[str, str], ...]:
    """The tokens of the mention that stand for one word of the target each, with that word."""
    written = [word.text for word in words_of_tokens(target)]
    return tuple(
        (mention.tokens[match.mention[0]], written[match.name[0]])
        for match in matches
        if len(match.mention) == len(match.name) == 1 and match.name[0] < len(written)
    )
