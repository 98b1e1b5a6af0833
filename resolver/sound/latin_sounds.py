"""Latin spelling to sounds: a token as a byte string with one byte a sound.

Letters that together spell one sound become one symbol. `data/sound_costs.tsv` has the costs of substitutions.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from resolver.infra.arrays import Buffer
from resolver.infra.packaged_data import read_table
from resolver.sound.alignment_buffers import BUFFERS
from resolver.sound.edit_distance import SYMBOLS, similarities, spell

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
_ALPHABET = "abcdefghijklmnopqrstuvwxyzSCKGZT0123456789"
_CODE = {letter: place + 1 for place, letter in enumerate(_ALPHABET)}
_OTHER = len(_ALPHABET) + 1


@dataclass(frozen=True, slots=True)
class SoundCosts:
    """The costs of sounds and the groups of letters that spell them, in the form that the compiled loops read."""

    costs: array[float]
    codes: array[int]


@cache
def sound_costs() -> SoundCosts:
    """The costs in `data/sound_costs.tsv`; any other substitution or gap costs 1."""
    costs = array("d", [1.0]) * (SYMBOLS * SYMBOLS)
    for code in range(SYMBOLS):
        costs[code * SYMBOLS + code] = 0.0
    costs[_OTHER * SYMBOLS + _OTHER] = 1.0
    for row in read_table("sound_costs.tsv"):
        one, other = (_CODE.get(row[column], 0) for column in ("one", "other"))
        costs[one * SYMBOLS + other] = costs[other * SYMBOLS + one] = float(row["cost"])
    codes = array(
        "B",
        (_CODE.get(chr(code), _OTHER) if chr(code).islower() or chr(code).isdigit() else _OTHER for code in range(256)),
    )
    first_letters = {letters[0] for letters in _DIGRAPHS}
    codes.extend(chr(code) in first_letters for code in range(256))
    for letters in sorted(_DIGRAPHS, key=len, reverse=True):
        spelled = [_CODE[sound] for sound in _DIGRAPHS[letters]]
        codes.extend([*letters.encode().ljust(3, b"\0"), *spelled, *[0] * (2 - len(spelled))])
    return SoundCosts(costs, codes)


class SoundStrings:
    """Romanised words as strings of sounds, one byte a sound, all in one array."""

    def __init__(self, letters: Buffer, starts: Buffer) -> None:
        """Spell the words `letters[starts[i]:starts[i + 1]]`, which are ASCII."""
        self.packed = array("B", bytes(2 * starts[-1]))
        self.starts = array("i", bytes(4 * len(starts)))
        spell(letters, starts, sound_costs().codes, self.packed, self.starts)

    @classmethod
    def of(cls, words: Iterable[str]) -> SoundStrings:
        """The sounds of some words."""
        letters, starts = array("B"), array("i", [0])
        for word in words:
            letters.frombytes(word.encode("ascii", "replace"))
            starts.append(len(letters))
        return cls(letters, starts)


def similarity_rows(left: tuple[str, ...], right: tuple[str, ...]) -> array[float]:
    """The similarity (0 to 1) of each left word with each right word, row by row."""
    table, one, other = sound_costs(), SoundStrings.of(left), SoundStrings.of(right)
    out = array("d", bytes(8 * len(left) * len(right)))
    similarities(
        one.packed, one.starts, other.packed, other.starts, table.costs, BUFFERS.distance_rows, out, len(right)
    )
    return out
