"""Matching: the entities of one index that a mention may stand for, each by the form that fits best."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from resolver.index.index_builder import index_of
from resolver.index.search_index import Index
from resolver.infra.arrays import zeros
from resolver.infra.spare_pool import SparePool
from resolver.names.normal_form import NormalForm
from resolver.names.scripts import script_of_text
from resolver.records import TYPES, Evidence, TokenMatch
from resolver.resolving.candidates import FormSearch, FoundForms, search_of
from resolver.resolving.kernel import comparison
from resolver.resolving.kernel.entity_ranking import best_agreement, rank_entities
from resolver.resolving.kernel.form_batch import partition_by_script
from resolver.resolving.kernel.prepared_mention import PreparedMention
from resolver.resolving.kernel.workspace import Workspace
from resolver.resolving.resolution import EXPLAINED_CANDIDATES
from resolver.resolving.score import weight_row, weights
from resolver.settings import Settings

PREFILTER_FORMS = 400
"""Forms that are looked at by their letters; those that look closest are then compared in full."""

WRITING_REACH = 12.0
"""A form is looked for in other indexes, as written there, if its score is at most so far below the best (log-odds)."""

NO_PLACES = zeros("I", 0)
"""The places of no entity."""


class Match(NamedTuple):
    """An entity that a mention may stand for: the row of its best alias, its score (log-odds), and how it matches."""

    alias: int
    score: float
    form: int
    share: float
    weak: bool
    evidence: Evidence | None
    """The token matches and features of the score; None for all but the best matches."""


class Matches(NamedTuple):
    """The best matches of a mention, best first, and what all of them add up to."""

    best: list[Match]
    top: float
    """A score near the best one's."""
    mass: float
    """The sum of exp(score - top) over all entities."""
    rivals: float
    """The part of `mass` that is of entities which come near the best one."""
    cut: int
    """Postings of the index that were left out."""


class Beside(NamedTuple):
    """A mention as another index of the same table takes it."""

    matcher: Matcher
    mention: PreparedMention
    without: array[int]
    """The places of entities that are left out."""


