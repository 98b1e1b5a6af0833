"""A table that grows: what is put in and taken out is seen by the next call, in this and in every other process."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import answer

from resolver import Alias, Entity, Names, Settings
from resolver.cli import main
from resolver.database import connection as files
from resolver.database.build import build_file
from resolver.database.compaction import compact_file
from resolver.database.delta_index import MergePolicy, count_to_merge
from resolver.database.table import Table, open_table
from resolver.database.updates import put_entities, remove_entities
from resolver.errors import DatabaseError, InputError
from resolver.infra.packaged_data import data_path

TABLE = """id	name	type	aliases	weight
suga	Yoshihide Suga	person	菅義偉@ja:native|Suga@en:short	2
zte	ZTE	org	Zhongxing@zh-Latn:former
merkel	Angela Merkel	person	Ангела Меркель@ru:native
"""
HAVERBROOK = Entity("haverbrook", "Karl Haverbrook", "person", (Alias("Haverbrook", "en", "short"),))
OSTRIMARK = Entity("ostrimark", "Ostrimark Holdings", "org", (Alias("Ostrimark", "en", "short"),))


@pytest.fixture
def database(tmp_path):
    (tmp_path / "table.tsv").write_text(TABLE, encoding="utf-8")
    build_file(tmp_path / "names.db", [tmp_path / "table.tsv"])
    return tmp_path / "names.db"


def rows(path, sql):
    connection = sqlite3.connect(path)
    found = connection.execute(sql).fetchall()
    connection.close()
    return found


def run_python(code, *arguments):
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_what_is_put_is_seen_by_the_next_call(database, open_names):
    one, other = open_names(), open_names()
    assert answer(one, "Karl Haverbruck") is answer(other, "Karl Haverbruck") is None
    report = one.put(HAVERBROOK, OSTRIMARK)
    assert (report.new, report.changed, report.same) == (2, 0, 0)
    assert answer(one, "Karl Haverbruck") == answer(other, "Karl Haverbruck") == "haverbrook"
    assert other.entity(other.resolve("Ostrimark").entity.id).aliases == OSTRIMARK.aliases
    result = run_python(
        "import sys, resolver; print(resolver.open(sys.argv[1]).resolve('Karl Haverbruck').entity.id)", database
    )
    assert result.stdout == "haverbrook\n", result.stderr


def test_what_another_process_puts_is_seen(database, open_names):
    names = open_names()
    assert answer(names, "Karl Haverbruck") is None
    code = "import sys, resolver as r; r.open(sys.argv[1]).put(r.Entity('haverbrook', 'Karl Haverbrook', 'person'))"
    assert run_python(code, database).returncode == 0
    assert answer(names, "Karl Haverbruck") == "haverbrook"


def test_a_change_of_name_and_type(open_names):
    names = open_names()
    names.put(HAVERBROOK)
    assert answer(names, "Karl Haverbruck", "org") is None
    report = names.put(Entity("haverbrook", "Ostrimark Holdings", "org"), Entity("suga", "Suga Yoshihide", "person"))
    assert (report.new, report.changed, report.same) == (0, 2, 0)
    assert answer(names, "Karl Haverbruck") is None
    assert answer(names, "Ostrimark Holding", "org") == "haverbrook"
    assert answer(names, "Ostrimark Holding", "person") is None
    assert names.resolve("Yoshihidi Soja").entity.name == "Suga Yoshihide"
    suga = names.resolve("Suga Yoshihide").entity
    assert suga.weight == 1.0
    assert names.entity("suga").aliases == ()


def test_taking_out_and_putting_in_again(open_names):
    names = open_names()
    assert names.remove("suga", "zte") == 2
    assert answer(names, "Yoshihidi Soja") is None
    assert "suga" not in {c.entity.id for c in names.resolve("Yoshihidi Soja").candidates}
    assert answer(names, "ZTE") is None
    names.put(Entity("suga", "Yoshihide Suga", "person"))
    assert answer(names, "Yoshihidi Soja") == "suga"
    names.remove("suga")
    assert answer(names, "Yoshihidi Soja") is None
    assert answer(names, "Angela Merkil") == "merkel"


def test_the_same_again_is_no_change(open_names):
    names = open_names()
    names.put(HAVERBROOK)
    snapshot = names.table.snapshot()
    assert names.put(HAVERBROOK).same == 1
    names.resolve("Karl Haverbrook")
    assert names.table.snapshot() is snapshot
    assert names.table.counts["change"] == 1


def test_rewriting_sees_changes(open_names):
    names = open_names()
    text = "Ostrimark Holdngs hired Yoshihidi Soja. Zhongxing paid."
    assert names.rewrite(text)[0] == "Ostrimark Holdngs hired Yoshihide Suga. Zhongxing paid."
    names.put(OSTRIMARK, Entity("zte", "ZTE", "org", (Alias("Zhongxing", "en", "variant"),)))
    assert names.rewrite(text)[0] == "Ostrimark Holdings hired Yoshihide Suga. ZTE paid."
    names.remove("suga")
    assert names.rewrite(text)[0] == "Ostrimark Holdings hired Yoshihidi Soja. ZTE paid."


def test_one_name_of_two_entities_is_ambiguous_wherever_they_stand(open_names):
    names = open_names()
    names.put(Entity("other-merkel", "Angela Merkel", "person"))
    before = names.resolve("Angela Merkel")
    assert before.outcome == "ambiguous"
    names.compact()
    after = names.resolve("Angela Merkel")
    assert after.outcome == "ambiguous"
    assert {c.entity.id for c in after.candidates[:2]} == {"merkel", "other-merkel"}


@pytest.mark.parametrize(
    ("sizes", "size", "joined"),
    [
        ([], 1, 0),
        ([31], 1, 1),
        ([32], 1, 0),
        ([255, 31], 1, 2),
        ([256, 31], 1, 1),
        ([300, 300, 20], 500, 1),
        ([256] * 6 + [230, 31], 1, 2),
        ([256] * 7 + [230, 31], 1, 9),
        ([5000, *[256] * 7, 230, 31], 1, 9),
    ],
)
def test_full_indexes_are_joined(sizes, size, joined):
    assert count_to_merge(sizes, size, MergePolicy()) == joined


def person(number):
    syllables = ["ba", "ke", "dro", "fi", "gul", "mor", "nes", "pri", "sto", "vu"]
    name = "".join(syllables[int(digit)] for digit in f"{number:04}").capitalize()
    return Entity(f"p{number}", f"{name} Von{name[::-1]}", "person")


def test_many_puts_one_by_one(database, open_names):
    names = Names(open_table(database, merging=MergePolicy(small=3, full=9, runs=3)))
    people = [person(number) for number in range(120)]
    sizes = []
    for entity in people:
        names.put(entity)
        assert answer(names, entity.name) == entity.id
        sizes.append(len(names.table.snapshot().indexes))
    assert max(sizes) > 4
    assert len(names.table.snapshot().indexes) < 12
    names.remove(*(entity.id for entity in people[::2]))
    assert [answer(names, entity.name) for entity in people[1::2]] == [entity.id for entity in people[1::2]]
    assert not any(entity.id == answer(names, entity.name) for entity in people[::2])
    assert [answer(open_names(), entity.name) for entity in people[1:10:2]] == [e.id for e in people[1:10:2]]


@pytest.mark.slow
def test_1500_puts_one_by_one(open_names):
    names = open_names()
    people = [person(number) for number in range(1500)]
    for entity in people:
        names.put(entity)
        assert answer(names, entity.name) == entity.id
    assert len(names.table.snapshot().indexes) < 12
    assert [answer(names, entity.name) for entity in people] == [entity.id for entity in people]


MENTIONS = (
    "Yoshihidi Soja|Angela Merkil|Ангела Меркель|يوشيهيدي سوجا|Karl Haverbruck|Huavei Technologies|Barak Obamma|ZTE"
    "|Softbank|Ostrimark Holding|Shinzo Ave|Ostrimark|Малкълм Търнбул|Haverbrook|Toyota Moter|Ivan Petrov|US|Merkel"
).split("|")


def test_folding_in_leaves_the_answers_as_they_are(tmp_path, open_names):
    build_file(tmp_path / "bundled.db", [data_path("entities.tsv")])
    names = open_names(tmp_path / "bundled.db")
    names.put(HAVERBROOK, OSTRIMARK, Entity("barack-obama", "Barack Obama", "person", (Alias("Obama", "en", "short"),)))
    names.remove("shinzo-abe")
    before = [names.resolve(mention) for mention in MENTIONS]
    assert len(names.table.snapshot().indexes) == 2
    assert names.compact() == 4
    after = [names.resolve(mention) for mention in MENTIONS]
    assert len(names.table.snapshot().indexes) == 1
    for one, other in zip(before, after, strict=True):
        assert (one.outcome, one.entity and one.entity.id) == (other.outcome, other.entity and other.entity.id)
        assert one.probability == pytest.approx(other.probability, abs=0.02)


def test_a_compacted_file_is_what_a_build_makes(tmp_path, database):
    put_entities(database, [HAVERBROOK, Entity("zte", "ZTE", "org", (), 3.0)])
    put_entities(database, [OSTRIMARK, Entity("haverbrook", "Karl Haverbrook", "person")])
    remove_entities(database, ["ostrimark"])
    assert compact_file(database) == 5
    table = TABLE.replace("zte\tZTE\torg\tZhongxing@zh-Latn:former\n", "")
    table += "zte\tZTE\torg\t\t3\nhaverbrook\tKarl Haverbrook\tperson\t\t\n"
    (tmp_path / "fresh.tsv").write_text(table, encoding="utf-8")
    build_file(tmp_path / "fresh.db", [tmp_path / "fresh.tsv"])
    for name in ("entity", "alias", "form", "search_index", "change", "meta", "sqlite_sequence"):
        sql = f"SELECT * FROM {name} ORDER BY 1, 2"
        assert rows(database, sql) == rows(tmp_path / "fresh.db", sql), name
    assert rows(database, "SELECT path FROM source") == [("table.tsv",)]
    assert compact_file(database) == 0


def test_folding_in_keeps_the_tables_of_others(database, open_names):
    connection = sqlite3.connect(database)
    connection.executescript("CREATE TABLE mine (a); INSERT INTO mine VALUES (7); CREATE VIEW v AS SELECT a FROM mine")
    connection.close()
    names = open_names()
    names.put(HAVERBROOK)
    names.compact()
    assert rows(database, "SELECT a FROM v") == [(7,)]
    assert rows(database, "PRAGMA integrity_check") == [("ok",)]
    assert rows(database, "PRAGMA foreign_key_check") == []


def test_the_views_are_right_at_once(database):
    put_entities(database, [Entity("other", "ZTE", "org"), Entity("suga", "Suga", "person")])
    assert rows(database, "SELECT name, id FROM names WHERE name IN ('ZTE', 'Suga', 'Yoshihide Suga') ORDER BY id") == [
        ("ZTE", "other"),
        ("Suga", "suga"),
        ("ZTE", "zte"),
    ]
    assert rows(database, "SELECT exact, entities FROM shared_names") == [("zte", 2)]
    remove_entities(database, ["zte"])
    assert rows(database, "SELECT * FROM shared_names") == []
    assert rows(database, "PRAGMA foreign_key_check") == []
    assert rows(database, "PRAGMA journal_mode") == [("delete",)]


def test_a_reader_outlives_folding_in_and_building(database, open_names):
    reader = open_names()
    entity = reader.entity("suga")
    put_entities(database, [HAVERBROOK])
    compact_file(database)
    assert answer(reader, "Karl Haverbruck") == "haverbrook"
    assert [alias.name for alias in entity.aliases] == ["菅義偉", "Suga"]
    (database.parent / "new.tsv").write_text("id\tname\nnew\tYoshihide Suga\n")
    build_file(database, [database.parent / "new.tsv"])
    assert answer(reader, "Yoshihidi Soja") == "new"
    assert answer(reader, "Karl Haverbruck") is None


def test_an_entity_at_hand_stays_as_it_was(open_names):
    names = open_names()
    names.put(HAVERBROOK)
    changed, removed = names.entity("haverbrook"), names.entity("zte")
    names.put(Entity("haverbrook", "Karl Haverbrook", "person", (Alias("Karlchen"),)))
    names.remove("zte")
    assert tuple(changed.aliases) == HAVERBROOK.aliases
    assert [alias.name for alias in removed.aliases] == ["Zhongxing"]
    assert [alias.name for alias in names.entity("haverbrook").aliases] == ["Karlchen"]
    assert names.entity("zte") is None


def test_a_row_removed_between_looking_and_reading_is_looked_up_again(database, open_names, monkeypatch):
    names = open_names()
    assert answer(names, "Angela Merkil") == "merkel"
    looked, stale, look = [], names.table.snapshot(), Table.snapshot
    put_entities(database, [Entity("suga", "Yoshihide Suga", "person")])

    def late(table):
        looked.append(table)
        return look(table) if len(looked) > 1 else stale

    monkeypatch.setattr(Table, "snapshot", late)
    resolution = names.resolve("Yoshihidi Soja")
    assert resolution.entity.weight == 1.0
    assert len(looked) == 2
    looked.clear()
    remove_entities(database, ["suga"])
    assert names.rewrite("Yoshihide Suga said")[1] == []


def test_another_table_written_over_the_file(tmp_path, database, open_names):
    (tmp_path / "new.tsv").write_text("id\tname\nnew\tSomebody Else\n")
    build_file(tmp_path / "new.db", [tmp_path / "new.tsv"])
    names = open_names()
    assert answer(names, "ZTE") == "zte"
    new, old = sqlite3.connect(tmp_path / "new.db"), sqlite3.connect(database)
    new.backup(old)
    new.close()
    old.close()
    assert answer(names, "ZTE") is None
    assert answer(names, "Somebody Else") == "new"


def test_while_the_file_is_away_the_old_one_answers(database, open_names):
    names = open_names()
    assert answer(names, "ZTE") == "zte"
    database.rename(database.with_name("away.db"))
    assert answer(names, "Yoshihidi Soja") == "suga"
    database.write_bytes(b"no database" * 1000)
    with pytest.raises(DatabaseError, match=r"names\.db: not a database of this program"):
        names.resolve("ZTE")
    database.with_name("away.db").replace(database)
    assert answer(names, "ZTE") == "zte"


def test_a_writer_that_waited_writes_to_the_new_file(tmp_path, database, open_names):
    (tmp_path / "new.tsv").write_text("id\tname\nnew\tSomebody Else\n")
    build_file(tmp_path / "new.db", [tmp_path / "new.tsv"])
    with files.writing(database):
        writer = threading.Thread(target=put_entities, args=(database, [HAVERBROOK]))
        writer.start()
        time.sleep(0.2)
        (tmp_path / "new.db").replace(database)
    writer.join()
    names = open_names()
    assert answer(names, "Karl Haverbrook") == "haverbrook"
    assert answer(names, "Somebody Else") == "new"
    assert answer(names, "ZTE") is None


READER = """
import sys, time, resolver
names = resolver.open(sys.argv[1], resolver.Settings(policy="canonical"))
text = "Veltranova met Ostrimark. Kelbridge met Dunfarrow."
ours = "Quentin Zarkovsky"
states = {
    (("Veltranova", "Ostrimark"), f"{ours} met {ours}. Kelbridge met Dunfarrow."),
    (("Kelbridge", "Dunfarrow"), f"Veltranova met Ostrimark. {ours} met {ours}."),
}
aliases, texts = {state[0] for state in states}, {state[1] for state in states}
seen, begun, calls = set(), time.monotonic(), 0
while time.monotonic() < begun + float(sys.argv[2]) or (len(seen) < 2 and time.monotonic() < begun + 60):
    entity = names.entity(names.resolve(f"Quentin Zarkovski").entity.id)
    found = tuple(alias.name for alias in entity.aliases)
    new = names.rewrite(text)[0]
    assert found in aliases, found
    assert new in texts, new
    seen.add(found)
    calls += 1
