"""The resolver: one mention in, one resolution out. This is the line that every mention travels."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache, partial

from resolver.database.snapshot import Snapshot
from resolver.errors import SettingError
from resolver.index.search_index import Index
from resolver.names.normal_form import NormalForm, normal_form
from resolver.records import TYPES
from resolver.resolving.calibration import Calibration, log_of_sum, probability_of
from resolver.resolving.context import NO_CONTEXT, Clues, Context, read_context, shift, with_clues
from resolver.resolving.decision import decide
from resolver.resolving.in_table import log_odds
from resolver.resolving.kernel.prepared_mention import PreparedMention
from resolver.resolving.matching import Beside, Match, Matcher, Matches
from resolver.resolving.overrides import Overrides, overrides_on
from resolver.resolving.prevalence import log_odds_shift
from resolver.resolving.resolution import EXPLAINED_CANDIDATES, Candidate, Resolution
from resolver.resolving.score import weights
from resolver.settings import Settings

DELTA_SHARE, DELTA_FORMS = 2, 8
"""A small index beside a large one compares its share of the forms that a mention is compared with, times the first,
and at least as many as the second."""

LEAD = 2
"""Candidates that are needed to tell whether the mention is in the table: the best one's lead over the next counts."""

_CACHED_MENTIONS = 1 << 12
_CACHED_MATCHES = 1 << 10
_CACHED_SPANS = 1 << 13
_CACHED_WITH_CONTEXT = 1 << 6
_CACHED_CONTEXTS = 1 << 4


