"""The resolver: one mention in, one resolution out. This is the line that every mention travels."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache, partial

from resolver.errors import SettingError
from resolver.gazetteer.index import Index
from resolver.gazetteer.store import Store
from resolver.names.normal import NormalForm, normal_form
from resolver.records import TYPES, Alias, Candidate, Entity, Resolution
from resolver.resolving.calibration import in_table, log_of_all
from resolver.resolving.context import NO_CONTEXT, Clues, Context, read_context, shift, told
from resolver.resolving.decision import decide
from resolver.resolving.explaining import trace_matches
from resolver.resolving.matching import Matcher, Matches, evidence
from resolver.resolving.mention import Mention
from resolver.resolving.ruling import Ruling, rule
from resolver.resolving.score import steepness, weights
from resolver.settings import Settings
from resolver.turns import in_turn

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
        self._likeness = lru_cache(maxsize=1 << 16)(self._nearest)
        self._cached_in_context = lru_cache(maxsize=1 << 6)(self._resolve_in_context)
        self._contexts = lru_cache(maxsize=1 << 4)(partial(read_context, store))
        self._matchers: list[Matcher] = []
        self._version = -1

    def _keep_up(self) -> None:
        """Go over to the indexes that the store has by now, and forget the answers of earlier ones."""
        indexes = self.store.indexes
        if self._version != self.store.version:
            known = {matcher.index: matcher for matcher in self._matchers}
            self._matchers = [known.get(index) or self._matcher(index) for index in indexes]
            for matcher in self._matchers:
                matcher.size = self.store.size
            self._cached.cache_clear()
            self._likeness.cache_clear()
            self._cached_in_context.cache_clear()
            self._contexts.cache_clear()
            self._version = self.store.version

    def _matcher(self, index: Index) -> Matcher:
        """A matcher for an index; for one of few among many names, it compares fewer forms."""
        if index.background is None:
            return Matcher(index, self.settings)
        share = MORE * index.forms / index.counted
        few, across = (
            min(most, max(LEAST, math.ceil(share * most)))
            for most in (self.settings.candidate_forms, self.settings.across_forms)
        )
        return Matcher(index, replace(self.settings, candidate_forms=few, across_forms=across))

    def resolve(self, mention: str, type: str | None = None, context: str = "") -> Resolution:
        """The resolution of a mention. With `type` (person, org, place, other) only such entities can be meant.

        `context` is text around it, or other mentions of the document: it changes how probable each candidate is.
        """
        self.check_type(type)
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
    def likeness(self, surface: str) -> float:
        """How much of a surface's keys the likest form in the table shares (about 0 to 1): a cheap first look."""
        self._keep_up()
        return self._likeness(surface)

    def _nearest(self, surface: str) -> float:
        normal = normal_form(surface)
        return max(matcher.nearest(normal) for matcher in self._matchers) if normal.tokens else 0.0

    def _resolve(self, mention: str, type: str | None, context: Context = NO_CONTEXT) -> Resolution:
        normal = normal_form(mention)
        if not normal.tokens:
            return Resolution(mention, "nil", (), "no letter or digit in it")
        ruling = rule(self.store, normal.exact, type)
        size = self.store.size
        fitted = weights(size)
        matches, rows, clues = self._match(normal, mention, type, context, ruling)
        found = [(match, matcher) for part, matcher in zip(matches, self._matchers, strict=True) for match in part.best]
        found.sort(key=lambda item: (-item[0].score, -rows[item[0].alias][0].weight, rows[item[0].alias][0].id))
        whole = log_of_all([(part.top, part.mass) for part in matches])
        known = in_table(whole, steepness(size, bool(found) and found[0][0].across))
        candidates = tuple(
            Candidate(
                *rows[match.alias],
                match.score,
                known * math.exp(min(match.score - whole, 0.0)),
                told(
                    partial(evidence, matcher.index, normal, match.form, match.share, match.weak),
                    clues.get(match.alias),
                ),
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

    def _match(
        self, normal: NormalForm, mention: str, type: str | None, context: Context, ruling: Ruling
    ) -> tuple[list[Matches], dict[int, tuple[Entity, Alias]], Clues]:
        """What each index has for a mention, with the context counted in; the entity and alias of each match; and what
        the context says of each."""
        most, also = self.settings.max_candidates, []
        if context:
            most, also = max(most, self.settings.context_candidates), context.forms_like(normal)
        matches = [
            matcher.match(Mention(matcher.index, normal), type, ruling.places(matcher.index), most, also)
            for matcher in self._matchers
        ]
        rows = self.store.read_aliases([match.alias for part in matches for match in part.best])
        if not context:
            return matches, rows, {}
        clues = context.clues(mention, {alias: entity for alias, (entity, _) in rows.items()})
        fitted = weights(self.store.size)
        return [shift(part, clues, fitted, self.settings.ambiguous_share) for part in matches], rows, clues