print(len(seen), calls)
"""


@pytest.mark.slow
def test_readers_in_other_processes_see_whole_states(database):
    states = [
        Entity("zarkovsky", "Quentin Zarkovsky", "person", tuple(Alias(name, "en", "short") for name in pair))
        for pair in (("Veltranova", "Ostrimark"), ("Kelbridge", "Dunfarrow"))
    ]
    put_entities(database, states[:1])
    seconds = 2.5
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, database, str(seconds)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    count = 0
    while any(reader.poll() is None for reader in readers):
        count += 1
        put_entities(database, [states[count % 2]])
        if count % 25 == 0:
            compact_file(database)
    for reader in readers:
        output, errors = reader.communicate()
        assert reader.returncode == 0, errors
        assert output.split()[0] == "2", output


CUT_OFF = """
import os, signal, sys
from resolver import Entity
from resolver.database import updates as changing
from resolver.database import connection as database
from resolver.sources.prepared_entities import prepare_entity
path, spill = sys.argv[1], sys.argv[2] == "spill"
with database.writing(database.Path(path)) as connection:
    if spill:  # pages are written to the file before the end
        connection.execute("PRAGMA cache_spill = 1")
        connection.execute("PRAGMA cache_size = 1")
    report = changing.PutReport()
    for number in range(500):
        changing._put(connection, prepare_entity(Entity(f"n{number}", f"Number{number} Nobody")), report)
    changing._take_out(connection, 0)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("how", ["whole", "spill"])
