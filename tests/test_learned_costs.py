"""The learned tables: the kernel against a slow, obvious alignment, and what must sound more alike than what."""

import math
import random
from array import array
from functools import cache

import pytest

from resolver.infra.packaged_data import data_path, read_table
from resolver.sound.cost_tables import (
    GAP_LOGPROB,
    SUBSTITUTION_LOGPROB,
    UNKNOWN_PROBABILITY,
    PackedWords,
    read_costs,
    tables_for,
    tables_of,
)
from resolver.sound.graphemes import units_of
from resolver.sound.name_lexicon import equivalents
from resolver.sound.similarity import Spelling, search_spellings, similarities, trace

LISTED = read_table("sound/tables.tsv")
LATIN = ["yoshihide", "suga", "merkel", "zelenskyy", "a", "tchaikovsky", "", "ng", "muhammad", "xi", "jinping", "o2"]
NATIVE = {
    "arabic": ["يوشيهيدي", "سوجا", "محمد", "ا", "شعغ"],
    "russian": ["чайковский", "меркель", "щ", "ъ"],
    "korean": ["반기문", "김", "힣"],
    "kana": ["ターンブル", "すが", "ッ"],
    "han": ["習近平", "菅", "龘"],
    "thai": ["เทิร์นบุลล์", "ก"],
    "latin": ["soja", "yoshihidi", "x", "tschaikowski"],
}


def rows_of(name):
    lines = data_path(f"sound/{name}.tsv").read_text(encoding="utf-8").split("\n")
    cells = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [(latin, native, float(cost)) for latin, native, cost in cells[1:]]


def obvious_score(score, longest, units, latin):
    """The best sum of logarithms over all ways to cut two spellings into pairs of pieces, by plain recursion.

    `score` is the logarithm of the probability of each pair of pieces, `longest` the longest piece of either side.
    """

    @cache
    def best(i, j):
        if i == len(latin) and j == len(units):
            return 0.0
        ways = []
        if i < len(latin):
            ways.append(max(GAP_LOGPROB, score.get((latin[i], ""), GAP_LOGPROB)) + best(i + 1, j))
        if j < len(units):
            ways.append(max(GAP_LOGPROB, score.get(("", units[j]), GAP_LOGPROB)) + best(i, j + 1))
        if i < len(latin) and j < len(units):
            ways.append(SUBSTITUTION_LOGPROB + best(i + 1, j + 1))
        for a in range(1, min(longest[0], len(latin) - i) + 1):
            for b in range(1, min(longest[1], len(units) - j) + 1):
                found = score.get((latin[i : i + a], units[j : j + b]))
                if found is not None:
                    ways.append(found + best(i + a, j + b))
        return max(ways)

    return best(0, 0)


def probabilities_of(rows, side):
    """The probability of each piece of one side."""
    probability = {}
    for row in rows:
        probability[row[side]] = probability.get(row[side], 0.0) + math.exp(-row[2])
    return probability


def obvious_marginal(probability, word):
    """The logarithm of the probability of one side, summed over all ways to cut it."""

    @cache
    def ways(i):
        if i == len(word):
            return 1.0
        known = sum(probability.get(word[i:k], 0.0) * ways(k) for k in range(i + 1, len(word) + 1))
        return known + UNKNOWN_PROBABILITY * ways(i + 1)

    return math.log(ways(0))


def random_words(rng, alphabet, count):
    return ["".join(rng.choice(alphabet) for _ in range(rng.randrange(1, 9))) for _ in range(count)]


@pytest.mark.parametrize("name", NATIVE)
def test_kernel_equals_the_obvious_alignment(name):
    rows = rows_of(name)
    pair_scores = {(a, b): -cost for a, b, cost in rows}
    longest = max(len(a) for a, _, _ in rows), max(len(b) for _, b, _ in rows)
    latin_pieces, native_pieces = probabilities_of(rows, 0), probabilities_of(rows, 1)
    table = read_costs(name, 1.0, data_path(f"sound/{name}.tsv"))
    rng = random.Random(1)
    latin = LATIN + random_words(rng, "aeioubcdghjkmnrstyz", 12)
    natives = NATIVE[name] + random_words(rng, sorted({unit for _, b, _ in rows for unit in b}), 6)
    letters = PackedWords(latin)
    for native in natives:
        units = units_of(native)
        scores = table.scores(units, letters)
        assert list(scores) == list(table.scores(units, letters)), "a search leaves nothing behind"
        for word, score in zip(latin, scores, strict=True):
            assert score == pytest.approx(obvious_score(pair_scores, longest, units, word), abs=1e-9), (native, word)
            traced = table.trace(native, word)
            assert -sum(cost for _, _, cost in traced) == pytest.approx(score, abs=1e-9)
            assert "".join(piece for piece, _, _ in traced) == units
            assert "".join(piece for _, piece, _ in traced) == word
        assert table.native_marginal(units) == pytest.approx(obvious_marginal(native_pieces, units), abs=1e-9)
    for word, marginal in zip(latin, letters.pieces(table)[1], strict=True):
        assert marginal == pytest.approx(obvious_marginal(latin_pieces, word), abs=1e-9), word


