"""The words of a running text and the runs of them that could be names."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import regex

from resolver.infra.arrays import Buffer, zeros
from resolver.infra.packaged_data import read_table
from resolver.names.folding import fold, letters_script
from resolver.names.name_parts import SMALL, name_parts
from resolver.names.scripts import CASED
from resolver.names.tokens import words
from resolver.text.scanner import code_points, find_signs

# Addresses, handles, templates and markup: what looks like a name in there is none.
# Repetitions are bounded, so that no text takes more than linear time.
_MARKUP = regex.compile(r"\{\{[^{}\n]{0,500}\}\} | </?[A-Za-z][^<>]{0,1000}>", regex.VERBOSE)
_ADDRESS = regex.compile(
    r"""(?:https?|ftp)://\S+ | www\.\S+ | (?<![^\s@])[^\s@]{1,64}@[^\s@]{1,255}\.[^\s@]+
      | (?<![\p{L}\p{N}])[@\#][\p{L}\p{N}_]+
      | (?<![\p{L}\p{N}.-])[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){0,6}
          \.(?:com|org|net|edu|gov|info|io|co|uk|ru|cn|jp|de|fr)\b(?:/\S*)?
    """,
    regex.VERBOSE,
)
_BLANK = re.compile(r"\s")
_WITHIN_NAME = regex.compile(r"(?:[ \u00a0\u202f]\u200b*)?|[-‐‑–]|\.[ \u00a0]?|[·・]")
HYPHENS = frozenset("-‐‑")
_OPENING = '\n?!:;“"«('
_NEAR = frozenset({". ", ", ", ".", ","})
_SPACED_HYPHEN = regex.compile(r" ?[-‐‑–] ?")
_BEFORE_LEGAL_FORM = regex.compile(r",?[ \u00a0]|\.,?[ \u00a0]")


@dataclass(frozen=True, slots=True)
class TextWord:
    """A word of a text with what decides whether it can be part of a name.

    `joined` says that only what stands inside names (a space, a hyphen, a stop after an initial) separates it from
    the word before it, `near` that at most a comma, a stop or a hyphen and spaces do, `hyphened` that a hyphen does;
    `opens` that it is the first word of a sentence or a line; `protected` that it is in an address, a tag or markup.
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
        """Whether it begins with a capital, or has one inside (iPhone), or its script has no case."""
        return letters_script(self.text) not in CASED or any(c.isupper() for c in self.text)


def without_spaced_hyphens(text: str) -> str:
    """The text with plain hyphens, and no space beside them."""
    return _SPACED_HYPHEN.sub("-", text)


@cache
def common_words() -> frozenset[str]:
    """Words that are hardly ever names by themselves: `data/common_words.tsv`, and the titles and generic parts."""
    listed = {row["word"] for row in read_table("common_words.tsv")}
    return frozenset(listed | {part for part, role in name_parts().roles.items() if role not in SMALL})


def protected_spans(text: str, codes: Buffer | None = None) -> list[tuple[int, int]]:
    """Where addresses, tags and markup are, in order, none with a place in common with another; `codes` are the text's
    code points, if they are known already."""
    if codes is None:
        codes = code_points(text)
    signs = zeros("i", len(codes))
    found: list[tuple[int, int]] = []
    after_markup = after_address = 0
    for place in signs[: find_signs(codes, signs)]:
        if text[place] in "<{":
            markup = _MARKUP.match(text, place) if place >= after_markup else None
            if markup is not None:
                found.append(markup.span())
                after_markup = markup.end()
        elif place >= after_address:  # an address has no blanks, so it is in the piece around its sign
            start, after_address = _piece(text, place, after_address)
            found += [(start + first, start + last) for first, last in _addresses(text[start:after_address])]
    apart: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


@lru_cache(maxsize=1 << 12)
def _addresses(piece: str) -> list[tuple[int, int]]:
    """Where addresses are in what is between two blanks."""
    return [match.span() for match in _ADDRESS.finditer(piece)]


def _piece(text: str, place: int, after: int) -> tuple[int, int]:
    """What is between blanks around a place, from another place on."""
    start = place
    while start > after and not text[start - 1].isspace():
        start -= 1
    match = _BLANK.search(text, place)
    return start, match.start() if match else len(text)


def text_words(
    text: str,
    stretches: Sequence[tuple[int, int]] | None = None,
    protected: Sequence[tuple[int, int]] | None = None,
) -> list[TextWord]:
    """The words of a text, in order, or those in some stretches of it, which are joined to none outside.

    `protected` is what `protected_spans` finds, if that is known already.
    """
    shut = deque(protected_spans(text) if protected is None else protected)
    found: list[TextWord] = []
    for first, last in [(0, len(text))] if stretches is None else stretches:
        end = -1
        for word in words(text, first, last):
            while shut and shut[0][1] <= word.start:
                shut.popleft()
            if end < 0:
                joined = near = hyphened = False
                opens = _opens(text, first, word.start)
            else:
                gap = text[end : word.start]
                dotted = gap.startswith(".") and not _is_abbreviation(found[-1].text)
                opens = dotted or any(c in gap for c in _OPENING)
                joined = not dotted and _WITHIN_NAME.fullmatch(gap) is not None
                near = joined or gap in _NEAR or _SPACED_HYPHEN.fullmatch(gap) is not None
                hyphened = joined and gap in HYPHENS
            closed = bool(shut) and shut[0][0] < word.end
            found.append(
                TextWord(word.text, word.start, word.end, fold(word.text), joined, near, hyphened, opens, closed)
            )
            end = word.end
    return found


def moved(found: Sequence[TextWord], text: str, start: int) -> list[TextWord]:
    """The words of a stretch by itself as words of a text that has it from a place on."""
    there = [
        TextWord(w.text, w.start + start, w.end + start, w.folded, w.joined, w.near, w.hyphened, w.opens, w.protected)
        for w in found
    ]
    there[0] = replace(there[0], opens=_opens(text, start, there[0].start))
    return there


def _opens(text: str, first: int, start: int) -> bool:
    """Whether the word from `start` on, the first one from `first` on, is the first word of a sentence or a line."""
    end = _end_of_word(text, first)
    before, gap = text[_start_of_word(text, end) : end], text[end:start]
    return before == "" or (gap.startswith(".") and not _is_abbreviation(before)) or any(c in gap for c in _OPENING)


def _end_of_word(text: str, place: int) -> int:
    """Where the last word before a place ends; 0 without any."""
    while place > 0 and not text[place - 1].isalnum():
        place -= 1
    return place


def _start_of_word(text: str, place: int) -> int:
    """Where the letters begin that end at a place."""
    while place > 0 and text[place - 1].isalnum():
        place -= 1
    return place


def _is_abbreviation(word: str) -> bool:
    """Whether a stop after the word may belong to it: initials and short titles (J. Smith, Dr. Ahmad)."""
    return len(word) == 1 or name_parts().roles.get(fold(word)) == "honorific"


def legal_form_end(text: str, found: Sequence[TextWord], after: int) -> int:
    """The index past the legal forms ("Co., Ltd") that follow the word before `after`; `after` without any."""
    roles = name_parts().roles
    place = after
    while place < len(found):
        word = found[place]
        gap = text[found[place - 1].end : word.start]
        legal = roles.get(word.folded) == "legal" and word.text[0].isupper() and not word.protected
        if not legal or _BEFORE_LEGAL_FORM.fullmatch(gap) is None or (gap[0] == "." and place == after):
            break
        place += 1
    return place


def name_runs(found: Sequence[TextWord]) -> list[tuple[int, int]]:
    """Half-open index ranges of words that could be one name: joined capitalised words, and particles between them.

    A word in small letters that a hyphen joins to a capitalised one belongs to it ("Jong-un").
    """
    roles = name_parts().roles
    runs: list[tuple[int, int]] = []
    start = end = -1
    for place, word in enumerate(found):
        can_join = start >= 0 and word.joined and not word.protected
        if word.capital and not word.protected and word.text[0].isalpha():
            if not can_join:
                _close(runs, start, end)
                start = place
            end = place + 1
        elif can_join and word.hyphened and end == place:
            end = place + 1
        elif not (can_join and roles.get(word.folded) in SMALL):
            _close(runs, start, end)
            start = -1
    _close(runs, start, end)
    return runs


def _close(runs: list[tuple[int, int]], start: int, end: int) -> None:
    if start >= 0:
        runs.append((start, end))