def test_a_writer_killed_halfway_changes_nothing(database, open_names, how):
    reader = open_names()
    assert answer(reader, "ZTE") == "zte"
    assert run_python(CUT_OFF, database, how).returncode == -signal.SIGKILL
    assert database.with_name("names.db-journal").exists()
    for names in (reader, open_names()):
        assert answer(names, "Yoshihidi Soja") == "suga"
        assert answer(names, "Number7 Nobody") is None
        assert names.table.counts["entity"] == 3
    reader.put(HAVERBROOK)
    assert answer(reader, "Karl Haverbruck") == "haverbrook"
    assert not database.with_name("names.db-journal").exists()


def test_building_over_a_change_that_was_cut_off(database, open_names):
    assert run_python(CUT_OFF, database, "spill").returncode == -signal.SIGKILL
    build_file(database, [database.parent / "table.tsv"])
    assert answer(open_names(), "Yoshihidi Soja") == "suga"
    assert rows(database, "PRAGMA integrity_check") == [("ok",)]


def test_a_journal_without_its_file_is_not_played_back(database, open_names):
    assert run_python(CUT_OFF, database, "spill").returncode == -signal.SIGKILL
    database.unlink()
    build_file(database, [database.parent / "table.tsv"])
    assert answer(open_names(), "Yoshihidi Soja") == "suga"
    assert rows(database, "PRAGMA integrity_check") == [("ok",)]


