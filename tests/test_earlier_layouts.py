"""Files of earlier layouts are taken forward, with all that people put in them."""

import re
import sqlite3

import pytest
from click.testing import CliRunner

import resolver
from resolver.cli import main
from resolver.database.build import build_file
from resolver.database.compaction import compact_file
from resolver.database.saved_runs import SavedRun, save_run
from resolver.database.schema import APPLICATION_ID, EARLIER_LAYOUTS, SCHEMA_VERSION
from resolver.errors import DatabaseError

LAYOUT_1 = """
CREATE TABLE entity (id TEXT PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, weight REAL NOT NULL) STRICT;
CREATE TABLE form (
    no INTEGER PRIMARY KEY, exact TEXT NOT NULL UNIQUE, core TEXT NOT NULL, tokens TEXT NOT NULL
) STRICT;
CREATE INDEX form_core ON form (core);
CREATE TABLE alias (
    entity TEXT NOT NULL REFERENCES entity (id), position INTEGER NOT NULL, name TEXT NOT NULL, lang TEXT NOT NULL,
    kind TEXT NOT NULL, form INTEGER REFERENCES form (no), PRIMARY KEY (entity, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_form ON alias (form);
CREATE TABLE token (text TEXT PRIMARY KEY, forms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE source (path TEXT NOT NULL, sha256 TEXT NOT NULL, entities INTEGER NOT NULL) STRICT;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE search_index (
    part TEXT NOT NULL, chunk INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (part, chunk)
) STRICT;
CREATE VIEW names AS
    SELECT alias.name, alias.lang, alias.kind, entity.id, entity.name AS canonical, entity.type, entity.weight
    FROM alias JOIN entity ON entity.id = alias.entity;
CREATE VIEW shared_names AS
    SELECT form.exact, count(DISTINCT alias.entity) AS entities, group_concat(DISTINCT alias.entity) AS ids
    FROM alias JOIN form ON form.no = alias.form GROUP BY form.no HAVING count(DISTINCT alias.entity) > 1;
INSERT INTO entity VALUES ('zte', 'ZTE', 'org', 1.0), ('suga', 'Yoshihide Suga', 'person', 2.0);
INSERT INTO form VALUES (0, 'of other rules', '', 'yoshihide suga');
INSERT INTO alias VALUES ('suga', 1, '菅義偉', 'ja', 'native', 0), ('suga', 0, 'Yoshihide Suga', '', 'canonical', 0),
    ('zte', 0, 'ZTE', '', 'canonical', NULL);
INSERT INTO token VALUES ('suga', 1);
INSERT INTO source VALUES ('old.tsv', 'abc', 2), ('older.tsv', 'def', 0);
INSERT INTO meta VALUES ('fingerprint', 'of other rules');
CREATE TABLE notes (text TEXT);
INSERT INTO notes VALUES ('of others');
"""

LAYOUT_4 = """
CREATE TABLE entity (
    no INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, type TEXT NOT NULL,
    weight REAL NOT NULL
) STRICT;
CREATE TABLE alias (
    no INTEGER PRIMARY KEY AUTOINCREMENT, entity INTEGER NOT NULL REFERENCES entity (no), name TEXT NOT NULL,
    lang TEXT NOT NULL, kind TEXT NOT NULL, form INTEGER REFERENCES form (no)
) STRICT;
CREATE TABLE form (no INTEGER PRIMARY KEY, exact TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE source (path TEXT NOT NULL, sha256 TEXT NOT NULL, entities INTEGER NOT NULL) STRICT;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE search_index (
    part TEXT NOT NULL, chunk INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (part, chunk)
) STRICT;
CREATE TABLE change (no INTEGER PRIMARY KEY, removed INTEGER, added INTEGER, aliases TEXT) STRICT;
CREATE TABLE decision (
    no INTEGER PRIMARY KEY, mention TEXT NOT NULL, exact TEXT NOT NULL, id TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('accept', 'reject')), who TEXT NOT NULL, decided TEXT NOT NULL,
    why TEXT NOT NULL, undone TEXT
) STRICT;
CREATE VIEW names AS
    SELECT alias.name, alias.lang, alias.kind, entity.id, entity.name AS canonical, entity.type, entity.weight
    FROM alias JOIN entity ON entity.no = alias.entity;
CREATE VIEW shared_names AS
    SELECT form.exact, count(DISTINCT alias.entity) AS entities, group_concat(DISTINCT entity.id) AS ids
    FROM alias JOIN form ON form.no = alias.form JOIN entity ON entity.no = alias.entity
    GROUP BY form.no HAVING count(DISTINCT alias.entity) > 1;
CREATE INDEX alias_entity ON alias (entity);
CREATE INDEX alias_form ON alias (form);
INSERT INTO entity VALUES (0, 'suga', 'Yoshihide Suga', 'person', 2.0), (3, 'zte', 'ZTE', 'org', 1.0);
INSERT INTO form VALUES (0, 'of other rules');
INSERT INTO alias VALUES (0, 0, 'Yoshihide Suga', '', 'canonical', 0), (1, 0, '菅義偉', 'ja', 'native', 0),
    (7, 3, 'ZTE', '', 'canonical', 0);
INSERT INTO source VALUES ('old.tsv', 'abc', 2), ('older.tsv', 'def', 0);
INSERT INTO meta VALUES ('fingerprint', 'of other rules');
INSERT INTO change VALUES (1, 1, 3, '[]');
INSERT INTO decision VALUES
    (1, 'Boss Man', 'of other rules', 'suga', 'accept', 'me', '2026-01-01T00:00:00Z', 'so', NULL),
    (2, 'ZTE', 'of other rules', 'zte', 'reject', 'me', '2026-01-01T00:00:00Z', '', '2026-01-02T00:00:00Z');
CREATE TABLE notes (text TEXT);
INSERT INTO notes VALUES ('of others');
"""

