"""The rewriter of a text: finds its mentions, corrects the distorted ones and leaves every other byte as it was."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from resolver.names.name_parts import name_parts
from resolver.names.normal_form import normal_form
from resolver.records import Edit, Entity
from resolver.resolving.resolver import Resolver
from resolver.settings import Settings
from resolver.text.common_words import common_words
from resolver.text.debris import may_be_debris, with_debris
from resolver.text.distorted_mentions import DistortionFinder
from resolver.text.edit_composition import apply_edits, compose
from resolver.text.exact_mentions import TextMention, exact_mentions, is_lone, lone_tokens, may_belong, places_of
from resolver.text.fuller_names import fuller_mentions, mention_of_part, part_of_fuller
from resolver.text.policy import is_accepted, same_letters
from resolver.text.protected_spans import ProtectedSpans
from resolver.text.stretch_cache import Screen, StretchContent
from resolver.text.tokenised_text import HYPHEN_SIGNS, TokenisedText, tokenise
from resolver.text.unspaced_scripts import cut_unspaced

MAX_PASSES = 8
"""A text that still changes after this many passes is left as it was."""

_NEXT_SENTENCE = regex.compile(r"\s+\p{Lu}")
_SENTENCE_GOES_ON = regex.compile(r"[,;:)'’]|[ \u00a0]\p{Ll}")
_ELISION = regex.compile(r"(?i:[cdjlmnst]|qu|un|(?:d|n|s)?(?:el|al|ul)l|coll|quell|sant)['’](?=\p{Lu})")
_SIGNS_AT_START = regex.compile(r"^[^\p{L}\p{M}\p{N}]+")
_SIGNS_AT_END = regex.compile(r"(?:['’][sS]|[^\p{L}\p{M}\p{N}]+)$")


class Rewriter:
    """Rewrites texts by the names that a resolver knows."""

    def __init__(self, resolver: Resolver, settings: Settings) -> None:
        """Use `resolver` for what is not written exactly, and the policy and limits of `settings`."""
        self.resolver = resolver
        self.settings = settings
        self.distortions = DistortionFinder(resolver, settings)
        self._screen = Screen(resolver.snapshot, self._examine, self._glance, settings.exact)

    def rewrite(self, text: str, doc: str = "") -> tuple[str, list[Edit]]:
        """The text with its names corrected, and the edits in order of place; `doc` goes into each edit.

        Rewriting the new text again changes nothing: passes go on until one finds nothing to do. (Should a table
        make them go on for ever, the text stays as it is.)
        """
        first = self._one_pass(text, doc)
        edits, new = first, apply_edits(text, first)
        for _ in range(MAX_PASSES if first else 0):
            more = self._one_pass(new, doc)
            if not more:
                return new, edits
            edits = compose(text, edits, more)
            new = apply_edits(text, edits)
        return text, []

    def _one_pass(self, text: str, doc: str) -> list[Edit]:
        stretches = self._screen.screen(text)
        fuller = fuller_mentions([mention for stretch in stretches for mention in stretch.content.fuller])
        edits: list[Edit] = []
        for stretch in stretches:
            content = stretch.content
            if content.in_context or (fuller and any(part_of_fuller(token, fuller) for token in content.lone)):
                protected = [(start + stretch.start, end + stretch.start) for start, end in stretch.protected]
                tokens = self._tokenise(text, [(stretch.start, stretch.end)], protected)
                edits += self._edits(tokens, doc, self._mentions(tokens, fuller))
            elif content.tokens:
                edits += self._edits(content.tokens.moved(text, stretch.start), doc, content.mentions)
        return edits

    def _tokenise(
        self, text: str, stretches: Sequence[tuple[int, int]] | None, protected: Sequence[tuple[int, int]]
    ) -> TokenisedText:
        return cut_unspaced(self.resolver.snapshot, tokenise(text, stretches, protected))

    def _examine(self, text: str, protected: ProtectedSpans) -> StretchContent:
        """The content of a stretch of a text, on its own.

        The rest of the text may add to it: a lone word may stand for a part of a name, and a country may be debris of
        the name before it.
        """
        tokens = self._tokenise(text, None, protected)
        mentions = self._mentions(tokens, ())
        in_context = any(map(may_be_debris, mentions, mentions[1:]))
        changes = in_context or bool(self._edits(tokens, "", mentions))
        changing, held = (mentions, tokens) if changes else ([], None)
        if self.settings.exact:
            return StretchContent(tokens=held, mentions=changing, in_context=in_context)
        taken = places_of([mention for mention in mentions if len(mention) > 1 or mention.exact])
        fuller, lone = tuple(fuller_mentions(mentions)), lone_tokens(tokens, taken)
        return StretchContent(fuller, lone, held, changing, in_context, bare=not mentions)

    def _glance(self, text: str, protected: ProtectedSpans) -> StretchContent:
        """The content of a stretch that is known to have no mention."""
        return StretchContent(lone=lone_tokens(self._tokenise(text, None, protected), set()), bare=True)

    def _mentions(self, text: TokenisedText, fuller: Sequence[TextMention]) -> list[TextMention]:
        """The mentions in a stretch of a text; `fuller` are the names that the text has in full, here or elsewhere."""
        mentions = with_debris(text, self._exact_and_distorted(text), self.settings.policy)
        if self.settings.exact:
            return mentions
        return _without_overlap([*mentions, *self._lone_mentions(text, places_of(mentions), fuller)])

    def _exact_and_distorted(self, text: TokenisedText) -> list[TextMention]:
        exact = exact_mentions(self.resolver.snapshot, text, self.settings)
        if self.settings.exact:
            return exact
        whole = {(mention.first, mention.last) for mention in exact}
        distorted = [
            mention
            for run in text.name_runs()
            if (run.first, run.last) not in whole
            for mention in self.distortions.mentions(run)
            if not any(_blocks(known, mention) for known in exact)
        ]
        return _without_overlap([*exact, *distorted])

    def _lone_mentions(self, text: TokenisedText, taken: set[int], fuller: Sequence[TextMention]) -> list[TextMention]:
        """The lone words that stand for a part of a fuller name, or are a distorted name themselves."""
        mentions = []
        for place, token in enumerate(text):
            if place in taken or not is_lone(text, place):
                continue
            mention = mention_of_part(place, token, fuller, self.settings.policy == "canonical")
            mention = mention or self.distortions.lone_mention(text.span(place, place + 1))
            if mention is not None:
                mentions.append(mention)
        return mentions

    def _edits(self, text: TokenisedText, doc: str, mentions: Sequence[TextMention]) -> list[Edit]:
        taken = places_of(mentions)
        edits = []
        for mention in mentions:
            if mention.after is None or mention.entity is None or not self._may_change(text, mention, taken):
                continue
            start, end = _bounds(text, mention, mention.after)
            start = _past_elision(text.text, start, end, mention.after)
            before = text.text[start:end]
            if self._is_rejected(before, mention.entity):
                continue
            if not _is_written_so(before, mention.after) and not self._stands_already(text.text, start, end, mention):
                edit = Edit(
                    start, end, before, mention.after, mention.entity.id, mention.entity.name, mention.probability,
                    mention.reason, doc,
                )  # fmt: skip
                edits.append(edit)
        return edits

    def _is_rejected(self, surface: str, entity: Entity) -> bool:
        """Whether a decision says that the surface, as it would be replaced, does not mean the entity."""
        decision = self.resolver.snapshot.decided(normal_form(surface).exact).get(entity.id)
        return decision is not None and decision.verdict == "reject"

    def _stands_already(self, text: str, start: int, end: int, mention: TextMention) -> bool:
        """Whether the text has the new form, or (policy `variants`) another accepted one, at this very place."""
        surface, after, entity = text[start:end], (mention.after or "").casefold(), mention.entity
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

    def _may_change(self, text: TokenisedText, mention: TextMention, taken: set[int]) -> bool:
        """Whether the neighbours of a correct name let it be replaced by a longer one (policy `canonical`).

        They do not if it may be a part of a name that the table lacks; tokens in `taken` are names by themselves.
        """
        span = mention.span_in(text)
        surface = span.surface
        if not mention.exact or self.settings.policy == "variants" or same_letters(surface, mention.after or surface):
            return True
        start, end = span.start, span.end
        if text.text[end : end + 1] in HYPHEN_SIGNS or text.text[max(start - 1, 0) : start] in HYPHEN_SIGNS:
            return False
        if text.text[end - 1] == "." and _NEXT_SENTENCE.match(text.text, end):
            return False
        before, behind = span.joined_before, span.joined_behind
        if behind is not None and span.last not in taken and may_belong(behind):
            return False
        if before is None or span.first - 1 in taken:
            return True
        return not may_belong(before) or (before.opens and before.folded in common_words())


def _bounds(text: TokenisedText, mention: TextMention, after: str) -> tuple[int, int]:
    """The span of the text that `after` replaces.

    It includes the stop of an abbreviated legal form, unless that may end the sentence, and the first and last signs of
    the new form that the text has already (McDonald's, Yahoo!).
    """
    span = mention.span_in(text)
    start, end = span.start, _past_stop(text, span.last, span.end)
    first, last = _SIGNS_AT_START.search(after), _SIGNS_AT_END.search(after)
    if first and text.text.endswith(first.group(), 0, start):
        start -= len(first.group())
    if last and _plain(text.text[end : end + len(last.group())]) == _plain(last.group()):
        end += len(last.group())
    return start, end


def _past_stop(text: TokenisedText, last: int, end: int) -> int:
    roles = name_parts().roles
    if roles.get(text[last - 1].folded) != "legal" or text.text[end : end + 1] != ".":
        return end
    office = last < len(text) and roles.get(text[last].folded) == "office"
    goes_on = _SENTENCE_GOES_ON.match(text.text, end + 1) or (office and text.text.startswith(" ", end + 1))
    return end + 1 if goes_on else end


def _past_elision(text: str, start: int, end: int, after: str) -> int:
    """The start of a mention, past an elided article or preposition (d'Emmanuel, dell'Angela) that the name lacks."""
    elided = _ELISION.match(text, start, end)
    return (
        elided.end() if elided and not _plain(after).casefold().startswith(_plain(elided.group()).casefold()) else start
    )


def _is_written_so(before: str, after: str) -> bool:
    """Whether a text has the name already, with another kind of apostrophe or more stops in an acronym (U.S, US)."""
    if before.isupper() and before.count(".") > after.count(".") and before.replace(".", "") == after:
        return True
    return _plain(before) == _plain(after)


def _plain(text: str) -> str:
    """The text with ASCII apostrophes: which kind the text uses is left as it is."""
    return text.replace("’", "'")


def _blocks(known: TextMention, mention: TextMention) -> bool:
    """Whether an exact mention forbids a distorted one: they overlap, and the exact one is not a smaller part of it.

    An exact mention of a single word forbids only that same word.
    """
    overlap = known.first < mention.last and mention.first < known.last
    if not overlap or len(known) == 1:
        return overlap and known.places == mention.places
    return not (mention.first <= known.first and known.last <= mention.last)


def _without_overlap(mentions: Sequence[TextMention]) -> list[TextMention]:
    """The mentions in order of place; of overlapping ones the longest, then the exact, most probable and first one."""
    taken: set[int] = set()
    chosen = []
    for mention in sorted(mentions, key=lambda m: (-len(m), not m.exact, -m.probability, m.first)):
        if taken.isdisjoint(mention.places):
            taken.update(mention.places)
            chosen.append(mention)
    return sorted(chosen, key=lambda m: m.first)
