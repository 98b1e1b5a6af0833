"""When a mention is linked: the precision that is asked for, equal names, and what the text around it says."""

import json
import math
import multiprocessing
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import resolver
from resolver import Entity, Settings
from resolver.cli import main
from resolver.database.build import build_file
from resolver.errors import SettingError
from resolver.records import TYPES
from resolver.resolving.context import read_context
from resolver.resolving.prevalence import estimate_prevalence
from resolver.resolving.threshold import EDITS, LINKS, probability_for
from resolver.settings import FITTED_PREVALENCE, SINGLE_PREVALENCE

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts" / "lib"))

from precision_curves import least_at, log_odds

TABLE = """id	name	type	aliases	weight
smith-mp	John Smith	person	John Smith MP	1
smith-actor	John Smith	person	Johnny Smith-Jones	1
may-day	May	other		1
georgia	Georgia	place	Republic of Georgia	1
georgia-state	Georgia	place	State of Georgia	1
georgia-band	Georgia	org		1
jordan	Jordan	place	Hashemite Kingdom of Jordan	1
michael-jordan	Michael Jordan	person	Air Jordan	1
li-one	Li	person		1
li-other	Li	person		9
suga	Yoshihide Suga	person		1
"""


def opened(folder, **settings):
    (folder / "table.tsv").write_text(TABLE, encoding="utf-8")
    build_file(folder / "names.db", [folder / "table.tsv"])
    return resolver.open(folder / "names.db", Settings(**settings))


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("deciding")) as table:
        yield table


def probabilities(resolution):
    return {candidate.entity.id: candidate.probability for candidate in resolution.candidates}


@pytest.mark.parametrize(("table", "prevalence"), [*((LINKS, p) for p in (0.03, 0.1, 0.5, 0.7, 0.9)), (EDITS, 0.7)])
def test_the_threshold_rises_with_the_precision(table, prevalence):
    rows = [
        (float(row["precision"]), float(row["probability"]))
        for row in rows_of_data(table)
        if float(row.get("prevalence", prevalence)) == prevalence
    ]
    assert rows == sorted(rows)
    assert [probability_for(one, table, prevalence) for one, _ in rows] == [probability for _, probability in rows]
    steps = [probability_for(n / 1000, table, prevalence) for n in range(1, 1001)]
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (rows[0][1], 1.0)


def test_the_threshold_falls_with_the_prevalence():
    for precision in (0.8, 0.9, 0.95):
        steps = [probability_for(precision, LINKS, n / 100) for n in range(1, 100)]
        assert steps == sorted(steps, reverse=True)
        assert precision == steps[0] > steps[-1]


def test_the_prevalence_is_estimated_from_the_batch():
    dice = random.Random(1)
    for true in (0.02, 0.1, 0.5, 0.9):
        batch = []
        for _ in range(4000):
            # two populations with normal log-odds of known density: their ratio is exp(4 x)
            x = dice.gauss(2.0 if dice.random() < true else -2.0, 1.0)
            odds = math.exp(4.0 * x) * FITTED_PREVALENCE / (1 - FITTED_PREVALENCE)
            batch.append(odds / (1 + odds))
        assert estimate_prevalence(batch, FITTED_PREVALENCE) == pytest.approx(true, abs=0.02)


def test_a_few_mentions_say_little_of_their_prevalence():
    assert estimate_prevalence([], 0.7) == SINGLE_PREVALENCE
    for found in (0.0, 1.0):
        shares = [abs(estimate_prevalence([found] * n, 0.7) - SINGLE_PREVALENCE) for n in (1, 5, 50, 100_000)]
        assert shares == sorted(shares)
        assert shares[0] < 0.06
        assert SINGLE_PREVALENCE - 0.002 < shares[-1] < SINGLE_PREVALENCE


def test_one_mention_is_as_likely_as_not_in_the_table(names):
    resolution = names.resolve("Vladmir Zelenski")
    assert resolution == names.resolve("Vladmir Zelenski", prevalence=SINGLE_PREVALENCE)
    assert "where 0.5 of the mentions are in the table" in resolution.reason
    assert [resolution] == list(names.resolve_many(iter(["Vladmir Zelenski"])))