LAYOUT_3 = re.sub(r"CREATE TABLE decision .*?STRICT;|INSERT INTO decision .*?;", "", LAYOUT_4, flags=re.DOTALL)
LAYOUT_2 = LAYOUT_3.replace(
    "CREATE TABLE change (no INTEGER PRIMARY KEY, removed INTEGER, added INTEGER, aliases TEXT) STRICT;",
    "CREATE TABLE change (no INTEGER PRIMARY KEY, entity INTEGER NOT NULL, gone INTEGER NOT NULL) STRICT;",
).replace("INSERT INTO change VALUES (1, 1, 3, '[]');", "INSERT INTO change VALUES (1, 1, 1), (2, 3, 0);")

LAYOUT_5 = (
    LAYOUT_4.partition("CREATE TABLE source")[0]
    + """
CREATE TABLE source (
    no INTEGER PRIMARY KEY, path TEXT NOT NULL, sha256 TEXT NOT NULL, entities INTEGER NOT NULL, format TEXT NOT NULL,
    licence TEXT NOT NULL, url TEXT NOT NULL, version TEXT NOT NULL
) STRICT;
CREATE TABLE origin (
    entity INTEGER NOT NULL REFERENCES entity (no), source INTEGER NOT NULL REFERENCES source (no),
    PRIMARY KEY (entity, source)
) STRICT, WITHOUT ROWID;
CREATE TABLE redirect (
    old TEXT PRIMARY KEY, new TEXT NOT NULL, source INTEGER REFERENCES source (no)
) STRICT, WITHOUT ROWID;
CREATE TABLE meta"""
    + LAYOUT_4.partition("CREATE TABLE meta")[2].replace(
        "INSERT INTO source VALUES ('old.tsv', 'abc', 2), ('older.tsv', 'def', 0);",
        """INSERT INTO source VALUES (0, 'old.tsv', 'abc', 2, 'tsv', '', '', ''),
    (1, 'older.tsv', 'def', 0, 'tsv', '', 'https://names.example', '7');
INSERT INTO origin VALUES (0, 0), (3, 0);
INSERT INTO redirect VALUES ('suga-1', 'suga', 0);""",
    )
)

LAYOUTS = {1: LAYOUT_1, 2: LAYOUT_2, 3: LAYOUT_3, 4: LAYOUT_4, 5: LAYOUT_5}


def test_the_layouts_are_different():
    assert "decision" not in LAYOUT_3
    assert "gone INTEGER" in LAYOUT_2
    assert "(2, 3, 0)" in LAYOUT_2
    assert len(set(LAYOUTS.values())) == len(LAYOUTS)


def test_every_earlier_layout_is_here():
    assert set(LAYOUTS) == EARLIER_LAYOUTS


def change(path, script):
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()


