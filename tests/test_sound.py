"""The kernel against a slow, obvious alignment, and what must sound more alike than what."""

import random
from functools import cache

import pytest

from resolver.infra.limits import MAX_KEYED_LETTERS, MAX_LETTERS
from resolver.sound.alignment_buffers import BUFFERS
from resolver.sound.edit_distance import SYMBOLS, distance
from resolver.sound.latin_sounds import SoundStrings, similarity_rows, sound_costs
from resolver.sound.search_keys import folded_letters, word_keys

DOUBLED, SWAP = 0.15, 0.7


def sounds(token):
    return bytes(SoundStrings.of([token]).packed[: SoundStrings.of([token]).starts[-1]])


def obvious_distance(a, b, costs):
    """The same distance by plain recursion over prefixes."""

    def gap(s, i):
        return DOUBLED if i > 0 and s[i] == s[i - 1] else costs[s[i]]

    @cache
    def best(n, m):
        if n == m == 0:
            return 0.0
        ways = []
        if n:
            ways.append(best(n - 1, m) + gap(a, n - 1))
        if m:
            ways.append(best(n, m - 1) + gap(b, m - 1))
        if n and m:
            ways.append(best(n - 1, m - 1) + costs[a[n - 1] * SYMBOLS + b[m - 1]])
        if n > 1 and m > 1 and a[n - 1] == b[m - 2] and a[n - 2] == b[m - 1]:
            ways.append(best(n - 2, m - 2) + SWAP)
        return min(ways)

    return best(len(a), len(b))


REAL = ["yoshihide", "yoshihidi", "suga", "soja", "merkel", "zelenskyy", "huawei", "abbey", "", "a", "tchaikovsky"]


def random_token(rng):
    return "".join(rng.choice("abcdeghijkmnorstuyz") for _ in range(rng.randrange(12)))


def test_kernel_equals_the_obvious_alignment():
    table = sound_costs()
    rng = random.Random(1)
    tokens = REAL + [random_token(rng) for _ in range(60)]
    for one in tokens:
        for other in rng.sample(tokens, 12):
            a, b = sounds(one), sounds(other)
            assert distance(a, b, table.costs, BUFFERS.distance_rows) == pytest.approx(
                obvious_distance(a, b, table.costs), abs=1e-5
            )


def test_distance_is_symmetric_and_zero_for_equals():
    table = sound_costs()
    rng = random.Random(2)
    for _ in range(300):
        a, b = sounds(random_token(rng)), sounds(random_token(rng))
        there = distance(a, b, table.costs, BUFFERS.distance_rows)
        assert there == pytest.approx(distance(b, a, table.costs, BUFFERS.distance_rows), abs=1e-5)
        assert distance(a, a, table.costs, BUFFERS.distance_rows) == 0.0


def test_long_strings_are_cut():
    table = sound_costs()
    assert distance(b"\x01" * 10_000, b"\x01" * MAX_LETTERS, table.costs, BUFFERS.distance_rows) == 0.0


@pytest.mark.parametrize(
    ("token", "nearer", "farther"),
    [
        ("soja", "suga", "noda"),
        ("yoshihidi", "yoshihide", "yoshihiko"),
        ("merkil", "merkel", "markle"),
        ("kaddafi", "qadhafi", "kadyrov"),
        ("shmidt", "schmidt", "smite"),
        ("makron", "macron", "marron"),
        ("zelenski", "zelenskyy", "zelensnow"),
    ],
)
def test_sounds_nearer(token, nearer, farther):
    near, far = similarity_rows((token,), (nearer, farther))
    assert near > far


def test_keys():
    assert set(word_keys("merkil")) & set(word_keys("merkel"))
    assert len(set(word_keys("banana"))) == len(word_keys("banana"))
    assert len(word_keys("ab" * 5000)) < 2 * MAX_KEYED_LETTERS


@pytest.mark.parametrize(
    ("word", "folded"),
    [("kaddafi", "cdb"), ("qadhafi", "cdcb"), ("schulz", "sls"), ("shults", "sls"), ("cesar", "sl"), ("ivan", "bn")],
)
def test_folded_letters(word, folded):
    assert folded_letters(word) == folded