def test_a_lower_prevalence_lowers_every_probability(names):
    plain, low = names.resolve("Vladmir Zelenski"), names.resolve("Vladmir Zelenski", prevalence=0.05)
    assert [c.entity.id for c in plain.candidates] == [c.entity.id for c in low.candidates]
    assert 0 < low.probability < plain.probability
    odds = [r.in_table / (1 - r.in_table) for r in (low, plain)]
    assert odds[0] / odds[1] == pytest.approx(0.05 / 0.95)
    assert "where 0.05 of the mentions are in the table" in low.reason
    for bad in (0.0, 1.0, 1.5, -1.0):
        with pytest.raises(SettingError, match="prevalence"):
            names.resolve("Soja", prevalence=bad)


def test_a_batch_of_strangers_is_linked_less(names, tmp_path):
    strangers = [f"{one} {other}" for one in STRANGE_GIVEN for other in STRANGE_FAMILY]
    mentions = [*strangers, "Yoshihidi Soja", "Angela Merkil"]
    share = names.estimate_prevalence(mentions)
    assert share < 0.1
    auto = list(names.resolve_many(mentions))
    assert auto == list(names.resolve_many(mentions, prevalence=share))
    assert auto == list(names.resolve_many(iter(mentions), prevalence="auto"))
    alone = map(names.resolve, mentions)
    assert sum(r.outcome == "linked" for r in auto) <= sum(r.outcome == "linked" for r in alone)
    path = tmp_path / "in.tsv"
    path.write_text("mention\n" + "\n".join(mentions) + "\n")
    for more in ([], ["--prevalence", "auto"]):
        result = CliRunner().invoke(main, ["resolve", "--input", str(path), "--db", str(names.file), *more])
        assert result.exit_code == 0
        assert f"an estimated share of {share:.3g} of the mentions" in result.stderr
        assert [json.loads(line) for line in result.stdout.splitlines()] == [r.to_dict() for r in auto]
    for bad in (["--prevalence", "auto", "Soja"], ["--prevalence", "half", "Soja"], ["--prevalence", "2", "Soja"]):
        assert CliRunner().invoke(main, ["resolve", *bad]).exit_code == 2


def test_a_stream_is_read_once_and_each_mention_taken_on_its_own(names):
    command = [sys.executable, "-c", "from resolver.cli import main; main()", "resolve", "--db", names.file]
    for path in ("-", "/dev/stdin"):
        result = subprocess.run(
            [*command, "--format", "tsv", "--input", path],
            input="mention\nSoja\nSuga\n",
            capture_output=True,
            text=True,
        )
        assert [json.loads(line) for line in result.stdout.splitlines()] == [
            names.resolve(mention).to_dict() for mention in ("Soja", "Suga")
        ]
        wrong = subprocess.run(
            [*command, "--input", path, "--prevalence", "auto"], input="", capture_output=True, text=True
        )
        assert wrong.returncode == 2
        assert "not a stream" in wrong.stderr


def test_the_prevalence_that_is_set_holds_for_a_batch(names, tmp_path):
    with resolver.open(names.file, Settings(prevalence=0.2)) as table:
        (found,) = table.resolve_many(["Vladmir Zelenski"])
        assert found == names.resolve("Vladmir Zelenski", prevalence=0.2)


def test_a_single_string_is_no_batch(names):
    with pytest.raises(TypeError, match="not one str: 'Soja'"):
        names.resolve_many("Soja")


def test_texts_keep_the_prevalence_of_texts(names):
    assert names.engine().rewriter.resolver.settings.prevalence == FITTED_PREVALENCE
    assert names.at_prevalence(0.2).engine().rewriter.resolver.settings.prevalence == 0.2


def test_prevalences_share_the_matchers_of_a_table(names):
    assert names.at_prevalence(0.2).engine().resolver.matchers == names.engine().resolver.matchers


