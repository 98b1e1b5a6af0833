"""When a mention is linked: the precision that is asked for, equal names, and what the text around it says."""

import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import resolver
from resolver import Settings
from resolver.cli import main
from resolver.gazetteer.build import build_file
from resolver.resolving.threshold import probability_for

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))

from querysets import least_probabilities

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


def test_the_threshold_rises_with_the_precision():
    rows = [(float(row["precision"]), float(row["probability"])) for row in rows_of_data("thresholds.tsv")]
    assert rows == sorted(rows)
    assert [probability_for(precision) for precision, _ in rows] == [probability for _, probability in rows]
    steps = [probability_for(n / 1000) for n in range(1, 1001)]
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (rows[0][1], 1.0)


def rows_of_data(name):
    lines = (Path(__file__).parent.parent / "data" / name).read_text(encoding="utf-8").splitlines()
    header, *rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_the_threshold_is_the_least_probability_with_the_precision():
    one = [(0.9, True), (0.8, True), (0.7, False), (0.6, True)]
    assert least_probabilities([one], (0.7, 0.75, 0.8, 1.0)) == [0.6, 0.6, 0.8, 0.8]
    assert least_probabilities([one, [(0.95, False)] * 2], (0.5, 0.9)) == [1.0, 1.0]  # each set counts as much
    assert least_probabilities([one, [(0.95, True)] * 2], (0.75, 0.9)) == [0.6, 0.8]


def test_the_precision_decides_and_the_reason_says_so(tmp_path):
    with opened(tmp_path) as table:
        r = table.resolve("Yoshihidi Suga")
    assert r.outcome == "linked"
    assert r.reason == (
        f"probability {r.probability:.3f} is at least {probability_for(0.95):g}, for a precision of 0.95"
    )
    with opened(tmp_path, min_precision=1.0) as table:
        assert table.resolve("Yoshihidi Soja").outcome == "nil"
        assert table.resolve("Yoshihidi Soja").reason.endswith("below 1, for a precision of 1")
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
    result = CliRunner().invoke(main, ["resolve", "John Smith", "--db", str(names.store.path)])
    shown = r"ambiguous\tJohn Smith \[smith-actor\] \| John Smith \[smith-mp\]\t(0\.\d{3}) \| \1\n"
    assert re.fullmatch(shown, result.stdout)


def run(names, *arguments):
    return CliRunner().invoke(main, ["resolve", *map(str, arguments), "--db", str(names.store.path)])


def test_precision_on_the_command_line(names):
    assert run(names, "Yoshihidi Suga", "--min-precision", 1).stdout.startswith("nil")
    assert run(names, "Yoshihidi Suga", "--min-precision", 1, "--min-probability", 0.5).stdout.startswith("linked")
    assert "min_precision must be" in run(names, "Georgia", "--min-precision", 95).stderr
