"""Guards: rules by which words that resemble a name are never a distorted form of it, whatever else speaks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from resolver.names.distinguishing_marks import mark_of
from resolver.names.folding import letters_script
from resolver.names.known_words import COMMON, how_known
from resolver.names.name_parts import SMALL
from resolver.names.normal_form import NormalForm
from resolver.records import TokenMatch
from resolver.settings import Settings
from resolver.sound.name_lexicon import EQUATED_SIMILARITY, is_short_form
from resolver.text.common_words import common_words

MIN_TOKEN_SIMILARITY = 0.6
"""The least similarity of a lone token, or of a token of a person's name, to the token that it stands for."""

MAX_ENDING_LETTERS = 3
"""Words of an inflecting language that differ only in this many last letters, or fewer, are forms of one word."""

_ENDINGS = {"en": "", **dict.fromkeys("af ca da de es fr gl it nb nl nn no pt sv".split(), "s")}
"""The endings that names take, by language; of the languages in Latin letters in which names take no others."""

# Endings that make another word of a name (Iraqi, Costa Rican); they are no distortion of it.
_AFTER_NAME = regex.compile("s|es|i|is|n|ns|ans?|ians?|eans?|ese|ish|ic|ers?")
_FOR_LAST_VOWEL = regex.compile("ans?|ians?|eans?|ese|ish|ic")


@dataclass(frozen=True, slots=True)
class Distortion:
    """A way in which a mention may distort a name.

    `matches` aligns their tokens; `pairs` has what is written and what is right for each match. `missing` are the
    places of the tokens of the name that the mention lacks. `is_sure` says that no token is wrong except particles.
    """

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
    """The way in which the mention distorts the name; None if a guard forbids it."""
    if not matches:
        return None
    used = {place for match in matches for place in match.mention}
    inside = [place for place in range(min(used), max(used)) if place not in used]
    if any(mention.roles[place] == "name" for place in inside):
        return None
    pairs = tuple((_joined(mention, match.mention), _joined(name, match.name), match) for match in matches)
    wrong = [pair for pair in pairs if pair[0] != pair[1]]
    missing = frozenset(range(len(name.tokens))) - {place for match in matches for place in match.name}
    bridged = any(mention.roles[place] == "linking" for place in inside)
    if bridged and not any(name.roles[place] in SMALL for place in missing):
        return None  # "Shinzo Abbe and Shinzo Abbe"
    if not wrong:
        split = any(len(match.mention) != len(match.name) for match in matches)
        if split and all(how_known(token) == COMMON for token in mention.tokens):
            return None  # "But I" is not Buti
        if split or _other_particles(mention, name, inside, missing):
            return Distortion(mention, name, matches, pairs, missing, is_sure=True)
        return None
    alone = entity_type == "person" or len(mention.tokens) == 1
    if alone and any(match.similarity < MIN_TOKEN_SIMILARITY for _, _, match in wrong):
        return None
    lost = entity_type == "org" and len(pairs) > 1 and not missing and _lacks_ending(wrong)
    if lost:
        return Distortion(mention, name, matches, pairs, missing, is_sure=True)
    if any(c.isdigit() for left, right, _ in wrong for c in left + right):
        return None
    if all(is_other_word(left, right) for left, right, _ in wrong):
        return None
    if any(_is_joined_of_common(mention, match) for _, _, match in wrong):
        return None
    if len(used) == 1 and any(is_other_word(mention.tokens[0], token) for token in name.tokens):
        return None
    if all(_is_short_form(left, right, match.similarity) for left, right, match in wrong):
        return None  # Dave is no distortion of David, but Olga is one of Olha
    endings = _endings(mention, settings)
    if any(_is_inflected(left, right, endings) for left, right in _written(mention, name, matches)):
        return None
    if len(used) == 1 and any(name.roles[place] == "name" for place in missing):
        return None
    if entity_type == "person" and not _only_inside(missing, matches):
        return None
    return Distortion(mention, name, matches, pairs, missing, is_sure=False)


def _is_short_form(written: str, right: str, similarity: float) -> bool:
    """Whether one of two words is a listed short form of the other, and they match as such, not as they sound."""
    matched_so = similarity == EQUATED_SIMILARITY or mark_of(written) == mark_of(right) != 0
    return matched_so and is_short_form(written, right)


def is_other_word(written: str, right: str) -> bool:
    """Whether `written` is another number or common word than `right`, or a word derived from it ("Rican")."""
    if not (written.isalpha() and right.isalpha()) and any(c.isdigit() for c in written + right):
        return True
    if written in common_words() and right in common_words():
        return True
    if right and written.startswith(right) and _AFTER_NAME.fullmatch(written, len(right)):
        return True
    stem = right.rstrip("aeiouy")
    return stem != "" and written.startswith(stem) and _FOR_LAST_VOWEL.fullmatch(written, len(stem)) is not None


def is_derived(mention: NormalForm, name: NormalForm) -> bool:
    """Whether a word of the mention is derived from one of the name ("Saudi Arabian"), or is another number."""
    return any(
        written != right and is_other_word(written, right) for written in mention.tokens for right in name.tokens
    )


def _is_joined_of_common(mention: NormalForm, match: TokenMatch) -> bool:
    """Whether several common words are matched with one word ("A BBC" with "ABC"): they are words of their own."""
    return len(match.mention) > 1 and all(how_known(mention.tokens[place]) == COMMON for place in match.mention)


def _lacks_ending(wrong: Sequence[tuple[str, str, TokenMatch]]) -> bool:
    """Whether only one word is wrong, and it lacks its last one or two letters: in the name of a company, a slip."""
    (written, right, _), *more = wrong
    return not more and len(written) >= 4 and right.startswith(written) and len(right) - len(written) <= 2


def _endings(mention: NormalForm, settings: Settings) -> str | None:
    """The endings that names take in the language of the text: "" for none (English), "s"; None if they may be any."""
    return _ENDINGS.get(settings.language.split("-")[0]) if letters_script(mention.exact) == "Latin" else None


def _written(mention: NormalForm, name: NormalForm, matches: tuple[TokenMatch, ...]) -> list[tuple[str, str]]:
    """The pairs of matched tokens as they are written, in their own scripts."""
    left, right = mention.exact.split(" "), name.exact.split(" ")
    return [("".join(left[i] for i in m.mention), "".join(right[i] for i in m.name)) for m in matches]


def _is_inflected(written: str, right: str, endings: str | None) -> bool:
    """Whether two words differ only in an ending that names take, which is to stay."""
    if endings is not None:
        return endings != "" and written.endswith(endings) and not right.endswith(endings)
    same = next(
        (i for i, (a, b) in enumerate(zip(written, right, strict=False)) if a != b), min(len(written), len(right))
    )
    return written != right and same >= 2 and max(len(written), len(right)) - same <= MAX_ENDING_LETTERS


def _only_inside(missing: frozenset[int], matches: tuple[TokenMatch, ...]) -> bool:
    """Whether each missing token stands between tokens that the mention has: a middle name, but no surname."""
    places = [place for match in matches for place in match.name]
    return all(min(places) < place < max(places) for place in missing)


def _other_particles(mention: NormalForm, name: NormalForm, inside: list[int], missing: frozenset[int]) -> bool:
    """Whether only particles inside differ ("Court for Human Rights"), and nothing else of the name is missing."""
    particles = all(name.roles[place] in SMALL for place in missing)
    return particles and len(missing) == len(inside) > 0 and all(mention.roles[p] in SMALL for p in inside)


def _joined(form: NormalForm, places: tuple[int, ...]) -> str:
    return "".join(form.tokens[place] for place in places)
