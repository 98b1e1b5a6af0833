"""Mentions in a text whose names stand in the table, and the tokens that could be a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resolver.database.snapshot import Snapshot
from resolver.names.folding import letters_script
from resolver.names.name_parts import SMALL, name_parts
from resolver.records import CANONICAL, Entity
from resolver.settings import Settings
from resolver.text.common_words import common_words
from resolver.text.policy import counts_as_mention, is_accepted, replacement_of_exact
from resolver.text.tokenised_text import TextToken, TokenisedText, TokenSpan, without_spaced_hyphens

MIN_SPLIT_LETTERS = 6
"""Two words are taken for one name in two pieces only if they have at least this many letters together."""


@dataclass(frozen=True, slots=True)
class TextMention:
    """The tokens `first` up to `last` (half-open) of a text mention `entity`; None where several entities may be meant.

    `after` is what they become (None: they stay), with `reason`. `pairs` says which folded token stands for which word
    of the name. `full` is False for a short form, which with a legal form may be another company ("Sun Co").
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

    def __len__(self) -> int:
        return self.last - self.first

    @property
    def places(self) -> range:
        """The places of its tokens."""
        return range(self.first, self.last)

    def span_in(self, text: TokenisedText) -> TokenSpan:
        """The span in a text that it is a mention of."""
        return text.span(self.first, self.last)


def places_of(mentions: Sequence[TextMention]) -> set[int]:
    """The places of the tokens of all these mentions."""
    return {place for mention in mentions for place in mention.places}


def exact_mentions(snapshot: Snapshot, text: TokenisedText, settings: Settings) -> list[TextMention]:
    """The mentions whose normal form stands in the table, leftmost longest, none overlapping.

    A name that several entities share is a mention without an entity, so that it is not taken for something else.
    """
    mentions = []
    place = 0
    while place < len(text.tokens):
        mention = _mention_at(snapshot, text, place, settings)
        if mention is None:
            place += 1
        else:
            mentions.append(mention)
            place = mention.last
    return mentions


def _mention_at(snapshot: Snapshot, text: TokenisedText, first: int, settings: Settings) -> TextMention | None:
    """The longest mention that begins at a token."""
    tokens = text.tokens
    if tokens[first].protected:
        return None
    limit = min(first + snapshot.begins(tokens[first].folded), len(tokens))
    joined_until = first + 1
    while joined_until < limit and tokens[joined_until].joined and not tokens[joined_until].protected:
        joined_until += 1
    near_until = joined_until
    while near_until < limit and tokens[near_until].near and not tokens[near_until].protected:
        near_until += 1
    for last in range(near_until, first, -1):
        exact = " ".join(token.folded for token in tokens[first:last])
        owners = snapshot.named(exact)
        if not owners:
            continue
        surface = text.span(first, last).surface
        if last > joined_until and not any(_is_written_so(alias.name, surface) for _, alias in owners):
            continue
        if not counts_as_mention(surface, (alias for _, alias in owners)):
            continue
        owners = snapshot.named_as(surface, exact)
        entity = owners[0][0]
        ids = {owner.id for owner, _ in owners}
        if len(ids) > 1:
            return TextMention(first, last, None, 1.0 / len(ids), exact=True)
        full = any(alias.kind in (CANONICAL, "") for _, alias in owners)
        replacement = replacement_of_exact(surface, entity, (alias for _, alias in owners), settings)
        if replacement is None:
            return TextMention(first, last, entity, 1.0, exact=True, full=full)
        accepted = snapshot.decided(exact).get(entity.id)  # a rejected entity is not among the owners
        reason = replacement.reason if accepted is None else str(accepted)
        return TextMention(first, last, entity, 1.0, exact=True, after=replacement.after, reason=reason, full=full)
    return _name_in_two_words(snapshot, text, first, settings)


def _is_written_so(name: str, surface: str) -> bool:
    """Whether a surface with a comma, a stop or a spaced hyphen in it is a name that has the sign too.

    "Washington, D.C." is; "Miami - Dade" is Miami-Dade in two pieces.
    """
    plain = name.rstrip(".")
    return plain == surface.rstrip(".") or ("-" in plain and plain == without_spaced_hyphens(surface.rstrip(".")))


def _name_in_two_words(snapshot: Snapshot, text: TokenisedText, first: int, settings: Settings) -> TextMention | None:
    """Two words that together are a name of one word ("Open AI", "Air-bus")."""
    other = text.span(first, first + 1).joined_behind
    if other is None or other.protected:
        return None
    one = text[first]
    joined = one.folded + other.folded
    if len(joined) < MIN_SPLIT_LETTERS or not one.capital or not (other.capital or other.hyphened):
        return None
    owners = snapshot.named(joined)
    right = [(entity, alias) for entity, alias in owners if is_accepted(alias, settings)]
    if not right or len({entity.id for entity, _ in owners}) > 1:
        return None
    entity, alias = right[0]
    after = entity.name if settings.policy == "canonical" else alias.name
    return TextMention(first, first + 2, entity, 1.0, exact=False, after=after, reason=f"{alias.name} in two words")


def is_name_word(token: TextToken) -> bool:
    """Whether a token is capitalised, not protected, and no common word, title or generic part of names."""
    return token.text[0].isupper() and not token.protected and token.folded not in common_words()


def is_lone(text: TokenisedText, place: int) -> bool:
    """Whether the token at `place` could be a name, and the tokens beside it no part of the same name."""
    if not is_name_word(text[place]) or text.span(place, place + 1).is_hyphened:
        return False
    roles, tokens = name_parts().roles, text.tokens
    first = last = place
    while first > 0 and tokens[first].joined and roles.get(tokens[first - 1].folded) == "particle":
        first -= 1
    while last + 1 < len(tokens) and tokens[last + 1].joined and roles.get(tokens[last + 1].folded) == "particle":
        last += 1
    with_particles = text.span(first, last + 1)
    before, behind = with_particles.joined_before, with_particles.joined_behind
    return (before is None or not is_name_word(before)) and (behind is None or not may_belong(behind))


def lone_tokens(text: TokenisedText, taken: set[int]) -> tuple[TextToken, ...]:
    """The tokens that may stand for a part of a name, without those at places that are taken."""
    return tuple(token for place, token in enumerate(text) if place not in taken and is_lone(text, place))


def may_belong(token: TextToken) -> bool:
    """Whether a token beside a name may be part of a longer name: capitalised, and no office, title or particle."""
    if letters_script(token.text) not in ("Latin", "Cyrillic", "Greek") or not token.text[0].isupper():
        return False
    return name_parts().roles.get(token.folded) not in {"office", "honorific", *SMALL}
