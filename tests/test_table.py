"""The checker of the canonical table, on the table itself and on tables that are wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECKER = Path(__file__).parent.parent / "scripts" / "check_table"


def check(*arguments):
    return subprocess.run([sys.executable, CHECKER, *arguments], capture_output=True, text=True, check=False)


def test_the_bundled_table_is_right():
    result = check()
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a\tA One\torg\t\na\tB Two\torg\t", "t.tsv:3: the id 'a' is already in line 2"),
        ("a\tA One\torg\t\nb\tB Two\torg\tA One@en", "t.tsv:3: 'A One' is shared by a (line 2), b (line 3)"),
        ("a\tA One\tcompany\t", "t.tsv:2: type must be one of person, org, place, other, not 'company'"),
        ("a\tA\u200bOne\torg\t", "t.tsv:2: odd character U+200B"),
        ("a\tCafe\u0301\torg\t", "t.tsv:2: not in Unicode normal form C"),
        ("a\tA  One\torg\t", "t.tsv:2: spaces at the ends or doubled"),
        ("A b\tA One\torg\t", "t.tsv:2: the id 'A b' is not a slug"),
        ("a\tA One\torg\tB@en:nickname", "t.tsv:2: the kind of 'B' must be one of"),
        ("a\tA One\torg\tA One@en", "t.tsv:2: the canonical name 'A One' is listed as an alias"),
        ("a\tA One\torg\tB@en|B@en:short", "t.tsv:2: the alias 'B' is listed twice"),
        ("a\t!!\torg\t", "t.tsv:2: no letter or digit"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(tmp_path, rows, message):
    (tmp_path / "t.tsv").write_text("id\tname\ttype\taliases\n" + rows + "\n", encoding="utf-8")
    (tmp_path / "shared.tsv").write_text("alias\tids\treason\n")
    result = check(tmp_path / "t.tsv", tmp_path / "shared.tsv")
    assert result.returncode == 1
    assert message in result.stdout


def test_a_shared_name_needs_a_reason_and_the_right_ids(tmp_path):
    (tmp_path / "t.tsv").write_text("id\tname\ttype\na\tGeorgia\tplace\nb\tGeorgia\tplace\n")
    shared = tmp_path / "shared.tsv"
    shared.write_text("alias\tids\treason\nGeorgia\ta b\tcountry and state\n")
    assert check(tmp_path / "t.tsv", shared).returncode == 0
    shared.write_text("alias\tids\treason\nGeorgia\ta b\t\n")
    assert "no reason given" in check(tmp_path / "t.tsv", shared).stdout
    shared.write_text("alias\tids\treason\nGeorgia\ta c\tbecause\n")
    assert check(tmp_path / "t.tsv", shared).returncode == 1