def test_locked_for_too_long(database, open_names):
    names = open_names()
    with files.writing(database):
        assert answer(names, "ZTE") == "zte"  # readers do not wait
        for change, values in (
            (put_entities, [[HAVERBROOK]]),
            (remove_entities, [["zte"]]),
            (compact_file, []),
            (build_file, [[database.parent / "table.tsv"]]),
        ):
            with pytest.raises(DatabaseError, match=r"names\.db: another process has kept it locked for 0\.1 sec"):
                change(database, *values, wait=0.1)
    names.put(HAVERBROOK)
    assert answer(names, "Karl Haverbrook") == "haverbrook"


@pytest.mark.parametrize("closed", ["file", "folder"])
def test_what_cannot_be_written(database, closed):
    with tempfile.TemporaryDirectory() as folder:  # where everybody may look
        path = Path(folder) / "names.db"
        shutil.copy(database, path)
        path.chmod(0o444 if closed == "file" else 0o666)
        Path(folder).chmod(0o777 if closed == "file" else 0o555)
        code = """
            import os, sys, resolver, resolver.database.updates  # which the other user may not read
            names = resolver.open(sys.argv[1])
            names.resolve("ZTE")
            if os.geteuid() == 0:
                os.setuid(65534)
            for change in (lambda: names.put(resolver.Entity("a", "Aa")), lambda: names.remove("zte")):
                try:
                    change()
                except resolver.DatabaseError as error:
                    print(error)
            print(names.resolve("ZTE").outcome)
        """
        result = run_python(code, path)
        Path(folder).chmod(0o755)
        lines = result.stdout.splitlines()
        assert len(lines) == 3, result.stderr
        assert all("names.db: cannot be" in line and "folder" in line for line in lines[:2])
        assert lines[2] == "linked"


