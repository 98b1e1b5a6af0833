"""The resolver: one mention in, one resolution out. This is the line that every mention travels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from resolver.errors import SettingError
from resolver.gazetteer.store import Form, Store
from resolver.names.normal import normal_form
from resolver.records import TYPES, Alias, Candidate, Entity, Evidence, Resolution
from resolver.resolving.calibration import probabilities
from resolver.resolving.candidates import find_candidates
from resolver.resolving.decision import decide
from resolver.resolving.explaining import trace_matches
from resolver.resolving.features import WeighedMention, compare, weigh_mention
from resolver.resolving.score import score, weights
from resolver.settings import Settings
from resolver.sound.keys import mention_keys


class Resolver:
    """Resolves mentions against the entities of one store."""

    def __init__(self, store: Store, settings: Settings | None = None) -> None:
        """Answer from `store`; `settings` default to those of Settings()."""
        self.store = store
        self.settings = settings or Settings()
        self._cached = lru_cache(maxsize=1 << 12)(self._resolve)
        self.likeness = lru_cache(maxsize=1 << 16)(self._likeness)

    def resolve(self, mention: str, type: str | None = None) -> Resolution:
        """The resolution of a mention. With `type` (person, org, place, other) only such entities can be meant."""
        if type is not None and type not in TYPES:
            raise SettingError(f"type must be one of {', '.join(TYPES)}, not {type!r}")
        if len(mention) > self.settings.max_mention:
            limit = self.settings.max_mention
            return Resolution(mention, "nil", (), f"{len(mention)} characters, a name has at most {limit}")
        return self._cached(mention, type)

    def resolve_many(self, mentions: Iterable[str], type: str | None = None) -> Iterator[Resolution]:
        """The resolution of each mention, in order."""
        return (self.resolve(mention, type) for mention in mentions)

    def _likeness(self, surface: str) -> float:
        """How much of a surface's keys the likest form in the table shares (cosine, 0 to 1): a cheap first look."""
        keys = dict.fromkeys(mention_keys(normal_form(surface).tokens), 1.0)
        hits = self.store.index.search(keys, 1) if keys else []
        return hits[0].similarity if hits else 0.0

    def _resolve(self, mention: str, type: str | None) -> Resolution:
        normal = normal_form(mention)
        if not normal.tokens:
            return Resolution(mention, "nil", (), "no letter or digit in it")
        forms = find_candidates(self.store, normal, self.settings)
        weighed = weigh_mention(self.store, normal, [form for form, _ in forms])
        scored = self._best_of_each(weighed, forms, type)
        shares = probabilities([s.score for s in scored])
        ranked = sorted(
            zip(scored, shares, strict=True), key=lambda pair: (-pair[1], -pair[0].entity.weight, pair[0].entity.id)
        )
        candidates = tuple(Candidate(s.entity, s.alias, s.score, share, s.evidence) for s, share in ranked)
        outcome, reason = decide(candidates, self.settings)
        return Resolution(
            mention, outcome, candidates[: self.settings.max_candidates], reason, weights(), trace_matches
        )

    def _best_of_each(
        self, mention: WeighedMention, forms: Iterable[tuple[Form, float]], type: str | None
    ) -> list[_Scored]:
        """The best form of each entity, with its evidence and score."""
        best: dict[str, _Scored] = {}
        for form, share in forms:
            for weak in (False, True):
                owners = [
                    (entity, alias)
                    for entity_id, alias in form.owners
                    if (alias.kind == "weak") == weak
                    and (entity := self.store.entity(entity_id)).type == (type or entity.type)
                ]
                if not owners:
                    continue
                evidence = compare(self.store, mention, form, share, weak)
                for entity, alias in owners:
                    value = score(evidence.features, entity.weight)
                    known = best.get(entity.id)
                    if known is None or value > known.score:
                        best[entity.id] = _Scored(entity, alias, value, evidence)
        return list(best.values())


@dataclass(frozen=True, slots=True)
class _Scored:
    """An entity, its best alias, its score (log-odds) and what it rests on."""

    entity: Entity
    alias: Alias
    score: float
    evidence: Evidence