class Resolver:
    """Resolves mentions against one snapshot of a table. Threads may share it.

    Answers are cached as long as the resolver lives. All methods raise StaleRowError when the table has changed so
    that an entity is not there any more: then a newer snapshot answers.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        settings: Settings | None = None,
        earlier: Sequence[Matcher] = (),
        sibling: Resolver | None = None,
    ) -> None:
        """Answer from `snapshot`; `settings` default to those of Settings().

        `earlier` are the matchers of a resolver for an earlier snapshot, of which those still fit are used again. A
        `sibling` has the same snapshot and settings, but for the prevalence: the two share what they match.
        """
        self.snapshot = snapshot
        self.settings = settings or Settings()
        known = {matcher.index: matcher.with_table_size(snapshot.size) for matcher in earlier}
        self.matchers = tuple(
            known.get(index) or _matcher(index, self.settings, snapshot.size) for index in snapshot.indexes
        )
        """One for each index of the snapshot."""
        self._matched: Callable[[NormalForm, str | None], list[Matches]] = (
            sibling._matched if sibling is not None else lru_cache(maxsize=_CACHED_MATCHES)(self._match_alone)
        )
        self._cached = lru_cache(maxsize=_CACHED_MENTIONS)(self._resolve)
        self._promising = lru_cache(maxsize=_CACHED_SPANS)(self._resolve_promising)
        self._cached_with_context = lru_cache(maxsize=_CACHED_WITH_CONTEXT)(self._resolve_with_context)
        self._contexts = lru_cache(maxsize=_CACHED_CONTEXTS)(partial(read_context, snapshot))

    def resolve(self, mention: str, type: str | None = None, context: str = "") -> Resolution:
        """The resolution of a mention; with `type` (person, org, place, other) among entities of that type only.

        `context` is text around it, or other mentions of the document: it changes how probable each candidate is.
        Raises SettingError for an unknown type and TypeError for a mention that is no string.
        """
        check_type(type)
        if not isinstance(mention, str):
            raise TypeError(f"a mention is a str, not {mention!r}")
        limit = self.settings.max_mention
        if len(mention) > limit:
            return Resolution(mention, "nil", (), f"{len(mention)} characters, a name has at most {limit}")
        if not context:
            return self._cached(mention, type)
        return self._cached_with_context(mention, type, context[: self.settings.max_context])

    def promising(self, mention: str, share: float, probability: float) -> Resolution | None:
        """The resolution of a mention, or None if it is not worth having, which takes much less time to find out.

        None when the likest form shares less than `share` of its keys (about 0 to 1), or no entity is meant with more
        than `probability`.
        """
        return self._promising(mention, share, probability)

    def warm_up(self) -> None:
        """Load what is otherwise loaded when first needed, as far as Latin letters need it."""
        self.resolve("Yoshihidi Soja")

    def _resolve_promising(self, mention: str, share: float, probability: float) -> Resolution | None:
        normal = normal_form(mention)
        if not normal.tokens or len(mention) > self.settings.max_mention:
            return None
        if max(matcher.nearest(normal) for matcher in self.matchers) < share:
            return None
        resolution = self._resolve(mention, None, least=probability)
        return resolution if resolution.probability > probability else None

    def _resolve_with_context(self, mention: str, type: str | None, context: str) -> Resolution:
        return self._resolve(mention, type, self._contexts(context))

    def _resolve(
        self, mention: str, type: str | None, context: Context = NO_CONTEXT, least: float = -1.0
    ) -> Resolution:
        """The resolution; without candidates when no entity is meant with more than the probability `least`."""
        normal = normal_form(mention)
        if not normal.tokens:
            return Resolution(mention, "nil", (), "no letter or digit in it")
        overrides = overrides_on(self.snapshot, normal.exact, type)
        if context or overrides.decisions or least >= 0.0:
            matches = self._match(normal, type, context, overrides)
        else:
            matches = self._matched(normal, type)
        calibration = self._calibrate(matches)
        if not overrides.decisions and calibration.probability(_best_score(matches)) <= least:
            return Resolution(mention, "nil", (), f"no entity is meant with a probability above {least}")
        rows = self.snapshot.read_aliases([match.alias for part in matches for match in part.best])
        clues: Clues = {}
        if context:
            clues = context.clues(mention, {alias: entity for alias, (entity, _) in rows.items()})
            matches = [shift(part, clues, weights(self.snapshot.size), self.settings) for part in matches]
            calibration = self._calibrate(matches)

        def candidate(match: Match) -> Candidate:
            found = match.evidence and with_clues(match.evidence, clues.get(match.alias))
            return Candidate(*rows[match.alias], match.score, calibration.probability(match.score), found)

        best = [match for part in matches for match in part.best]
        best.sort(key=lambda match: (-match.score, -rows[match.alias][0].weight, rows[match.alias][0].id))
        candidates = tuple(map(candidate, best[: self.settings.max_candidates]))
        candidates = overrides.apply(candidates, self.snapshot, normal)[: self.settings.max_candidates]
        outcome, reason = decide(candidates, self._rivals(matches, calibration), normal, self.settings)
        if type is not None:
            reason += f"; only what has the type {type} could be meant"
        return Resolution(
            mention,
            outcome,
            candidates,
            overrides.reason(reason),
            self.snapshot.size,
            sum(part.cut for part in matches),
            overrides.decisions,
            calibration.in_table,
        )

    def _match_alone(self, normal: NormalForm, type: str | None) -> list[Matches]:
        """The candidates of a mention without context, on which nothing is decided."""
        return self._match(normal, type, NO_CONTEXT, Overrides())

    def _match(self, normal: NormalForm, type: str | None, context: Context, overrides: Overrides) -> list[Matches]:
        """The candidates of each index with their scores."""
        most, also, explained = max(self.settings.max_candidates, LEAD), [], EXPLAINED_CANDIDATES
        if context:
            most = explained = max(most, self.settings.context_candidates)
            also = context.forms_like(normal)
        if overrides.accepted is not None:
            explained = most  # any of them may come first
        every = [
            Beside(matcher, PreparedMention(matcher.index, normal), overrides.places(matcher.index))
            for matcher in self.matchers
        ]
        return [
            one.matcher.match(
                one.mention, type, one.without, most, also, explained, [other for other in every if other is not one]
            )
            for one in every
        ]

    def _calibrate(self, matches: Sequence[Matches]) -> Calibration:
        """The probabilities of the candidates; without any, nothing is in the table."""
        first = sorted((match for part in matches for match in part.best[:LEAD]), key=lambda match: -match.score)[:LEAD]
        log_sum = log_of_sum([(part.top, part.mass) for part in matches])
        if not first:
            return Calibration(log_sum, 0.0)
        best, evidence = first[0], first[0].evidence
        assert evidence is not None  # the best matches have it
        lead = best.score - first[1].score if len(first) > 1 else math.inf
        odds = log_odds(evidence.features, best.score, lead, log_sum, self.snapshot.size)
        return Calibration(log_sum, probability_of(odds + log_odds_shift(self.settings.assumed_prevalence)))

    def _rivals(self, matches: Sequence[Matches], calibration: Calibration) -> float:
        """The probability that the best candidate or one that comes near it is meant."""
        near = _best_score(matches) + math.log(self.settings.ambiguous_share)
        return sum(
            calibration.probability_of_sum(part.top, part.rivals)
            for part in matches
            if part.best and part.best[0].score >= near
        )


def check_type(type: str | None) -> None:
    """Raise SettingError for an unknown type of entity."""
    if type is not None and type not in TYPES:
        raise SettingError(f"type must be one of {', '.join(TYPES)}, not {type!r}")


def _matcher(index: Index, settings: Settings, table_size: int) -> Matcher:
    """A matcher for one index of a table; for a small one beside a large one, it compares fewer forms."""
    if index.background is not None:
        share = DELTA_SHARE * index.forms / index.counted
        few, across = (
            min(most, max(DELTA_FORMS, math.ceil(share * most)))
            for most in (settings.candidate_forms, settings.across_forms)
        )
        settings = replace(settings, candidate_forms=few, across_forms=across)
    return Matcher(index, settings, table_size)


def _best_score(matches: Sequence[Matches]) -> float:
    """The best score of all candidates; -inf without any."""
    return max((part.best[0].score for part in matches if part.best), default=-math.inf)
