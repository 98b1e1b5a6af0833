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

CLOSING = "last"
"""The value, in the table, of a title that also stands behind a name (Suga-san)."""

NOTE = "note"
"""Marks, in the table, a word that begins a note behind a name; not a role, for it is none elsewhere."""

IN_FULL = "="
"""Begins the value, in the table, of a shorthand: what it stands for follows."""


@dataclass(frozen=True, slots=True)
class NameParts:
    """The table of name parts, by folded word: `roles`, and `letters` for the names of letters ("zed").

    `legal` maps the first word of each legal form that may stand anywhere in a name (those of several words, and those
    that may begin a name) to these forms, longest first. `glued_first` and `glued_last` are the parts that may be glued
    to the start and to the end of a name in a script without spaces; `shorthand` maps what is no word to what it
    stands for. `closing` are the titles that may stand behind a name, and `notes` maps what begins a note behind a name
    to the words of the name before it, at least.
    """

    roles: dict[str, str]
    letters: dict[str, str]
    legal: dict[str, tuple[tuple[str, ...], ...]]
    glued_first: frozenset[str]
    glued_last: frozenset[str]
    shorthand: dict[str, str]
    closing: frozenset[str]
    notes: dict[str, int]
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
    notes: dict[str, int] = {}
    glued_first, glued_last, closing = set[str](), set[str](), set[str]()
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
        if row["role"] == NOTE:
            notes[tokens[0]] = int(row["value"])
            continue
        if row["role"] == "legal" and (len(tokens) > 1 or row["value"] == LEADING):
            legal.setdefault(tokens[0], []).append(tuple(tokens))
        if row["value"] == CLOSING:
            closing.update(tokens)
        if len(tokens) == 1 and letters_script(tokens[0]) in UNSPACED:
            if row["role"] == "legal" or row["value"] == CLOSING:
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
    return NameParts(
        roles,
        letters,
        longest_first,
        frozenset(glued_first),
        frozenset(glued_last),
        shorthand,
        frozenset(closing),
        notes,
        frozenset({*roles, *letters, *legal, *notes}),
    )


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


def closing_places(folded: Sequence[str]) -> int:
    """The folded words behind a name, titles and a note from "née" on, as a bit mask of positions."""
    parts = name_parts()
    end = len(folded)
    for place in range(1, end - 1):
        if parts.notes.get(folded[place], end) <= place:
            end = place
            break
    while end > 1 and folded[end - 1] in parts.closing:
        end -= 1
    return (1 << len(folded)) - (1 << end)


def roles_of(folded: tuple[str, ...]) -> tuple[str, ...]:
    """The role of each folded word.

    A one-word legal form begins a name only if the table says so. A title or an office ends one only if the table says
    so; a note behind a name has the role of a title.
    """
    parts = name_parts()
    if parts.special.isdisjoint(folded):
        return (NAME,) * len(folded)
    legal, closing = legal_places(folded), closing_places(folded)
    last = len(folded) - 1
    found = []
    for place, token in enumerate(folded):
        if closing >> place & 1:
            role = "honorific"
        elif legal >> place & 1:
            role = "legal"
        else:
            role = parts.roles.get(token, NAME)
            if (role == "legal" and place == 0) or (role in ("honorific", "office") and place == last):
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
