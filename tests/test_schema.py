"""The documentation of the file, and that its recipes work with SQL alone."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

import resolver
from resolver.cli import main
from resolver.database.build import build_file
from resolver.database.saved_runs import SavedAnswer, SavedCandidate, SavedRun, save_run
from resolver.infra.packaged_data import data_path


@pytest.fixture(scope="module")
def document():
    result = CliRunner().invoke(main, ["schema"])
    assert result.exit_code == 0
    return result.stdout


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The bundled table as a file, with what a run saved, in a folder where nothing can be written."""
    folder = tmp_path_factory.mktemp("published")
    path = folder / "names.db"
    build_file(path, [data_path("entities.tsv")])
    with resolver.open(path) as names:
        mentions = ["Softbank", "Karl Haverbrook", "Yoshihidi Soja", "Yoshihide Suga", "Softbank"]
        names.save(map(names.resolve, ["from an earlier run"]))
        names.save(map(names.resolve, mentions))
    unsure = SavedAnswer(
        "Zoja", "zoja", "", "ambiguous", None, 0.5, (SavedCandidate("suga", "Yoshihide Suga", "person", 0.5),), 7
    )
    save_run(path, SavedRun("paste", "", 0.95), [unsure, replace(unsure, mention="ZOJA", times=2)])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE resolved SET run = 2 WHERE run = 3")
        connection.execute("DELETE FROM run WHERE no = 3")
        connection.execute("INSERT INTO redirect VALUES ('suga-of-old', 'yoshihide-suga', NULL)")
        connection.execute("UPDATE resolved SET id = 'suga-of-old' WHERE mention = 'Yoshihide Suga'")
    path.chmod(0o444)
    folder.chmod(0o555)
    yield path
    folder.chmod(0o755)


def recipes(document):
    found = re.findall(r"```sql\n(.*?)```", document, re.DOTALL)
    assert len(found) == 5
    return found


def test_all_tables_and_columns_are_documented(document, published):
    with closing(sqlite3.connect(published)) as connection:
        names = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
        for (name,) in connection.execute(names).fetchall():
            part = re.search(rf"^## {name} \((?:table|view)\)\n(.*?)(?=^## )", document, re.DOTALL | re.MULTILINE)
            assert re.match(r"\n\w.*\n\n\| column \|", part[1]), f"{name} has no purpose"
            described = re.findall(r"^\| (\w+) \| \w* \| (.*) \|$", part[1], re.MULTILINE)[1:]
            assert [column for column, _ in described] == [
                row[1] for row in connection.execute(f"PRAGMA table_info({name})")
            ]
            assert all(re.match(r"\w.* .*\w", meaning) for _, meaning in described), described
    assert "| type | TEXT | person, org, place, other |" in document


@pytest.mark.parametrize("how", ["mode=ro", "immutable=1"])
def test_recipes_in_python(document, published, how):
    with closing(sqlite3.connect(f"{published.as_uri()}?{how}", uri=True)) as connection:
        exact, alike, *_ = recipes(document)
        assert connection.execute(exact).fetchone() == ("Yoshihide Suga", "person", "ja", "native")
        *first, ask = re.split(r"(?<=;)\n", alike.strip())
        for statement in first:
            connection.execute(statement)
        best = {
            mention: connection.execute(ask.replace("yoshihidi soja", mention)).fetchone()[:2]
            for mention in ("yoshihidi soja", "Softbank", "malcom turnbul", "菅義偉", 'say "softbank" %_')
        }
        assert best["yoshihidi soja"] == ("yoshihide-suga", "Yoshihide Suga")
        assert [best[m][0] for m in best][1:] == ["softbank", "malcolm-turnbull", "yoshihide-suga", "softbank"]


UNCERTAIN = [("ZOJA", 9, "ambiguous", 0.5, "Yoshihide Suga")]
MEANT = [
    ("softbank", "SoftBank", 2, "Softbank"),
    ("yoshihide-suga", "Yoshihide Suga", 2, "Yoshihidi Soja,Yoshihide Suga"),
]
JOINED = [("Softbank", "linked", "softbank"), ("Karl Haverbrook", "nil", None)]