@pytest.mark.parametrize("unknown", ["nobody", "\ud800", "", 7])
def test_an_unknown_id_changes_nothing(open_names, unknown):
    names = open_names()
    with pytest.raises(InputError, match="no entity has the id"):
        names.remove("zte", unknown)
    assert answer(names, "ZTE") == "zte"
    assert names.table.counts["change"] == 0


@pytest.mark.parametrize(
    ("entity", "message"),
    [
        (Entity("", "X"), "id is missing or empty"),
        (Entity("x", " "), "name is missing or empty"),
        (Entity("x", "X", "planet"), "type must be one of"),
        (Entity("x", "X", weight=0.0), "weight must be a number above 0"),
        (Entity("x", "X", aliases=(Alias("a\x00b"),)), "control character"),
        (Entity("x", "X", aliases=(Alias("a", "\ud800"),)), "language .* is not valid UTF-8"),
        (Entity("x", "X", aliases=("a", 7)), "alias 7 is neither a string nor"),
        (Entity("\ud800", "X"), "id .* is not valid UTF-8"),
        ("x", "expected an Entity"),
        (HAVERBROOK, "the id 'haverbrook' is given twice"),
    ],
)
def test_an_entity_that_makes_no_sense_changes_nothing(open_names, entity, message):
    names = open_names()
    with pytest.raises(InputError, match=message):
        names.put(HAVERBROOK, entity)
    assert names.table.counts["change"] == 0