def test_a_mention_is_matched_once_for_several_prevalences(names, monkeypatch):
    names.engine().resolver.resolve("Tavita Brelinge")
    other = names.at_prevalence(0.2).engine().resolver
    monkeypatch.setattr(type(other), "_match", None)
    assert other.resolve("Tavita Brelinge").mention == "Tavita Brelinge"


STRANGE_GIVEN = "Walter Ingeborg Tamsin Osvaldo Brendan Philippa Godfrey Leopoldine".split()
STRANGE_FAMILY = "Quarrington Vandermolen Etcheverry Plumtree Oakenfold Zabriskie Hollingberry Szymborski".split()


def rows_of_data(name):
    lines = (Path(__file__).parent.parent / "data" / name).read_text(encoding="utf-8").splitlines()
    header, *rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return [dict(zip(header, row, strict=True)) for row in rows]


def overconfident(share, count):
    """Points of made-up queries whose log-odds are twice what they should be."""
    dice = random.Random(count)
    for n in range(count):
        known = n < share * count
        yield 2 * (4 * dice.gauss(0.5 if known else -0.5, 0.5) + math.log(share / (1 - share))), known, known, 1 / count


@pytest.mark.parametrize("share", [0.05, 0.3, 0.7])
def test_links_from_the_threshold_on_have_the_precision(share):
    precisions = (0.8, 0.9, 0.95, 0.99)
    least = least_at(list(overconfident(share, 2000)), precisions)
    assert least == sorted(least)
    for probability, wanted in zip(least, precisions, strict=True):
        assert probability <= wanted
        linked = [right for value, _, right, _ in overconfident(share, 40_000) if value >= log_odds(probability)]
        assert wanted - 0.03 < sum(linked) / len(linked) or probability == wanted


def test_an_exact_name_is_linked_where_few_mentions_are_in_the_table(names):
    for prevalence in (0.3, 0.1, 0.03, 0.01):
        assert names.resolve("Yoshihide Suga", prevalence=prevalence).outcome == "linked"


def test_the_precision_decides_and_the_reason_says_so(tmp_path):
    with opened(tmp_path) as table:
        r = table.resolve("Yoshihidi Suga")
    assert r.outcome == "linked"
    least, half = probability_for(0.95, prevalence=SINGLE_PREVALENCE), "where 0.5 of the mentions are in the table"
    assert r.reason == f"probability {r.probability:.3f} is at least {least:g}, for a precision of 0.95 {half}"
    with opened(tmp_path, min_precision=1.0) as table:
        assert table.resolve("Yoshihidi Soja").outcome == "nil"
        assert table.resolve("Yoshihidi Soja").reason.endswith(f"below 1, for a precision of 1 {half}")
    with opened(tmp_path, min_precision=1.0, min_probability=0.1) as table:
        assert re.fullmatch(r"probability [01]\.\d+ is at least 0\.1", table.resolve("Yoshihidi Suga").reason)


def test_rewriting_goes_by_its_own_probability(tmp_path):
    text = "Yoshihidi Suga declined to comment."
    with opened(tmp_path) as table:
        assert table.resolve("Yoshihidi Suga").probability > table.settings.rewrite_probability
        expected = table.rewrite(text)
    assert expected[0] == "Yoshihide Suga declined to comment."
    with opened(tmp_path, min_precision=1.0) as table:
        assert table.rewrite(text) == expected
    with opened(tmp_path, rewrite_probability=1.0) as table:
        assert table.rewrite(text) == (text, [])


@pytest.mark.parametrize("settings", [{}, {"min_precision": 0.01}, {"min_probability": 0.01}, {"min_precision": 1.0}])
def test_equal_names_are_ambiguous_at_any_precision(tmp_path, settings):
    with opened(tmp_path, **settings) as table:
        r = table.resolve("John Smith")
    assert (r.outcome, r.entity) == ("ambiguous", None)
    assert {c.entity.id for c in r.candidates[:2]} == {"smith-mp", "smith-actor"}
    share = r.candidates[0].probability
    assert f"John Smith [smith-actor] {share:.3f}, John Smith [smith-mp] {share:.3f} are together" in r.reason


