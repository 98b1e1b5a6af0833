"""Rewriting a text: find its mentions, set the distorted ones right, leave every other byte as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from operator import itemgetter

import regex

from resolver.names.known_words import LISTED, how_known
from resolver.names.name_parts import name_parts
from resolver.names.normal_form import normal_form
from resolver.names.tokens import words
from resolver.records import Edit, Entity
from resolver.resolving.resolver import Resolver
from resolver.settings import Settings
from resolver.sound.latin_sounds import similarity_rows
from resolver.text.distorted_mentions import distorted_spans, distorted_word
from resolver.text.distortion_guards import is_other_word
from resolver.text.edit_composition import apply_edits, compose
from resolver.text.exact_mentions import Span, belongs, exact_spans, is_lone, surface_of
from resolver.text.policy import in_case_of, is_accepted, same_letters
from resolver.text.stretch_cache import Finding, Screen, Shut
from resolver.text.text_tokens import HYPHENS, TextWord, common_words, legal_form_end, moved, name_runs, text_words
from resolver.text.unspaced_scripts import cut_words

LEAST_LONE = 0.8
"""A lone word stands for a word of a name that the document spells out when it is at least this similar to it."""

LEAST_PART = 3
"""Shorter parts of a name, in letters, are near too many words."""

_MOST_PASSES = 8

_SENTENCE = regex.compile(r"\s+\p{Lu}")
_SENTENCE_GOES_ON = regex.compile(r"[,;:)'’]|[ \u00a0]\p{Ll}")
_SIGNS_AT_START = regex.compile(r"^[^\p{L}\p{M}\p{N}]+")
_SIGNS_AT_END = regex.compile(r"(?:['’][sS]|[^\p{L}\p{M}\p{N}]+)$")


class Rewriter:
    """Rewrites texts by the names that a resolver knows."""

    def __init__(self, resolver: Resolver, settings: Settings) -> None:
        """Use `resolver` for what is not written exactly, and the policy and limits of `settings`."""
        self.resolver = resolver
        self.settings = settings
        self._screen = Screen(resolver.snapshot, self._examine, self._glance, settings.exact)

    def rewrite(self, text: str, doc: str = "") -> tuple[str, list[Edit]]:
        """The text with its names set right, and the edits in order of place; `doc` goes into each edit.

        Rewriting the new text again changes nothing: passes go on until one finds nothing to do. (Should a table
        make them go on for ever, the text stays as it is.)
        """
        first = self._one_pass(text, doc)
        edits, new = first, apply_edits(text, first)
        for _ in range(_MOST_PASSES if first else 0):
            more = self._one_pass(new, doc)
            if not more:
                return new, edits
            edits = compose(text, edits, more)
            new = apply_edits(text, edits)
        return text, []

    def _one_pass(self, text: str, doc: str) -> list[Edit]:
        some = self._screen.screen(text)
        fuller = _fuller([span for found in some for span in found.finding.fuller])
        edits: list[Edit] = []
        for found in some:
            finding = found.finding
            if finding.in_context or (fuller and any(_part_of_fuller(word, fuller) for word in finding.lone)):
                shut = [(start + found.start, end + found.start) for start, end in found.shut]
                words = cut_words(self.resolver.snapshot, text_words(text, [(found.start, found.end)], shut))
                edits += self._edits(text, doc, words, self._spans(text, words, fuller))
            elif finding.words:
                edits += self._edits(text, doc, moved(finding.words, text, found.start), finding.spans)
        return edits

    def _spans(self, text: str, found: Sequence[TextWord], fuller: Sequence[Span]) -> list[Span]:
        """The mentions in the words of a stretch of a text, which has names in full, here or elsewhere."""
        spans = self._multiword_and_exact(text, found)
        spans = [_absorb(text, found, spans, i) for i in range(len(spans))]
        if self.settings.exact:
            return spans
        return _without_overlap([*spans, *self._lone_words(text, found, spans, fuller)])

    def _examine(self, text: str, shut: Shut) -> Finding:
        """What a stretch of a text has by itself. A lone word may stand for a part of a name, and a country may be
        debris of a name before it, by what is said elsewhere in the text."""
        found = cut_words(self.resolver.snapshot, text_words(text, None, shut))
        spans = self._spans(text, found, ())
        in_context = any(map(_may_be_debris, spans, spans[1:]))
        changes = in_context or bool(self._edits(text, "", found, spans))
        kept, changing = (found, spans) if changes else ((), ())
        if self.settings.exact:
            return Finding((), (), kept, changing, in_context)
        taken = {place for span in spans if span.last - span.first > 1 or span.exact for place in _places(span)}
        lone = _lone(found, taken)
        return Finding(tuple(_fuller(spans)), lone, kept, changing, in_context, bare=not spans)

    def _glance(self, text: str, shut: Shut) -> Finding:
        """What a stretch has that is known to have no mention."""
        found = cut_words(self.resolver.snapshot, text_words(text, None, shut))
        return Finding(lone=_lone(found, set()), bare=True)

    def _edits(self, text: str, doc: str, found: Sequence[TextWord], spans: Sequence[Span]) -> list[Edit]:
        taken = {place for span in spans for place in _places(span)}
        edits = []
        for span in spans:
            if span.after is None or span.entity is None or not self._may_change(text, found, span, taken):
                continue
            start, end = found[span.first].start, found[span.last - 1].end
            end = _past_stop(text, found, span.last, end)
            start, end = _with_signs(text, start, end, span.after)
            if self._is_rejected(text[start:end], span.entity):
                continue
            if _plain(text[start:end]) != _plain(span.after) and not self._stands_already(text, start, end, span):
                edit = Edit(
                    start, end, text[start:end], span.after, span.entity.id, span.entity.name, span.probability,
                    span.reason, doc,
                )  # fmt: skip
                edits.append(edit)
        return edits

    def _multiword_and_exact(self, text: str, found: Sequence[TextWord]) -> list[Span]:
        exact = exact_spans(self.resolver.snapshot, text, found, self.settings)
        if self.settings.exact:
            return exact
        whole = {(span.first, span.last) for span in exact}
        distorted = [
            span
            for run in name_runs(found)
            if (run[0], run[1]) not in whole
            for span in distorted_spans(self.resolver, text, found, run, self.settings)
            if not any(_blocks(known, span) for known in exact)
        ]
        return _without_overlap([*exact, *distorted])

    def _lone_words(
        self, text: str, found: Sequence[TextWord], spans: Sequence[Span], fuller: Sequence[Span]
    ) -> list[Span]:
        """Lone words that stand for a part of a name which the text has in full, or are a distorted name themselves."""
        taken = {place for span in spans for place in _places(span)}
        lone: list[Span] = []
        for place, word in enumerate(found):
            if place in taken or not is_lone(found, place):
                continue
            stands_for = _part_of_fuller(word, fuller)
            if stands_for is None:
                lone += distorted_word(self.resolver, text, found, place, self.settings)
            else:
                span, part = stands_for
                after = span.entity.name if self.settings.policy == "canonical" and span.entity else part
                reason = f"stands for {part} in {span.entity.name if span.entity else ''}, named in full in this text"
                lone.append(replace(span, first=place, last=place + 1, exact=False, after=after, reason=reason))
        return lone

    def _is_rejected(self, surface: str, entity: Entity) -> bool:
        """Whether somebody decided that the surface, as it would be replaced, does not mean the entity."""
        decision = self.resolver.snapshot.decided(normal_form(surface).exact).get(entity.id)
        return decision is not None and decision.verdict == "reject"

    def _stands_already(self, text: str, start: int, end: int, span: Span) -> bool:
        """Whether the text has the new form, or (policy `variants`) another accepted one, just there."""
        surface, after, entity = text[start:end], (span.after or "").casefold(), span.entity
        place = after.find(surface.casefold())
        while place >= 0 and len(after) > len(surface):
            if start >= place and text[start - place : start - place + len(after)].casefold() == after:
                return True
            place = after.find(surface.casefold(), place + 1)
        if entity is None or self.settings.policy == "canonical":
            return False
        return surface == entity.name or any(
            alias.name == surface and is_accepted(alias, self.settings)
            for alias in self.resolver.snapshot.other_names(entity)
        )

    def _may_change(self, text: str, found: Sequence[TextWord], span: Span, taken: set[int]) -> bool:
        """Whether the neighbours of a right name let it be replaced by a longer one (policy `canonical`).

        They do not when it may be a part of a name that the table lacks; words in `taken` are names by themselves.
        """
        surface = surface_of(text, found, span.first, span.last)
        if not span.exact or self.settings.policy == "variants" or same_letters(surface, span.after or surface):
            return True
        start, end = found[span.first].start, found[span.last - 1].end
        if text[end : end + 1] in HYPHENS or text[max(start - 1, 0) : start] in HYPHENS:
            return False
        if text[end - 1] == "." and _SENTENCE.match(text, end):
            return False
        before, behind = span.first - 1, span.last
        if behind < len(found) and behind not in taken and found[behind].joined and belongs(found[behind]):
            return False
        if before < 0 or before in taken or not found[span.first].joined:
            return True
        return not belongs(found[before]) or (found[before].opens and found[before].folded in common_words())


def _lone(found: Sequence[TextWord], taken: set[int]) -> tuple[TextWord, ...]:
    """The words that may stand for a part of a name, but those at places that are taken."""
    return tuple(word for place, word in enumerate(found) if place not in taken and is_lone(found, place))


def _places(span: Span) -> range:
    """The places of its words."""
    return range(span.first, span.last)


def _fuller(spans: Sequence[Span]) -> list[Span]:
    """The mentions of two words or more: of each entity and way to write it the first one."""
    named = [span for span in spans if span.entity is not None and span.last - span.first > 1]
    return list({(span.entity and span.entity.id, span.pairs): span for span in reversed(named)}.values())[::-1]


def _may_be_debris(org: Span, country: Span) -> bool:
    """Whether a country stands behind the name of an organisation."""
    if org.entity is None or org.entity.type != "org" or country.entity is None:
        return False
    return country.entity.type == "place" and country.first == org.last


def _with_signs(text: str, start: int, end: int, after: str) -> tuple[int, int]:
    """The span grown over the first and last signs of the new form that the text has already (McDonald's, Yahoo!)."""
    first, last = _SIGNS_AT_START.search(after), _SIGNS_AT_END.search(after)
    if first and text.endswith(first.group(), 0, start):
        start -= len(first.group())
    if last and _plain(text[end : end + len(last.group())]) == _plain(last.group()):
        end += len(last.group())
    return start, end


def _plain(text: str) -> str:
    """The text with typewriter apostrophes: which kind it has is its own affair."""
    return text.replace("’", "'")


def _blocks(known: Span, span: Span) -> bool:
    """Whether an exact mention forbids a distorted one that overlaps it: one of two words or more that is not in it."""
    overlap = known.first < span.last and span.first < known.last
    if not overlap or known.last - known.first == 1:
        return overlap and known.first == span.first and known.last == span.last
    return not (span.first <= known.first and known.last <= span.last)


def _without_overlap(spans: Sequence[Span]) -> list[Span]:
    """The spans in order of place; of overlapping ones the longest stays, then the most probable, then the first."""
    taken: set[int] = set()
    kept = []
    for span in sorted(spans, key=lambda s: (s.first - s.last, not s.exact, -s.probability, s.first)):
        places = range(span.first, span.last)
        if taken.isdisjoint(places):
            taken.update(places)
            kept.append(span)
    return sorted(kept, key=lambda s: s.first)


def _absorb(text: str, found: Sequence[TextWord], spans: Sequence[Span], place: int) -> Span:
    """The span at `place`, grown over the debris that belongs to it: doubled words, legal forms, a country."""
    span = spans[place]
    if span.entity is None or span.entity.type not in ("org", "person"):
        return span
    first, last = span.first, span.last
    if last - first == 1 and first > 0 and _repeats(text, found, first - 1, first):
        return span  # the first of equal words takes in the others
    reasons = [span.reason] if span.reason else []
    while last < len(found) and _repeats(text, found, last - 1, last):
        last += 1
    while first > 0 and _repeats(text, found, first - 1, first):
        first -= 1
    if (first, last) != (span.first, span.last):
        reasons.append("doubled word")
    if span.entity.type == "org":
        article = first > 0 and found[first - 1].folded == "the"
        longer = first > 0 and found[first].joined and belongs(found[first - 1])  # "National Guardian Corp"
        plain = last - first == 1 and found[first].folded in common_words()  # "Sun Co" is another company
        end = last if article or longer or plain or not span.full else legal_form_end(text, found, last)
        if end > last and not (end < len(found) and found[end].joined and belongs(found[end])):
            reasons.append("legal form")
            last = end
        following = next((s for s in spans[place + 1 : place + 2] if s.first == last), None)
        if following is not None and _is_country_debris(text, found, span, following):
            reasons.append(f"'{surface_of(text, found, following.first, following.last)}' is debris of a possessive")
            last = following.last
    if (first, last) == (span.first, span.last):
        return span
    kept = span.after or surface_of(text, found, span.first, span.last)
    return replace(span, first=first, last=last, after=kept, exact=False, reason=" and ".join(reasons))


def _repeats(text: str, found: Sequence[TextWord], one: int, other: int) -> bool:
    """Whether two neighbouring words are the same, with one space between them."""
    between = text[found[one].end : found[other].start]
    return found[one].text == found[other].text and between in (" ", "\u00a0") and len(found[one].text) > 1


def _is_country_debris(text: str, found: Sequence[TextWord], org: Span, country: Span) -> bool:
    """Whether "ORG COUNTRY" is what a translator made of "COUNTRY's ORG", which the text also has."""
    if country.entity is None or country.entity.type != "place" or not country.exact:
        return False
    if text[found[org.last - 1].end : found[country.first].start] not in (" ", "\u00a0"):
        return False
    if country.last < len(found) and found[country.last].joined and found[country.last].capital:
        return False
    if text.startswith(("'s", "’s"), found[country.last - 1].end):
        return False
    names = (surface_of(text, found, span.first, span.last) for span in (country, org))
    place, name = map(regex.escape, names)
    return regex.search(rf"\b{place}['’]s\s+{name}\b", text) is not None


def _part_of_fuller(word: TextWord, fuller: Sequence[Span]) -> tuple[Span, str] | None:
    """The span and the word of its name that a lone word stands for; None when there is none or more than one."""
    for span in fuller:
        for wrong, right in span.pairs:
            if wrong == word.folded and right != word.text:
                return span, in_case_of(right, word.text)
    if how_known(word.folded) >= LISTED:
        return None
    best: dict[str, tuple[float, Span, str]] = {}
    for span in fuller:
        assert span.entity is not None
        similarity, part = _nearest_part(word.folded, span.entity.name)
        if similarity >= LEAST_LONE:
            known = best.get(span.entity.id)
            if known is None or similarity > known[0]:
                best[span.entity.id] = (similarity, span, part)
    if len(best) != 1:
        return None
    _, span, part = next(iter(best.values()))
    return None if part.casefold() == word.text.casefold() else (span, in_case_of(part, word.text))


@lru_cache(maxsize=1 << 16)
def _nearest_part(folded: str, name: str) -> tuple[float, str]:
    """The word of a name that sounds most like a folded word, and how much; what makes another word is unlike it."""
    best = (0.0, "")
    for part in words(name):
        right = part.text.casefold()
        if len(right) >= LEAST_PART and right not in common_words() and not is_other_word(folded, right):
            best = max(best, (similarity_rows((folded,), (right,))[0], part.text), key=itemgetter(0))
    return best


def _past_stop(text: str, found: Sequence[TextWord], last: int, end: int) -> int:
    """The end of a span, past the stop of an abbreviated legal form unless that may end the sentence."""
    if name_parts().roles.get(found[last - 1].folded) != "legal" or text[end : end + 1] != ".":
        return end
    office = last < len(found) and name_parts().roles.get(found[last].folded) == "office"
    goes_on = _SENTENCE_GOES_ON.match(text, end + 1) or (office and text.startswith(" ", end + 1))
    return end + 1 if goes_on else end