def test_recipes_for_what_runs_saved(document, published):
    uncertain, meant, joined = recipes(document)[2:]
    with closing(sqlite3.connect(f"{published.as_uri()}?immutable=1", uri=True)) as connection:
        assert [row[:5] for row in connection.execute(uncertain)] == UNCERTAIN
        assert connection.execute(meant).fetchall() == MEANT
        assert [row[:3] for row in connection.execute(joined)] == JOINED


def test_recipes_in_the_sqlite3_shell(document, published):
    sqlite3_shell = shutil.which("sqlite3")
    if sqlite3_shell is None:
        pytest.skip("no sqlite3 shell here")
    command = [sqlite3_shell, "-readonly", "-bail", str(published)]
    result = subprocess.run(command, input="\n".join(recipes(document)), capture_output=True, text=True, check=True)
    lines = result.stdout.splitlines()
    assert lines[0] == "Yoshihide Suga|person|ja|native"
    assert next(line for line in lines if "-" in line.partition("|")[0]).startswith("yoshihide-suga|Yoshihide Suga|")
    for rows in (UNCERTAIN, MEANT, JOINED):
        for row in rows:
            begin = "|".join("" if value is None else str(value) for value in row)
            assert any(line.startswith(begin) for line in lines), begin


def test_the_recipe_works_in_our_shell_too(document, published):
    result = CliRunner().invoke(main, ["shell", str(published), "--csv"], input=recipes(document)[1])
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[1].startswith("yoshihide-suga,")


WITHOUT_RIGHTS = """
import json, os, sqlite3, sys
import resolver
from click.testing import CliRunner
from resolver.cli import main

path, ask = sys.argv[1], json.loads(sys.argv[2])
run = lambda *arguments: CliRunner().invoke(main, [*arguments, "--db", path])
assert run("resolve", "ZTE").exit_code == run("resolved").exit_code == 0
early = sqlite3.connect(f"file:{path}?immutable=1", uri=True)
resolver.register(early)
early.execute("SELECT resolve_id('Yoshihidi Soja')").fetchone()  # all is imported now: our own folder may be closed
if os.geteuid() == 0:
    os.setuid(65534)
for beside in (path, path + "-journal"):
    try:
        open(beside, "ab")
        sys.exit(f"{beside} can be written")
    except PermissionError:
        pass
for how in ("", "?mode=ro", "?immutable=1"):
    connection = sqlite3.connect(f"file:{path}{how}", uri=True)
    print(how, *(connection.execute(sql).fetchone()[0] for sql in ask))
with resolver.open(path) as names:
    print(names.resolve("Yoshihidi Soja").entity.id, names.table.connection.execute(ask[-1]).fetchone()[0])
connection = sqlite3.connect(f"file:{path}?immutable=1", uri=True)
resolver.register(connection)
print(*connection.execute("SELECT resolve_id('Yoshihidi Soja')").fetchone())
print(run("resolve", "Yoshihidi Soja").stdout, run("resolved", "--uncertain").stdout.splitlines()[1])
"""


def test_who_may_write_nothing_reads_it_all(document, published):
    exact, _, *others = recipes(document)
    with tempfile.TemporaryDirectory() as name:  # where everybody may look
        Path(name).chmod(0o755)
        folder = Path(name) / "closed"
        folder.mkdir()
        path = Path(shutil.copy(published, folder))
        path.chmod(0o444)
        folder.chmod(0o555)
        command = [sys.executable, "-c", WITHOUT_RIGHTS, path, json.dumps([exact, *others])]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        found = sorted(folder.iterdir())
        folder.chmod(0o755)
    assert result.returncode == 0, result.stderr
    assert found == [path]
    each = "Yoshihide Suga ZOJA softbank Softbank"
    assert result.stdout.splitlines() == [
        *(f"{how} {each}" for how in ("", "?mode=ro", "?immutable=1")),
        "yoshihide-suga Softbank",
        "yoshihide-suga",
        "linked\tYoshihide Suga [yoshihide-suga]\t0.938",
        " 2\t9\tZOJA\t\tambiguous\t\tYoshihide Suga\t0.5\t",
    ]


def test_a_published_file_answers_from_its_folder(published):
    with closing(sqlite3.connect(f"{published.as_uri()}?immutable=1", uri=True)) as connection:
        resolver.register(connection)
        assert connection.execute("SELECT resolve('Yoshihidi Soja')").fetchone() == ("Yoshihide Suga",)
    assert sorted(Path(published.parent).iterdir()) == [published]
