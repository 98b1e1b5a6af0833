"""The roles of the words of a name (legal form, title, particle...), from the hand-edited `data/name_parts.tsv`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from resolver.infra.packaged_data import read_table
from resolver.names.folding import fold, fold_all, letters_script
from resolver.names.scripts import UNSPACED
from resolver.names.tokens import words

MIN_SHORT_FORM = 4
"""Letters of a short form that has the role of its word, at least: a shorter one may be a name (Min, Dev)."""

SMALL = frozenset({"particle", "linking"})
"""Roles of the short words inside a name."""
NAME = "name"
"""The role of a word that is not in the table."""
ROLES = (NAME, "legal", "honorific", "office", "particle", "linking", "generation", "generic")
"""All roles. Indexes store positions in this list, so its order is part of their format."""


LEADING = "first"
"""The value, in the table, of a legal form that may also begin a name (OAO Gazprom)."""

IN_FULL = "="
"""Begins the value, in the table, of a shorthand: what it stands for follows."""


@dataclass(frozen=True, slots=True)
class NameParts:
    """The table of name parts, by folded word: `roles`, and `letters` for the names of letters ("zed").

    `legal` maps the first word of each legal form that may stand anywhere in a name (those of several words, and those
    that may begin a name) to these forms, longest first. `glued_first` and `glued_last` are the parts that may be glued
    to the start and to the end of a name in a script without spaces; `shorthand` maps what is no word to what it
    stands for.
    """

    roles: dict[str, str]
    letters: dict[str, str]
    legal: dict[str, tuple[tuple[str, ...], ...]]
    glued_first: frozenset[str]
    glued_last: frozenset[str]
    shorthand: dict[str, str]
    special: frozenset[str]
    """The words without any of which a name has no part but words of the role `name`."""


@cache
def name_parts() -> NameParts:
    """The bundled table, and the short forms in `data/abbreviations.tsv` of its words, which have their roles.

    The words of an entry of several words get its role, except in legal forms.
    """
    roles: dict[str, str] = {}
    letters: dict[str, str] = {}
    legal: dict[str, list[tuple[str, ...]]] = {}
    glued_first, glued_last = set[str](), set[str]()
    shorthand: dict[str, str] = {}
    for row in read_table("name_parts.tsv"):
        if row["value"].startswith(IN_FULL):
            shorthand[row["part"].casefold()] = row["value"].removeprefix(IN_FULL)
            continue
        written = row["part"].split(" ")
        if not all(map(str.isalpha, written)):
            written = [word.text for word in words(row["part"])]
        tokens = [fold(word) for word in written]
        if row["role"] == "letter":
            letters[tokens[0]] = row["value"]
            continue
        if row["role"] == "legal" and (len(tokens) > 1 or row["value"] == LEADING):
            legal.setdefault(tokens[0], []).append(tuple(tokens))
        if row["role"] == "legal" and len(tokens) == 1 and letters_script(tokens[0]) in UNSPACED:
            glued_last.add(tokens[0])
            if row["value"] == LEADING:
                glued_first.add(tokens[0])
        if row["role"] != "legal" or len(tokens) == 1:
            for token in tokens:
                roles.setdefault(token, row["role"])
    for row in read_table("abbreviations.tsv"):
        role = next((roles[word] for word in fold_all(row["words"]) if word in roles), NAME)
        if role != NAME:
            roles |= {s: role for s in fold_all(row["short"]) if len(s) >= MIN_SHORT_FORM and s not in roles}
    longest_first = {word: tuple(sorted(forms, key=len, reverse=True)) for word, forms in legal.items()}
    special = frozenset({*roles, *letters, *legal})
    return NameParts(roles, letters, longest_first, frozenset(glued_first), frozenset(glued_last), shorthand, special)


def legal_places(folded: Sequence[str]) -> int:
    """The folded words in a legal form of several words, or in a leading one, as a bit mask of positions.

    0 if the name has no other words.
    """
    known = name_parts().legal
    if known.keys().isdisjoint(folded):
        return 0
    found = place = 0
    while place < len(folded):
        form = next((f for f in known.get(folded[place], ()) if tuple(folded[place : place + len(f)]) == f), ())
        if len(form) > 1 or (form and place == 0):
            found |= (1 << len(form)) - 1 << place
        place += max(len(form), 1)
    return found if found.bit_count() < len(folded) else 0


def roles_of(folded: tuple[str, ...]) -> tuple[str, ...]:
    """The role of each folded word.

    A one-word legal form begins a name only if the table says so; a title or an office never ends one.
    """
    known = name_parts().roles
    legal = legal_places(folded)
    if not legal and known.keys().isdisjoint(folded):
        return (NAME,) * len(folded)
    last = len(folded) - 1
    found = []
    for place, token in enumerate(folded):
        role = "legal" if legal >> place & 1 else known.get(token, NAME)
        if (role == "legal" and place == 0 and not legal & 1) or (role in ("honorific", "office") and place == last):
            role = NAME
        found.append(role)
    return tuple(found)


def role_of(folded: str) -> str:
    """The role of a folded word, whatever its position in a name."""
    return name_parts().roles.get(folded, NAME)


def spelled_letters(tokens: tuple[str, ...]) -> str:
    """The acronym spelled by names of letters ("zed", "tee", "ee" give "zte"), or ""."""
    known = name_parts().letters
    if tokens[0] not in known:
        return ""
    letters = [known.get(token, "") for token in tokens]
    return "".join(letters) if len(letters) > 1 and all(letters) else ""