def ask(path, sql):
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_an_earlier_layout_is_taken_forward(tmp_path, layout):
    path = tmp_path / "names.db"
    change(path, f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {layout};" + LAYOUTS[layout])
    with pytest.raises(DatabaseError, match=rf"older layout \({layout}\); migrate it with: resolver compact --db .*"):
        resolver.open(path)
    result = CliRunner().invoke(main, ["compact", "--db", str(path)])
    assert result.exit_code == 0, result.output
    assert f" merged, and migrated from layout {layout} to {SCHEMA_VERSION}" in result.stderr
    with resolver.open(path) as names:
        assert names.resolve("Yoshihidi Soja").entity.id == "suga"
        assert names.resolve("菅義偉").entity.weight == 2.0
        assert names.resolve("ZTE").entity.id == "zte"
        assert [decision.undone[:4] for decision in names.decisions()] == (["", "2026"] if layout >= 4 else [])
        if layout >= 4:
            assert names.resolve("Boss Man").entity.id == "suga"
        assert names.table.counts["change"] == 0
        assert [(source.path, source.sha256, source.licence) for source in names.table.sources()] == [
            ("old.tsv", "abc", ""),
            ("older.tsv", "def", ""),
        ]
        assert names.table.ids() == (["zte", "suga"] if layout == 1 else ["suga", "zte"])
    assert ask(path, "PRAGMA user_version") == [(SCHEMA_VERSION,)]
    assert ask(path, "SELECT text FROM notes") == [("of others",)]
    assert ask(path, "PRAGMA foreign_key_check") == []
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]
    (tmp_path / "t.tsv").write_text("id\tname\nx\tOne\n")
    build_file(tmp_path / "new.db", [tmp_path / "t.tsv"])
    layout_of = "SELECT type, name, sql FROM sqlite_master WHERE name != 'notes' ORDER BY 1, 2"
    assert ask(path, layout_of) == ask(tmp_path / "new.db", layout_of)
    if layout >= 5:
        assert ask(path, "SELECT * FROM origin JOIN entity ON entity = no ORDER BY id")[0][:2] == (0, 0)
        assert ask(path, "SELECT old, new, source FROM redirect") == [("suga-1", "suga", 0)]
        assert ask(path, "SELECT url, version FROM source WHERE no = 1") == [("https://names.example", "7")]
    save_run(path, SavedRun("resolve", "x", 0.95), [])


def objects(path):
    """The tables, views and indexes of a file, without comments and spaces."""
    made = ask(path, "SELECT type, name, sql FROM sqlite_master WHERE sql NOT NULL ORDER BY 1, 2")
    return [(type, name, re.sub(r"--.*|\s", "", sql)) for type, name, sql in made]


def test_what_the_layout_before_lacks_is_added_where_it_is(tmp_path):
    (tmp_path / "t.tsv").write_text("id\tname\nx\tKarl Haverbrook\n")
    path = tmp_path / "names.db"
    build_file(path, [tmp_path / "t.tsv"])
    with resolver.open(path) as names:
        names.accept("Boss Man", "x")
    new, file = objects(path), path.stat().st_ino
    change(path, "DROP VIEW waiting; DROP TABLE resolved; DROP TABLE run; PRAGMA user_version = 5;")
    assert len(objects(path)) == len(new) - 6
    assert compact_file(path) == 0
    assert path.stat().st_ino == file
    assert objects(path) == new
    assert ask(path, "PRAGMA user_version") == [(SCHEMA_VERSION,)]
    with resolver.open(path) as names:
        assert names.resolve("Boss Man").entity.id == "x"
    save_run(path, SavedRun("resolve", "x", 0.95), [])
    change(path, "DROP VIEW waiting; DROP TABLE resolved; DROP TABLE run; PRAGMA user_version = 5;")
    change(path, "INSERT INTO change VALUES (1, 77, NULL, '[]')")
    assert compact_file(path) == 1
    assert path.stat().st_ino != file
    assert objects(path) == new


def test_other_rules_are_taken_forward(tmp_path):
    (tmp_path / "t.tsv").write_text("id\tname\nx\tKarl Haverbrook\n")
    path = tmp_path / "names.db"
    build_file(path, [tmp_path / "t.tsv"])
    with resolver.open(path) as names:
        names.accept("Boss Man", "x")
    whole = ask(path, "SELECT * FROM origin")
    change(path, "UPDATE meta SET value = 'x'; UPDATE form SET exact = 'x'; UPDATE decision SET exact = 'x';")
    assert compact_file(path) == 0
    with resolver.open(path) as names:
        assert names.resolve("Karl Haverbruck").entity.id == "x"
        assert names.resolve("Boss Man").entity.id == "x"
    assert ask(path, "SELECT * FROM origin") == whole


@pytest.mark.parametrize("version", [SCHEMA_VERSION + 1, min(EARLIER_LAYOUTS) - 1])
def test_a_layout_that_is_not_known_stays_as_it_is(tmp_path, version):
    (tmp_path / "t.tsv").write_text("id\tname\nx\tKarl Haverbrook\n")
    path = tmp_path / "names.db"
    build_file(path, [tmp_path / "t.tsv"])
    change(path, f"PRAGMA user_version = {version};")
    before = path.read_bytes()
    with pytest.raises(DatabaseError, match=r"newer version|build it again"):
        compact_file(path)
    assert path.read_bytes() == before