def test_the_command_gives_both_with_their_probabilities(names):
    result = CliRunner().invoke(main, ["resolve", "John Smith", "--db", str(names.table.path)])
    shown = r"ambiguous\tJohn Smith \[smith-actor\] \| John Smith \[smith-mp\]\t(0\.\d{3}) \| \1\n"
    assert re.fullmatch(shown, result.stdout)


def test_what_tells_equal_names_apart(names):
    assert names.resolve("Georgia").outcome == "ambiguous"
    assert names.resolve("Georgia", type="org").entity.id == "georgia-band"
    assert names.resolve("Georgia", type="place").outcome == "ambiguous"
    assert names.resolve("Georgia", type="place").reason.endswith("; only what has the type place could be meant")
    assert names.resolve("Li").candidates[0].entity.id == "li-other"  # by its prior weight
    assert names.resolve("Georgia", context="The Republic of Georgia voted.").entity.id == "georgia"
    r = names.resolve("John Smith", context="John Smith spoke. The other was Johnny Smith-Jones.")
    assert r.entity.id == "smith-actor"


def test_context_features_are_explained_and_add_up(names):
    context = "Mr Georgia said that the Republic of Georgia is near."
    r = names.resolve("Georgia", context=context)
    assert "context_named" in r.explain() and "context_type" in r.explain()
    for candidate, explained in zip(r.candidates, r.explanation(), strict=False):
        assert sum(explained["adds"].values()) == pytest.approx(candidate.score, abs=0.01)
        assert candidate.evidence.features["context_type"] == -1.0  # no person is called Georgia
    assert sum(c.probability for c in r.candidates) == pytest.approx(r.in_table, abs=0.01)
    assert "score = " in r.explain() and "to be in the table" in r.explain()


def test_without_a_context_or_with_one_that_says_nothing_answers_stay(names):
    for mention in ("John Smith", "Jordan", "Yoshihidi Soja", "...", "Nobody Atall"):
        plain = names.resolve(mention)
        assert names.resolve(mention, context="") is plain
        for context in ("Nothing is said here.", "\ud800\u0000", f"{mention} {mention}", "..."):
            assert names.resolve(mention, context=context).to_dict() == plain.to_dict()
            assert names.resolve(mention, context=context).reason == plain.reason


def test_a_fuller_name_of_another_speaks_against(names):
    plain = probabilities(names.resolve("Jordan"))
    r = names.resolve("Jordan", context="Michael Jordan scored. Jordan was brief.")
    seen = probabilities(r)
    assert seen["michael-jordan"] > plain["michael-jordan"]
    assert seen["jordan"] < plain["jordan"]
    features = {c.entity.id: c.evidence.features for c in r.candidates}
    assert features["jordan"]["context_other"] == features["michael-jordan"]["context_named"] == 1.0
    both = names.resolve("Jordan", context="Michael Jordan flew to the Hashemite Kingdom of Jordan.")
    assert {c.entity.id: c.evidence.features for c in both.candidates}["jordan"]["context_other"] == 0.0


def test_who_is_named_in_the_context_is_a_candidate():
    with resolver.open() as table:  # the search of "Soja" finds nearer names than this one
        assert "yoshihide-suga" not in probabilities(table.resolve("Soja"))
        r = table.resolve("Soja", context="Prime Minister Yoshihide Suga left. Soja was brief.")
        assert r.candidates[0].entity.id == "yoshihide-suga"
        explained = r.explanation()[0]
        assert explained["adds"]["context_named"] > 0
        assert sum(explained["adds"].values()) == pytest.approx(r.candidates[0].score, abs=0.01)


