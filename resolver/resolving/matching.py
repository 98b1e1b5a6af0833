"""Matching: the entities of one index that a mention may stand for, each by the form that fits best."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

from resolver.index.index_builder import index_of
from resolver.index.search_index import Index
from resolver.infra.arrays import zeros
from resolver.infra.turns import in_turn
from resolver.names.normal_form import NormalForm
from resolver.names.scripts import script_of_text
from resolver.records import TYPES, Evidence, TokenMatch
from resolver.resolving.candidates import FormSearch, Found
from resolver.resolving.kernel.entity_ranking import Owners
from resolver.resolving.prepared_mention import Mention
from resolver.resolving.score import weight_row, weights
from resolver.resolving.scoring import Scorer
from resolver.settings import Settings

SIEVED = 400
"""How many forms are looked at by their letters, before those that look closest are compared in full."""


NO_PLACES = zeros("I", 0)
"""Those of no entity."""


class Match(NamedTuple):
    """An entity that a mention may stand for: the row of its best alias, its score (log-odds), and how it matches."""

    alias: int
    score: float
    form: int
    share: float
    weak: bool
    across: bool


class Matches(NamedTuple):
    """The best matches of a mention, best first, and what all of them add up to."""

    best: list[Match]
    top: float
    """A score near the best one's."""
    mass: float
    """The sum of exp(score - top) over all entities."""
    rivals: float
    """The part of it of those that come near the best one."""
    cut: int
    """How many postings of the index were left out."""


