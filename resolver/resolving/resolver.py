"""The resolver: one mention in, one resolution out. This is the line that every mention travels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial
from operator import attrgetter

from resolver.database.store import Store
from resolver.errors import SettingError
from resolver.index.search_index import Index
from resolver.infra.turns import in_turn
from resolver.names.normal_form import NormalForm, normal_form
from resolver.records import TYPES, Candidate, Evidence, Resolution
from resolver.resolving.calibration import in_table, log_of_all
from resolver.resolving.context import NO_CONTEXT, Clues, Context, read_context, shift, told
from resolver.resolving.decision import decide
from resolver.resolving.explanation import trace_matches
from resolver.resolving.matching import Match, Matcher, Matches, evidence
from resolver.resolving.overrides import Ruling, rule
from resolver.resolving.prepared_mention import PreparedMention
from resolver.resolving.score import steepness, weights
from resolver.settings import Settings

MORE, LEAST = 2, 8
"""An index of few among many names gets so many times its share of the forms that a mention is compared with, and at
least so many."""


class Resolver:
    """Resolves mentions against the entities of one store, as they are at its last refresh."""

    def __init__(self, store: Store, settings: Settings | None = None) -> None:
        """Answer from `store`; `settings` default to those of Settings()."""
        self.store = store
        self.settings = settings or Settings()
        self._cached = lru_cache(maxsize=1 << 12)(self._resolve)
        self._looked = lru_cache(maxsize=1 << 13)(self._look)
        self._cached_in_context = lru_cache(maxsize=1 << 6)(self._resolve_in_context)
        self._contexts = lru_cache(maxsize=1 << 4)(partial(read_context, store))
        self._matchers: list[Matcher] = []
        self._version = -1

    def _keep_up(self) -> None:
        """Go over to the indexes that the store has by now, and forget the answers of earlier ones."""
        indexes = self.store.indexes
        if self._version != self.store.version:
            known = {matcher.index: matcher for matcher in self._matchers}
            self._matchers = [
                known[index].with_table_size(self.store.size) if index in known else self._matcher(index)
                for index in indexes
            ]
            self._cached.cache_clear()
            self._looked.cache_clear()
            self._cached_in_context.cache_clear()
            self._contexts.cache_clear()
            self._version = self.store.version

    def _matcher(self, index: Index) -> Matcher:
        """A matcher for an index; for one of few among many names, it compares fewer forms."""
        if index.background is None:
            return Matcher(index, self.settings, self.store.size)
        share = MORE * index.forms / index.counted
        few, across = (
            min(most, max(LEAST, math.ceil(share * most)))
            for most in (self.settings.candidate_forms, self.settings.across_forms)
        )
        return Matcher(index, replace(self.settings, candidate_forms=few, across_forms=across), self.store.size)

    def resolve(self, mention: str, type: str | None = None, context: str = "") -> Resolution:
        """The resolution of a mention. With `type` (person, org, place, other) only such entities can be meant.

        `context` is text around it, or other mentions of the document: it changes how probable each candidate is.
        """
        self.check_type(type)
        if not isinstance(mention, str):
            raise TypeError(f"a mention is a str, not {mention!r}")
        if len(mention) > self.settings.max_mention:
            limit = self.settings.max_mention
            return Resolution(mention, "nil", (), f"{len(mention)} characters, a name has at most {limit}")
        return self.store.in_one_state(lambda: self._answer(mention, type, context))

    def _answer(self, mention: str, type: str | None, context: str) -> Resolution:
        self._keep_up()
        if not context:
            return self._cached(mention, type)
        return self._cached_in_context(mention, type, context[: self.settings.max_context])

    def _resolve_in_context(self, mention: str, type: str | None, context: str) -> Resolution:
        return self._resolve(mention, type, self._contexts(context))

    def check_type(self, type: str | None) -> None:
        """Raise SettingError for a type of entity that there is not."""
        if type is not None and type not in TYPES:
            raise SettingError(f"type must be one of {', '.join(TYPES)}, not {type!r}")

    def warm_up(self) -> None:
        """Load all that is loaded when first needed, as far as Latin letters need it."""
        self.resolve("Yoshihidi Soja")

    @in_turn
    def promising(self, mention: str, share: float, probability: float) -> Resolution | None:
        """The resolution of a mention, or None when the likest form in the table shares less than `share` of its keys
        (about 0 to 1) or nobody is meant with more than a probability: most words of a text are told by that sooner."""
        self._keep_up()
        return self._looked(mention, share, probability)

    def _look(self, mention: str, share: float, probability: float) -> Resolution | None:
        normal = normal_form(mention)
        if not normal.tokens or len(mention) > self.settings.max_mention:
            return None
        if max(matcher.nearest(normal) for matcher in self._matchers) < share:
            return None
        resolution = self._resolve(mention, None, least=probability)
        return resolution if resolution.probability > probability else None

    def _resolve(
        self, mention: str, type: str | None, context: Context = NO_CONTEXT, least: float = -1.0
    ) -> Resolution:
        """The resolution; without any candidate when nobody is meant with more than the probability `least`."""
        normal = normal_form(mention)
        if not normal.tokens:
            return Resolution(mention, "nil", (), "no letter or digit in it")
        ruling = rule(self.store, normal.exact, type)
        size = self.store.size
        fitted = weights(size)
        matches = self._match(normal, type, context, ruling)
        whole, known = self._in_table(matches)
        if not ruling.decisions and known * _share(matches, whole) <= least:
            return Resolution(mention, "nil", (), f"nobody is meant with a probability of more than {least}")
        rows = self.store.read_aliases([match.alias for part in matches for match in part.best])
        clues: Clues = {}
        if context:
            clues = context.clues(mention, {alias: entity for alias, (entity, _) in rows.items()})
            matches = [shift(part, clues, fitted, self.settings.ambiguous_share) for part in matches]
            whole, known = self._in_table(matches)
        found = [(match, matcher) for part, matcher in zip(matches, self._matchers, strict=True) for match in part.best]
        found.sort(key=lambda item: (-item[0].score, -rows[item[0].alias][0].weight, rows[item[0].alias][0].id))
        candidates = tuple(
            Candidate(
                *rows[match.alias],
                match.score,
                known * math.exp(min(match.score - whole, 0.0)),
                told(partial(_evidence, match, matcher.index, normal), clues.get(match.alias)),
            )
            for match, matcher in found[: self.settings.max_candidates]
        )
        near = found[0][0].score + math.log(self.settings.ambiguous_share) if found else 0.0
        rivals = sum(
            known * math.exp(min(part.top - whole, 700.0)) * part.rivals
            for part in matches
            if part.best and part.best[0].score >= near
        )
        candidates = ruling.apply(candidates, self.store, normal)[: self.settings.max_candidates]
        outcome, reason = decide(candidates, rivals, normal, self.settings)
        reason = ruling.reason(reason if type is None else f"{reason}; only what has the type {type} could be meant")
        cut = sum(part.cut for part in matches)
        return Resolution(mention, outcome, candidates, reason, fitted, trace_matches, cut, ruling.decisions, known)

    def _match(self, normal: NormalForm, type: str | None, context: Context, ruling: Ruling) -> list[Matches]:
        """What each index has for a mention."""
        most, also = self.settings.max_candidates, []
        if context:
            most, also = max(most, self.settings.context_candidates), context.forms_like(normal)
        return [
            matcher.match(PreparedMention(matcher.index, normal), type, ruling.places(matcher.index), most, also)
            for matcher in self._matchers
        ]

    def _in_table(self, matches: Sequence[Matches]) -> tuple[float, float]:
        """The logarithm of the sum of exp(score) over all candidates, and the probability that one of them is meant."""
        whole = log_of_all([(part.top, part.mass) for part in matches])
        first = max((part.best[0] for part in matches if part.best), key=attrgetter("score"), default=None)
        return whole, in_table(whole, steepness(self.store.size, first is not None and first.across))


def _evidence(match: Match, index: Index, normal: NormalForm) -> Evidence:
    """What a match rests on, worked out anew where it did not come with it."""
    return match.evidence or evidence(index, normal, match.form, match.share, match.weak)


def _share(matches: Sequence[Matches], whole: float) -> float:
    """The share of the best candidate in the sum of exp(score) over all of them."""
    best = max((part.best[0].score for part in matches if part.best), default=-math.inf)
    return math.exp(min(best - whole, 0.0))
