"""The SQL functions in sqlite3, sqlite-utils, DuckDB and the shell."""

import gc
import io
import json
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

import resolver
from resolver.cli import main
from resolver.database.build import build_file
from resolver.infra.packaged_data import data_path
from resolver.publish import sql_functions as functions_module
from resolver.publish.database_detection import database_of, is_ours
from resolver.publish.sql_shell import statements
from resolver.publish.sqlite_registration import SQL_FUNCTIONS, register_later

TABLE = (
    "id\tname\ttype\taliases\n"
    "lena\tLena Morgenstern\tperson\tЛена Моргенштерн@ru:native\n"
    "lomax\tLomax Industries\torg\tLMX@en:acronym\n"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sql")
    (folder / "table.tsv").write_text(TABLE)
    build_file(folder / "names.db", [data_path("entities.tsv"), folder / "table.tsv"])
    return folder / "names.db"


@pytest.fixture
def database(built, tmp_path):
    return Path(shutil.copy(built, tmp_path / "names.db"))


def ask(sql, *values, db=None, file=":memory:"):
    with closing(sqlite3.connect(file)) as connection:
        resolver.register(connection, db)
        return connection.execute(sql, values).fetchone()


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        ("resolve('Lena Morgenshtern')", "Lena Morgenstern"),
        ("resolve_id('Лена Моргенштерн')", "lena"),
        ("resolve('Karl Haverbrook')", None),
        ("resolve(NULL)", None),
        ("resolve_id(NULL)", None),
        ("resolve_json(NULL)", None),
        ("romanise(NULL)", None),
        ("name_similarity(NULL, 'Lomax')", None),
        ("name_similarity('Lomax', NULL)", None),
        ("resolve('')", None),
        ("resolve('!?')", None),
        ("resolve(2024)", None),
        ("resolve(1.5)", None),
        ("resolve(x'4c6f6d617820496e6475737472696573')", "Lomax Industries"),  # a BLOB counts as text
        ("resolve(x'ff00fe')", None),
        ("resolve('Lomax Industries' || char(0))", "Lomax Industries"),
        ("resolve(printf('%.*c', 100000, 'x'))", None),
        ("json_extract(resolve_json(printf('%.*c', 600, 'x')), '$.outcome')", "nil"),
        ("name_similarity(printf('%.*c', 600, 'x'), 'Lomax')", 0.0),
        ("name_similarity('?', 'Lomax')", 0.0),
        ("name_similarity('Lena Morgenstern', 'Lena Morgenstern') > 0.9", 1),
        ("romanise('Лена  МОРГЕНШТЕРН!')", "lena morgenshtern"),
        ("romanise('…')", ""),
        ("romanise(12)", "12"),
        ("romanise(printf('%.*c', 200000, 'x'))", None),
    ],
)
def test_values(database, sql, answer):
    assert ask(f"SELECT {sql}", db=database) == (answer,)


def test_resolve_json_is_the_contract(database, names):
    (text,) = ask("SELECT resolve_json('Lomax Industry')", db=database)
    with resolver.open(database) as opened:
        assert json.loads(text) == opened.resolve("Lomax Industry").to_dict()


def test_the_connections_own_database_answers_or_an_attached_one_or_the_bundled(database, tmp_path):
    assert ask("SELECT resolve('Lomax Industry')", file=database) == ("Lomax Industries",)
    assert ask("SELECT resolve('Lomax Industry'), resolve('Yoshihidi Soja')") == (None, "Yoshihide Suga")
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE t (x)")
        assert database_of(connection) is None
        connection.execute("ATTACH ? AS 'odd \"name'", [str(database)])
        resolver.register(connection)
        assert connection.execute("SELECT resolve('Lomax Industry')").fetchone() == ("Lomax Industries",)


def test_row_factory_of_the_connection_does_not_matter(database):
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = lambda cursor, row: dict(zip("abc", row, strict=False))
        assert database_of(connection) == database