def test_the_bundled_table_cannot_be_changed(names):
    for change in (lambda: names.put(HAVERBROOK), lambda: names.remove("zte"), names.compact):
        with pytest.raises(DatabaseError, match="bundled table cannot be changed"):
            change()


def test_a_name_without_a_letter_is_no_form(open_names):
    names = open_names()
    names.put(Entity("dots", "...", "other", (Alias("!!!"),)))
    assert answer(names, "...") is None
    assert answer(names, "ZTE") == "zte"
    assert names.compact() == 1


def test_a_table_that_begins_empty(tmp_path, open_names):
    (tmp_path / "empty.tsv").write_text("id\tname\n")
    build_file(tmp_path / "empty.db", [tmp_path / "empty.tsv"])
    names = open_names(tmp_path / "empty.db")
    names.put(HAVERBROOK)
    names.put(OSTRIMARK)
    assert answer(names, "Karl Haverbruck") == "haverbrook"
    assert names.compact() == 2
    assert answer(names, "Karl Haverbruck") == "haverbrook"


def test_the_commands(tmp_path, database):
    (tmp_path / "more.tsv").write_text("id\tname\ttype\nnew\tKarl Haverbrook\tperson\nzte\tZTE Corporation\torg\n\tX\n")
    result = run("put", "--db", database, tmp_path / "more.tsv", "--rejects", tmp_path / "bad.jsonl")
    assert result.exit_code == 1
    assert "names.db: 1 new, 1 changed, 0 as before" in result.stderr
    assert "more.tsv:4: id is missing or empty" in result.stderr
    assert json.loads((tmp_path / "bad.jsonl").read_text())["line"] == 4
    assert run("resolve", "Karl Haverbruck", "--db", database).stdout.startswith("linked\tKarl Haverbrook [new]")
    assert "\nchanges: 2\n" in run("info", "--db", database).stdout
    assert "0 new, 0 changed, 2 as before" in run("put", "--db", database, tmp_path / "more.tsv").stderr
    assert "names.db: 2 removed" in run("remove", "--db", database, "new", "zte").stderr
    assert run("resolve", "Karl Haverbruck", "--db", database).stdout.startswith("nil")
    assert "names.db: 4 changes merged" in run("compact", "--db", database).stderr
    assert json.loads(run("info", "--db", database, "--json").stdout)["changes"] == 0
    assert run("compact", "--db", database).exit_code == 0


