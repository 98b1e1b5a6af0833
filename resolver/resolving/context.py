"""Context: features of the candidates from the text around a mention."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

from resolver.database.snapshot import Snapshot
from resolver.infra.packaged_data import read_table
from resolver.names.folding import fold
from resolver.names.name_parts import role_of
from resolver.names.normal_form import NormalForm, normal_form
from resolver.names.scripts import script_of_text
from resolver.names.tokens import Word, words
from resolver.records import WEAK, Alias, Entity, Evidence
from resolver.resolving.matching import Matches
from resolver.settings import Settings

GAPS = frozenset({"", ".", "-", "‑", "–", "·", "・"})
"""The gaps, besides one space, that two words of a name may have between them ("George W. Bush")."""

MAX_CONTEXT_FORMS = 64
"""The number of name forms of entities named in a context that are compared with a mention, at most."""

Clues = Mapping[int, Mapping[str, float]]
"""The context features of candidates by alias row; candidates whose features are all 0 are left out."""


class Named(NamedTuple):
    """Words `first` to `last` (half-open) of a context that are a name, and the ids of the entities with that name."""

    first: int
    last: int
    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Context:
    """A text with its words, as written and folded, and the names of the table in it: leftmost, then longest."""

    text: str
    words: tuple[Word, ...] = ()
    folded: tuple[str, ...] = ()
    named: tuple[Named, ...] = ()
    forms: tuple[str, ...] = ()
    """The normal forms of all names of the entities named in the text."""

    def __bool__(self) -> bool:
        return bool(self.words)

    def forms_like(self, mention: NormalForm) -> list[str]:
        """The forms in Latin letters or in the script of a mention."""
        scripts = ("Latin", script_of_text(mention.exact))
        return [form for form in self.forms if script_of_text(form) in scripts][:MAX_CONTEXT_FORMS]

    def clues(self, mention: str, candidates: Mapping[int, Entity]) -> Clues:
        """The context features of the candidates, which come by alias row.

        A name in the context counts unless it stands where the mention does or is a single word of it. Cues for a type
        are looked for beside the first place where the mention stands.
        """
        asked = tuple(fold(word.text) for word in words(mention))
        places = self._places(asked)
        ids = {entity.id for entity in candidates.values()}
        named: dict[str, float] = {}
        fuller: dict[str, float] = {}
        for name in self.named:
            if self._is_mention(name, asked, places):
                continue
            holds = set(asked) < set(self.folded[name.first : name.last])
            for entity_id in name.ids & ids:
                named[entity_id] = max(named.get(entity_id, 0.0), 1.0 / len(name.ids))
                if holds:
                    fuller[entity_id] = max(fuller.get(entity_id, 0.0), 1.0 / len(name.ids))
        types = self._types_at(*places[0]) if places else frozenset()
        clues: dict[int, Mapping[str, float]] = {}
        for alias, entity in candidates.items():
            features = {
                "context_named": named.get(entity.id, 0.0),
                "context_other": 0.0 if entity.id in named else max(fuller.values(), default=0.0),
                "context_type": 0.0 if not types or entity.type == "other" else 1.0 if entity.type in types else -1.0,
            }
            if any(features.values()):
                clues[alias] = features
        return clues

    def _places(self, asked: tuple[str, ...]) -> list[tuple[int, int]]:
        """The places of the folded words of a mention, as half-open ranges of words."""
        count = len(asked)
        starts = range(len(self.folded) - count + 1) if count else ()
        return [
            (first, first + count)
            for first in starts
            if self.folded[first] == asked[0] and self.folded[first : first + count] == asked
        ]

    def _is_mention(self, name: Named, asked: tuple[str, ...], places: Sequence[tuple[int, int]]) -> bool:
        """Whether a name stands where the mention does, or is a single word of it."""
        if name.last - name.first == 1 and self.folded[name.first] in asked:
            return True
        return any(first <= name.first and name.last <= last for first, last in places)

    def _types_at(self, first: int, last: int) -> frozenset[str]:
        """The types that the words beside words `first` to `last` indicate; none if they indicate none or disagree."""
        told = [types for types in (self._types_before(first), self._types_after(last)) if types]
        return frozenset.intersection(*told) if told else frozenset()

    def _types_before(self, first: int) -> frozenset[str]:
        for start in range(max(first - _longest_cue(), 0), first):
            cue = _cues().get((" ".join(self.folded[start:first]), "before"))
            if cue is not None and all(not self._gap(place).strip() for place in range(start + 1, first + 1)):
                return cue
        if first == 0:
            return frozenset()
        role, gap = role_of(self.folded[first - 1]), self._gap(first)
        if role in ("honorific", "office"):
            spaced = not gap.strip() or (role == "honorific" and gap.strip() == ".")
            return frozenset({"person"} if spaced else ())
        return self._org_by_role(first - 1, role, gap)

    def _types_after(self, last: int) -> frozenset[str]:
        if last == len(self.words):
            return frozenset()
        gap = self._gap(last)
        cue = _cues().get((self.folded[last], "after"))
        if cue is not None:
            return frozenset() if gap.strip() else cue
        role = role_of(self.folded[last])
        return self._org_by_role(last, role, gap.replace(",", "") if role == "legal" else gap)

    def _org_by_role(self, place: int, role: str, gap: str) -> frozenset[str]:
        is_part = role in ("legal", "generic") and not gap.strip() and not self.words[place].text.islower()
        return frozenset({"org"} if is_part else ())

    def _gap(self, place: int) -> str:
        """The text between a word and the one before it, with line breaks as `|`: no name goes over one."""
        gap = self.text[self.words[place - 1].end : self.words[place].start]
        return gap.replace("\n", "|")


NO_CONTEXT = Context("")


def read_context(snapshot: Snapshot, text: str) -> Context:
    """The context of a text, with the names of a table in it."""
    found = tuple(words(text))
    folded = tuple(fold(word.text) for word in found)
    named: list[Named] = []
    forms: dict[str, None] = {}
    place = 0
    while place < len(found):
        name, owners = _name_at(snapshot, text, found, folded, place)
        named += [name] if name else []
        for entity in owners:
            forms |= dict.fromkeys(
                normal_form(name).exact for name in (entity.name, *(a.name for a in snapshot.other_names(entity)))
            )
        place = name.last if name else place + 1
    return Context(text, found, folded, tuple(named), tuple(filter(None, forms)))


def _name_at(
    snapshot: Snapshot, text: str, found: Sequence[Word], folded: Sequence[str], first: int
) -> tuple[Named | None, list[Entity]]:
    """The longest name that begins at a word, and the entities with that name."""
    limit = min(first + snapshot.begins(folded[first]), len(found))
    last = first + 1
    while last < limit and _joins(text[found[last - 1].end : found[last].start]):
        last += 1
    for end in range(last, first, -1):
        surface = text[found[first].start : found[end - 1].end]
        owners = snapshot.named_as(surface, " ".join(folded[first:end]))
        who = [entity for entity, alias in owners if _is_named(surface, alias, end - first)]
        if who:
            return Named(first, end, frozenset(entity.id for entity in who)), who
    return None, []


def _joins(gap: str) -> bool:
    return len(gap) <= 2 and gap.strip() in GAPS


def _is_named(surface: str, alias: Alias, count: int) -> bool:
    """Whether a surface of `count` words is an alias: a single word only as written, and no weak alias."""
    return alias.kind != WEAK and (surface == alias.name or (count > 1 and not surface.islower()))


@cache
def _cues() -> Mapping[tuple[str, str], frozenset[str]]:
    """The types that a cue indicates, by folded cue and side, from `data/context_cues.tsv`."""
    return {
        (" ".join(fold(word.text) for word in words(row["cue"])), row["side"]): frozenset(
            filter(None, row["types"].split("|"))
        )
        for row in read_table("context_cues.tsv")
    }


@cache
def _longest_cue() -> int:
    return max(cue.count(" ") + 1 for cue, _ in _cues())


def shift(part: Matches, clues: Clues, weights: Mapping[str, float], settings: Settings) -> Matches:
    """The matches with their scores and sums shifted by the context, best first again.

    Rivals are then counted among these matches only. Matches without clues are returned as they are.
    """
    if not any(match.alias in clues for match in part.best):
        return part
    adds = [sum(weights[name] * value for name, value in clues.get(match.alias, {}).items()) for match in part.best]
    best = [match._replace(score=match.score + more) for match, more in zip(part.best, adds, strict=True)]
    before = sum(math.exp(match.score - part.top) for match in part.best)
    after = [math.exp(match.score - part.top) for match in best]
    near = settings.ambiguous_share * max(after, default=0.0)
    return Matches(
        sorted(best, key=lambda match: -match.score),
        part.top,
        max(part.mass - before, 0.0) + sum(after),
        sum(mass for mass in after if mass >= near),
        part.cut,
    )


def with_clues(evidence: Evidence, clues: Mapping[str, float] | None) -> Evidence:
    """The evidence with the context features in it."""
    return replace(evidence, features={**evidence.features, **clues}) if clues else evidence
