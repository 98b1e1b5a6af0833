"""Names in scripts without spaces: a word is cut where its script changes, and around the names in it.

Particles, titles and other words stand directly beside a name there. Only names of the table, written exactly, are
found. Which characters may stand beside a name depends on its script and length, since any two characters may be part
of a longer name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from resolver.database.snapshot import Snapshot
from resolver.names.glued_parts import cut_glued
from resolver.names.scripts import FIRST_UNSPACED, UNSPACED, script_of
from resolver.text.tokenised_text import TextToken, TokenisedText


@dataclass(frozen=True, slots=True)
class UnspacedLimits:
    """Bounds on the names that are looked for within a word, in letters.

    A name may have letters of its own script beside it only if it is that of a person and has at least `min_letters`,
    or `min_alphabetic_letters` in a script that writes each sound, such as Thai. (大阪市 in 大阪市立大学 is another
    name.)
    """

    max_letters: int = 16
    min_letters: int = 3
    min_alphabetic_letters: int = 6


LIMITS = UnspacedLimits()

_SYLLABIC = frozenset({"Han", "Hiragana", "Katakana"})

_PARTICLES = frozenset(
    "은 는 이 가 을 를 의 에 와 과 도 로 만 씨 에서 에게 으로 이나 까지 부터 처럼 보다 에는 에도 와의 과의".split()
)
"""Particles that may follow a name in Hangul within the same word."""


def cut_unspaced(snapshot: Snapshot, text: TokenisedText) -> TokenisedText:
    """The text with each token cut that has letters of a script without spaces and is no name as a whole."""
    if all(token.text.isascii() or max(token.text) < FIRST_UNSPACED for token in text):
        return text
    cut = [part for t in text for part in (_cut(snapshot, t) if max(t.text) >= FIRST_UNSPACED else (t,))]
    return TokenisedText(text.text, cut)


def _cut(snapshot: Snapshot, token: TextToken) -> Iterator[TextToken]:
    if len(token.folded) != len(token.text) or token.protected or snapshot.begins(token.folded):
        yield token
        return
    place = 0
    for unspaced, letters in groupby(token.text, key=_is_unspaced):
        end = place + len(list(letters))
        if unspaced:
            for start, last in _cut_around_names(snapshot, token, place, end):
                yield from _words_of_form(snapshot, _part(token, start, last))
        else:
            yield _part(token, place, end)
        place = end


def _is_unspaced(letter: str) -> bool:
    return script_of(letter) in UNSPACED


def _part(token: TextToken, first: int, last: int) -> TextToken:
    """A part of a token as a token; only the first part is joined to the token before."""
    part = replace(
        token,
        text=token.text[first:last],
        start=token.start + first,
        end=token.start + last,
        folded=token.folded[first:last],
    )
    return part if first == 0 else replace(part, joined=False, near=False, hyphened=False, opens=False)


def _words_of_form(snapshot: Snapshot, part: TextToken) -> Iterator[TextToken]:
    """A part of a token as the words that it is in a form: without the legal form or title glued to a name."""
    words = cut_glued(part.folded)
    if len(words) == 1 or not all(map(snapshot.has_word, words)):
        yield part
        return
    place = 0
    for word in words:
        cut = _part(part, place, place + len(word))
        yield cut if place == 0 else replace(cut, joined=True, near=True)
        place += len(word)


def _cut_around_names(snapshot: Snapshot, token: TextToken, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The spans of the names in a part of a token, the longest from the left on, and those between them."""
    place = done = start
    while place < end:
        lasts = range(min(end, place + LIMITS.max_letters), place + 1, -1)
        last = next((last for last in lasts if _is_name(snapshot, token, place, last)), 0)
        if last:
            yield from _katakana_runs(token, done, place)
            yield place, last
            done = last
        place = last or place + 1
    yield from _katakana_runs(token, done, end)


def _katakana_runs(token: TextToken, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The spans of Katakana in a part of a token without names, each of which may be a word of a name, and the rest."""
    for _, letters in groupby(range(start, end), key=lambda place: script_of(token.text[place]) == "Katakana"):
        places = list(letters)
        yield places[0], places[-1] + 1


def _is_name(snapshot: Snapshot, token: TextToken, first: int, last: int) -> bool:
    """Whether a part of a token is a name (in Hangul, a word of one), and nothing beside it makes it a longer one."""
    words = cut_glued(token.folded[first:last])
    if not all(map(snapshot.has_word, words)):
        return False
    before, behind = token.text[:first], token.text[last:]
    scripts = {script_of(letter) for letter in token.text[first:last]}
    if scripts == {"Hangul"}:  # which has spaces between words
        return not before and behind in _PARTICLES
    owners = snapshot.named(" ".join(words))
    if not owners:
        return False
    beside = {script_of(letter) for letter in (before[-1:], behind[:1]) if letter}
    if "Katakana" in beside and "Katakana" in scripts:
        return False
    if not beside & scripts:
        return True
    min_letters = LIMITS.min_letters if scripts <= _SYLLABIC else LIMITS.min_alphabetic_letters
    return last - first >= min_letters and all(entity.type == "person" for entity, _ in owners)