def test_many_changes_that_wait_are_said(tmp_path, database, monkeypatch):
    monkeypatch.setattr("resolver.commands.database_commands.COMPACT_HINT_CHANGES", 2)
    (tmp_path / "more.tsv").write_text("id\tname\na\tOne\n")
    assert "delta index" not in run("put", "--db", database, tmp_path / "more.tsv").stderr
    (tmp_path / "more.tsv").write_text("id\tname\nb\tTwo\n")
    assert "2 changes in the delta index" in run("put", "--db", database, tmp_path / "more.tsv").stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["put", "--db", "{db}", "{tmp}/a.tsv", "{tmp}/b.tsv"],
            r"b.tsv:3: the id 'x' is already used at {tmp}/a.tsv:2",
        ),
        (["put", "--db", "{db}", "{tmp}/c.tsv"], r"c.tsv:3: the id 'x' is already used at {tmp}/c.tsv:2"),
        (["put", "--db", "{db}", "{tmp}/none.tsv"], "none.tsv: cannot be read"),
        (["put", "--db", "{db}"], "Missing argument"),
        (["put", "{tmp}/a.tsv"], "Missing option '--db'"),
        (["put", "--db", "{tmp}/none.db", "{tmp}/a.tsv"], "none.db: no such file; build it with"),
        (["put", "--db", "{db}", "{tmp}/a.tsv", "--rejects", "{tmp}/a.tsv"], "is also an input or another output"),
        (["remove", "--db", "{db}", "zte", "nobody"], "names.db: no entity has the id 'nobody'"),
        (["compact", "--db", "{tmp}/a.tsv"], "a.tsv: not a database of this program"),
    ],
)
def test_commands_that_change_nothing(tmp_path, database, arguments, message):
    (tmp_path / "a.tsv").write_text("id\tname\nx\tOne\n")
    (tmp_path / "b.tsv").write_text("id\tname\ny\tTwo\nx\tThree\n")
    (tmp_path / "c.tsv").write_text("id\tname\nx\tTwo\nx\tThree\n")
    before = database.read_bytes()
    result = run(*[a.format(tmp=tmp_path, db=database) for a in arguments])
    assert result.exit_code == 2
    assert message.format(tmp=tmp_path) in result.stderr
    assert database.read_bytes() == before


def test_settings_apply_to_what_is_put(open_names):
    names = open_names(settings=Settings(policy="canonical"))
    names.put(OSTRIMARK)
    assert names.rewrite("Ostrimark rose")[0] == "Ostrimark Holdings rose"
