import sqlite3
import stat
import subprocess
import sys

import pytest

import resolver
from resolver.database.build import build_file
from resolver.database.schema import APPLICATION_ID, SCHEMA_VERSION
from resolver.database.table import open_table
from resolver.errors import DatabaseError, InputError

TABLE = (
    "id\tname\ttype\taliases\tweight\nsuga\tYoshihide Suga\tperson\t菅義偉@ja:native|Suga@en:short\t2\nzte\tZTE\torg\n"
)


@pytest.fixture
def database(tmp_path):
    (tmp_path / "table.tsv").write_text(TABLE, encoding="utf-8")
    build_file(tmp_path / "names.db", [tmp_path / "table.tsv"])
    return tmp_path / "names.db"


def change(path, sql):
    with sqlite3.connect(path) as connection:
        connection.executescript(sql)
    connection.close()


def test_answers_from_the_file_alone(database):
    (database.parent / "table.tsv").unlink()
    with resolver.open(database) as names:
        assert names.resolve("Yoshihidi Soja").entity.id == "suga"
        assert names.resolve("Yoshihidi Soja").entity.weight == 2.0


def test_read_only_from_a_read_only_folder(database):
    database.chmod(0o444)
    database.parent.chmod(0o555)
    try:
        assert resolver.open(database).resolve("ZTE").entity.id == "zte"
    finally:
        database.parent.chmod(stat.S_IRWXU)


def test_marks_and_tables(database):
    with sqlite3.connect(database) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        strict = connection.execute("SELECT name, strict FROM pragma_table_list WHERE type = 'table'").fetchall()
        assert all(flag for name, flag in strict if not name.startswith("sqlite_"))
        rows = connection.execute("SELECT name, lang, kind, id FROM names ORDER BY id, name").fetchall()
        assert ("菅義偉", "ja", "native", "suga") in rows
        assert ("Yoshihide Suga", "", "canonical", "suga") in rows
    connection.close()


def test_same_input_same_bytes(database):
    again = database.with_name("again.db")
    build_file(again, [database.parent / "table.tsv"])
    assert again.read_bytes() == database.read_bytes()


def test_no_such_file(tmp_path):
    with pytest.raises(DatabaseError, match="resolver build -o"):
        resolver.open(tmp_path / "none.db")


def test_not_sqlite(tmp_path):
    (tmp_path / "x.db").write_text("no database, but a text that is long enough to be looked at" * 20)
    with pytest.raises(DatabaseError, match="not a database of this program"):
        resolver.open(tmp_path / "x.db")


def test_another_programs_database(tmp_path):
    change(tmp_path / "x.db", "CREATE TABLE t (a)")
    with pytest.raises(DatabaseError, match="not a database of this program"):
        resolver.open(tmp_path / "x.db")


def test_newer_version(database):
    change(database, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(DatabaseError, match="newer version"):
        resolver.open(database)


def test_other_rules(database):
    change(database, "UPDATE meta SET value = 'x' WHERE key = 'fingerprint'")
    with pytest.raises(DatabaseError, match=r"other rules.*resolver build"):
        resolver.open(database)


@pytest.mark.parametrize("size", [100, 5000, 12000])
def test_truncated(database, size):
    database.write_bytes(database.read_bytes()[:size])
    with pytest.raises(DatabaseError):
        names = resolver.open(database)
        names.resolve("Yoshihidi Soja")


def test_index_damaged(database):
    change(database, "DELETE FROM search_index WHERE part = 'word_norms'")
    with pytest.raises(DatabaseError, match="damaged"):
        resolver.open(database).resolve("x")


def test_repeated_id_names_both_lines(tmp_path):
    (tmp_path / "a.tsv").write_text("id\tname\nx\tOne\n")
    (tmp_path / "b.tsv").write_text("id\tname\ny\tTwo\nx\tThree\n")
    with pytest.raises(InputError, match=r"b\.tsv:3: the id 'x' is already used at .*a\.tsv:2"):
        build_file(tmp_path / "names.db", [tmp_path / "a.tsv", tmp_path / "b.tsv"])
    assert list(tmp_path.glob("names.db*")) == []


def test_a_failed_build_leaves_the_old_file(database):
    before = database.read_bytes()
    (database.parent / "bad.tsv").write_text("id\tname\nx\tOne\nx\tTwo\n")
    with pytest.raises(InputError):
        build_file(database, [database.parent / "bad.tsv"])
    assert database.read_bytes() == before
    assert [p.name for p in database.parent.glob("*.part")] == []


def test_output_folder_missing(tmp_path):
    (tmp_path / "a.tsv").write_text("id\tname\nx\tOne\n")
    with pytest.raises(InputError, match="cannot be written"):
        build_file(tmp_path / "none" / "names.db", [tmp_path / "a.tsv"])


def test_empty_table_answers_nil(tmp_path):
    (tmp_path / "a.tsv").write_text("id\tname\n")
    build_file(tmp_path / "names.db", [tmp_path / "a.tsv"])
    assert resolver.open(tmp_path / "names.db").resolve("Anybody").outcome == "nil"


def test_bundled_table_is_cached_and_a_damaged_cache_is_made_again(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert resolver.open().resolve("ZTE").entity
    (cached,) = (tmp_path / "resolver").glob("*.db")
    cached.write_bytes(b"x" * 100)
    assert resolver.open().resolve("ZTE").entity
    assert open_table(cached).counts["entity"] > 600


def test_bundled_table_without_a_cache_folder(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert resolver.open().resolve("ZTE").entity


def test_a_file_that_is_cut_off_in_place_is_an_error_and_whole_again_answers(tmp_path):
    (tmp_path / "t.tsv").write_text("id\tname\nlomax\tLomax Industries\n", encoding="utf-8")
    build_file(tmp_path / "names.db", [tmp_path / "t.tsv"])
    whole = (tmp_path / "names.db").read_bytes()
    code = (
        "import pathlib, sys, resolver\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "whole, names = path.read_bytes(), resolver.open(path)\n"
        "for left in (len(whole), 0, 5000, 70000):\n"
        "    path.write_bytes(whole[:left])\n"
        "    try:\n"
        "        print(names.resolve('Lomax Industry').outcome, flush=True)\n"
        "    except resolver.DatabaseError:\n"
        "        print('error', flush=True)\n"
        "    path.write_bytes(whole)\n"
        "    print(names.resolve('Lomax Industrie').outcome, flush=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "names.db")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done
    assert done.stdout.split() == ["linked", "linked", *["error", "linked"] * 3]
    assert (tmp_path / "names.db").read_bytes() == whole
