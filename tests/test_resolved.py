"""What runs took mentions for is kept in the database that answered."""

import json
import multiprocessing
import sqlite3

import pytest
from click.testing import CliRunner

import resolver
from resolver.cli import main
from resolver.database.build import build_file
from resolver.database.compaction import compact_file
from resolver.database.saved_runs import (
    RecorderLimits,
    RunRecorder,
    SavedAnswer,
    SavedCandidate,
    SavedRun,
    read_resolved,
    read_runs,
    read_waiting,
    save_run,
    saving,
)
from resolver.errors import DatabaseError
from resolver.resolving.saving import to_saved

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
    return SavedAnswer(mention, outcome=outcome, probability=probability, **{**values, **others})


def test_a_run_is_saved_and_read(database, open_names):
    names = open_names()
    rows = [
        to_saved(names.resolve("Yoshihidi Soja", "person"), "person", "line 2"),
        to_saved(names.resolve("Nobody At All")),
        to_saved(names.resolve("...")),
    ]
    run = save_run(database, SavedRun("resolve", "mentions.tsv", 0.95), iter(rows))
    assert (run.number, run.saved[:2]) == (1, "20")
    assert save_run(database, SavedRun("paste", "", 0.9), []).number == 2
    connection = names.table.connection
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
    assert best == SavedCandidate("suga", "Yoshihide Suga", "person", found[0].probability)
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
    first = save_run(database, SavedRun("resolve", "x", 0.95), rows)
    second = save_run(database, SavedRun("resolve", "y", 0.95), [row("Unsure", "linked", 0.7, times=8)])
    connection = names.table.connection
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
    save_run(database, SavedRun("resolve", "x", 0.95), [row("Soja"), row("Suga", "linked", 0.99)])
    save_run(database, SavedRun("rewrite", "y", 0.95), [row("Gone", "linked", 0.99, id="gone")])
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
    assert save_run(database, SavedRun("resolve", "z", 0.95), []).number == 3


def run(*arguments, stdin=None):
    return CliRunner().invoke(main, [str(a) for a in arguments], input=stdin)


def rows(path, sql="SELECT run, mention, outcome, id, times, place FROM resolved ORDER BY no"):
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


MENTIONS = "mention\tctx\nYoshihidi Soja\tx\nZTE\t\nNobody At All\t\n\nZTE\t\n...\t\nZTE\t\n"
ANSWERS = [
    (1, "Yoshihidi Soja", "linked", "suga", 1, "2"),
    (1, "ZTE", "linked", "zte", 3, "3"),
    (1, "Nobody At All", "nil", None, 1, "4"),
    (1, "...", "nil", None, 1, "7"),
]
forks = pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no processes can be forked")


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=forks)])
def test_a_column_of_mentions_is_saved(tmp_path, database, jobs):
    (tmp_path / "m.tsv").write_text(MENTIONS)
    output = tmp_path / "out.jsonl"
    result = run(
        *("resolve", "--input", tmp_path / "m.tsv", "--db", database, "--output", output, "--save", "--jobs", jobs)
    )
    assert result.exit_code == 0, result.output
    look = f"resolver resolved --db {database} --run 1 --uncertain"
    assert f"resolver: {database}: run 1: 4 answers saved; to list the uncertain ones: {look}" in result.stderr
    assert rows(database) == ANSWERS
    ((command, source, precision, saved),) = rows(database, "SELECT command, input, min_precision, saved FROM run")
    assert (command, source, precision) == ("resolve", str(tmp_path / "m.tsv"), 0.95)
    assert saved.endswith("Z")
    assert len(output.read_text().splitlines()) == 6
    first = json.loads(output.read_text().splitlines()[0])
    candidates = json.loads(rows(database, "SELECT candidates FROM resolved")[0][0])
    assert [(c["id"], c["probability"]) for c in candidates] == [
        (c["id"], c["probability"]) for c in first["candidates"]
    ][:5]
    assert list(candidates[0]) == ["id", "name", "type", "probability"]


def test_what_is_asked_for_tells_answers_apart(database):
    table = "mention\tctx\nSoja\tMr Sadiq Soja is here.\nSoja\t\nSoja\tMr Yoshihide Suga is here.\nSoja\t\n"
    arguments = ("resolve", "--input", "-", "--db", database, "--save", "--context-column", "ctx")
    assert run(*arguments, stdin=table).exit_code == 0
    found = rows(database, "SELECT mention, times, place, probability FROM resolved ORDER BY no")
    assert [row[:3] for row in found] == [("Soja", 1, "2"), ("Soja", 2, "3"), ("Soja", 1, "4")]
    assert len({row[3] for row in found}) == 3
    assert run("resolve", "ZTE", "--db", database, "--save", "--type", "org", "--min-probability", 0.9).exit_code == 0
    assert rows(database, "SELECT input, min_precision FROM run") == [("", 0.95), ("", 0.0)]
    assert rows(database, "SELECT mention, type, times, place FROM resolved WHERE run = 2") == [("ZTE", "org", 1, "")]


