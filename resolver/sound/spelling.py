"""Spelling to sounds: a Latin token as a short byte string that the kernel compares.

A pair of letters that spells one sound becomes one symbol, and `data/sound_costs.tsv` says what it costs when one
symbol stands for another.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import cache, lru_cache

import regex

from resolver.locate import read_table
from resolver.sound.kernel import LONGEST, SYMBOLS, similarities

# Upper-case letters are the symbols of sounds that English spells with two letters or more.
_DIGRAPHS = {
    "sch": "S",
    "sh": "S",
    "tch": "C",
    "ch": "C",
    "kh": "K",
    "gh": "G",
    "zh": "Z",
    "dzh": "j",
    "dj": "j",
    "ph": "f",
    "th": "T",
    "ck": "k",
    "qu": "kw",
    "ou": "u",
    "oo": "u",
    "ee": "i",
    "tz": "ts",
    "x": "ks",
}
_DIGRAPH = regex.compile("|".join(sorted(_DIGRAPHS, key=len, reverse=True)))
_ALPHABET = "abcdefghijklmnopqrstuvwxyzSCKGZT0123456789"
_CODE = {letter: place + 1 for place, letter in enumerate(_ALPHABET)}
_OTHER = len(_ALPHABET) + 1


@lru_cache(maxsize=1 << 17)
def sounds(token: str) -> bytes:
    """The sounds of a romanised token, one byte each."""
    spelled = _DIGRAPH.sub(lambda found: _DIGRAPHS[found.group()], token)
    return bytes(_CODE.get(letter, _OTHER) for letter in spelled)


@dataclass(frozen=True, slots=True)
class SoundCosts:
    """The cost table in the kernel's form, and work space for one comparison at a time."""

    costs: array[float]
    rows: array[float]


@cache
def sound_costs() -> SoundCosts:
    """The bundled costs: those of `data/sound_costs.tsv`, 1 for any other substitution or gap."""
    costs = array("d", [1.0]) * (SYMBOLS * SYMBOLS)
    for code in range(SYMBOLS):
        costs[code * SYMBOLS + code] = 0.0
    costs[_OTHER * SYMBOLS + _OTHER] = 1.0
    for row in read_table("sound_costs.tsv"):
        one, other = (_CODE.get(row[column], 0) for column in ("one", "other"))
        costs[one * SYMBOLS + other] = costs[other * SYMBOLS + one] = float(row["cost"])
    return SoundCosts(costs, array("d", bytes(8 * 3 * (LONGEST + 1))))


def similarity_rows(left: tuple[str, ...], right: tuple[str, ...]) -> list[float]:
    """The similarity (0 to 1) of each left token with each right token, row by row."""
    table = sound_costs()
    return similarities([sounds(t) for t in left], [sounds(t) for t in right], table.costs, table.rows)