@pytest.mark.parametrize(
    ("mention", "context", "named"),
    [
        ("Georgia", "Republic of Georgia", {"georgia": 1.0}),
        ("Georgia", "republic of georgia", {}),  # in small letters it is no name
        ("Georgia", "Republic of Georgia and State of Georgia", {"georgia": 1.0, "georgia-state": 1.0}),
        ("Smith", "John Smith", {"smith-mp": 0.5, "smith-actor": 0.5}),  # shared by those who have it
        ("Republic of Georgia", "the Republic of Georgia", {}),  # the mention itself
        ("Republic of Georgia", "Georgia", {}),  # a lone word of it
        ("Georgia Republic", "Georgia", {}),
        ("Day", "they may go", {}),
        ("Day", "MAY", {}),  # a lone word only as it is written in the table
        ("Day", "In May", {"may-day": 1.0}),
        ("Jordan", "Jordan. Michael: Jordan", {}),
    ],
)
def test_named_in_the_context(names, mention, context, named):
    entities = [Entity(row["id"], row["name"], row["type"]) for row in rows_of_table()]
    clues = read_context(names.table.snapshot(), context).clues(mention, dict(enumerate(entities)))
    found = {entities[alias].id: features["context_named"] for alias, features in clues.items()}
    assert {entity_id: value for entity_id, value in found.items() if value} == named


def rows_of_table():
    header, *lines = (line.split("\t") for line in TABLE.splitlines())
    return [dict(zip(header, line, strict=True)) for line in lines]


@pytest.mark.parametrize(
    ("context", "types"),
    [
        ("Mr Xanadu left", "person"),
        ("Mr. Xanadu left", "person"),
        ("president Xanadu left", "person"),
        ("the former Xanadu", ""),
        ("Xanadu said that", "person org"),
        ("in Xanadu today", "place"),
        ("near\nXanadu today", ""),
        ("at Xanadu", "place org"),
        ("the City of Xanadu", "place"),
        ("Xanadu Inc. rose", "org"),
        ("Xanadu, Inc. rose", "org"),
        ("Xanadu Technologies rose", "org"),
        ("Xanadu technologies rose", ""),
        ("the company Xanadu rose", "org"),
        ("Xanadu as a place", ""),
        ("Xanadu River", "place"),
        ("Xanadu's Inc.", ""),
        ("in Xanadu Inc.", ""),  # the two sides do not agree
        ("at Xanadu Inc.", "org"),
        ("Xanadu rose. Mr Xanadu left.", ""),  # only where it first stands
        ("XANADU said so", "person org"),
        ("in Xanadus", ""),
        ("in here", ""),
        ("", ""),
    ],
)
def test_words_beside_the_mention_tell_its_type(names, context, types):
    entities = {place: Entity(type, "Kubla", type) for place, type in enumerate(TYPES)}
    clues = read_context(names.table.snapshot(), context).clues("Xanadu", entities)
    told = {TYPES[place]: features["context_type"] for place, features in clues.items()}
    wanted = {type: 1.0 if type in types.split() else -1.0 for type in TYPES if types and type != "other"}
    assert told == wanted


def test_the_table_of_cues_is_sound():
    rows = rows_of_data("context_cues.tsv")
    assert len({(row["cue"], row["side"]) for row in rows}) == len(rows)
    for row in rows:
        assert row["side"] in ("before", "after")
        assert set(filter(None, row["types"].split("|"))) <= set(TYPES)
        assert row["side"] == "before" or " " not in row["cue"]


def test_a_context_speaks_for_one_of_many_namesakes(tmp_path):
    rows = "".join(f"{n}\tJohn Smith\tperson\tJohn Smith of Town{n:02}\n" for n in range(30))
    (tmp_path / "t.tsv").write_text("id\tname\ttype\taliases\n" + rows, encoding="utf-8")
    build_file(tmp_path / "t.db", [tmp_path / "t.tsv"])
    with resolver.open(tmp_path / "t.db") as table:
        assert table.resolve("John Smith").outcome == "ambiguous"
        r = table.resolve("John Smith", context="It was John Smith of Town29, not another. John Smith left.")
        assert r.candidates[0].entity.id == "29"
        assert len(r.candidates) == 10
        assert sum(c.probability for c in r.candidates) <= r.in_table + 1e-9


