"""Words that stand for each other though they do not sound alike: Ted and Edward, Iskandar and Alexander, Intl and
International.

`data/given_names.tsv` is edited by hand: a given name, its forms in other languages, its short forms.
`data/abbreviations.tsv` is too: a word of names and its short forms.
`data/name_lexicon.tsv` is distilled by `scripts/train` from names that share their spelling in another script.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache

from resolver.infra.packaged_data import read_table
from resolver.names.folding import fold_all

EQUATED_SIMILARITY = 0.9
"""Similarity of two names that the lexicon equates."""


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """The rows of the lists, and the numbers of the rows that have each name."""

    rows: list[tuple[list[str], list[str]]]
    """The forms of a name, which all stand for each other, and its short forms, which stand for any of them."""
    places: dict[str, list[int]]


@cache
def _lexicon() -> _Lexicon:
    rows = [([row["name"], *row["forms"].split()], row["short"].split()) for row in read_table("given_names.tsv")]
    rows += [(fold_all(row["words"]), fold_all(row["short"])) for row in read_table("abbreviations.tsv")]
    rows += [([row["one"], row["other"]], []) for row in read_table("name_lexicon.tsv")]
    places: dict[str, list[int]] = defaultdict(list)
    for place, (forms, short) in enumerate(rows):
        for name in (*forms, *short):
            places[name].append(place)
    return _Lexicon(rows, places)


@lru_cache(maxsize=1 << 14)
def equivalents(token: str) -> tuple[str, ...]:
    """The other names that a romanised name may stand for, in alphabetical order."""
    lexicon = _lexicon()
    found: set[str] = set()
    for place in lexicon.places.get(token, ()):
        forms, short = lexicon.rows[place]
        found.update(forms)
        if token in forms:
            found.update(short)
    return tuple(sorted(found - {token}))


def is_short_form(one: str, other: str) -> bool:
    """Whether one of two romanised name tokens is listed as a short form of the other: Dave is one of David."""
    lexicon = _lexicon()
    return any(
        (one in short and other in forms) or (other in short and one in forms)
        for forms, short in (lexicon.rows[place] for place in lexicon.places.get(one, ()))
    )