class Matcher:
    """Matches mentions with the entities of one index."""

    def __init__(self, index: Index, settings: Settings) -> None:
        """Match with as many forms as the settings say."""
        self.index = index
        self._settings = settings
        self.size = index.counted
        """How many forms of names the table has, by which features are weighed."""
        self._most = min(SIEVED, index.forms) + 1
        self._room = lru_cache(maxsize=2)(_room)
        self._last: tuple[NormalForm, Found] | None = None

    @cached_property
    def _search(self) -> FormSearch:
        return FormSearch(self.index, self._most)

    @cached_property
    def _owners(self) -> Owners:
        return Owners(self.index.parts, self.index.gone, bytearray(self.index.entities))

    @cached_property
    def _scorer(self) -> Scorer:
        return Scorer(self.index, self._most)

    def nearest(self, normal: NormalForm) -> float:
        """The share of keys that a mention has in common with the form that shares most (about 0 to 1)."""
        return max(self._find(normal).shares, default=0.0)

    def _find(self, normal: NormalForm) -> Found:
        """The forms that share most with a mention; the last search is remembered."""
        if self._last is None or self._last[0] != normal:
            self._last = (normal, self._search.find(normal, SIEVED))
        return self._last[1]

    def candidates(self, mention: Mention, wanted: int | None, without: array[int] = NO_PLACES) -> Found:
        """The forms to compare with a mention; with `wanted` only those of entities of the type."""
        found = self._find(mention.normal)
        forms, shares = found.forms[:], found.shares[:]
        if wanted is not None or without or self.index.taken_out:
            forms, shares = self._with_entity(found, wanted, without)
        forms, shares = self._without_foreign(mention.normal, forms, shares)
        settings = self._settings
        limit = settings.candidate_forms if mention.is_latin else settings.across_forms
        forms, shares = self._scorer.closest(mention, forms, shares, limit)
        return Found(forms, shares, found.cut)

    def match(
        self, mention: Mention, type: str | None, without: array[int], most: int, also: Sequence[str] = ()
    ) -> Matches:
        """The best match of each entity but those at the places `without`, at `most` so many; with `type` only of those
        of it.

        The normal forms `also` are compared with the mention even if the search does not find them.
        """
        wanted = None if type is None else TYPES.index(type)
        forms, shares, cut = self.candidates(mention, wanted, without)
        if also or mention.spelled:
            known = {self.index.find_form(form.split(" ")) for form in also} - {-1, *forms}
            known |= {form for form in mention.spelled if self._has_entity(form, wanted, without)} - {*forms}
            more = sorted(known)[: self._most - len(forms)]
            forms, shares = forms + array("I", more), shares + array("f", [0.0] * len(more))
        scores, latin = self._scorer.score(mention, forms, shares, weight_row(self.size))
        order = array("i", sorted(range(len(forms)), key=scores.__getitem__, reverse=True))
        foreign = bytearray(len(forms))
        for place in range(latin, len(forms)):
            foreign[place] = self._is_other_script(mention.normal, forms[place])
        settings, owners = self._settings, self._owners
        places, aliases, totals = self._room(most)
        count = owners.best(
            forms,
            scores,
            order,
            foreign,
            -1 if wanted is None else wanted,
            without,
            weights(self.size)["weak_alias"],
            settings.ambiguous_share,
            places,
            aliases,
            totals,
        )
        rows, weak = self.index.parts["alias_rows"], self.index.parts["alias_weak"]
        best = [
            Match(
                rows[alias], total, forms[place], shares[place], bool(weak[alias]), (place < latin) != mention.is_latin
            )
            for place, alias, total in zip(places[:count], aliases[:count], totals[:count], strict=True)
        ]
        return Matches(best, owners.top, owners.mass, owners.rivals, cut)

    def _with_entity(self, found: Found, wanted: int | None, without: array[int]) -> tuple[array[int], array[float]]:
        """The forms that an entity still there has, which is not `without`; with `wanted` only one of the type."""
        kept = [place for place, form in enumerate(found.forms) if self._has_entity(form, wanted, without)]
        return array("I", [found.forms[i] for i in kept]), array("f", [found.shares[i] for i in kept])

    def _has_entity(self, form: int, wanted: int | None, without: array[int]) -> bool:
        owner, types = self.index.parts["alias_entity"], self.index.parts["entity_type"]
        return any(
            (wanted is None or types[owner[alias]] == wanted) and owner[alias] not in without
            for alias in self.index.aliases(form)
        )

    def _without_foreign(
        self, normal: NormalForm, forms: array[int], shares: array[float]
    ) -> tuple[array[int], array[float]]:
        """The forms without those in a third script whose entities all have a Latin name."""
        latin = self._scorer.divide(forms, shares)
        if latin == len(forms):
            return forms, shares
        owner, named = self.index.parts["alias_entity"], self.index.parts["entity_latin"]
        kept = [
            place
            for place, form in enumerate(forms)
            if place < latin
            or not self._is_other_script(normal, form)
            or not all(named[owner[alias]] for alias in self.index.aliases(form))
        ]
        return array("I", [forms[place] for place in kept]), array("f", [shares[place] for place in kept])

    def _is_other_script(self, normal: NormalForm, form: int) -> bool:
        """Whether a form is in a script that is neither Latin nor the mention's."""
        return script_of_text(" ".join(self.index.written_words(form))) != script_of_text(normal.exact)

    def forms(self, mention: Mention) -> list[tuple[int, float, float]]:
        """The forms compared with a mention: number, share of keys, and score without prior."""
        forms, shares, _ = self.candidates(mention, None)
        scores, _ = self._scorer.score(mention, forms, shares, weight_row(self.size))
        return list(zip(forms, shares, scores, strict=True))


def _room(most: int) -> tuple[array[int], array[int], array[float]]:
    """Room for so many of the best entities."""
    return zeros("i", most), zeros("I", most), zeros("d", most)


@in_turn
def evidence(index: Index, normal: NormalForm, form: int, share: float, weak: bool) -> Evidence:
    """What the match of a mention with a form of an index rests on."""
    features, matches = Scorer(index, 1).features(Mention(index, normal), form, share, weak)
    written = " ".join(index.written_words(form))
    return Evidence(normal.tokens, tuple(index.tokens(form)), matches, features, normal.exact, written)


@in_turn
def compare(mention: NormalForm, name: NormalForm, background: Index) -> Evidence:
    """How a mention and a name compare, if the name were one of those of the background."""
    index = index_of([name], background)
    shares = FormSearch(index, 1).find(mention, 1).shares
    return evidence(index, mention, 0, shares[0] if shares else 0.0, weak=False)


@in_turn
def align(mention: NormalForm, name: NormalForm) -> tuple[TokenMatch, ...]:
    """The matches of the tokens of a mention with those of a name that need not be in any table, best first."""
    index = index_of([name])
    return Scorer(index, 1).features(Mention(index, mention), 0, 0.0, weak=False)[1]
