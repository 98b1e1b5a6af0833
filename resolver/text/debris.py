"""What stands beside a name and goes with it: doubled words, legal forms, a country without its possessive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import regex

from resolver.settings import Policy
from resolver.text.common_words import common_words
from resolver.text.exact_mentions import TextMention, may_belong
from resolver.text.tokenised_text import TokenisedText


def with_debris(text: TokenisedText, mentions: Sequence[TextMention], policy: Policy) -> list[TextMention]:
    """The mentions, in order, each grown over the debris that belongs to it.

    A legal form behind the name belongs to it under the policy `canonical` only.
    """
    return [_grown(text, mentions, i, policy) for i in range(len(mentions))]


def may_be_debris(org: TextMention, country: TextMention) -> bool:
    """Whether a country stands directly behind the name of an organisation."""
    if org.entity is None or org.entity.type != "org" or country.entity is None:
        return False
    return country.entity.type == "place" and country.first == org.last


def _grown(text: TokenisedText, mentions: Sequence[TextMention], number: int, policy: Policy) -> TextMention:
    mention = mentions[number]
    if mention.entity is None or mention.entity.type not in ("org", "person"):
        return mention
    first, last = mention.first, mention.last
    if len(mention) == 1 and first > 0 and text.repeats(first):
        return mention  # the first of equal words takes in the others
    reasons = [mention.reason] if mention.reason else []
    while last < len(text) and text.repeats(last):
        last += 1
    while first > 0 and text.repeats(first):
        first -= 1
    if (first, last) != (mention.first, mention.last):
        reasons.append("doubled word")
    if mention.entity.type == "org":
        end = last if policy == "variants" else _legal_form_end(text, mention, first, last)
        if end > last:
            reasons.append("legal form")
            last = end
        following = next((other for other in mentions[number + 1 : number + 2] if other.first == last), None)
        if following is not None and _is_country_debris(text, mention, following):
            reasons.append(f"'{following.span_in(text).surface}' is debris of a possessive")
            last = following.last
    if (first, last) == (mention.first, mention.last):
        return mention
    after = mention.after or mention.span_in(text).surface
    return replace(mention, first=first, last=last, after=after, exact=False, reason=" and ".join(reasons))


def _legal_form_end(text: TokenisedText, mention: TextMention, first: int, last: int) -> int:
    """The place behind the legal forms that follow the tokens `first` to `last`; `last` if there are none."""
    has_article = first > 0 and text[first - 1].folded == "the"
    before = text.span(first, last).joined_before
    is_longer = before is not None and may_belong(before)  # "National Guardian Corp"
    is_common = last - first == 1 and text[first].folded in common_words()  # "Sun Co" is another company
    if has_article or is_longer or is_common or not mention.full:
        return last
    end = text.legal_form_end(last)
    behind = text.span(first, end).joined_behind
    return last if behind is not None and may_belong(behind) else end


def _is_country_debris(text: TokenisedText, org: TextMention, country: TextMention) -> bool:
    """Whether "ORG COUNTRY" is what a translator made of "COUNTRY's ORG", which the text also has."""
    if country.entity is None or country.entity.type != "place" or not country.exact:
        return False
    if text.text[text[org.last - 1].end : text[country.first].start] not in (" ", "\u00a0"):
        return False
    span = country.span_in(text)
    behind = span.joined_behind
    if (behind is not None and behind.capital) or text.text.startswith(("'s", "’s"), span.end):
        return False
    place, name = (regex.escape(part.surface) for part in (span, org.span_in(text)))
    return regex.search(rf"\b{place}['’]s\s+{name}\b", text.text) is not None