def test_every_table_is_listed_sorted_and_says_where_it_is_from():
    files = {path.stem for path in data_path("sound").glob("*.tsv")} - {"tables"}
    assert files == {row["table"] for row in LISTED}
    for name in files:
        text = data_path(f"sound/{name}.tsv").read_text(encoding="utf-8")
        assert "scripts/train" in text and "Sources" in text and "Licences" in text
        rows = [(latin, native) for latin, native, _ in rows_of(name)]
        assert rows == sorted(set(rows)), name


def alike(native, latin):
    return similarities(Spelling("", native), [latin], PackedWords([latin]))[0]


@pytest.mark.parametrize(
    ("native", "nearer", "farther"),
    [
        ("يوشيهيدي", "yoshihide", "yoshihiko"),
        ("سوجا", "suga", "soto"),
        ("שרון", "sharon", "shirin"),
        ("щербаков", "shcherbakov", "sherman"),
        ("търнбул", "turnbull", "trumbo"),
        ("ジョンソン", "johnson", "jackson"),
        ("习近平", "xijinping", "shinzoabe"),
        ("山口", "yamaguchi", "yamamoto"),
        ("반기문", "bankimoon", "kimjongun"),
        ("டேவிட்", "david", "devi"),
        ("ชินวัตร", "shinawatra", "chinnawat"),
        ("ქეთევან", "ketevan", "catherine"),
    ],
)
def test_nearer_than(native, nearer, farther):
    assert alike(native, nearer) > alike(native, farther)


def test_latin_costs_know_what_changes_between_languages():
    (latin,) = tables_of("Latin")

    def heard(one, other):
        best = array("d", [-1.0])
        latin.raise_similarities(one, PackedWords([other]), best)
        return best[0]

    assert heard("soja", "suga") > heard("soja", "sofa")
    assert heard("schewtschenko", "shevchenko") > heard("schewtschenko", "sheverdin")
    assert heard("hsi", "xi") > heard("hsi", "ho")
    assert heard("walesa", "walesa") >= heard("walesa", "valesa") > heard("walesa", "valerie")


def test_a_word_is_compared_by_the_tables_that_know_its_letters():
    assert "ukrainian" not in [table.name for table in tables_for("Cyrillic", "ярыш")]
    assert "ukrainian" in [table.name for table in tables_for("Cyrillic", "зеленський")]
    assert tables_for("Tifinagh", "ⵜⵉⴼ") == ()


def test_traditional_and_simplified_characters_are_one_unit():
    assert units_of("馬爾科姆") == units_of("马尔科姆")
    assert alike("馬爾科姆", "malcolm") == alike("马尔科姆", "malcolm")


def test_a_trace_names_table_and_pieces():
    table, pieces = trace(Spelling("swja", "سوجا"), "suga")
    assert table == "arabic"
    assert "".join(native for native, _, _ in pieces) == "سوجا"
    assert "".join(latin for _, latin, _ in pieces) == "suga"


def test_search_spellings_hold_the_likely_ones():
    found = search_spellings(Spelling("uoka", "ウォーカー"))
    assert "walker" in found or "waka" in found
    assert all(0.0 < weight <= 1.0 for weight in found.values())
    assert search_spellings(Spelling("suga", "suga"))["suga"] == 1.0


def test_the_lexicon_goes_both_ways():
    assert "william" in equivalents("bill") and "bill" in equivalents("william")
    assert "iskandar" in equivalents("alexander")
    assert equivalents("zzyzx") == ()
    assert all(name not in equivalents(name) for name in ("john", "maria", "yusuf"))
