"""Matching: the entities of one index that a mention may stand for, each by the form that fits best."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import cached_property

from resolver.gazetteer.index import Index
from resolver.gazetteer.indexing import index_of
from resolver.names.normal import NormalForm
from resolver.names.scripts import script_of_text
from resolver.records import TYPES, Evidence, TokenMatch
from resolver.resolving.candidates import FormSearch, Found
from resolver.resolving.mention import Mention
from resolver.resolving.score import weights
from resolver.resolving.scoring import Scored, Scorer
from resolver.settings import Settings
from resolver.turns import in_turn

SIEVED = 400
"""How many forms are looked at by their letters, before those that look closest are compared in full."""


@dataclass(frozen=True, slots=True)
class Match:
    """An entity that a mention may stand for: its row, that of its best alias, its prior and score (log-odds)."""

    entity: int
    alias: int
    score: float
    prior: float
    form: int
    share: float
    weak: bool


class Matcher:
    """Matches mentions with the entities of one index."""

    def __init__(self, index: Index, settings: Settings) -> None:
        """Match with as many forms as the settings say."""
        self.index = index
        self._settings = settings

    @cached_property
    def _search(self) -> FormSearch:
        return FormSearch(self.index, max(SIEVED, self._settings.across_forms) + 1)

    @cached_property
    def _scorer(self) -> Scorer:
        return Scorer(self.index, max(SIEVED, self._settings.across_forms) + 1)

    def nearest(self, normal: NormalForm) -> float:
        """The share of keys that a mention has in common with the form that shares most (about 0 to 1)."""
        found = self._search.find(normal, 1)
        return max(found.shares, default=0.0)

    def candidates(self, mention: Mention, wanted: int | None) -> Found:
        """The forms to compare with a mention; with `wanted` only those of entities of the type."""
        found = self._search.find(mention.normal, SIEVED if mention.is_latin else self._settings.across_forms)
        forms, shares = found.forms, found.shares
        if wanted is not None:
            forms, shares = self._of_type(found, wanted)
        if mention.is_latin:
            forms, shares = self._scorer.closest(mention, forms, shares, self._settings.candidate_forms)
        return Found(forms, shares, found.cut)

    def scored(self, mention: Mention, found: Found) -> list[Scored]:
        """The scores of the forms to compare with a mention."""
        return self._scorer.score(mention, found.forms, found.shares)

    def match(self, mention: Mention, type: str | None) -> tuple[list[Match], int]:
        """The best match of each entity, in no order, and how many postings of the index were left out.

        With `type` only entities of it.
        """
        normal = mention.normal
        wanted = None if type is None else TYPES.index(type)
        found = self.candidates(mention, wanted)
        scored = self.scored(mention, found)
        parts = self.index.parts
        alias_at, aliases, owner, weak = parts["alias_at"], parts["aliases"], parts["alias_entity"], parts["alias_weak"]
        prior, types, named = parts["entity_prior"], parts["entity_type"], parts["entity_latin"]
        weak_costs = weights()["weak_alias"]
        best: dict[int, tuple[float, int, int, float]] = {}
        for form, share, value, native in scored:
            other_script = native and self._is_other_script(normal, form)
            for place in range(alias_at[form], alias_at[form + 1]):
                alias = aliases[place]
                entity = owner[alias]
                if (wanted is not None and types[entity] != wanted) or (other_script and named[entity]):
                    continue
                total = value + prior[entity]
                if weak[alias]:
                    total += weak_costs
                known = best.get(entity)
                if known is None or total > known[0]:
                    best[entity] = (total, alias, form, share)
        rows, names = parts["entity_rows"], parts["alias_rows"]
        return [
            Match(rows[entity], names[alias], total, prior[entity], form, share, bool(weak[alias]))
            for entity, (total, alias, form, share) in best.items()
        ], found.cut

    def _of_type(self, found: Found, wanted: int) -> tuple[array[int], array[float]]:
        """The forms that an entity of a type has."""
        owner, types = self.index.parts["alias_entity"], self.index.parts["entity_type"]
        kept = [
            place
            for place, form in enumerate(found.forms)
            if any(types[owner[alias]] == wanted for alias in self.index.aliases(form))
        ]
        return array("I", [found.forms[i] for i in kept]), array("f", [found.shares[i] for i in kept])

    def _is_other_script(self, normal: NormalForm, form: int) -> bool:
        """Whether a form is in a script that is neither Latin nor the mention's."""
        return script_of_text(" ".join(self.index.written_words(form))) != script_of_text(normal.exact)

    @in_turn
    def evidence(self, mention: Mention, form: int, share: float, weak: bool) -> Evidence:
        """What the match of a mention with a form rests on."""
        normal = mention.normal
        features, matches = self._scorer.features(mention, form, share, weak)
        written = " ".join(self.index.written_words(form))
        return Evidence(normal.tokens, tuple(self.index.tokens(form)), matches, features, normal.exact, written)


@in_turn
def align(mention: NormalForm, name: NormalForm) -> tuple[TokenMatch, ...]:
    """The matches of the tokens of a mention with those of a name that need not be in any table, best first."""
    index = index_of([name])
    return Scorer(index, 1).features(Mention(index, mention), 0, 0.0, weak=False)[1]
