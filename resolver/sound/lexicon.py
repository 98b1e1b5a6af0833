"""Names that stand for each other though they do not sound alike: Ted and Edward, Iskandar and Alexander.

`data/given_names.tsv` is edited by hand: a given name, its forms in other languages, its short forms.
`data/name_lexicon.tsv` is distilled by `scripts/train` from names that share their spelling in another script.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache

from resolver.locate import read_table

ALIKE = 0.9
"""The similarity of two names that the lexicon equates."""


@cache
def _lexicon() -> dict[str, frozenset[str]]:
    known: dict[str, set[str]] = defaultdict(set)

    def equate(one: str, other: str) -> None:
        if one != other:
            known[one].add(other)
            known[other].add(one)

    for row in read_table("given_names.tsv"):
        forms = [row["name"], *row["forms"].split()]
        for place, form in enumerate(forms):
            for other in (*forms[:place], *row["short"].split()):
                equate(form, other)
    for row in read_table("name_lexicon.tsv"):
        equate(row["one"], row["other"])
    return {name: frozenset(others) for name, others in known.items()}


@cache
def equivalents(token: str) -> tuple[str, ...]:
    """The names that a romanised name token may stand for beside itself, in alphabetical order."""
    return tuple(sorted(_lexicon().get(token, ())))
