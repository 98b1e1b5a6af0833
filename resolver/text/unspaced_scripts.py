"""Names in scripts that write no spaces: a run of letters is cut where its script changes, and around the names in it.

Particles, titles and other words stand beside a name there with nothing between. Names are those of the table, written
exactly; which neighbours a name may have goes by its script and length, since any two signs may be part of a longer
name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from resolver.database.snapshot import Snapshot
from resolver.names.scripts import UNSPACED, script_of
from resolver.text.text_tokens import TextWord

LONGEST = 16
"""The longest name that is looked for, in letters."""

LEAST, LEAST_ALPHABETIC = 3, 6
"""The shortest name of a person, in letters, that may have letters of its own script beside it; the second is for Thai
and others that write each sound. Other entities may have none beside them: 大阪市 in 大阪市立大学 is another name."""

_FIRST = "\u0e00"
"""Before it in Unicode stands no script without spaces."""

_SIGNS = frozenset({"Han", "Hiragana", "Katakana"})

_PARTICLES = frozenset(
    "은 는 이 가 을 를 의 에 와 과 도 로 만 씨 에서 에게 으로 이나 까지 부터 처럼 보다 에는 에도 와의 과의".split()
)
"""What may stand behind a name in Hangul, in the same word."""


def cut_words(store: Snapshot, found: Sequence[TextWord]) -> Sequence[TextWord]:
    """The words of a text, those cut that have letters of a script without spaces and are no name as they are."""
    if all(word.text.isascii() or max(word.text) < _FIRST for word in found):
        return found
    return [piece for word in found for piece in (_pieces(store, word) if max(word.text) >= _FIRST else (word,))]


def _pieces(store: Snapshot, word: TextWord) -> Iterator[TextWord]:
    if len(word.folded) != len(word.text) or word.protected or store.begins(word.folded):
        yield word
        return
    place = 0
    for unspaced, letters in groupby(word.text, key=_is_unspaced):
        end = place + len(list(letters))
        if unspaced:
            for start, last in _around_names(store, word, place, end):
                yield _piece(word, start, last)
        else:
            yield _piece(word, place, end)
        place = end


def _is_unspaced(letter: str) -> bool:
    return script_of(letter) in UNSPACED


def _piece(word: TextWord, first: int, last: int) -> TextWord:
    """A part of a word as a word: the first one is joined to the word before as the whole was."""
    part = replace(
        word,
        text=word.text[first:last],
        start=word.start + first,
        end=word.start + last,
        folded=word.folded[first:last],
    )
    return part if first == 0 else replace(part, joined=False, near=False, hyphened=False, opens=False)


def _around_names(store: Snapshot, word: TextWord, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The names in a part of a word, the longest from the left on, and what is between them."""
    place = done = start
    while place < end:
        lasts = range(min(end, place + LONGEST), place + 1, -1)
        last = next((last for last in lasts if _is_name(store, word, place, last)), 0)
        if last:
            yield from _runs(word, done, place)
            yield place, last
            done = last
        place = last or place + 1
    yield from _runs(word, done, end)


def _runs(word: TextWord, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A part of a word without names: what is Katakana, and may be one of the words of a name, and what is not."""
    for _, letters in groupby(range(start, end), key=lambda place: script_of(word.text[place]) == "Katakana"):
        places = list(letters)
        yield places[0], places[-1] + 1


def _is_name(store: Snapshot, word: TextWord, first: int, last: int) -> bool:
    """Whether a part of a word is a name (in Hangul, a word of one) that nothing beside it makes a longer one of."""
    exact = word.folded[first:last]
    if not store.has_word(exact):
        return False
    before, behind = word.text[:first], word.text[last:]
    scripts = {script_of(letter) for letter in word.text[first:last]}
    if scripts == {"Hangul"}:  # which writes spaces between words
        return not before and behind in _PARTICLES
    owners = store.named(exact)
    if not owners:
        return False
    beside = {script_of(letter) for letter in (before[-1:], behind[:1]) if letter}
    if "Katakana" in beside and "Katakana" in scripts:
        return False
    if not beside & scripts:
        return True
    least = LEAST if scripts <= _SIGNS else LEAST_ALPHABETIC
    return last - first >= least and all(entity.type == "person" for entity, _ in owners)
