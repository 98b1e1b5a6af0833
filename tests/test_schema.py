"""The documentation of the file, and that its recipes work with SQL alone."""

import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

import resolver
from resolver.cli import main
from resolver.gazetteer.build import build_file
from resolver.locate import data_path


@pytest.fixture(scope="module")
def document():
    result = CliRunner().invoke(main, ["schema"])
    assert result.exit_code == 0
    return result.stdout


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The bundled table as a file, in a folder where nothing can be written."""
    folder = tmp_path_factory.mktemp("published")
    path = folder / "names.db"
    build_file(path, [data_path("entities.tsv")])
    path.chmod(0o444)
    folder.chmod(0o555)
    yield path
    folder.chmod(0o755)


def recipes(document):
    found = re.findall(r"```sql\n(.*?)```", document, re.DOTALL)
    assert len(found) == 2
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
        exact, alike = recipes(document)
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


def test_recipes_in_the_sqlite3_shell(document, published):
    sqlite3_shell = shutil.which("sqlite3")
    if sqlite3_shell is None:
        pytest.skip("no sqlite3 shell here")
    command = [sqlite3_shell, "-readonly", "-bail", str(published)]
    result = subprocess.run(command, input="\n".join(recipes(document)), capture_output=True, text=True, check=True)
    lines = result.stdout.splitlines()
    assert lines[0] == "Yoshihide Suga|person|ja|native"
    assert next(line for line in lines if "-" in line.partition("|")[0]).startswith("yoshihide-suga|Yoshihide Suga|")


def test_the_recipe_works_in_our_shell_too(document, published):
    result = CliRunner().invoke(main, ["shell", str(published), "--csv"], input=recipes(document)[1])
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[1].startswith("yoshihide-suga,")


def test_a_published_file_answers_from_its_folder(published):
    with closing(sqlite3.connect(f"{published.as_uri()}?immutable=1", uri=True)) as connection:
        resolver.register(connection)
        assert connection.execute("SELECT resolve('Yoshihidi Soja')").fetchone() == ("Yoshihide Suga",)
    assert sorted(Path(published.parent).iterdir()) == [published]
