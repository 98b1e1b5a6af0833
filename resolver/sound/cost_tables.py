"""Learned costs: tables of the pieces of Latin letters that stand for pieces of another script.

The tables `data/sound/*.tsv` are joint multigrams made by `scripts/train`; `tables.tsv` lists them. The similarity of
two spellings is their pointwise mutual information along the best alignment (Church and Hanks, 1990), divided by the
mean self-information of the two (after Bouma, 2009) and by the typical value of true pairs.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from resolver.infra.arrays import Buffer, zeros
from resolver.infra.limits import MAX_LETTERS
from resolver.infra.packaged_data import data_path, read_table
from resolver.sound.alignment_buffers import BUFFERS
from resolver.sound.beam_search import best_spellings
from resolver.sound.graphemes import units_of
from resolver.sound.multigram_alignment import LETTERS, UNIT, best_scores
from resolver.sound.mutual_information import cut, find_pieces, needed_scores, raise_similarities

GAP_LOGPROB = -11.0
"""Log-probability (nats) of a letter or unit that stands for nothing, where the table has no cost for it."""

SUBSTITUTION_LOGPROB = -13.0
"""Log-probability (nats) of a letter and a unit that stand for each other without a row in the table."""

ROMANISATION_ENTRIES = 8
"""Latin pieces that are tried for a native piece when a word is romanised, at most."""

UNKNOWN_PROBABILITY = 1e-6
"""Probability of any letter or unit as a piece of its own, added to that in the table."""


class PackedWords:
    """Latin words in one byte string, as the compiled loops read them, with their pieces and marginals by table."""

    def __init__(self, words: Iterable[str]) -> None:
        """Pack the words: 1 to 26 for a to z, 0 for any other character."""
        packed, starts = bytearray(), array("i", [0])
        for word in words:
            packed += word.encode("ascii", "replace").translate(_CODES)
            starts.append(len(packed))
        self._take(packed, starts)

    @classmethod
    def packed(cls, letters: memoryview, starts: memoryview) -> PackedWords:
        """The words `letters[starts[i]:starts[i + 1]]`, in ASCII."""
        self = cls.__new__(cls)
        self._take(bytearray(letters[: starts[-1]]).translate(_CODES), starts)
        return self

    def part(self, start: int, end: int) -> PackedWords:
        """Some of the words."""
        some = PackedWords.__new__(PackedWords)
        some._take(self.letters, memoryview(self.starts)[start : end + 1])
        some._whole, some._first = self, start
        return some

    def _take(self, letters: bytearray, starts: Buffer) -> None:
        self.letters = letters
        self.starts = starts
        self._pieces: dict[str, tuple[array[int], Buffer]] = {}
        self._whole: PackedWords | None = None
        self._first = 0

    def pieces(self, table: CostTable) -> tuple[array[int], Buffer]:
        """The pieces of a table in the words and the marginals of the words, as `find_pieces` writes them."""
        known = self._pieces.get(table.name)
        if known is None:
            if self._whole is not None:
                nodes, marginals = self._whole.pieces(table)
                known = nodes, memoryview(marginals)[self._first : self._first + len(self)]
            else:
                known = table.find_pieces(self)
            self._pieces[table.name] = known
        return known

    def __len__(self) -> int:
        """The number of words."""
        return len(self.starts) - 1


_CODES = bytes(code - 96 if 97 <= code <= 122 else 0 for code in range(256))


_ALL = zeros("d", 0)
_UNIT_GAP, _SUBSTITUTION = round(UNIT * GAP_LOGPROB), round(UNIT * SUBSTITUTION_LOGPROB)


class _Prepared(NamedTuple):
    """A native word in the form that the compiled loops read, for one table."""

    units: str
    pieces: array[int]
    gaps: array[int]
    arcs: int
    """Numbers that the work array `arcs` must hold."""
    marginal: float


class CostTable:
    """One table in the form that the compiled loops read; nothing in it changes, so threads share it."""

    def __init__(self, name: str, typical: float, rows: Iterable[tuple[str, str, float]]) -> None:
        """Take the sorted rows (Latin piece, native piece, cost in nats).

        `typical` is the similarity that true pairs usually reach.
        """
        self.name = name
        self.typical = typical
        nodes = {"": 0}
        natives: dict[str, list[tuple[str, float]]] = defaultdict(list)
        self._letter_gaps = array("i", [round(UNIT * GAP_LOGPROB)]) * LETTERS
        self._unit_gaps: dict[str, int] = {}
        self._native_probability: dict[str, float] = defaultdict(float)
        latin_probability: dict[str, float] = defaultdict(float)
        for latin, native, cost in rows:
            for end in range(1, len(latin) + 1):
                nodes.setdefault(latin[:end], len(nodes))
            if not native:
                self._letter_gaps[ord(latin) - 96] = round(UNIT * max(GAP_LOGPROB, -cost))
            elif not latin:
                self._unit_gaps[native] = round(UNIT * max(GAP_LOGPROB, -cost))
            else:
                natives[native].append((latin, -cost))
            latin_probability[latin] += math.exp(-cost)
            self._native_probability[native] += math.exp(-cost)
        self._children = array("h", bytes(2 * LETTERS * len(nodes)))
        self._node_probability = array("d", bytes(8 * len(nodes)))
        for latin, node in nodes.items():
            if latin:
                self._children[nodes[latin[:-1]] * LETTERS + ord(latin[-1]) - 96] = node
                self._node_probability[node] = latin_probability.get(latin, 0.0)
        self._pieces = {native: number for number, native in enumerate(natives)}
        self._width = max(map(len, natives), default=1)
        self._latin = list(nodes)
        self._depth = max(map(len, nodes))
        self._text, self._text_at = bytearray(), array("i", [0])
        for latin in nodes:
            self._text += latin.encode()
            self._text_at.append(len(self._text))
        self._entry_at, self._entry_node, self._entry_score = array("i", [0]), array("h"), array("i")
        for entries in natives.values():
            for latin, score in sorted(entries, key=lambda entry: (-entry[1], entry[0])):
                self._entry_node.append(nodes[latin])
                self._entry_score.append(round(UNIT * score))
            self._entry_at.append(len(self._entry_node))
        self._known = {
            native: (
                self._pieces.get(native, -1),
                len(natives.get(native, ())),
                self._native_probability[native],
            )
            for native in self._native_probability
        }
        self.units = frozenset(unit for piece in natives for unit in piece)
        self._prepare = lru_cache(maxsize=1 << 12)(lambda native: self._prepared(units_of(native)))

    def write_similarities(
        self, native: str, words: PackedWords, out: Buffer, likely: Buffer = _ALL, least: float = 0.0
    ) -> None:
        """Write the similarities (0 to 1) of a folded native word with the Latin words to `out`.

        With `likely`, a number for each Latin word, write 0 for words whose number is below `least`.
        """
        self._similarities(native, words, likely, least, True, out)

    def raise_similarities(self, native: str, words: PackedWords, best: Buffer) -> None:
        """Raise `best` to the similarities (0 to 1) of a folded native word with the Latin words, where higher."""
        self._similarities(native, words, _ALL, 0.0, False, best)

    def _similarities(
        self, native: str, words: PackedWords, likely: Buffer, least: float, afresh: bool, out: Buffer
    ) -> None:
        prepared = self._prepare(native)
        _, marginals = words.pieces(self)
        needed = zeros("d", len(words))
        needed_scores(marginals, prepared.marginal, self.typical, afresh, out, needed)
        scores = self._scores(prepared, words, likely, least, needed)
        raise_similarities(scores, marginals, prepared.marginal, self.typical, afresh, out)

    def scores(self, units: str, words: PackedWords) -> array[float]:
        """Log-probabilities (nats) of the best alignments of some units with each Latin word."""
        return self._scores(self._prepared(units), words, _ALL, 0.0, _ALL)

    def _prepared(self, units: str) -> _Prepared:
        """The first MAX_LETTERS units in the form that the compiled loops read."""
        units = units[:MAX_LETTERS]
        pieces = zeros("i", len(units) * self._width)
        arcs, probability = cut(units, self._known, self._width, UNKNOWN_PROBABILITY, pieces)
        gaps = array("i", [self._unit_gaps.get(unit, _UNIT_GAP) for unit in units])
        return _Prepared(units, pieces, gaps, 4 * (arcs + 1), math.log(max(probability, sys.float_info.min)))

    def _scores(
        self, native: _Prepared, words: PackedWords, likely: Buffer, least: float, needed: Buffer
    ) -> array[float]:
        scores = zeros("d", len(words))
        nodes, _ = words.pieces(self)
        best_scores(
            nodes,
            self._depth,
            self._entry_at,
            self._entry_node,
            self._entry_score,
            self._letter_gaps,
            _SUBSTITUTION,
            native.pieces,
            native.gaps,
            words.letters,
            words.starts,
            BUFFERS.heads(len(self._latin)),
            BUFFERS.tops(len(self._latin)),
            BUFFERS.arcs(native.arcs),
            BUFFERS.cells,
            BUFFERS.bounds(len(native.pieces)),
            likely,
            least,
            needed,
            scores,
        )
        return scores

    def find_pieces(self, words: PackedWords) -> tuple[array[int], array[float]]:
        """The pieces of the table in Latin words, and the words' log-probabilities over all segmentations (nats)."""
        nodes, marginals = zeros("h", self._depth * len(words.letters)), zeros("d", len(words))
        find_pieces(
            self._children,
            self._node_probability,
            UNKNOWN_PROBABILITY,
            words.letters,
            words.starts,
            self._depth,
            BUFFERS.prefixes,
            nodes,
            marginals,
        )
        return nodes, marginals

    def native_marginal(self, native: str) -> float:
        """Log-probability (nats) of a folded native word, summed over all segmentations."""
        return self._prepare(native).marginal

    def trace(self, native: str, latin: str) -> list[tuple[str, str, float]]:
        """The pieces of the best alignment of a folded native word with a Latin one: (native, Latin, cost in nats).

        Plain and slow, for explanations and tests: the costs add up to minus the score.
        """
        units = units_of(native)[:MAX_LETTERS]
        latin = latin[:MAX_LETTERS]
        best: dict[tuple[int, int], tuple[float, list[tuple[str, str, float]]]] = {(0, 0): (0.0, [])}
        for i in range(len(latin) + 1):
            for j in range(len(units) + 1):
                if (i, j) not in best:
                    continue
                cost, path = best[i, j]
                for native_piece, latin_piece, more in self._steps(units[j:], latin[i:]):
                    place = (i + len(latin_piece), j + len(native_piece))
                    if place not in best or cost + more < best[place][0]:
                        best[place] = (cost + more, [*path, (native_piece, latin_piece, more)])
        return best[len(latin), len(units)][1]

    def _steps(self, units: str, latin: str) -> Iterator[tuple[str, str, float]]:
        """The pairs of pieces that two spellings may begin with, and their costs; gaps come first."""
        if units:
            yield units[0], "", -self._unit_gap(units[0])
        if latin:
            code = ord(latin[0]) - 96
            yield "", latin[0], -self._letter_gaps[code if 0 < code < LETTERS else 0] / UNIT
        if units and latin:
            yield units[0], latin[0], -SUBSTITUTION_LOGPROB
        for end in range(1, min(self._width, len(units)) + 1):
            for piece, score in self._entries(units[:end]):
                if latin.startswith(piece):
                    yield units[:end], piece, -score

    def _entries(self, native: str) -> Iterator[tuple[str, float]]:
        """The Latin pieces that may stand for a native one, the most probable first, and their scores (nats)."""
        piece = self._pieces.get(native)
        if piece is not None:
            for entry in range(self._entry_at[piece], self._entry_at[piece + 1]):
                yield self._latin[self._entry_node[entry]], self._entry_score[entry] / UNIT

    def _unit_gap(self, unit: str) -> float:
        return self._unit_gaps.get(unit, _UNIT_GAP) / UNIT

    def romanisations(self, native: str, count: int) -> list[tuple[str, float]]:
        """The `count` most probable Latin spellings of a folded native word, best first (a beam search).

        Each comes with its log-probability minus that of the best (nats, 0 or less).
        """
        prepared = self._prepare(native)
        places = (len(prepared.units) + 1) * count + 1
        letters, lengths, scores = bytearray(MAX_LETTERS * places), zeros("i", places), zeros("i", places)
        found = best_spellings(
            self._entry_at,
            self._entry_node,
            self._entry_score,
            self._text,
            self._text_at,
            prepared.pieces,
            prepared.gaps,
            ROMANISATION_ENTRIES,
            count,
            letters,
            lengths,
            scores,
            zeros("i", len(prepared.units) + 1),
        )
        first = len(prepared.units) * count
        ranked = [
            (letters[MAX_LETTERS * place : MAX_LETTERS * place + lengths[place]].decode(), scores[place])
            for place in range(first, first + found)
            if lengths[place] > 0
        ]
        return [(latin, (score - ranked[0][1]) / UNIT) for latin, score in ranked]


@cache
def tables_of(script: str) -> tuple[CostTable, ...]:
    """The tables for a script, in the order of `data/sound/tables.tsv`; Latin's compares Latin spellings."""
    return tuple(
        read_costs(row["table"], float(row["usual"]), data_path(f"sound/{row['table']}.tsv"))
        for row in read_table("sound/tables.tsv")
        if row["script"] == script
    )


def tables_for(script: str, word: str) -> tuple[CostTable, ...]:
    """The tables of a script that know all letters of a word; all of the script when none does."""
    found = tables_of(script)
    units = set(units_of(word))
    return tuple(table for table in found if units <= table.units) or found


def read_costs(name: str, typical: float, path: Path) -> CostTable:
    """The table in a file that `scripts/train` wrote."""
    with path.open(encoding="utf-8", newline="\n") as file:
        cells = (line.rstrip("\n").split("\t") for line in file if line[0] != "#")
        next(cells)
        return CostTable(name, typical, ((latin, native, float(cost)) for latin, native, cost in cells))
