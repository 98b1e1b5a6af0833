"""The normal form, by which mentions and aliases are compared. Both are normalised here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from resolver.names.distinguishing_marks import join_numbers, parts_of_numbers
from resolver.names.folding import fold, romanise
from resolver.names.glued_parts import cut_glued
from resolver.names.life_dates import with_life_dates_marked
from resolver.names.markup import without_markup
from resolver.names.name_parts import NAME, name_parts, roles_of, spelled_letters
from resolver.names.shorthand import without_shorthand
from resolver.names.tokens import Word, plain_words, words
from resolver.names.written_form import written_form

RULES_VERSION = 6
"""The version of the rules: raise it when the normal form or the search keys of any text change."""


@dataclass(frozen=True, slots=True)
class NormalForm:
    """The normal form of a name.

    `exact` is the folded words in their own script with single spaces; `core` is `exact` without the legal forms and
    titles at its ends; `tokens` are the romanised words, `roles` their roles. `written` are the words with their
    accents and variant letters, empty if they have none.
    """

    exact: str
    core: str
    tokens: tuple[str, ...]
    roles: tuple[str, ...]
    written: tuple[str, ...] = ()

    @property
    def joined(self) -> str:
        """The tokens, concatenated."""
        return "".join(self.tokens)


EMPTY = NormalForm("", "", (), ())


def normal_form(surface: str) -> NormalForm:
    """The normal form of a name as written; EMPTY if it has no letter or digit."""
    plain = plain_words(surface)
    written: tuple[str, ...] = ()
    if plain is None:
        found = list(_folded_words(surface))
        exact = tuple(join_numbers([word for word, _ in found]))
        tokens = tuple([part if part.isascii() else romanise(part) for part in exact])
        if len(exact) == len(found):
            written = tuple([word for _, word in found])
    else:
        if not parts_of_numbers().isdisjoint(plain):
            plain = join_numbers(plain)
        exact = tokens = tuple(plain)
    if not tokens:
        return EMPTY
    if plain is not None and name_parts().special.isdisjoint(exact):
        whole = " ".join(exact)
        return NormalForm(whole, whole, tokens, (NAME,) * len(exact))
    acronym = spelled_letters(tokens)
    if acronym:
        return NormalForm(acronym, acronym, (acronym,), roles_of((acronym,)))
    roles = roles_of(exact)
    start, end = core_span(roles)
    whole = " ".join(exact)
    core = whole if end - start == len(exact) else " ".join(exact[start:end])
    return NormalForm(whole, core, tokens, roles, () if written == exact else written)


def _folded_words(surface: str) -> Iterator[tuple[str, str]]:
    """The words of any name, folded and as written: without markup and shorthand, cut where a part of it is glued."""
    if "&" in surface or "%" in surface:
        surface = without_markup(surface)
    if "(" in surface or "[" in surface or "（" in surface:
        surface = with_life_dates_marked(surface)
    if not surface.isascii():
        surface = without_shorthand(surface)
    for word in words(surface):
        folded = fold(word.text)
        if not folded:
            continue
        parts = (folded,) if folded.isascii() else cut_glued(folded)
        if len(parts) == 1:
            yield folded, written_form(word.text)
        else:
            yield from zip(parts, parts, strict=True)


def words_of_tokens(surface: str) -> list[Word]:
    """The words, as written, that the tokens of the normal form of `surface` stand for, one for each.

    Empty if the tokens are not the words in their order: for letters read aloud, markup and shorthand.
    """
    written = [word for word in words(surface) if fold(word.text)]
    tokens, folded = normal_form(surface).exact.split(" "), [fold(word.text) for word in written]
    if tokens == folded:
        return written
    if "".join(tokens) != "".join(folded):
        return []
    places = [
        (word.start + place, word.start + place + 1) if len(letters) == len(word.text) else (word.start, word.end)
        for word, letters in zip(written, folded, strict=True)
        for place in range(len(letters))
    ]  # of each folded letter in the surface
    found, first = [], 0
    for token in tokens:
        start, end = places[first][0], places[first + len(token) - 1][1]
        found.append(Word(surface[start:end], start, end))
        first += len(token)
    return found


def core_span(roles: tuple[str, ...]) -> tuple[int, int]:
    """The half-open span of the tokens without legal forms and titles at the ends, and notes behind."""
    start, end = 0, len(roles)
    while end > 1 and roles[end - 1] == "honorific":  # a title that may stand behind a name
        end -= 1
    while end > 1 and roles[end - 1] == "legal":
        end -= 1
    while start < end - 1 and roles[start] in ("honorific", "legal"):
        start += 1
    return start, end
