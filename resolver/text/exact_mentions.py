"""Finding the mentions in the words of a text that are written exactly, and what of its words could be a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resolver.database.snapshot import Snapshot
from resolver.names.folding import letters_script
from resolver.names.name_parts import SMALL, name_parts
from resolver.records import CANONICAL, Entity
from resolver.settings import Settings
from resolver.text.policy import change_exact, counts_as_mention, is_accepted
from resolver.text.text_tokens import TextWord, common_words, without_spaced_hyphens

LEAST_SPLIT = 6
"""Two words are one name in two pieces when they have so many letters."""


@dataclass(frozen=True, slots=True)
class Span:
    """Words `first` to `last` (half-open) of a text are a mention of `entity`.

    `after` is what they become (None: they stay), `pairs` which folded word stands for which word of the name;
    `full` says that it is no short form, to which a legal form could make another company ("Sun Co").
    """

    first: int
    last: int
    entity: Entity | None
    probability: float
    exact: bool
    after: str | None = None
    reason: str = ""
    pairs: tuple[tuple[str, str], ...] = ()
    full: bool = True


def surface_of(text: str, found: Sequence[TextWord], first: int, last: int) -> str:
    """The text of the words `first` to `last` with what stands between them."""
    return text[found[first].start : found[last - 1].end]


def exact_spans(store: Snapshot, text: str, found: Sequence[TextWord], settings: Settings) -> list[Span]:
    """The mentions whose normal form stands in the table, leftmost longest, none overlapping.

    A name that several entities have is found, without an entity: it must not be taken for something else.
    """
    spans = []
    place = 0
    while place < len(found):
        span = _exact_at(store, text, found, place, settings)
        if span is None:
            place += 1
        else:
            spans.append(span)
            place = span.last
    return spans


def _exact_at(store: Snapshot, text: str, found: Sequence[TextWord], first: int, settings: Settings) -> Span | None:
    if found[first].protected:
        return None
    limit = min(first + store.begins(found[first].folded), len(found))
    literal_from = first + 1
    while literal_from < limit and found[literal_from].joined and not found[literal_from].protected:
        literal_from += 1
    last = literal_from
    while last < limit and found[last].near and not found[last].protected:
        last += 1
    for end in range(last, first, -1):
        exact = " ".join(word.folded for word in found[first:end])
        owners = store.named(exact)
        if not owners:
            continue
        surface = surface_of(text, found, first, end)
        if end > literal_from and not any(_written_so(alias.name, surface) for _, alias in owners):
            continue
        if not counts_as_mention(surface, (alias for _, alias in owners)):
            continue
        entity = owners[0][0]
        ids = {owner.id for owner, _ in owners}
        if len(ids) > 1:
            return Span(first, end, None, 1.0 / len(ids), exact=True)
        full = any(alias.kind in (CANONICAL, "") for _, alias in owners)
        change = change_exact(surface, entity, (alias for _, alias in owners), settings)
        if change is None:
            return Span(first, end, entity, 1.0, exact=True, full=full)
        accepted = store.decided(exact).get(entity.id)  # a rejected one is not among the owners
        reason = change.reason if accepted is None else str(accepted)
        return Span(first, end, entity, 1.0, exact=True, after=change.after, reason=reason, full=full)
    return _split_word(store, found, first, settings)


def _written_so(name: str, surface: str) -> bool:
    """Whether a surface with a comma, a stop or a spaced hyphen in it is a name that has it too.

    So is "Washington, D.C."; and "Miami - Dade" is Miami-Dade, in pieces.
    """
    plain = name.rstrip(".")
    return plain == surface.rstrip(".") or ("-" in plain and plain == without_spaced_hyphens(surface.rstrip(".")))


def _split_word(store: Snapshot, found: Sequence[TextWord], first: int, settings: Settings) -> Span | None:
    """Two words that together are a name of one word ("Open AI", "Air-bus")."""
    if first + 1 >= len(found) or not found[first + 1].joined or found[first + 1].protected:
        return None
    one, other = found[first], found[first + 1]
    if len(one.folded + other.folded) < LEAST_SPLIT or not one.capital or not (other.capital or other.hyphened):
        return None
    owners = store.named(one.folded + other.folded)
    right = [(entity, alias) for entity, alias in owners if is_accepted(alias, settings)]
    if not right or len({entity.id for entity, _ in owners}) > 1:
        return None
    entity, alias = right[0]
    after = entity.name if settings.policy == "canonical" else alias.name
    return Span(first, first + 2, entity, 1.0, exact=False, after=after, reason=f"{alias.name} in two words")


def is_name_word(word: TextWord) -> bool:
    """Whether a word is capitalised, no address or markup, and no common word, title or generic part of names."""
    return word.text[0].isupper() and not word.protected and word.folded not in common_words()


def is_lone(found: Sequence[TextWord], place: int) -> bool:
    """Whether a word could be a name, and the words beside it no part of the same name."""
    roles = name_parts().roles
    first = last = place
    while first > 0 and found[first].joined and roles.get(found[first - 1].folded) == "particle":
        first -= 1
    while last + 1 < len(found) and found[last + 1].joined and roles.get(found[last + 1].folded) == "particle":
        last += 1
    before = found[first - 1] if first > 0 and found[first].joined else None
    behind = found[last + 1] if last + 1 < len(found) and found[last + 1].joined else None
    hyphened = found[place].hyphened or (place + 1 < len(found) and found[place + 1].hyphened)
    if hyphened or (before is not None and is_name_word(before)):
        return False
    return is_name_word(found[place]) and (behind is None or not belongs(behind))


def belongs(word: TextWord) -> bool:
    """Whether a neighbour may be part of a longer name: capitalised, and no office, title or particle."""
    if letters_script(word.text) not in ("Latin", "Cyrillic", "Greek") or not word.text[0].isupper():
        return False
    return name_parts().roles.get(word.folded) not in {"office", "honorific", *SMALL}
