"""Answers are kept as a whole or not at all: of runs killed, interrupted, beside others, without room."""

import gzip
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from resolver.cli import main
from resolver.corpus.formats.file_format import SizeLimits
from resolver.database import connection as files
from resolver.database.build import build_file
from resolver.database.saved_runs import RecorderLimits, RunRecorder, SavedAnswer, SavedRun, save_run, saving
from resolver.errors import DatabaseError

TABLE = """id	name	type	aliases	weight
suga	Yoshihide Suga	person	菅義偉@ja:native|Suga@en:short	2
softbank	SoftBank	org
zte	ZTE	org	Zhongxing@zh-Latn:former
ge-state	Georgia	place
ge-country	Georgia	place
"""
TEXT = "Spokesman Yoshihidi Soja met Softbank and ZTE in Georgia. Soja left ZTE and Zhongxing."
TAKEN = {
    ("Yoshihidi Soja", "linked", "suga"): 1,
    ("Soja", "linked", "suga"): 1,
    ("Softbank", "linked", "softbank"): 1,
    ("ZTE", "linked", "zte"): 2,
    ("Zhongxing", "linked", "zte"): 1,
    ("Georgia", "ambiguous", None): 1,
}


@pytest.fixture
def database(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("table.tsv").write_text(TABLE, encoding="utf-8")
    build_file("names.db", ["table.tsv"])
    return tmp_path / "names.db"


def run(*arguments, stdin=None):
    return CliRunner().invoke(main, [str(a) for a in arguments], input=stdin)


def rows(path, sql):
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def taken(path, run=1):
    sql = f"SELECT mention, outcome, id, sum(times) FROM resolved WHERE run = {run} GROUP BY 1, 2, 3"
    return {tuple(row[:3]): row[3] for row in rows(path, sql)}


def saved(path):
    """The runs: command and input of each, and how many answers they have in all."""
    runs = rows(path, "SELECT command, input FROM run ORDER BY no")
    return runs, rows(path, "SELECT count(*) FROM resolved")[0][0]


def python(code, *arguments, **more):
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


def many(count, name="Name"):
    return (SavedAnswer(f"{name} {n}", f"{name} {n}".lower(), "", "nil", None, 0.5, place=str(n)) for n in range(count))


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_a_rewriting_took_mentions_for(database, jobs):
    Path("in").mkdir()
    Path("in/a.txt").write_text(TEXT)
    Path("in/b.jsonl").write_text("".join(json.dumps({"id": f"r{n}", "text": TEXT}) + "\n" for n in range(40)))
    result = run("rewrite", "in", "--db", database, "--output", "out", "--save", "--jobs", jobs)
    assert result.exit_code == 0, result.stderr
    assert "run 1: 6 answers saved; to list the uncertain ones: resolver resolved --db" in result.stderr
    assert taken(database) == {key: 41 * times for key, times in TAKEN.items()}
    assert saved(database) == ([("rewrite", "in")], 6)
    sql = "SELECT place, candidates, probability, type FROM resolved WHERE mention = 'Georgia'"
    ((place, candidates, probability, type),) = rows(database, sql)
    assert (place, probability, type) == ("in/a.txt:1", 0.5, "")
    assert [(c["id"], c["type"]) for c in json.loads(candidates)] == [("ge-state", "place"), ("ge-country", "place")]
    assert "SoftBank" in Path("out/a.txt").read_text()
    assert [path.name for path in Path("out").iterdir() if path.name.startswith(".")] == []
    listed = run("resolved", "--db", database, "--uncertain").stdout.splitlines()
    assert [line.split("\t")[2] for line in listed[1:]] == ["Georgia"]


def test_streams_dry_runs_and_filters(database):
    Path("a.txt").write_text(TEXT)
    assert run("rewrite", "-", "--db", database, "--save", stdin=TEXT).exit_code == 0
    assert run("rewrite", "a.txt", "--db", database, "--save", "--dry-run", "--edits", "e.jsonl").exit_code == 0
    assert run("rewrite", "a.txt", "-", "--db", database, "--save", "--diff", "--type", "org", stdin="").exit_code == 0
    assert Path("a.txt").read_text() == TEXT
    assert saved(database)[0] == [("rewrite", ""), ("rewrite", "a.txt"), ("rewrite", "a.txt, ")]
    assert taken(database, 1) == taken(database, 2) == TAKEN
    assert set(taken(database, 3)) == {key for key in TAKEN if key[2] in ("softbank", "zte")}
    Path("ids").write_text("ge-state\nsuga\n")
    assert run("rewrite", "a.txt", "--db", database, "--save", "--only", "ids", "--min-precision", 0.9).exit_code == 0
    assert set(taken(database, 4)) == {key for key in TAKEN if key[2] == "suga"} | {("Georgia", "linked", "ge-state")}
    assert rows(database, "SELECT min_precision FROM run") == [(0.0,), (0.0,), (0.0,), (0.9,)]
    assert not list(Path(tempfile.gettempdir()).glob(".resolver-*.answers.partial"))


def test_names_of_files_that_are_no_unicode(database):
    name = os.fsdecode(b"\xff.tsv")
    Path(name).write_text("mention\nZTE\n")
    Path(os.fsdecode(b"\xff.txt")).write_text(TEXT)
    arguments = [os.fsencode(a) for a in ("--db", "names.db", "--save")]
    for command in (["resolve", "--input", name], ["rewrite", "--dry-run", os.fsdecode(b"\xff.txt")]):
        whole = [sys.executable, "-m", "resolver", *map(os.fsencode, command), *arguments]
        result = subprocess.run(whole, capture_output=True, check=False)
        assert result.returncode == 0, result.stderr
    assert saved(database)[0] == [("resolve", "?.tsv"), ("rewrite", "?.txt")]
    assert taken(database, 2) == TAKEN
    assert run("resolved", "--db", "names.db", "--runs").stdout.count("\n") == 3


def test_a_file_that_is_rejected_as_a_whole_has_no_answers(database):
    Path("in").mkdir()
    Path("in/a.txt.gz").write_bytes(gzip.compress(b"ZTE rose.\n" + b"nothing of note\n" * 40_000)[:-9])
    Path("in/b.txt").write_text("ZTE rose.")
    assert run("rewrite", "in", "--db", database, "--output", "out", "--save").exit_code == 1
    assert taken(database) == {("ZTE", "linked", "zte"): 1}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.txt", "--save"], "the bundled table cannot be changed: build your own with: resolver build -o names.db"),
        (["a.txt", "--save", "--db", "none.db"], "none.db: no such file"),
        (["a.txt", "--save", "--db", "names.db", "--engine", "spark"], "--save cannot be combined with --engine spark"),
        (["a.txt", "--output", "names.db", "--db", "names.db"], "is also an input or another output"),
    ],
)
def test_what_cannot_be_kept_is_said_before_the_work(database, arguments, message):
    Path("a.txt").write_text(TEXT)
    before = {path.name: path.read_bytes() for path in Path().iterdir()}
    result = run("rewrite", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""
    assert {path.name: path.read_bytes() for path in Path().iterdir()} == before


KILLED = """
    import os, sys
    from resolver.cli import main
    from resolver.database.saved_runs import RunRecorder

    def killed(self, path, run, save=RunRecorder.save):
        if sys.argv[1] == "behind":
            save(self, path, run)
        os._exit(9)

    RunRecorder.save = killed
    main(sys.argv[2:])
"""


@pytest.mark.parametrize("how", [("--output", "out"), ("--in-place", "--edits", "e.jsonl")])
@pytest.mark.parametrize("where", ["before", "behind"])
def test_a_run_killed_around_its_saving_is_saved_once(database, where, how):
    Path("in").mkdir()
    Path("in/a.txt").write_text(TEXT)
    command = ("rewrite", "in", "--db", "names.db", "--save", *how)
    assert python(KILLED, where, *command).returncode == 9
    assert saved(database)[1] == (6 if where == "behind" else 0)
    again = run(*command)
    assert again.exit_code == 0, again.stderr
    assert "run 1: 6 answers saved" in again.stderr
    assert taken(database) == TAKEN
    assert saved(database) == ([("rewrite", "in")], 6)
    assert run("rewrite", "in", "--db", "names.db", "--save", "--output", "again").exit_code == 0
    assert len(saved(database)[0]) == 2  # it is a run of its own


def interrupted():
    """The rewriting of a.jsonl to b.jsonl in a process that is killed at the record r9, with checkpoints before it."""
    code = """
        import os
        import resolver
        from resolver.text.rewriter import Rewriter
        from resolver.corpus.runs.request import RunLimits

        def rewrite(self, text, doc, rewrite=Rewriter.rewrite):
            return os._exit(9) if doc == "r9" else rewrite(self, text, doc)

        Rewriter.rewrite = rewrite
        options = resolver.RewriteOptions(save=True, limits=RunLimits(checkpoint_seconds=-1.0))
        resolver.rewrite_files("a.jsonl", db="names.db", output="b.jsonl", options=options)
    """
    assert python(code).returncode == 9


def test_an_interrupted_run_goes_on_unless_the_table_answers_otherwise(database):
    padding = "x" * SizeLimits().batch  # each record is a part
    records = ({"id": f"r{n}", "text": TEXT, "padding": padding} for n in range(12))
    Path("a.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    command = ("rewrite", "a.jsonl", "--db", "names.db", "--save", "--output", "b.jsonl")
    interrupted()
    assert saved(database) == ([], 0)
    save_run(database, SavedRun("resolve", "others", 0.95), many(3))  # changes the file, but no answer
    result = run(*command)
    assert "resuming an interrupted run" in result.stderr
    assert taken(database, 2) == {key: 12 * times for key, times in TAKEN.items()}
    Path("b.jsonl").unlink()
    interrupted()
    assert run("accept", "Soja", "suga", "--db", database).exit_code == 0
    assert "its request, table or program version differs" in run(*command).stderr
    assert len(saved(database)[0]) == 3


def test_a_rewriting_whose_answers_cannot_be_kept_goes_on_with_that(database, monkeypatch):
    Path("a.txt").write_text(TEXT)
    command = ("rewrite", "a.txt", "--db", "names.db", "--save", "--output", "b.txt")

    def locked(self, path, run, save=RunRecorder.save):
        self._limits = RecorderLimits(wait=0.1, patience=0.2)
        with files.writing(Path(path)):
            return save(self, path, run)

    with monkeypatch.context() as patched:
        patched.setattr(RunRecorder, "save", locked)
        result = run(*command)
    assert result.exit_code == 2
    assert "names.db: another process has kept it locked for 0.1 seconds; try again later" in result.stderr
    assert saved(database) == ([], 0)
    assert run(*command).exit_code == 0
    assert taken(database) == TAKEN


def test_two_writers_at_once(database):
    errors = []

    def save(name):
        try:
            for _ in range(5):
                save_run(database, SavedRun("resolve", name, 0.95), many(300, name))
        except DatabaseError as error:
            errors.append(error)

    writers = [threading.Thread(target=save, args=(name,)) for name in ("one", "two", "three")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert errors == []
    per_run = rows(
        database, "SELECT run.input, min(mention), count(*) FROM resolved JOIN run ON run.no = run GROUP BY run"
    )
    assert Counter(per_run) == {(name, f"{name} 0", 300): 5 for name in ("one", "two", "three")}


def test_answers_wait_for_a_writer_that_takes_longer(database):
    held = threading.Event()

    def change():
        with files.writing(database):
            held.set()
            time.sleep(0.4)

    with saving(database, SavedRun("resolve", "x", 0.95), RecorderLimits(wait=0.05)) as tally:
        tally.add(next(many(1)))
        writer = threading.Thread(target=change)
        writer.start()
        held.wait()
    writer.join()
    assert saved(database)[1] == 1


def test_a_database_that_is_replaced_meanwhile(database, monkeypatch):
    with saving(database, SavedRun("resolve", "built over", 0.95)) as tally:
        for row in many(10):
            tally.add(row)
        build_file(database, ["table.tsv"])
    assert saved(database)[1] == 10
    build_file(database, ["table.tsv"])
    assert saved(database)[1] == 10
    shutil.copy(database, "other.db")
    save = RunRecorder._save

    def replaced(self, connection, run):
        number = save(self, connection, run)
        if Path("other.db").exists():
            Path("other.db").replace(database)  # by a program that knows nothing of our locks
        return number

    monkeypatch.setattr(RunRecorder, "_save", replaced)
    assert save_run(database, SavedRun("resolve", "moved over", 0.95), many(7)).number == 2
    assert saved(database) == ([("resolve", "built over"), ("resolve", "moved over")], 17)


@pytest.mark.parametrize("what", ["names.db: cannot be", "answers to save, in the folder for temp"])
def test_a_full_disk(database, what):
    code = """
        import resource, sys
        from pathlib import Path
        from resolver.cli import main
        from resolver.database.saved_runs import RecorderLimits, SavedAnswer, SavedRun, save_run
        from resolver.errors import DatabaseError
        size = Path("names.db").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20_000, size + 20_000))
        if sys.argv[1].startswith("answers"):
            rows = (SavedAnswer(f"Zzz{n} {'q' * 400}", "zzz", "", "nil", None, 0.5) for n in range(400))
            try:
                save_run("names.db", SavedRun("resolve", "", 0.95), rows, RecorderLimits(answers=64, disk_cache=1))
            except DatabaseError as error:
                print(error, file=sys.stderr)
                sys.exit(2)
        main(["resolve", "--input", "m.tsv", "--db", "names.db", "--save"])
    """
    Path("m.tsv").write_text("mention\n" + "".join(f"Zzz{n} {'q' * 400}\n" for n in range(400)))
    before = database.read_bytes()
    result = python(code, what)
    assert result.returncode == 2
    assert what in result.stderr
    assert "Traceback" not in result.stderr
    assert database.read_bytes() == before
    assert run("resolve", "--input", "m.tsv", "--db", "names.db", "--save").exit_code == 0
    assert saved(database)[1] == 400


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_batch_that_is_ended_keeps_nothing(database, how):
    command = [sys.executable, "-m", "resolver", "resolve", "--input", "-", "--db", "names.db", "--save"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        process.stdin.write(b"mention\nZTE\n")
        process.stdin.flush()
        assert b"zte" in process.stdout.readline()
        process.send_signal(how)
    assert saved(database) == ([], 0)
    assert run("info", "--db", "names.db").exit_code == 0


def test_killed_while_it_is_saved(database):
    code = """
        import os, resolver.database.saved_runs as resolved
        def save(self, connection, run, save=resolved.RunRecorder._save):
            save(self, connection, run)
            os._exit(9)
        resolved.RunRecorder._save = save
        row = lambda n: resolved.SavedAnswer(f"Name {n}", f"name {n}", "", "nil", None, 0.5)
        limits = resolved.RecorderLimits(transaction_cache=16)
        resolved.save_run("names.db", resolved.SavedRun("resolve", "x", 0.95), map(row, range(5000)), limits)
    """
    assert python(code).returncode == 9
    assert Path("names.db-journal").exists()
    assert run("resolved", "--db", "names.db", "--runs").stdout.count("\n") == 1
    assert saved(database) == ([], 0)


@pytest.mark.parametrize("closed", ["file", "folder"])
def test_where_nothing_can_be_written_it_is_said_at_once(database, closed):
    code = """
        import os, sys
        from click.testing import CliRunner
        from resolver.cli import main
        run = lambda db, *a: CliRunner().invoke(main, [*a, "--db", db, "--save"])
        m, t, whole, closed = sys.argv[1:]
        commands = (("resolve", "ZTE"), ("resolve", "--input", m), ("rewrite", t))
        assert all(run(whole, *command).exit_code == 0 for command in commands)  # all is imported now
        if os.geteuid() == 0:
            os.setuid(65534)
        for command in commands:
            result = run(closed, *command)
            print(result.exit_code, repr(result.stdout), result.stderr, end='')
    """
    with tempfile.TemporaryDirectory() as name:  # where everybody may look
        folder = Path(name) / "closed"
        folder.mkdir()
        path = Path(shutil.copy(database, folder / "names.db"))
        Path(name, "m.tsv").write_text("mention\nZTE\n")
        Path(name, "t.txt").write_text(TEXT)
        path.chmod(0o444 if closed == "file" else 0o666)
        folder.chmod(0o777 if closed == "file" else 0o555)
        Path(name).chmod(0o755)
        result = python(code, Path(name, "m.tsv"), Path(name, "t.txt"), database, path)
        folder.chmod(0o755)
    lines = result.stdout.splitlines()
    assert len(lines) == 3, result.stderr
    assert all(line.startswith("2 '' resolver: ") and "names.db: cannot be" in line for line in lines), lines


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux says how much memory was used")
def test_memory_of_a_tally_is_bounded(database):
    grown = python(
        """
        import re
        from resolver.database import saved_runs as resolved
        limits = resolved.RecorderLimits(disk_cache=1 << 11, transaction_cache=1 << 11)
        row = lambda n: resolved.SavedAnswer(f"Name {n} {'x' * 450}", f"name {n}", "", "nil", None, 0.5)
        def used(count):
            resolved.save_run("names.db", resolved.SavedRun("resolve", "", 0.95), map(row, range(count)), limits)
            return int(re.search(r"VmHWM:\\s*(\\d+) kB", open("/proc/self/status").read())[1])
        print(-used(6_000) + used(40_000))
        """
    )
    assert int(grown.stdout) < 5_000, grown.stderr  # kB; the rows have 20,000