def test_bad_records_are_rejected_and_the_others_saved(database):
    lines = '{"mention": "ZTE"}\n{"mention": 7}\nno json\n{"mention": "\\ud800 Soja"}\n{"mention": "ZTE"}\n'
    arguments = ("resolve", "--input", "-", "--format", "jsonl", "--db", database, "--save")
    assert run(*arguments, stdin=lines).exit_code == 1
    assert [(mention, times, place) for _, mention, _, _, times, place in rows(database)] == [
        ("ZTE", 2, "1"),
        ("? Soja", 1, "4"),
    ]
    assert run(*arguments[:3], "--db", database, "--save", stdin="mention\n" + "x" * 501 + "\n").exit_code == 0
    assert rows(database, "SELECT count(*) FROM resolved WHERE run = 2") == [(0,)]  # that is no name


def test_many_answers_are_counted_on_the_disk(database):
    many = [row(f"Name {number % 50}", place=str(number)) for number in range(1000)]
    with saving(database, SavedRun("resolve", "", 0.95), RecorderLimits(answers=7)) as recorder:
        for answer in many:
            recorder.add(answer)
    assert recorder.run.number == 1
    assert [(mention, times, place) for _, mention, _, _, times, place in rows(database)] == [
        (f"Name {number}", 20, str(number)) for number in range(50)
    ]


def test_the_library_saves_answers(database, open_names):
    names = open_names()
    saved = names.save(names.resolve_many(["Soja", "ZTE", "Soja"]), "minutes", "script")
    assert (saved.number, saved.command, saved.input, saved.min_precision) == (1, "script", "minutes", 0.95)
    assert [(mention, times) for _, mention, _, _, times, _ in rows(database)] == [("Soja", 2), ("ZTE", 1)]

    def failing():
        yield names.resolve("Soja")
        raise ValueError("unread")

    with pytest.raises(ValueError, match="unread"):
        names.save(failing())
    assert len(rows(database, "SELECT * FROM run")) == 1
    with resolver.open() as bundled, pytest.raises(DatabaseError, match="build your own with: resolver build"):
        bundled.save(failing())


def test_a_run_is_saved_once(database):
    recorder = RunRecorder()
    recorder.add(row("Soja"))
    saved = recorder.save(database, SavedRun("rewrite", "x", 0.95))
    assert (
        recorder.save(database, saved).number
        == recorder.save(database, SavedRun("rewrite", "x", 0.95, 0, saved.saved)).number
    )
    assert recorder.count == len(rows(database)) == 1
    recorder.close()


def test_the_list(database):
    assert run("resolve", "--input", "-", "--db", database, "--save", stdin=MENTIONS).exit_code == 0
    assert run("resolve", "Sojo", "--db", database, "--save").exit_code == 0
    lines = run("resolved", "--db", database).stdout.splitlines()
    assert lines[0] == "run\ttimes\tmention\ttype\toutcome\tid\tbest\tprobability\tplace"
    assert lines[2] == "1\t3\tZTE\t\tlinked\tzte\tZTE\t1.0\t3"
    assert len(lines) == 6
    (one,) = map(json.loads, run("resolved", "--db", database, "--run", 2, "--json").stdout.splitlines())
    assert (one["mention"], one["times"]) == ("Sojo", 1)
    assert one["candidates"][0]["id"]
    assert run("resolved", "--db", database, "--runs").stdout.splitlines()[1].startswith("1\tresolve\t\t0.95\t20")
    save_run(database, SavedRun("paste", "", 0.95), [row("Un\tsure", exact="un sure"), row("Sure", probability=1.0)])
    uncertain = run("resolved", "--db", database, "--uncertain", "--run", 3).stdout.splitlines()
    assert [line.split("\t")[2] for line in uncertain[1:]] == ["Un sure"]
    assert run("accept", "Un sure", "suga", "--db", database).exit_code == 0
    assert run("resolved", "--db", database, "--uncertain", "--run", 3).stdout.count("\n") == 1
    missing = run("resolved", "--db", database, "--run", 9)
    assert missing.exit_code == 2
    assert "no run 9; to list the runs: resolver resolved" in missing.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ZTE", "--save"], "the bundled table cannot be changed: build your own with: resolver build -o names.db"),
        (["--input", "m.tsv", "--save"], "the bundled table cannot be changed"),
        (["ZTE", "--save", "--db", "none.db"], "none.db: no such file"),
        (["--input", "m.tsv", "--db", "{db}", "--output", "{db}"], "is also an input or another output"),
    ],
)
def test_what_cannot_be_saved_is_said_before_the_work(tmp_path, database, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.tsv").write_text(MENTIONS)
    result = run("resolve", *[a.format(db=database) for a in arguments])
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""