def test_a_context_counts_with_decisions_and_changes(tmp_path):
    context = "The Republic of Georgia voted. Georgia is small."
    with opened(tmp_path) as table:
        assert table.resolve("Georgia", context=context).entity.id == "georgia"
        table.reject("Georgia", "georgia")
        assert "georgia" not in probabilities(table.resolve("Georgia", context=context))
        table.undo()
        table.accept("Georgia", "georgia-band")
        assert table.resolve("Georgia", context=context).entity.id == "georgia-band"
        table.undo()
        table.remove("georgia")
        assert "context_named" not in table.resolve("Georgia", context=context).explain()


PAIRS = [
    "Georgia",
    ("Georgia", "the Republic of Georgia"),
    ("Georgia", "the State of Georgia"),
    ("Georgia", ""),
    ("Georgia", "the Republic of Georgia"),
    ("Jordan", "Michael Jordan"),
] * 20


def all_of(resolutions):
    return [(r.mention, r.to_dict(), r.reason, r.explain(), r.explanation()) for r in resolutions]


def test_a_batch_of_mentions_with_contexts(names):
    found = list(names.resolve_many(PAIRS))
    assert [r.entity and r.entity.id for r in found[:5]] == [None, "georgia", "georgia-state", None, "georgia"]
    assert found[1] is found[4] is found[7]  # a repeated pair is asked once
    if "fork" in multiprocessing.get_all_start_methods():
        assert all_of(names.resolve_many(PAIRS, jobs=2)) == all_of(found)
        assert list(names.resolve_to_json(PAIRS, jobs=2)) == list(names.resolve_to_json(PAIRS))


def run(names, *arguments):
    return CliRunner().invoke(main, ["resolve", *map(str, arguments), "--db", str(names.table.path)])


def test_context_on_the_command_line(names, tmp_path):
    assert run(names, "Georgia").stdout.startswith("ambiguous")
    assert "[georgia]" in run(names, "Georgia", "--context", "the Republic of Georgia").stdout
    (tmp_path / "in.tsv").write_text("mention\ttext\nGeorgia\tthe Republic of Georgia\nGeorgia\t\nGeorgia\n")
    result = run(names, "--input", tmp_path / "in.tsv", "--context-column", "text")
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["georgia", None, None]
    result = run(names, "--input", tmp_path / "in.tsv", "--context", "the State of Georgia")
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["georgia-state"] * 3
    (tmp_path / "in.jsonl").write_text('{"mention": "Georgia", "text": 1}\n{"mention": "Georgia"}\n')
    result = run(names, "--input", tmp_path / "in.jsonl", "--context-column", "text")
    assert (result.exit_code, len(result.stdout.splitlines())) == (1, 1)
    assert "no string in the field 'text'" in result.stderr
    for arguments in (
        ["Georgia", "--context-column", "text"],
        ["--input", "-", "--context-column", "x", "--context", "y"],
    ):
        assert "--context-column needs --input" in run(names, *arguments).stderr
    missing = run(names, "--input", tmp_path / "in.tsv", "--context-column", "around")
    assert (missing.exit_code, "no column 'around'" in missing.stderr) == (2, True)


def test_precision_on_the_command_line(names):
    assert run(names, "Yoshihidi Suga", "--min-precision", 1).stdout.startswith("nil")
    assert run(names, "Yoshihidi Suga", "--min-precision", 1, "--min-probability", 0.5).stdout.startswith("linked")
    assert "min_precision must be" in run(names, "Georgia", "--min-precision", 95).stderr


def test_a_surname_that_two_people_have_is_ambiguous_though_one_is_a_little_more_probable(tmp_path):
    (tmp_path / "t.tsv").write_text(
        "id\tname\ttype\na\tJohn Harwell\tperson\nb\tJoan Harwell\tperson\nc\tIda Quist\tperson\n"
    )
    build_file(tmp_path / "t.db", [tmp_path / "t.tsv"])
    with resolver.open(tmp_path / "t.db") as names:
        found = names.resolve("Harwell")
        assert found.outcome == "ambiguous"
        assert {candidate.entity.id for candidate in found.candidates[:2]} == {"a", "b"}
        assert names.resolve("John Harwel").entity.id == "a"