def test_settings_count_and_an_open_table_brings_its_own(database):
    sure = resolver.Settings(min_probability=1.0)
    with closing(sqlite3.connect(":memory:")) as connection, resolver.open(database, sure) as strict:
        for arguments in ((database, sure), (strict,)):
            resolver.register(connection, *arguments)
            assert connection.execute("SELECT resolve('Lomaks Industry')").fetchone() == (None,)
        resolver.register(connection, database)
        assert connection.execute("SELECT resolve('Lomaks Industry')").fetchone() == ("Lomax Industries",)


def test_is_ours(database, tmp_path):
    (tmp_path / "short").write_bytes(b"SQLite format 3\0")
    with closing(sqlite3.connect(tmp_path / "foreign.db")) as connection:
        connection.execute("CREATE TABLE t (x)")
    assert is_ours(database)
    assert not any(is_ours(tmp_path / name) for name in ("short", "foreign.db", "none", "."))


def test_what_cannot_answer_is_refused_at_once(tmp_path):
    (tmp_path / "bad.db").write_bytes(b"not a database" * 100)
    with closing(sqlite3.connect(":memory:")) as connection:
        for name in ("bad.db", "none.db"):
            with pytest.raises(resolver.DatabaseError, match=name):
                resolver.register(connection, tmp_path / name)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Datasette has tracebacks shown
def test_a_failure_ends_the_statement_and_says_why(database, caplog):
    with closing(sqlite3.connect(":memory:")) as connection:
        resolver.register(connection, database)
        time.sleep(2 * functions_module.FRESH_SECONDS)
        database.unlink()
        database.write_bytes(b"something else")
        with pytest.raises(sqlite3.OperationalError, match="user-defined function raised exception"):
            connection.execute("SELECT resolve('Lomax')").fetchone()
    assert "resolve(): " in caplog.text
    assert "names.db" in caplog.text


def test_wrong_numbers_of_arguments():
    for call in ("resolve()", "resolve('a', 'b')", "name_similarity('a')"):
        with pytest.raises(sqlite3.OperationalError, match="wrong number of arguments"):
            ask(f"SELECT {call}")


def test_a_distinct_value_is_asked_once_and_changes_are_seen(database, monkeypatch):
    with closing(sqlite3.connect(":memory:")) as connection, resolver.open(database) as opened:
        asked = []
        resolve = opened.resolve
        monkeypatch.setattr(opened, "resolve", lambda mention: asked.append(mention) or resolve(mention))
        resolver.register(connection, opened)
        rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
        sql = f"{rows} SELECT count(resolve('Lomax Industry')), count(resolve_id('Lomax Industry')) FROM n"
        assert connection.execute(sql).fetchone() == (5000, 5000)
        assert asked == ["Lomax Industry"]
        opened.reject("Lomax Industry", "lomax")
        time.sleep(2 * functions_module.FRESH_SECONDS)
        assert connection.execute("SELECT resolve('Lomax Industry')").fetchone() == (None,)
        assert len(asked) == 2


def test_functions_write_into_the_table_that_answers(database):
    """One connection reads while another, in the same process, changes the file."""
    with closing(sqlite3.connect(database)) as connection:
        resolver.register(connection)
        connection.execute("CREATE TABLE mention (name, id)")
        connection.executemany("INSERT INTO mention VALUES (?, NULL)", [(f"Lomax Industry {i}",) for i in range(50)])
        connection.execute("UPDATE mention SET id = resolve_id('Lomax Industry')")
        connection.commit()
        assert connection.execute("SELECT count(id) FROM mention").fetchone() == (50,)


