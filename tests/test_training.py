"""Learning the tables: what pairs of spellings teach, and that the same pairs teach the same."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "scripts" / "lib"))

from lexicon import distil  # noqa: E402
from multigrams import Sizes, compose, is_held_out, learn, mix  # noqa: E402
from name_pairs import from_folder  # noqa: E402

PAIRS = [("kalo", "кало"), ("shak", "шак"), ("losha", "лоша"), ("oksha", "окша"), ("alo", "ало"), ("shol", "шол")] * 10
SIZES = Sizes(least=1, trim=0.0)


def test_pieces_that_stand_for_each_other_are_found():
    counts = learn(PAIRS, SIZES)
    best = {native: max((c, latin) for (latin, n), c in counts.items() if n == native)[1] for native in "калош"}
    assert best == {"к": "k", "а": "a", "л": "l", "о": "o", "ш": "sh"}


def test_the_same_pairs_teach_the_same():
    assert learn(PAIRS, SIZES) == learn(list(PAIRS), SIZES)


def test_pairs_that_fit_worst_are_left_out():
    wrong = [("sam", "кало")]
    counts = learn([*PAIRS, *wrong], Sizes(least=1, trim=0.02))
    assert not any("m" in latin for latin, _ in counts)


def test_composing_through_a_script_joins_what_it_spells_alike():
    counts = {("g", "ج"): 3.0, ("j", "ج"): 3.0, ("b", "ب"): 6.0}
    composed = compose([(counts, 1.0)], Sizes())
    assert composed["g", "j"] == composed["j", "g"] == pytest.approx(1 / 8)
    assert ("g", "b") not in composed
    mixed = mix({("c", "k"): 1.0}, composed, 0.5, 1e-6)
    assert mixed["c", "k"] == mixed["k", "c"] and mixed["g", "j"] == mixed["j", "g"]


def test_one_pair_in_twenty_is_held_out():
    held = sum(is_held_out(f"name{number}") for number in range(2000))
    assert 60 < held < 140


def test_a_folder_of_pairs_is_read_folded():
    pairs = set(from_folder(HERE / "data" / "pairs", "wikidata_name_parts:Greek"))
    assert any(latin == "angela" for latin, _ in pairs)
    assert all(latin.isascii() and latin.islower() for latin, _ in pairs)


def test_a_lexicon_holds_only_what_is_shared_often():
    assert all(shared >= 3 for _, _, shared in distil(HERE / "data" / "pairs"))
