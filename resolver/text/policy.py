"""The rewriting policy: what a mention becomes, and why. A form that is accepted stays.

`variants` corrects only distorted forms; `canonical` also replaces every other name of an entity by its canonical name.
Neither touches a `weak` alias.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from resolver.names.folding import fold
from resolver.names.known_words import COMMON, how_known
from resolver.names.name_parts import name_parts
from resolver.names.scripts import script_of_text
from resolver.names.tokens import words
from resolver.records import CANONICAL, Alias, Entity
from resolver.settings import Settings
from resolver.text.common_words import common_words
from resolver.text.tokenised_text import HYPHEN_SIGNS

MAX_ACRONYM_LETTERS = 3
"""A longer word in capitals may be a name in a heading."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """The text that replaces a mention, and the reason in words."""

    after: str
    reason: str


def is_accepted(alias: Alias, settings: Settings) -> bool:
    """Whether the alias is correct as it stands in texts of the settings' language.

    A Latin-script alias marked with another language is not ("Moskau" in an English text).
    """
    if alias.kind in ("variant", "weak"):
        return False
    return _in_language(alias, settings) or script_of_text(alias.name) != "Latin"


def _in_language(alias: Alias, settings: Settings) -> bool:
    language = settings.language
    return not alias.lang or alias.lang == language or alias.lang.startswith(language + "-")


def accepted_like(entity: Entity, surface: str, settings: Settings) -> Alias | None:
    """The accepted name of the entity that is nearest to `surface` by edit distance; None if there is none.

    Only names in the language of the texts and the script of `surface` count: a Bulgarian spelling is no distortion of
    a Russian one.
    """
    script = script_of_text(surface)
    names = [Alias(entity.name, "", CANONICAL), *entity.known_aliases]
    fitting = [
        alias
        for alias in names
        if is_accepted(alias, settings) and _in_language(alias, settings) and script_of_text(alias.name) == script
    ]
    return min(fitting, key=lambda a: Indel.distance(a.name.casefold(), surface.casefold()), default=None)


def replacement_of_exact(
    surface: str, entity: Entity, aliases: Iterable[Alias], settings: Settings
) -> Replacement | None:
    """The replacement of a mention whose normal form is that of these aliases of the entity; None if it stays."""
    aliases = list(aliases)
    equal = [alias for alias in aliases if alias.name == surface]
    same = next((alias for alias in equal if is_accepted(alias, settings)), equal[0] if equal else None)
    if all(alias.kind == "weak" for alias in ([same] if same else aliases)):
        return None
    if settings.policy == "canonical" and not same_letters(surface, entity.name):
        return _to_canonical(surface, entity, aliases)
    if same is not None:
        if is_accepted(same, settings) or _foreign_word(same):
            return None
        return Replacement(entity.name, f"listed as a {same.kind or same.lang} form of {entity.name}")
    accepted = [alias for alias in aliases if is_accepted(alias, settings)]
    if not accepted:
        return _unify(surface, entity, aliases)
    target = min(accepted, key=lambda alias: Indel.distance(alias.name, surface)).name
    if surface.isascii() and not target.isascii() and (how_known(fold(surface)) == COMMON or _is_acronym(surface)):
        return None  # "We", "Canada" and "SEC" need no accents, whatever is called Wé, Cañada and Seč
    if surface.isupper():
        after = target.upper()
        return None if after in (surface, surface.replace(".", "")) else Replacement(after, f"spelling of {target}")
    if surface.casefold() != target.casefold():
        return Replacement(target, f"spelling of {target}")
    return Replacement(target, f"case of {target}") if _case_is_wrong(surface, target) else None


def _foreign_word(alias: Alias) -> bool:
    """Whether the alias is a single word of another language, which may as well be some other name or word."""
    return alias.kind != "variant" and len(alias.name.split()) == 1


def _to_canonical(surface: str, entity: Entity, aliases: list[Alias]) -> Replacement | None:
    """The canonical name in place of another one, with the article that only the other has; None if they are equal."""
    shout = surface.isupper() and not any(alias.name.isupper() for alias in aliases)
    article = surface[:4] if surface[:4].casefold() == "the " and not entity.name.startswith("The ") else ""
    after = article + (entity.name.upper() if shout else entity.name)
    return None if same_letters(after, surface) else Replacement(after, f"a name of {entity.name}")


def _unify(surface: str, entity: Entity, aliases: list[Alias]) -> Replacement | None:
    """The canonical name in place of a listed variant in another case; None if no alias is a variant."""
    variant = next((alias for alias in aliases if alias.kind == "variant"), None)
    if variant is None:
        return None
    after = entity.name.upper() if surface.isupper() and not variant.name.isupper() else entity.name
    return Replacement(after, f"like {variant.name}, a variant form of {entity.name}")


def _is_acronym(surface: str) -> bool:
    return surface.isupper() and len(surface) <= MAX_ACRONYM_LETTERS


def same_letters(one: str, other: str) -> bool:
    """Whether two surfaces differ only in case, accents and punctuation."""
    return [fold(word.text) for word in words(one)] == [fold(word.text) for word in words(other)]


def _case_is_wrong(surface: str, target: str) -> bool:
    """Whether a word has lost or gained capitals inside, or a later word wrongly begins with one.

    "Softbank" and "Charles De Gaulle" are so. A whole word in small letters in the text, or all of them in the table,
    is style.
    """
    for place, (written, right) in enumerate(zip(surface.split(), target.split(), strict=True)):
        if written == right or written.islower() or (right.islower() and (place == 0 or target.islower())):
            continue
        if written.isupper() and (len(written) <= MAX_ACRONYM_LETTERS or surface.isupper()):
            continue
        if right.isupper() and fold(right) in common_words():
            continue
        return True
    return False


def counts_as_mention(surface: str, aliases: Iterable[Alias]) -> bool:
    """Whether the case of a surface allows it to be a name at all: "us" and "Who" are no country and no agency."""
    names = [alias.name for alias in aliases]
    if surface in names:
        return True
    if surface.islower():
        return False
    if any(
        word.text.islower()
        and fold(word.text) not in name_parts().roles
        and surface[word.start - 1 : word.start] not in HYPHEN_SIGNS
        for word in words(surface)
    ):
        return False  # "Russia today": a word in small letters is part of a name only where many names have it
    title = surface[:1].isupper() and not surface.isupper()
    if title and all(name.isupper() for name in names):
        return len(surface) > 2 and fold(surface) not in common_words()
    return True


def in_case_of(name: str, surface: str) -> str:
    """The name, in capitals if the surface is, as in a heading; a surface of three letters or fewer tells nothing."""
    shouted = surface.isupper() and sum(c.isalpha() for c in surface) > MAX_ACRONYM_LETTERS and not name.isupper()
    return name.upper() if shouted else name
