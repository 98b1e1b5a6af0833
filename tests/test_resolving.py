import math
import re

import pytest
from conftest import rows_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import resolver
from resolver.resolving.calibration import Calibration, log_of_sum, probability_of


@pytest.mark.parametrize("row", rows_of("cases/mentions.tsv"), ids=lambda row: row["mention"])
def test_mentions(names_with_decoys, row):
    r = names_with_decoys.resolve(row["mention"])
    got = r.entity.id if r.entity else r.outcome.upper()
    assert got == row["id"], [(c.entity.id, round(c.probability, 3)) for c in r.candidates[:3]]


def test_probabilities_sum_to_less_than_one_with_room_for_nil():
    groups = [(2.0, 1.0), (0.0, math.exp(2.0) + math.exp(-30.0))]
    found = Calibration(log_of_sum(groups), 0.9)
    assert found.probability(2.0) == pytest.approx(0.45)
    assert found.probability_of_sum(0.0, math.exp(2.0)) == pytest.approx(found.probability(2.0))
    assert probability_of(10_000.0) == 1.0
    assert probability_of(-10_000.0) == 0.0
    assert probability_of(0.0) == 0.5
    assert log_of_sum([]) == -math.inf
    assert log_of_sum([(1000.0, 1.0)]) == 1000.0
    assert log_of_sum([(-1000.0, 1.0), (0.0, 0.0)]) == -1000.0


def test_equal_names_are_ambiguous_and_both_named(tmp_path):
    table = tmp_path / "t.tsv"
    table.write_text("id\tname\nb\tJohn Smith\na\tJohn Smith\nc\tAnna Karenina\n")
    resolver.database.build.build_file(tmp_path / "t.db", [table])
    r = resolver.open(tmp_path / "t.db").resolve("John Smith")
    assert r.outcome == "ambiguous"
    assert r.entity is None
    assert [c.entity.id for c in r.candidates[:2]] == ["a", "b"]  # ties break by id
    assert r.candidates[0].probability == r.candidates[1].probability


def test_a_prior_weight_moves_the_answer_and_is_explained(tmp_path):
    table = tmp_path / "t.tsv"
    table.write_text("id\tname\tweight\nb\tJohn Smith\t20\na\tJohn Smith\t1\n")
    resolver.database.build.build_file(tmp_path / "t.db", [table])
    r = resolver.open(tmp_path / "t.db").resolve("John Smith")
    assert r.entity.id == "b"
    assert "prior" in r.explain()


def test_type_restricts(names):
    assert names.resolve("Mongolia", type="person").outcome == "nil"
    assert {c.entity.type for c in names.resolve("Yoshihidi Soja", type="place").candidates} <= {"place"}


def test_explanation_adds_up(names):
    r = names.resolve("Yoshihidi Soja")
    text = r.explain()
    assert "soja ~ suga" in text
    terms = [float(term) for term in re.findall(r"([+-]\d+\.\d+) [a-z_]+", text.split("score = ")[1].split("\n")[0])]
    assert sum(terms) == pytest.approx(r.candidates[0].score, abs=0.1)


def test_ten_candidates_best_first_whatever_the_outcome(names):
    for mention in ("Yoshihidi Soja", "Karl Haverbrook"):
        found = names.resolve(mention).candidates
        assert 0 < len(found) <= 10
        assert [c.probability for c in found] == sorted((c.probability for c in found), reverse=True)


def test_resolution_as_json(names):
    value = names.resolve("Yoshihidi Soja").to_dict()
    assert list(value) == ["mention", "outcome", "id", "name", "type", "probability", "candidates"]
    assert list(value["candidates"][0]) == ["id", "name", "alias", "score", "probability"]
    nil = names.resolve("...").to_dict()
    assert (nil["outcome"], nil["id"], nil["candidates"], nil["probability"]) == ("nil", None, [], 0.0)


@pytest.mark.parametrize("mention", ["x" * 1_000_000, "\ud800", "\u202e\u202c", "\x00\x01", "a\u0301" * 3000, "ﷺ" * 50])
def test_odd_mentions_are_nil(names, mention):
    assert names.resolve(mention).outcome == "nil"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mention=st.text(max_size=60))
def test_no_text_crashes(names, mention):
    r = names.resolve(mention)
    assert r.outcome in ("linked", "ambiguous", "nil")
    assert names.resolve(mention) is r or names.resolve(mention) == r


def test_resolve_many_keeps_order(names):
    mentions = ["ZTE", "nobody at all", "Huawei", "ZTE"]
    assert [r.mention for r in names.resolve_many(mentions)] == mentions


def test_bad_settings_are_errors():
    with pytest.raises(resolver.SettingError, match="min_probability"):
        resolver.Settings(min_probability=1.5)
    with pytest.raises(resolver.SettingError, match="policy"):
        resolver.Settings(policy="all")


def test_many_equal_names_are_ambiguous(tmp_path):
    table = tmp_path / "t.tsv"
    table.write_text("id\tname\n" + "".join(f"{n}\tJohn Smith\n" for n in range(15)))
    resolver.database.build.build_file(tmp_path / "t.db", [table])
    r = resolver.open(tmp_path / "t.db").resolve("John Smith")
    assert r.outcome == "ambiguous"
    assert len(r.candidates) == 10


def test_an_unknown_type_is_an_error(names):
    with pytest.raises(resolver.SettingError, match="type must be one of"):
        names.resolve("ZTE", type="company")


def test_an_answer_does_not_depend_on_what_was_asked_before():
    mention, *others = ["約翰·尼高斯沃爾", "Vladimer Puttin", "يوشيهيدي سوجا", "安倍晋三", "Softbank"]
    answers = []
    for other in others:
        with resolver.open() as names:
            names.resolve(other)
            r = names.resolve(mention)
            answers.append((r.to_dict(), r.explain()))
    assert answers == answers[:1] * len(answers)