def test_functions_are_deterministic(database):
    """SQLite lets deterministic functions into an index; nothing of ours stores one there."""
    with closing(sqlite3.connect(":memory:")) as connection:
        resolver.register(connection, database)
        connection.execute("CREATE TABLE t (x)")
        for name, arguments in SQL_FUNCTIONS.items():
            connection.execute(f"CREATE INDEX {name}_i ON t ({name}({', '.join('x' * arguments)}))")
    with closing(sqlite3.connect(database)) as connection:
        for (sql,) in connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"):
            assert not any(f"{name}(" in sql for name in SQL_FUNCTIONS)


def test_late_registration_leaves_connections_to_be_freed(database):
    def connections():
        gc.collect()
        return sum(type(found) is sqlite3.Connection for found in gc.get_objects())

    before = connections()
    for _ in range(3):
        connection = sqlite3.connect(":memory:")
        register_later(connection)
        connection.execute("ATTACH ? AS names", [str(database)])
        assert connection.execute("SELECT resolve('Lomax Industry')").fetchone() == ("Lomax Industries",)
        del connection
    assert connections() <= before  # fewer, where one of an earlier test was freed meanwhile


def test_a_plugin_imports_what_answers_with_the_first_call():
    code = (
        "import sqlite3, sys; from resolver.publish.sqlite_registration import register_later\n"
        "register_later(sqlite3.connect(':memory:'))\n"
        "assert 'resolver.api.names' not in sys.modules and 'unidecode' not in sys.modules, sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture
def sheet(tmp_path):
    path = tmp_path / "sheet.csv"
    path.write_text("mention,n\nLomax Industry,1\nKarl Haverbrook,2\n")
    return path


def sqlite_utils_run(*arguments):
    command = [sys.executable, "-m", "sqlite_utils", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.slow
def test_sqlite_utils(database, sheet, tmp_path):
    sql = "SELECT n, resolve(mention) AS name FROM sheet ORDER BY n"
    rows = [{"n": 1, "name": "Lomax Industries"}, {"n": 2, "name": None}]
    assert json.loads(sqlite_utils_run("memory", sheet, "--attach", "names", database, sql)) == rows
    assert json.loads(sqlite_utils_run("query", database, "SELECT resolve_id('Lomax Industry') AS id")) == [
        {"id": "lomax"}
    ]
    data = tmp_path / "data.db"
    sqlite_utils_run("insert", data, "sheet", sheet, "--csv")
    function = f"resolver.Functions({str(database)!r}).resolve"
    sqlite_utils_run("convert", data, "sheet", "mention", "--import", "resolver", "--output", "name", function)
    assert json.loads(sqlite_utils_run("query", data, "SELECT n, name FROM sheet ORDER BY n")) == rows


@pytest.fixture
def duck():
    duckdb = pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    with duckdb.connect() as connection:
        yield connection


def test_duckdb(duck, database, sheet):
    from resolver.publish.duckdb import register

    register(duck, database)
    rows = duck.execute(
        "SELECT resolve(mention), resolve_id(mention), resolve_json(mention)::JSON->>'outcome', romanise(mention),"
        f" name_similarity(mention, 'Lomax Industries') > 0.5, resolve(n::VARCHAR) FROM '{sheet}' ORDER BY n"
    ).fetchall()
    assert rows[0] == ("Lomax Industries", "lomax", "linked", "lomax industry", True, None)
    assert rows[1][:3] == (None, None, "nil")
    nulls = "SELECT resolve(NULL), name_similarity(NULL, 'a'), name_similarity('a', NULL), resolve_json(NULL)"
    assert duck.execute(nulls).fetchall() == [(None, None, None, None)]
    many = "SELECT count(resolve('Lomax Industry')), count(DISTINCT romanise('n' || i)) FROM range(5000) t(i)"
    assert duck.execute(many).fetchall() == [(5000, 5000)]


def test_duckdb_says_what_went_wrong(duck, database):
    from resolver.publish.duckdb import register

    register(duck, database)
    time.sleep(2 * functions_module.FRESH_SECONDS)
    database.unlink()
    database.write_bytes(b"something else")
    with pytest.raises(Exception, match=r"names\.db"):
        duck.execute("SELECT resolve('Lomax')").fetchall()


def shell(*arguments, stdin=None):
    return CliRunner().invoke(main, ["shell", *map(str, arguments)], input=stdin)


def test_shell_forms(database):
    sql = "SELECT resolve('Lomax Industry') AS name, NULL AS a, x'00ff' AS a, 'a,\"b' AS b"
    assert shell(database, sql).stdout.splitlines()[-1].split() == ["Lomax", "Industries", "x'00ff'", 'a,"b']
    assert shell(database, sql, "--csv").stdout == 'name,a,a_2,b\nLomax Industries,,x\'00ff\',"a,""b"\n'
    row = {"name": "Lomax Industries", "a": None, "a_2": "x'00ff'", "b": 'a,"b'}
    assert json.loads(shell(database, sql, "--json").stdout) == [row]
    assert json.loads(shell(database, "SELECT 1 WHERE 0", "--json").stdout) == []


def test_shell_reads_statements_from_stdin(database):
    result = shell(database, "--csv", stdin="SELECT 'a;b'\n  AS x; SELECT 2 AS y;\n.tables\n-- the end\n")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("x\na;b\ny\n2\nname,type\nalias,table\n")


def test_shell_answers_from_another_table(database, tmp_path):
    with closing(sqlite3.connect(tmp_path / "data.db")) as connection:
        connection.execute("CREATE TABLE mention AS SELECT 'Lomax Industry' AS name")
    sql = "SELECT resolve_id(name) AS id FROM mention"
    assert shell(tmp_path / "data.db", sql, "--db", database, "--csv").stdout == "id\nlomax\n"


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("SELEC", "syntax error, in: SELEC"),
        ("DELETE FROM alias", "attempt to write a readonly database"),
        ("SELECT * FROM nowhere", "no such table: nowhere"),
        (".unknown", "no such command: .unknown"),
        ("SELECT ?", "Incorrect number of bindings"),
    ],
)
def test_shell_errors(database, sql, problem):
    result = shell(database, sql)
    assert result.exit_code == 2
    assert problem in result.stderr
    assert result.stdout == ""


