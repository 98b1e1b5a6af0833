import random

import pytest

import resolver
from resolver.infra.packaged_data import read_table
from resolver.resolving.features import ACROSS, FEATURES, WITHIN
from resolver.resolving.in_table import CIRCUMSTANCES, MAX_LEAD, SCORE, log_odds, odds_by_trees
from resolver.resolving.score import by_hand, steepness, weights
from resolver.settings import Settings

ROWS = read_table("in_table.tsv")
AGREEING = "mention_close name_close both_close worst joined_letters keys evidence".split()
CONTRADICTING = "missing_first replaced other_words against".split()


def odds(features, lead=3.0, share=-0.05, score=0.0, of=odds_by_trees):
    return of(features, score, lead, score - share, 50_000)


def slowly(features, lead=3.0, share=-0.05, score=0.0):
    """The odds by the trees, from the rows of the table."""
    first, *rows = ROWS
    known = {**features, "tenfolds": 0.0, "lead": lead, "share": share}
    total, place = 0.0, 0
    while place < len(rows):
        node = rows[place]
        while node["feature"]:
            over = known.get(node["feature"], 0.0) > float(node["number"])
            node = rows[int(node["high"] if over else node["low"])]
        total += float(node["number"])
        place = next((n for n in range(place, len(rows)) if rows[n]["tree"] != rows[place]["tree"]), len(rows))
    taught = sum(weights(50_000)[name] * value for name, value in features.items() if name not in by_hand())
    beside = float(first["number"]) * (score - share - (score - taught)) + score - taught
    return total + steepness(50_000, "across" in features) * beside


def some_features(names, seed):
    chance = random.Random(seed)
    found = {name: round(chance.random(), 2) for name in names if name not in by_hand()}
    return {**found, "across": 1.0} if "across" in names else found


@pytest.mark.parametrize("names", [WITHIN, ACROSS], ids=["within", "across"])
def test_the_leaves_add_up(names):
    for seed in range(20):
        features = some_features(names, seed)
        assert odds(features) == pytest.approx(slowly(features))
        assert odds(features, lead=1e9) == pytest.approx(slowly(features, lead=MAX_LEAD))


@pytest.mark.parametrize("names", [WITHIN, ACROSS], ids=["within", "across"])
def test_what_agrees_raises_and_what_contradicts_lowers(names):
    def leaves(features):
        steep = steepness(50_000, "across" in features)
        taught = sum(weights(50_000)[name] * value for name, value in features.items() if name not in by_hand())
        return odds(features) - steep * (float(ROWS[0]["number"]) * (0.05 + taught) - taught)

    for seed in range(20):
        features = some_features(names, seed)
        for name in {*features} & {*AGREEING, *(f"across_{each}" for each in AGREEING)}:
            assert leaves({**features, name: 1.0}) >= leaves(features) - 1e-9
        for name in {*features} & {*CONTRADICTING, *(f"across_{each}" for each in CONTRADICTING)}:
            assert leaves({**features, name: 2.0}) <= leaves(features) + 1e-9
        assert odds(features, lead=9.0) >= odds(features)


def test_the_lower_log_odds_count():
    for seed in range(20):
        features = some_features(WITHIN, seed)
        for score in (-20.0, 0.0, 20.0):
            by_score = weights(50_000)["steepness"] * (score + 0.05)
            assert odds(features, score=score, of=log_odds) == min(by_score, odds(features, score=score))
    assert odds({"acronym": 3.0}, score=9.0, of=log_odds) == weights(50_000)["steepness"] * 9.05


def test_what_the_trees_were_not_taught_counts_in_full():
    features, fitted = some_features(WITHIN, 1), weights(50_000)
    added = odds({**features, "differing": 1.0}, score=fitted["differing"]) - odds(features)
    assert added == pytest.approx(fitted["steepness"] * fitted["differing"])


def test_the_trees_know_features_and_circumstances_only():
    known = {row["feature"] for row in ROWS} - {""}
    assert ROWS[0]["tree"] == SCORE
    assert known <= {*FEATURES, *CIRCUMSTANCES} - by_hand() - {"bias"}


def test_a_probability_does_not_depend_on_how_many_candidates_are_wanted():
    mentions = ["Yoshihidi Soja", "Angela Merkil", "Vladmir Zelenski", "Georgia"]
    with resolver.open(settings=Settings(max_candidates=1)) as one, resolver.open() as ten:
        assert [one.resolve(m).in_table for m in mentions] == [ten.resolve(m).in_table for m in mentions]
