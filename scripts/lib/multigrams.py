"""Joint multigrams for scripts/train: which pieces stand for each other in pairs of spellings, and how often."""

import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np

from resolver.sound.multigram_em import LONGEST, expect


@dataclass(frozen=True)
class Sizes:
    """The sizes of a model and of its learning.

    latin, native: the longest piece of either side, in letters; least: the fewest occurrences of a piece of several
    letters; rounds: rounds of EM; discount: what is subtracted from each count in each round, so that rare pairs die
    out; trim: the share of the pairs that fit worst, which are left out as errors.
    """

    latin: int = 3
    native: int = 3
    least: int = 8
    rounds: int = 8
    discount: float = 0.3
    trim: float = 0.07


def is_held_out(latin):
    """Whether a pair with this Latin spelling (one in twenty) is kept for measuring."""
    return zlib.crc32(latin.encode()) % 20 == 0


def learn(pairs, sizes):
    """The expected count of each pair of pieces in the pairs of spellings."""
    pairs = [(a, b) for a, b in pairs if 0 < len(a) < LONGEST and 0 < len(b) < LONGEST]
    if sizes.trim:
        _, fits = _rounds(pairs, sizes, 4)
        worst = np.quantile(fits, sizes.trim)
        pairs = [pair for pair, fit in zip(pairs, fits, strict=True) if fit > worst]
    return _rounds(pairs, sizes, sizes.rounds)[0]


def compose(tables, sizes):
    """Costs between Latin pieces that stand for the same native pieces: j(x, y) = sum over f of p(x, f) p(y, f) / p(f).

    `tables` are counts of pairs of pieces with the share of each table in the whole.
    """
    composed = defaultdict(float)
    for counts, share in tables:
        total = sum(counts.values())
        by_native = defaultdict(list)
        for (latin, native), count in sorted(counts.items()):
            if len(latin) <= sizes.latin:
                by_native[native].append((latin, count / total))
        for known in by_native.values():
            whole = sum(p for _, p in known)
            for one, p in known:
                for other, q in known:
                    if (one and other) or len(one + other) == 1:
                        composed[one, other] += share * p * q / whole
    total = sum(composed.values())
    return {pair: p / total for pair, p in composed.items()}


def mix(direct, composed, share, least):
    """Symmetric probabilities of pairs of Latin pieces, `share` of them composed; none below `least`."""
    total = sum(direct.values())
    mixed = defaultdict(float, {pair: share * p for pair, p in composed.items()})
    for pair, count in direct.items():
        mixed[pair] += (1.0 - share) * count / total
    found = {}
    for (one, other), p in mixed.items():
        both = (p + mixed.get((other, one), 0.0)) / 2
        if both >= least:
            found[one, other] = found[other, one] = both
    return found


def _rounds(pairs, sizes, rounds):
    """The counts after some rounds, and the log-likelihood of each pair a letter."""
    one = _inventory([a for a, _ in pairs], sizes.latin, sizes)
    other = _inventory([b for _, b in pairs], sizes.native, sizes)
    encoded = (*_encode([a for a, _ in pairs], sizes.latin, one), *_encode([b for _, b in pairs], sizes.native, other))
    columns = len(other) + 1
    first, later = _shapes(sizes)
    probabilities = np.ones((len(one) + 1) * columns)
    counts = np.zeros_like(probabilities)
    likelihoods = np.zeros(len(pairs))
    work = np.zeros(2 * (LONGEST + 1) ** 2)
    for number in range(rounds):
        counts[:] = 0.0
        shapes = later if number else first
        expect(*encoded, (sizes.latin, sizes.native), shapes, probabilities, columns, counts, likelihoods, work)
        counts = np.where(counts > sizes.discount, counts - sizes.discount, counts * 0.02)
        counts[counts < 1e-4] = 0.0
        probabilities = counts / counts.sum()
    letters, units = ["", *one], ["", *other]
    found = {(letters[place // columns], units[place % columns]): counts[place] for place in np.nonzero(counts)[0]}
    lengths = np.array([len(a) + len(b) for a, b in pairs])
    return found, np.where(likelihoods > 0.5, -np.inf, likelihoods) / lengths


def _inventory(words, width, sizes):
    """The pieces of up to `width` letters that occur often enough, with their numbers from 1."""
    counts = Counter(word[i : i + k] for word in words for i in range(len(word)) for k in range(1, width + 1))
    kept = sorted(piece for piece, count in counts.items() if len(piece) == 1 or count >= sizes.least)
    return {piece: number for number, piece in enumerate(kept, 1)}


def _encode(words, width, numbers):
    """The numbers of the pieces that begin at each place of each word, as `expect` takes them."""
    flat, ends = [], [0]
    for word in words:
        for i in range(len(word)):
            flat += (numbers.get(word[i : i + k], -1) if i + k <= len(word) else -1 for k in range(1, width + 1))
        ends.append(len(flat))
    return np.array(flat, np.int32), np.array(ends, np.int32)


def _shapes(sizes):
    """The weight of each shape (Latin length, native length) before the first round, and which are allowed later."""
    first = np.zeros((sizes.latin + 1) * (sizes.native + 1))
    for a in range(sizes.latin + 1):
        for b in range(sizes.native + 1):
            if max(a, b) == 0 or (min(a, b) == 0 and max(a, b) > 1) or min(a, b) > 2:
                continue
            likely = 0.05 ** max(a, b) * (2 if a == b else 1)
            first[a * (sizes.native + 1) + b] = likely * (0.1 if min(a, b) == 0 else 1) * (0.05 if min(a, b) > 1 else 1)
    return first, (first > 0).astype(float)