def test_shell_refuses_what_is_no_database(tmp_path, sheet):
    for path in (sheet, tmp_path / "none.db", tmp_path):
        result = shell(path, "SELECT 1")
        assert result.exit_code == 2
        assert path.name in result.stderr
    assert not (tmp_path / "none.db").exists()


def test_shell_shows_no_control_characters(database):
    result = shell(database, "SELECT char(27) || '[2J' || char(0x202e) || 'name' AS name")
    assert "\\x1b[2J\\u202ename" in result.stdout
    assert shell(database, "SELECT zeroblob(1000) AS b").stdout.splitlines()[-1] == "<1000 bytes>"


def test_shell_converses(database):
    from resolver.publish.row_writers import write_csv
    from resolver.publish.sql_shell import SqlShell

    lines = iter(["SELECT 1", "AS x;", "", "nonsense;", ".help", "SELECT 2 AS y;", ".quit", "SELECT 3 AS z;"])
    prompts, problems = [], []
    out = io.StringIO()
    opened = SqlShell(database, None, write_csv, out)
    opened.converse(lambda prompt: prompts.append(prompt) or next(lines), problems.append)
    opened.close()
    assert out.getvalue().startswith("x\n1\nSQL statements end")
    assert out.getvalue().endswith("y\n2\n")
    assert len(problems) == 1
    assert prompts[:2] == ["resolver> ", "     ...> "]


def test_statements():
    text = "SELECT ';'; -- a; b\nSELECT 2;\n.tables\nCREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT 1; END; SELECT 3"
    found = list(statements(text.splitlines(keepends=True)))
    assert found == [
        "SELECT ';';",
        "-- a; b\nSELECT 2;",
        ".tables",
        "CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT 1; END;",
        "SELECT 3",
    ]
