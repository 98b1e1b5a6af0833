"""Guards: what words that are like a name can never be a distorted form of it, whatever else speaks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from resolver.names.folding import letters_script
from resolver.names.known_words import COMMON, how_known
from resolver.names.name_parts import SMALL
from resolver.names.normal_form import NormalForm
from resolver.records import TokenMatch
from resolver.settings import Settings
from resolver.sound.name_lexicon import EQUATED_SIMILARITY, is_short_form
from resolver.text.text_tokens import common_words

LEAST_MATCH = 0.6
"""A lone token, or one of a person's name, is at least this similar to what it stands for."""

LONGEST_ENDING = 3
"""Words of an inflecting language that differ only in so many last letters are forms of one word."""

_ENDINGS = {"en": "", **dict.fromkeys("af ca da de es fr gl it nb nl nn no pt sv".split(), "s")}
"""The endings of names in languages written in Latin letters that have no others."""

# Endings that make another word of a name (Iraqi, Costa Rican); they are no distortion of it.
_AFTER_NAME = regex.compile("s|es|i|is|n|ns|ans?|ians?|eans?|ese|ish|ic|ers?")
_FOR_LAST_VOWEL = regex.compile("ans?|ians?|eans?|ese|ish|ic")


@dataclass(frozen=True, slots=True)
class Distortion:
    """How a mention may distort a name: the matches of their tokens, as `pairs` with what is written and what is right;
    which tokens of the name are lacking; and whether it is sure, since no token is wrong but another particle."""

    mention: NormalForm
    name: NormalForm
    matches: tuple[TokenMatch, ...]
    pairs: tuple[tuple[str, str, TokenMatch], ...]
    missing: frozenset[int]
    is_sure: bool

    @property
    def is_swapped(self) -> bool:
        """Whether the words stand in another order than in the name."""
        places = [match.name for match in sorted(self.matches, key=lambda match: match.mention)]
        return places != sorted(places)


def distortion_of(
    entity_type: str, mention: NormalForm, name: NormalForm, matches: tuple[TokenMatch, ...], settings: Settings
) -> Distortion | None:
    """The distortion of the name that the mention may be; None where a guard forbids it."""
    if not matches:
        return None
    used = {place for match in matches for place in match.mention}
    inside = [place for place in range(min(used), max(used)) if place not in used]
    if any(mention.roles[place] == "name" for place in inside):
        return None
    pairs = tuple((_joined(mention, match.mention), _joined(name, match.name), match) for match in matches)
    wrong = [pair for pair in pairs if pair[0] != pair[1]]
    missing = frozenset(range(len(name.tokens))) - {place for match in matches for place in match.name}
    if not wrong:
        split = any(len(match.mention) != len(match.name) for match in matches)
        if split and all(how_known(token) == COMMON for token in mention.tokens):
            return None  # "But I" is not Buti
        if split or _other_particles(mention, name, inside, missing):
            return Distortion(mention, name, matches, pairs, missing, is_sure=True)
        return None
    alone = entity_type == "person" or len(mention.tokens) == 1
    if alone and any(match.similarity < LEAST_MATCH for _, _, match in wrong):
        return None
    lost = entity_type == "org" and len(pairs) > 1 and not missing and _lacks_ending(wrong)
    if lost:
        return Distortion(mention, name, matches, pairs, missing, is_sure=True)
    if any(c.isdigit() for left, right, _ in wrong for c in left + right):
        return None
    if all(is_other_word(left, right) for left, right, _ in wrong):
        return None
    if len(used) == 1 and any(is_other_word(mention.tokens[0], token) for token in name.tokens):
        return None
    if all(match.similarity == EQUATED_SIMILARITY and is_short_form(left, right) for left, right, match in wrong):
        return None  # Dave is no distortion of David, but Olga is one of Olha
    endings = _endings(mention, settings)
    if any(_is_inflected(left, right, endings) for left, right in _written(mention, name, matches)):
        return None
    if len(used) == 1 and any(name.roles[place] == "name" for place in missing):
        return None
    if entity_type == "person" and not _only_inside(missing, matches):
        return None
    return Distortion(mention, name, matches, pairs, missing, is_sure=False)


def is_other_word(written: str, right: str) -> bool:
    """Whether what is written is not a distortion but another number, common word, or a derivation ("Rican")."""
    if any(c.isdigit() for c in written + right):
        return True
    if written in common_words() and right in common_words():
        return True
    return any(
        stem != "" and written.startswith(stem) and suffix.fullmatch(written, len(stem)) is not None
        for stem, suffix in ((right, _AFTER_NAME), (right.rstrip("aeiouy"), _FOR_LAST_VOWEL))
    )


def _lacks_ending(wrong: Sequence[tuple[str, str, TokenMatch]]) -> bool:
    """Whether one word lacks its last letters: beside the right rest of a company's name that is a slip."""
    (written, right, _), *more = wrong
    return not more and len(written) >= 4 and right.startswith(written) and len(right) - len(written) <= 2


def _endings(mention: NormalForm, settings: Settings) -> str | None:
    """The endings that names have in the language of the text, as far as it is known: none in English, an s in some
    languages; None when they may be any."""
    return _ENDINGS.get(settings.language.split("-")[0]) if letters_script(mention.exact) == "Latin" else None


def _written(mention: NormalForm, name: NormalForm, matches: tuple[TokenMatch, ...]) -> list[tuple[str, str]]:
    """The matched tokens as they are written, in their own script."""
    left, right = mention.exact.split(" "), name.exact.split(" ")
    return [("".join(left[i] for i in m.mention), "".join(right[i] for i in m.name)) for m in matches]


def _is_inflected(written: str, right: str, endings: str | None) -> bool:
    """Whether two words differ only in their endings, of which one that names have is to be kept."""
    if endings is not None:
        return endings != "" and written.endswith(endings) and not right.endswith(endings)
    same = next(
        (i for i, (a, b) in enumerate(zip(written, right, strict=False)) if a != b), min(len(written), len(right))
    )
    return written != right and same >= 2 and max(len(written), len(right)) - same <= LONGEST_ENDING


def _only_inside(missing: frozenset[int], matches: tuple[TokenMatch, ...]) -> bool:
    """Whether all that the mention lacks stands between parts that it has: a middle name, but no surname."""
    places = [place for match in matches for place in match.name]
    return all(min(places) < place < max(places) for place in missing)


def _other_particles(mention: NormalForm, name: NormalForm, inside: list[int], missing: frozenset[int]) -> bool:
    """Whether only particles inside differ ("Court for Human Rights"), and nothing else of the name is lacking."""
    particles = all(name.roles[place] in SMALL for place in missing)
    return particles and len(missing) == len(inside) > 0 and all(mention.roles[p] in SMALL for p in inside)


def _joined(form: NormalForm, places: tuple[int, ...]) -> str:
    return "".join(form.tokens[place] for place in places)