class Matcher:
    """Matches mentions with the entities of one index. It does not change; threads may share it.

    `table_size` is the number of forms of the whole table, by which features are weighted.
    """

    def __init__(
        self, index: Index, settings: Settings, table_size: int, workspaces: SparePool[Workspace] | None = None
    ) -> None:
        """Compare as many forms as the settings say; workspaces of the index may come from another matcher."""
        self.index = index
        self.table_size = table_size
        self._settings = settings
        self._max_forms = min(PREFILTER_FORMS, index.forms) + 1
        self._workspaces = workspaces or SparePool(partial(Workspace, index, self._max_forms))

    def with_table_size(self, table_size: int) -> Matcher:
        """The same matcher for a table of another size; the workspaces are shared."""
        if table_size == self.table_size:
            return self
        return Matcher(self.index, self._settings, table_size, self._workspaces)

    def nearest(self, normal: NormalForm) -> float:
        """The share of keys that a mention has in common with the form that shares most (about 0 to 1)."""
        with self._workspaces.lent() as w:
            return max(self._find(w, normal).shares, default=0.0)

    def _find(self, w: Workspace, normal: NormalForm) -> FoundForms:
        """The forms that share most with a mention; the workspace remembers its last search."""
        last: tuple[NormalForm, FoundForms] | None = w.last_search
        if last is None or last[0] != normal:
            last = w.last_search = (normal, search_of(w, self._max_forms).find(normal, PREFILTER_FORMS))
        return last[1]

    def _candidates(
        self, w: Workspace, mention: PreparedMention, wanted: int | None, without: array[int]
    ) -> FoundForms:
        """The forms to compare with a mention; with `wanted` only those of entities of the type."""
        found = self._find(w, mention.normal)
        forms, shares = found.forms[:], found.shares[:]
        if wanted is not None or without or self.index.taken_out:
            forms, shares = self._with_entity(found, wanted, without)
        forms, shares = self._without_foreign(w, mention.normal, forms, shares)
        settings = self._settings
        limit = settings.candidate_forms if mention.is_latin else settings.across_forms
        forms, shares = comparison.closest_forms(w, mention, forms, shares, limit)
        return FoundForms(forms, shares, found.cut)

    def match(
        self,
        mention: PreparedMention,
        type: str | None,
        without: array[int],
        most: int,
        also: Sequence[str] = (),
        explained: int = EXPLAINED_CANDIDATES,
        beside: Sequence[Beside] = (),
    ) -> Matches:
        """The best match of each entity, at most `most`, but for entities at the places `without`.

        With `type` only entities of the type are matched. The normal forms `also` are compared with the mention even
        if the search does not find them. The `explained` best matches have their evidence. `beside` are the other
        indexes, whose names may be written more as the mention is.
        """
        wanted = None if type is None else TYPES.index(type)
        with self._workspaces.lent() as w:
            return self._match(w, mention, wanted, without, most, also, explained, beside)

    def _match(
        self,
        w: Workspace,
        mention: PreparedMention,
        wanted: int | None,
        without: array[int],
        most: int,
        also: Sequence[str],
        explained: int,
        beside: Sequence[Beside],
    ) -> Matches:
        forms, shares, cut = self._candidates(w, mention, wanted, without)
        if also or mention.spelled:
            known = {self.index.find_form(form.split(" ")) for form in also} - {-1, *forms}
            known |= {form for form in mention.spelled if self._has_entity(form, wanted, without)} - {*forms}
            more = sorted(known)[: self._max_forms - len(forms)]
            forms, shares = forms + array("I", more), shares + array("f", [0.0] * len(more))
        scores, latin = comparison.compare(w, mention, forms, shares, weight_row(self.table_size))
        foreign = bytearray(len(forms))
        if latin < len(forms):
            script = script_of_text(mention.normal.exact)
            for place in range(latin, len(forms)):
                foreign[place] = self.index.script_of_form(forms[place]) != script
        w.load_writing(mention.writing)
        agreed = self._agreed_elsewhere(forms, scores, wanted, beside)
        places, aliases, totals = zeros("i", most), zeros("I", most), zeros("d", most)
        otherwise = zeros("i", most)
        count = rank_entities(
            w,
            forms,
            scores,
            foreign,
            agreed,
            -1 if wanted is None else wanted,
            without,
            weights(self.table_size)["weak_alias"],
            weights(self.table_size)["written_otherwise"],
            self._settings.ambiguous_share,
            places,
            aliases,
            otherwise,
            totals,
        )
        rows, weak = self.index.parts["alias_rows"], self.index.parts["alias_weak"]
        best = [(places[n], bool(weak[aliases[n]])) for n in range(count)]
        evidence = comparison.evidence_of_best(w, mention, forms, shares, best[:explained])
        found = [
            Match(
                rows[aliases[n]],
                totals[n],
                forms[place],
                shares[place],
                is_weak,
                _with_writing(evidence[n], otherwise[n]) if n < explained else None,
            )
            for n, (place, is_weak) in enumerate(best)
        ]
        return Matches(found, w.top, w.mass, w.rivals, cut)

    def _agreed_elsewhere(
        self, forms: array[int], scores: array[float], wanted: int | None, beside: Sequence[Beside]
    ) -> array[int]:
        """How far names of other indexes with each form are written as the mention is; 0 far below the best score."""
        agreed = zeros("i", len(forms))
        if beside and scores:
            least = max(scores) - WRITING_REACH
            for place in [place for place, score in enumerate(scores) if score >= least]:
                words = self.index.written_words(forms[place])
                agreed[place] = max(one.matcher.agreement(words, one.mention, wanted, one.without) for one in beside)
        return agreed

    def agreement(self, words: Sequence[str], mention: PreparedMention, wanted: int | None, without: array[int]) -> int:
        """How far a name of some folded words is written as a mention is (`written_agreement`); 0 without one."""
        form = self.index.find_form(words)
        if form < 0:
            return 0
        with self._workspaces.lent() as w:
            w.load_writing(mention.writing)
            return best_agreement(w, form, -1 if wanted is None else wanted, without)

    def _with_entity(
        self, found: FoundForms, wanted: int | None, without: array[int]
    ) -> tuple[array[int], array[float]]:
        """The forms of entities that are still there and not `without`; with `wanted` only those of the type."""
        kept = [place for place, form in enumerate(found.forms) if self._has_entity(form, wanted, without)]
        return array("I", [found.forms[i] for i in kept]), array("f", [found.shares[i] for i in kept])

    def _has_entity(self, form: int, wanted: int | None, without: array[int]) -> bool:
        owner, types = self.index.parts["alias_entity"], self.index.parts["entity_type"]
        return any(
            (wanted is None or types[owner[alias]] == wanted) and owner[alias] not in without
            for alias in self.index.aliases(form)
        )

    def _without_foreign(
        self, w: Workspace, normal: NormalForm, forms: array[int], shares: array[float]
    ) -> tuple[array[int], array[float]]:
        """The forms without those in a third script whose entities all have a Latin name."""
        latin = partition_by_script(w, forms, shares)
        if latin == len(forms):
            return forms, shares
        owner, named = self.index.parts["alias_entity"], self.index.parts["entity_latin"]
        script, script_of_form = script_of_text(normal.exact), self.index.script_of_form
        kept = [
            place
            for place, form in enumerate(forms)
            if place < latin
            or script_of_form(form) == script
            or not all(named[owner[alias]] for alias in self.index.aliases(form))
        ]
        return array("I", [forms[place] for place in kept]), array("f", [shares[place] for place in kept])

    def forms(self, mention: PreparedMention) -> list[tuple[int, float, float]]:
        """The forms compared with a mention: number, share of keys, and score without prior."""
        with self._workspaces.lent() as w:
            forms, shares, _ = self._candidates(w, mention, None, NO_PLACES)
            scores, _ = comparison.compare(w, mention, forms, shares, weight_row(self.table_size))
        return list(zip(forms, shares, scores, strict=True))


def _with_writing(evidence: Evidence, otherwise: int) -> Evidence:
    """The evidence with the feature of an alias that is written otherwise than the mention, and another is not."""
    return replace(evidence, features={**evidence.features, "written_otherwise": otherwise}) if otherwise else evidence


def evidence(index: Index, normal: NormalForm, form: int, share: float, weak: bool) -> Evidence:
    """The evidence for one form of an index, found by the search or not; `share` is the share of keys in common."""
    return comparison.evidence(Workspace(index, 1), PreparedMention(index, normal), form, share, weak)


def compare(mention: NormalForm, name: NormalForm, background: Index) -> Evidence:
    """The evidence for a name that need not be in any table, with the words weighted as in the background."""
    index = index_of([name], background)
    shares = FormSearch(index, 1).find(mention, 1).shares
    return evidence(index, mention, 0, shares[0] if shares else 0.0, weak=False)


def align(mention: NormalForm, name: NormalForm) -> tuple[TokenMatch, ...]:
    """The matches of the tokens of a mention with those of a name that need not be in any table, best first."""
    return evidence(index_of([name]), mention, 0, 0.0, weak=False).matches
