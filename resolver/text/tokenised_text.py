"""A text as tokens: the words of a running text, spans of them, and what stands between and beside them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import regex

from resolver.names.character_classes import DASHES, HYPHENS, MIDDLE_DOTS, SENTENCE_OPENERS, SPACES
from resolver.names.distinguishing_marks import are_one_number, parts_of_numbers
from resolver.names.folding import fold, letters_script
from resolver.names.name_parts import SMALL, name_parts
from resolver.names.scripts import CASED
from resolver.names.tokens import words
from resolver.text.protected_spans import protected_spans

HYPHEN_SIGNS = frozenset(HYPHENS)

_WITHIN_NAME = regex.compile(rf"(?:[{SPACES}]\u200b*)?|[{DASHES}]|\.[ \u00a0]?|[{MIDDLE_DOTS}]")
_SPACED_HYPHEN = regex.compile(rf" ?[{DASHES}] ?")
_NEAR = frozenset({". ", ", ", ".", ","})
_BEFORE_LEGAL_FORM = regex.compile(r",?[ \u00a0]|\.,?[ \u00a0]")


_CACHED_WORDS = 1 << 14


@dataclass(frozen=True, slots=True)
class TextToken:
    """A word of a running text: as written and folded, its half-open span in code points, and what it may belong to.

    - `joined`: only what stands inside names (a space, a hyphen, a stop after an initial) separates it from the token
      before it.
    - `near`: at most a comma, a stop, or a hyphen with spaces separates it from the token before it.
    - `hyphened`: a hyphen separates it from the token before it.
    - `opens`: it is the first word of a sentence, a line or a quotation.
    - `protected`: it is in an address, a tag or markup.
    """

    text: str
    start: int
    end: int
    folded: str
    joined: bool
    near: bool
    hyphened: bool
    opens: bool
    protected: bool

    @property
    def capital(self) -> bool:
        """Whether the word has a capital letter (iPhone too), or its script has no case."""
        return _has_capital(self.text)


@dataclass(frozen=True, slots=True)
class TokenisedText:
    """A text with its tokens in order, or with those of some stretches of it."""

    text: str
    tokens: Sequence[TextToken]

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, place: int) -> TextToken:
        return self.tokens[place]

    def __iter__(self) -> Iterator[TextToken]:
        return iter(self.tokens)

    def span(self, first: int, last: int) -> TokenSpan:
        """The tokens from `first` up to `last`, which is not among them."""
        return TokenSpan(self, first, last)

    def gap(self, place: int) -> str:
        """The text between the token at `place` and the one before it."""
        return self.text[self.tokens[place - 1].end : self.tokens[place].start]

    def repeats(self, place: int) -> bool:
        """Whether the token at `place` is the same word as the one before it, with one space between them."""
        one, other = self.tokens[place - 1], self.tokens[place]
        return one.text == other.text and self.gap(place) in (" ", "\u00a0") and len(one.text) > 1

    def legal_form_end(self, after: int) -> int:
        """The place behind the legal forms ("Co., Ltd") that begin at the token `after`; `after` if there is none."""
        roles = name_parts().roles
        place = after
        while place < len(self.tokens):
            token = self.tokens[place]
            gap = self.gap(place)
            legal = roles.get(token.folded) == "legal" and token.text[0].isupper() and not token.protected
            if not legal or _BEFORE_LEGAL_FORM.fullmatch(gap) is None or (gap[0] == "." and place == after):
                break
            place += 1
        return place

    def name_runs(self) -> list[TokenSpan]:
        """The spans that could be one name each: joined capitalised words, and the particles between them.

        A word in small letters that a hyphen joins to a capitalised one belongs to the run ("Jong-un").
        """
        roles = name_parts().roles
        runs: list[TokenSpan] = []
        start = end = -1
        for place, token in enumerate(self.tokens):
            can_join = start >= 0 and token.joined and not token.protected
            if token.capital and not token.protected and token.text[0].isalpha():
                if not can_join:
                    if start >= 0:
                        runs.append(self.span(start, end))
                    start = place
                end = place + 1
            elif can_join and token.hyphened and end == place:
                end = place + 1
            elif not (can_join and roles.get(token.folded) in SMALL):
                if start >= 0:
                    runs.append(self.span(start, end))
                start = -1
        if start >= 0:
            runs.append(self.span(start, end))
        return runs

    def moved(self, text: str, start: int) -> TokenisedText:
        """The tokens of a stretch as tokens of the whole `text`, which has the stretch from `start` on."""
        there = [
            TextToken(
                t.text, t.start + start, t.end + start, t.folded, t.joined, t.near, t.hyphened, t.opens, t.protected
            )
            for t in self.tokens
        ]
        there[0] = replace(there[0], opens=_opens(text, start, there[0].start))
        return TokenisedText(text, there)


@dataclass(frozen=True, slots=True)
class TokenSpan:
    """The tokens `first` up to `last` (half-open) of a text; never empty."""

    text: TokenisedText
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first

    @property
    def tokens(self) -> Sequence[TextToken]:
        """The tokens."""
        return self.text.tokens[self.first : self.last]

    @property
    def places(self) -> range:
        """The places of the tokens."""
        return range(self.first, self.last)

    @property
    def start(self) -> int:
        """Where the first token begins in the text."""
        return self.text.tokens[self.first].start

    @property
    def end(self) -> int:
        """Where the last token ends in the text."""
        return self.text.tokens[self.last - 1].end

    @property
    def surface(self) -> str:
        """The text from the first token to the last one, with what stands between them."""
        return self.text.text[self.start : self.end]

    @property
    def joined_before(self) -> TextToken | None:
        """The token before the span, if the span is joined to it."""
        tokens, first = self.text.tokens, self.first
        return tokens[first - 1] if first > 0 and tokens[first].joined else None

    @property
    def joined_behind(self) -> TextToken | None:
        """The token behind the span, if it is joined to the span."""
        tokens, last = self.text.tokens, self.last
        return tokens[last] if last < len(tokens) and tokens[last].joined else None

    @property
    def is_hyphened(self) -> bool:
        """Whether a hyphen joins the span to a token beside it."""
        tokens, last = self.text.tokens, self.last
        return tokens[self.first].hyphened or (last < len(tokens) and tokens[last].hyphened)


def tokenise(
    text: str,
    stretches: Sequence[tuple[int, int]] | None = None,
    protected: Sequence[tuple[int, int]] | None = None,
) -> TokenisedText:
    """The tokens of a text, or of some stretches of it; the first token of a stretch is joined to none before it.

    `protected` are the `protected_spans` of the text, if they are known already.
    """
    waiting = deque(protected_spans(text) if protected is None else protected)
    tokens: list[TextToken] = []
    for first, last in [(0, len(text))] if stretches is None else stretches:
        end = -1
        for word in words(text, first, last):
            while waiting and waiting[0][1] <= word.start:
                waiting.popleft()
            if end < 0:
                joined = near = hyphened = False
                opens = _opens(text, first, word.start)
            else:
                gap = text[end : word.start]
                dotted = gap.startswith(".") and not _is_abbreviation(tokens[-1].text)
                opens = dotted or any(c in gap for c in SENTENCE_OPENERS)
                joined = not dotted and _WITHIN_NAME.fullmatch(gap) is not None
                near = joined or gap in _NEAR or _SPACED_HYPHEN.fullmatch(gap) is not None
                hyphened = joined and gap in HYPHEN_SIGNS
            is_protected = bool(waiting) and waiting[0][0] < word.end
            tokens.append(
                TextToken(word.text, word.start, word.end, fold(word.text), joined, near, hyphened, opens, is_protected)
            )
            end = word.end
    if any(token.folded in parts_of_numbers() for token in tokens):
        tokens = _with_numbers_joined(text, tokens)
    return TokenisedText(text, tokens)


def _with_numbers_joined(text: str, tokens: Sequence[TextToken]) -> list[TextToken]:
    """The tokens with each number of two words as one, as in the normal form."""
    found: list[TextToken] = []
    whole = True
    for token in tokens:
        last = found[-1] if found else None
        if (
            last
            and whole
            and token.joined
            and token.protected == last.protected
            and are_one_number(last.folded, token.folded)
        ):
            found[-1] = replace(
                last, text=text[last.start : token.end], end=token.end, folded=last.folded + token.folded
            )
            whole = False
        else:
            found.append(token)
            whole = True
    return found


def without_spaced_hyphens(text: str) -> str:
    """The text with each hyphen or dash as an ASCII hyphen, without the space on either side of it."""
    return _SPACED_HYPHEN.sub("-", text)


@lru_cache(maxsize=_CACHED_WORDS)
def _has_capital(word: str) -> bool:
    return letters_script(word) not in CASED or any(c.isupper() for c in word)


def _opens(text: str, first: int, start: int) -> bool:
    """Whether the word at `start`, the first one from `first` on, opens a sentence, a line or a quotation."""
    end = _end_of_word(text, first)
    before, gap = text[_start_of_word(text, end) : end], text[end:start]
    return (
        before == ""
        or (gap.startswith(".") and not _is_abbreviation(before))
        or any(c in gap for c in SENTENCE_OPENERS)
    )


def _end_of_word(text: str, place: int) -> int:
    """Where the last letters or digits before `place` end; 0 if there are none."""
    while place > 0 and not text[place - 1].isalnum():
        place -= 1
    return place


def _start_of_word(text: str, place: int) -> int:
    """Where the letters and digits begin that end at `place`."""
    while place > 0 and text[place - 1].isalnum():
        place -= 1
    return place


def _is_abbreviation(word: str) -> bool:
    """Whether a stop after the word may belong to it: initials and short titles (J. Smith, Dr. Ahmad)."""
    return len(word) == 1 or name_parts().roles.get(fold(word)) == "honorific"
