"""What the words of a name are for: given by one hand-edited table, `data/name_parts.tsv`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from resolver.locate import read_table
from resolver.names.folding import fold
from resolver.names.words import words

SMALL = frozenset({"particle", "linking"})
"""Roles of the short words inside a name."""
NAME = "name"
"""The role of a word that the table does not list."""
ROLES = (NAME, "legal", "honorific", "office", "particle", "linking", "generation", "generic")
"""All roles; indexes keep places in this list, and the comparison of names knows the first four by theirs."""


@dataclass(frozen=True, slots=True)
class NameParts:
    """The table, by folded word in its own script: its role, and for the name of a letter ("zed") the letter."""

    roles: dict[str, str]
    letters: dict[str, str]


@cache
def name_parts() -> NameParts:
    """The bundled table. Each word of a row of several words gets that row's role."""
    roles: dict[str, str] = {}
    letters: dict[str, str] = {}
    for row in read_table("name_parts.tsv"):
        tokens = [fold(word.text) for word in words(row["part"])]
        if row["role"] == "letter":
            letters[tokens[0]] = row["value"]
        else:
            for token in tokens:
                roles.setdefault(token, row["role"])
    return NameParts(roles, letters)


def roles_of(folded: tuple[str, ...]) -> tuple[str, ...]:
    """The role of each folded word. A legal form never comes first, a title or an office never last."""
    known = name_parts().roles
    if known.keys().isdisjoint(folded):
        return (NAME,) * len(folded)
    last = len(folded) - 1
    found = []
    for place, token in enumerate(folded):
        role = known.get(token, NAME)
        if (role == "legal" and place == 0) or (role in ("honorific", "office") and place == last):
            role = NAME
        found.append(role)
    return tuple(found)


def role_of(folded: str) -> str:
    """The role of a folded word, wherever in a name it stands."""
    return name_parts().roles.get(folded, NAME)


def spelled_letters(tokens: tuple[str, ...]) -> str:
    """The acronym that the tokens spell ("zed", "tee", "ee" give "zte"), or "" when they spell none."""
    known = name_parts().letters
    if tokens[0] not in known:
        return ""
    letters = [known.get(token, "") for token in tokens]
    return "".join(letters) if len(letters) > 1 and all(letters) else ""
