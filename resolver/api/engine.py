"""The engine: resolves and rewrites by one snapshot of a table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from resolver.database.snapshot import Snapshot
from resolver.records import Query
from resolver.resolving.matching import Matcher
from resolver.resolving.resolution import Resolution
from resolver.resolving.resolver import Resolver
from resolver.settings import FITTED_PREVALENCE, Settings

if TYPE_CHECKING:
    from resolver.text.name_finder import NameFinder
    from resolver.text.rewriter import Rewriter


@dataclass(frozen=True)
class Engine:
    """A snapshot with its resolver, rewriter and name finder, made when first used. Immutable; threads may share it."""

    snapshot: Snapshot
    settings: Settings
    earlier: tuple[tuple[Matcher, ...], tuple[Matcher, ...]] = ((), ())
    """The matchers of the resolver and of the rewriter of the preceding snapshot, which are reused where they still
    fit."""
    sibling: Resolver | None = None
    """The resolver of the same snapshot for another prevalence, which shares what it matches."""

    def at_prevalence(self, prevalence: float) -> Engine:
        """The engine for the same snapshot and mentions of another prevalence. The two share their matchers."""
        matchers = self.resolver.matchers, self.earlier[1]
        return Engine(self.snapshot, replace(self.settings, prevalence=prevalence), matchers, self.resolver)

    def successor(self, snapshot: Snapshot) -> Engine:
        """The engine for a later snapshot. It reuses the matchers that still fit."""
        made = vars(self)
        resolver, rewriter = made.get("resolver"), made.get("rewriter")
        return Engine(
            snapshot,
            self.settings,
            (
                resolver.matchers if resolver is not None else self.earlier[0],
                rewriter.resolver.matchers if rewriter is not None else self.earlier[1],
            ),
        )

    @cached_property
    def resolver(self) -> Resolver:
        """The resolver for this snapshot."""
        return Resolver(self.snapshot, self.settings, self.earlier[0], self.sibling)

    @cached_property
    def rewriter(self) -> Rewriter:
        """The rewriter for this snapshot."""
        from resolver.text.rewriter import Rewriter  # compiles patterns, which takes long: not for a resolution

        forms = self.settings.rewrite_forms
        least = self.settings.rewrite_probability
        prevalence = self.settings.prevalence or FITTED_PREVALENCE  # as the thresholds of texts were fitted
        quick = replace(
            self.settings, candidate_forms=forms, across_forms=forms, min_probability=least, prevalence=prevalence
        )
        return Rewriter(Resolver(self.snapshot, quick, self.earlier[1]), quick)

    @cached_property
    def name_finder(self) -> NameFinder:
        """The finder of names that are written exactly as in the table."""
        from resolver.text.name_finder import NameFinder

        return NameFinder(self.snapshot, self.settings)

    def answer(self, query: Query, type: str | None) -> Resolution:
        """The resolution of a mention, or of a mention with its context."""
        mention, context = (query, "") if isinstance(query, str) else query
        return self.resolver.resolve(mention, type, context)
