"""Comparing a mention with one name, whether it is in the table or not."""

import json
import math
import re

import pytest
from click.testing import CliRunner

import resolver
from resolver.cli import main
from resolver.database.build import build_file
from resolver.records import Entity


def test_a_name_of_the_table_compares_as_it_resolves(names):
    candidate = names.resolve("Yoshihidi Soja").candidates[0]
    comparison = names.compare("Yoshihidi Soja", candidate.alias.name)
    features, others = dict(comparison.evidence.features), dict(candidate.evidence.features)
    assert features.pop("keys") == pytest.approx(others.pop("keys"), abs=0.05)  # a search leaves out common keys
    assert features == others
    assert comparison.evidence.matches == candidate.evidence.matches
    assert comparison.score == pytest.approx(candidate.score, abs=0.5)
    assert comparison.probability == pytest.approx(candidate.probability, abs=0.02)


def test_the_explanation_adds_up(names):
    for mention, name in (("Yoshihidi Soja", "Yoshihide Suga"), ("يوشيهيدي سوجا", "Yoshihide Suga")):
        comparison = names.compare(mention, name)
        text, adds = comparison.explain(), comparison.explanation()["adds"]
        assert text.startswith(f"{mention!r} as {name!r}: probability {comparison.probability:.3f}, score ")
        assert sum(adds.values()) == pytest.approx(comparison.score, abs=0.01)
        terms = re.findall(r"([+-]\d+\.\d+) [a-z_]+", text.split("score = ")[1].split("\n")[0])
        assert sum(map(float, terms)) == pytest.approx(comparison.score, abs=0.1)
        odds = math.log(comparison.probability / (1 - comparison.probability))
        assert odds == pytest.approx(comparison.log_odds + comparison.shift)
        assert text.endswith(
            f"log-odds of the probability = {comparison.log_odds:+.2f} by boosted trees"
            f" {comparison.shift:+.2f} for the prevalence"
        )


def test_the_explanation_says_what_only_one_of_them_has(names):
    explanation = names.compare("Yoshihidi Soja Soja", "Yoshihide Suga Junior").explanation()
    assert explanation["only_in_mention"] == ["soja"]
    assert explanation["only_in_name"] == ["junior"]


@pytest.mark.parametrize(
    ("mention", "name", "reason"),
    [
        ("", "Suga", "in the mention"),
        ("Suga", "...", "in the name"),
        ("?!", "", "in the mention"),
        ("x" * 501, "Suga", "501 characters"),
        ("Suga", "x " * 400, "800 characters"),
    ],
)
def test_what_is_no_name_is_like_none(names, mention, name, reason):
    comparison = names.compare(mention, name)
    assert (comparison.score, comparison.probability) == (-math.inf, 0.0)
    assert reason in comparison.explain()
    assert comparison.to_dict()["score"] is None
    explanation = comparison.explanation()
    assert (explanation["matches"], explanation["adds"]) == ([], {})


@pytest.mark.parametrize(
    "mention", ["\ud800Suga", "Suga\x00", "\u202eSuga", "a " * 40, "菅" * 60, "ᄀ", "1", "İ", "🏴S"]
)
def test_no_text_crashes(names, mention):
    for left, right in ((mention, "Yoshihide Suga"), ("Yoshihide Suga", mention), (mention, mention)):
        comparison = names.compare(left, right)
        assert comparison.explain()
        assert 0.0 <= comparison.probability <= 1.0


def test_comparing_goes_by_the_table_as_it_is_now(tmp_path):
    (tmp_path / "t.tsv").write_text("id\tname\n")
    build_file(tmp_path / "t.db", [tmp_path / "t.tsv"])
    with resolver.open(tmp_path / "t.db") as names:
        alone = names.compare("Yoshihidi Soja", "Yoshihide Suga").score
        assert math.isfinite(alone)
        names.put(*(Entity(f"e{n}", f"Yoshihide Suga {n}", "person") for n in range(2000)))
        assert names.compare("Yoshihidi Soja", "Yoshihide Suga").score != alone  # weights go by the size


def run(*arguments):
    return CliRunner().invoke(main, list(arguments))


def test_the_command():
    result = run("compare", "Yoshihidi Soja", "Yoshihide Suga")
    assert result.exit_code == 0
    assert result.stdout.startswith("'Yoshihidi Soja' as 'Yoshihide Suga': probability 0.")
    assert "soja ~ suga" in result.stdout
    value = json.loads(run("compare", "Yoshihidi Soja", "Yoshihide Suga", "--json").stdout)
    assert list(value) == ["mention", "name", "score", "probability", "explanation", "evidence"]
    assert value["explanation"] + "\n" == result.stdout
    assert sum(value["evidence"]["adds"].values()) == pytest.approx(value["score"], abs=0.01)


def test_the_command_on_what_is_no_name(tmp_path):
    result = run("compare", "...", "Suga")
    assert result.exit_code == 0
    assert "probability 0.000, score -inf (no letter or digit in the mention)" in result.stdout
    assert json.loads(run("compare", "...", "Suga", "--json").stdout)["score"] is None
    assert run("compare", "Suga").exit_code == 2
    missing = run("compare", "Soja", "Suga", "--db", str(tmp_path / "none.db"))
    assert missing.exit_code == 2
    assert "none.db: no such file" in missing.stderr


def test_an_initial_stands_for_a_name_on_either_side(names):
    for mention, name in (("J Smith", "John Smith"), ("John Smith", "J Smith"), ("Boris Johnson", "B. Johnson")):
        comparison = names.compare(mention, name)
        assert comparison.evidence.features["initials"] == 1.0
        assert comparison.probability > 2 * names.compare(mention, f"W {name.split()[-1]}").probability


def test_a_digit_is_no_initial(names):
    for mention, name in (("Unit 3", "Unit 33"), ("Unit 33", "Unit 3"), ("Unit 3", "Unit 3")):
        features = names.compare(mention, name).evidence.features
        assert features["initials"] == 0.0
