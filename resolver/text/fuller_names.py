"""Lone words that stand for a part of a name which the same document has in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import itemgetter

from resolver.names.known_words import LISTED, how_known
from resolver.names.tokens import words
from resolver.sound.latin_sounds import similarity_rows
from resolver.text.common_words import common_words
from resolver.text.distortion_guards import is_other_word
from resolver.text.exact_mentions import TextMention
from resolver.text.policy import in_case_of
from resolver.text.tokenised_text import TextToken


@dataclass(frozen=True, slots=True)
class PartLimits:
    """When a lone word stands for a word of a fuller name.

    It is at least `min_similarity` similar to the word (0 to 1), which has at least `min_letters`.
    """

    min_similarity: float = 0.8
    min_letters: int = 3


LIMITS = PartLimits()


def fuller_mentions(mentions: Sequence[TextMention]) -> list[TextMention]:
    """The mentions of two words or more: the first one of each entity and each way of writing it."""
    named = [mention for mention in mentions if mention.entity is not None and len(mention) > 1]
    return list({(m.entity and m.entity.id, m.pairs): m for m in reversed(named)}.values())[::-1]


def mention_of_part(
    place: int, token: TextToken, fuller: Sequence[TextMention], is_canonical: bool
) -> TextMention | None:
    """The mention that the lone token at `place` is, by a fuller one; it becomes the whole name if `is_canonical`."""
    found = part_of_fuller(token, fuller)
    if found is None:
        return None
    mention, part = found
    name = mention.entity.name if mention.entity else ""
    after = name if is_canonical and name else part
    reason = f"stands for {part} in {name}, named in full in this text"
    return replace(mention, first=place, last=place + 1, exact=False, after=after, reason=reason)


def part_of_fuller(token: TextToken, fuller: Sequence[TextMention]) -> tuple[TextMention, str] | None:
    """The mention, and the word of its name, that a lone token stands for; None if there is none or several."""
    for mention in fuller:
        for wrong, right in mention.pairs:
            if wrong == token.folded and right != token.text:
                return mention, in_case_of(right, token.text)
    if how_known(token.folded) >= LISTED:
        return None
    best: dict[str, tuple[float, TextMention, str]] = {}
    for mention in fuller:
        assert mention.entity is not None
        similarity, part = _nearest_part(token.folded, mention.entity.name)
        if similarity >= LIMITS.min_similarity:
            known = best.get(mention.entity.id)
            if known is None or similarity > known[0]:
                best[mention.entity.id] = (similarity, mention, part)
    if len(best) != 1:
        return None
    _, mention, part = next(iter(best.values()))
    return None if part.casefold() == token.text.casefold() else (mention, in_case_of(part, token.text))


@lru_cache(maxsize=1 << 16)
def _nearest_part(folded: str, name: str) -> tuple[float, str]:
    """The word of a name that sounds most like a folded word, behind its similarity; 0 and "" if there is none."""
    best = (0.0, "")
    for part in words(name):
        right = part.text.casefold()
        if len(right) >= LIMITS.min_letters and right not in common_words() and not is_other_word(folded, right):
            best = max(best, (similarity_rows((folded,), (right,))[0], part.text), key=itemgetter(0))
    return best
