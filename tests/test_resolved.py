"""What runs took mentions for is kept in the database that answered."""

import sqlite3

import pytest

import resolver
from resolver.gazetteer.build import build_file, compact_file
from resolver.gazetteer.resolved import (
    Choice,
    Resolved,
    Run,
    read_resolved,
    read_runs,
    read_waiting,
    resolved_from,
    save_run,
)

TABLE = """id	name	type	aliases	weight
suga	Yoshihide Suga	person	菅義偉@ja:native|Suga@en:short	2
soja	Sadiq Soja	person
zte	ZTE	org	Zhongxing@zh-Latn:former
"""


@pytest.fixture
def database(tmp_path):
    (tmp_path / "table.tsv").write_text(TABLE, encoding="utf-8")
    build_file(tmp_path / "names.db", [tmp_path / "table.tsv"])
    return tmp_path / "names.db"


def row(mention, outcome="nil", probability=0.5, **others):
    values = {"exact": mention.lower(), "type": "", "id": "suga" if outcome == "linked" else None}
    return Resolved(mention, outcome=outcome, probability=probability, **{**values, **others})


def test_a_run_is_saved_and_read(database, open_names):
    names = open_names()
    rows = [
        resolved_from(names.resolve("Yoshihidi Soja", "person"), "person", "line 2"),
        resolved_from(names.resolve("Nobody At All")),
        resolved_from(names.resolve("...")),
    ]
    run = save_run(database, Run("resolve", "mentions.tsv", 0.95), iter(rows))
    assert (run.number, run.saved[:2]) == (1, "20")
    assert save_run(database, Run("paste", "", 0.9), []).number == 2
    connection = names.store.connection
    assert [(r.number, r.command, r.input, r.min_precision) for r in read_runs(connection)] == [
        (1, "resolve", "mentions.tsv", 0.95),
        (2, "paste", "", 0.9),
    ]
    found = read_resolved(connection, 1)
    assert [(r.mention, r.exact, r.type, r.outcome, r.id) for r in found] == [
        ("Yoshihidi Soja", "yoshihidi soja", "person", "linked", "suga"),
        ("Nobody At All", "nobody at all", "", "nil", None),
        ("...", "", "", "nil", None),
    ]
    best = found[0].candidates[0]
    assert best == Choice("suga", "Yoshihide Suga", "person", found[0].probability)
    assert (found[0].place, found[0].times) == ("line 2", 1)
    assert read_resolved(connection, 2) == []


def test_what_waits_to_be_looked_at(database, open_names):
    names = open_names()
    rows = [
        row("Soja", "ambiguous", 0.5, times=3, place="a"),
        row("SOJA", "ambiguous", 0.4, times=4, place="b"),
        row("Sure", "linked", 0.95, times=9),
        row("Unsure", "linked", 0.8, times=2),
        row("Nothing", "nil", 0.05, times=9),
        row("Perhaps", "nil", 0.3, times=9),
        row("...", "nil", 0.3, exact=""),
    ]
    first = save_run(database, Run("resolve", "x", 0.95), rows)
    second = save_run(database, Run("resolve", "y", 0.95), [row("Unsure", "linked", 0.7, times=8)])
    connection = names.store.connection
    waiting = read_waiting(connection, first.number)
    assert [(r.mention, r.times) for r in waiting] == [("Perhaps", 9), ("SOJA", 7), ("Unsure", 2)]
    waiting = read_waiting(connection)
    assert [(r.mention, r.times, r.run) for r in waiting] == [
        ("Unsure", 10, second.number),
        ("Perhaps", 9, first.number),
        ("SOJA", 7, first.number),
    ]
    assert read_waiting(connection, limit=1, offset=1) == waiting[1:2]
    names.accept("Soja", "suga")
    names.reject("Perhaps", "zte")
    assert [r.mention for r in read_waiting(connection)] == ["Unsure"]
    names.undo()
    assert [r.mention for r in read_waiting(connection)] == ["Unsure", "Perhaps"]


def contents(path):
    connection = sqlite3.connect(path)
    try:
        return [connection.execute(f"SELECT * FROM {table}").fetchall() for table in ("run", "resolved")]
    finally:
        connection.close()


def test_runs_outlive_builds_and_compact(database):
    save_run(database, Run("resolve", "x", 0.95), [row("Soja"), row("Suga", "linked", 0.99)])
    save_run(database, Run("rewrite", "y", 0.95), [row("Gone", "linked", 0.99, id="gone")])
    before = contents(database)
    assert len(before[1]) == 3
    assert build_file(database, [database.with_name("table.tsv")]).runs == 2
    assert contents(database) == before
    with resolver.open(database) as names:
        names.remove("zte")
    compact_file(database)
    assert contents(database) == before
    connection = sqlite3.connect(database)
    connection.executescript("UPDATE resolved SET exact = 'by other rules'; UPDATE meta SET value = 'x'")
    connection.close()
    compact_file(database)
    assert [values[3] for values in contents(database)[1]] == ["soja", "suga", "gone"]
    assert save_run(database, Run("resolve", "z", 0.95), []).number == 3
