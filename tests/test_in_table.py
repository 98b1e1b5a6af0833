import random

import pytest

from resolver.infra.packaged_data import read_table
from resolver.resolving.features import ACROSS, FEATURES, WITHIN
from resolver.resolving.in_table import CIRCUMSTANCES, MAX_LEAD, log_odds
from resolver.resolving.score import by_hand, weights


def odds(features, lead=3.0, share=-0.05, forms=50_000):
    score = sum(weights(forms)[name] * value for name, value in features.items())
    return log_odds(features, score, lead, score - share, forms)


def by_hand_and_simply(features, lead, share, tenfolds):
    """The sum of the leaves, from the rows of the table."""
    rows = read_table("in_table.tsv")
    known = {**features, "tenfolds": tenfolds, "lead": lead, "share": share}
    total, place = 0.0, 0
    while place < len(rows):
        end = next((n for n in range(place, len(rows)) if rows[n]["tree"] != rows[place]["tree"]), len(rows))
        node = rows[place]
        while node["feature"]:
            over = known.get(node["feature"], 0.0) > float(node["number"])
            node = rows[int(node["high"] if over else node["low"])]
        total += float(node["number"])
        place = end
    return total


def some_features(names, seed):
    chance = random.Random(seed)
    return {name: round(chance.random(), 2) for name in names if name not in by_hand()}


@pytest.mark.parametrize("names", [WITHIN, ACROSS], ids=["within", "across"])
def test_the_trees_add_up_their_leaves(names):
    for seed in range(20):
        features = some_features(names, seed)
        assert odds(features) == pytest.approx(by_hand_and_simply(features, 3.0, -0.05, 0.0))


@pytest.mark.parametrize("names", [WITHIN, ACROSS], ids=["within", "across"])
def test_what_agrees_raises_and_what_contradicts_lowers(names):
    agreeing = "mention_close name_close both_close worst joined_letters keys evidence".split()
    contradicting = "missing_first replaced kinds_replaced other_words against".split()
    for seed in range(20):
        features = some_features(names, seed)
        for name in {*features} & {*agreeing, *(f"across_{each}" for each in agreeing)}:
            assert odds({**features, name: 1.0}) >= odds(features) - 1e-9
        for name in {*features} & {*contradicting, *(f"across_{each}" for each in contradicting)}:
            assert odds({**features, name: 2.0}) <= odds(features) + 1e-9
        assert odds(features, lead=9.0) >= odds(features) >= odds(features, share=-2.0)


def test_features_set_by_hand_add_their_weight_times_the_steepness():
    features = some_features(WITHIN, 1)
    steep = weights(50_000)["steepness"]
    for name in by_hand() & WITHIN.keys() - {"acronym"}:
        added = odds({**features, name: 1.0}) - odds(features)
        assert added == pytest.approx(steep * weights(50_000)[name])


def test_the_trees_know_features_and_circumstances_only():
    known = {row["feature"] for row in read_table("in_table.tsv")} - {""}
    assert known <= {*FEATURES, *CIRCUMSTANCES} - by_hand() - {"bias"}
    assert odds(some_features(WITHIN, 2), lead=MAX_LEAD) == odds(some_features(WITHIN, 2), lead=1e9)
