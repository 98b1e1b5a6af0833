"""Runs over many files: the same bytes however many processes, and however often a run is killed."""

import gzip
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from resolver.cli import main
from resolver.corpus.formats.file_format import FormatOptions, SizeLimits
from resolver.corpus.mention_log import MentionLog
from resolver.corpus.runs.part_rewriting import PartRewriter
from resolver.corpus.runs.partial_files import PartialFile
from resolver.corpus.runs.planner import plan_run
from resolver.corpus.runs.request import Request, RunLimits
from resolver.corpus.runs.reverse_patches import splices
from resolver.corpus.runs.run import RewriteRun
from resolver.corpus.runs.run_listener import RunListener
from resolver.database.build import build_file
from resolver.database.saved_runs import RunRecorder, SavedAnswer, SavedRun
from resolver.database.table import Table
from resolver.errors import ResolverError
from resolver.records import Edit, Entity
from resolver.text.name_finder import FoundName

RIGHT = {"Softbank": ("softbank", "SoftBank"), "Soja": ("yoshihide-suga", "Suga"), "Merkil": ("merkel", "Merkel")}


def rewrite(text, doc):
    """A stand-in for `Rewriter.rewrite`: no table is asked."""
    edits = []
    for wrong, (id_, right) in RIGHT.items():
        place = text.find(wrong)
        while place >= 0:
            edits.append(Edit(place, place + len(wrong), wrong, right, id_, right, 0.9, "a test", doc))
            place = text.find(wrong, place + 1)
    edits.sort(key=lambda edit: edit.start)
    new = text
    for edit in reversed(edits):
        new = new[: edit.start] + edit.after + new[edit.end :]
    return new, edits


class PortFinder:
    def find(self, text, edits):
        return [FoundName("Port", [Entity("port", "Port")])]


def rewrite_files(
    *inputs, processes=1, make=rewrite, news=None, keep=None, interval=2.0, lock=5.0, batch=120, rows=256, **asked
):
    """What `resolver rewrite` does with its arguments, with that stand-in; the counts and whose mentions changed.

    The parts of files are a few lines (`batch` bytes).
    """
    request = Request(
        inputs=tuple(map(str, inputs)),
        texts=FormatOptions(limits=SizeLimits(batch=batch, batch_rows=rows)),
        limits=RunLimits(checkpoint_seconds=interval, lock_seconds=lock),
        **{k: str(v) if isinstance(v, Path) else v for k, v in asked.items()},
    )
    said = [] if news is None else news
    plan = plan_run(request, [], processes, said.append)
    log = MentionLog(lambda id_: True, lambda id_: "org")
    rewrite = log.logging(make, PortFinder()) if keep else make
    maker = PartRewriter(
        plan.jobs,
        lambda work: work(rewrite),
        plan.wanted,
        lambda id_: "org",
        lambda before, after: f"{before} as {after}",
        take_log=log.take,
    )
    listener = RunListener(rejected=lambda error: said.append(str(error)), news=said.append)
    return RewriteRun(plan, maker, lambda id_: "org", listener, keep or (lambda lines, saving: None)).run()


def eagerly(*inputs, **asked):
    """The same, with a checkpoint after each part."""
    return rewrite_files(*inputs, interval=-1.0, **asked)


def run(*arguments, stdin=None):
    return CliRunner().invoke(main, [str(a) for a in arguments], input=stdin)


def tree(folder):
    """All files below a folder, hidden ones too, with their bytes."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """A folder with some formats, in parts of a few lines."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # the machine goes on, so that is not needed, and slow
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("Softbank met Soja.\r\nMerkil left.\n")
    (folder / "b.txt").write_text("Nothing to see.\n")
    lines = [json.dumps({"id": f"r{n}", "text": f"Line {n}: Softbank and Soja é"}) for n in range(24)]
    lines[5] = "{broken"
    (folder / "c.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "sub" / "d.txt.gz").write_bytes(gzip.compress(b"Merkil spoke.\n"))
    (folder / "sub" / "e.csv").write_text("id,text\n1,Soja\n2,none\n")
    return folder


OUTPUTS = {"edits": "e.jsonl", "rejects": "bad.jsonl", "annotations": "a.jsonld", "report": "r.html", "stats": "s.json"}


@pytest.mark.parametrize("how", ["output", "in place", "brat"])
def test_the_bytes_are_the_same_for_any_number_of_processes(corpus, tmp_path, how):
    found = []
    for processes in (1, 2, 3):
        place = tmp_path / str(processes)
        shutil.copytree(corpus, place / "in")
        os.chdir(place)
        asked = {"output": {"output": "out"}, "in place": {"in_place": True}, "brat": {"brat": "out", "dry_run": True}}
        rewrite_files("in", processes=processes, **asked[how], **OUTPUTS)
        found.append(tree(place))
        found[-1] = {name: data.replace(str(place).encode(), b"") for name, data in found[-1].items()}
    assert found[0] == found[1] == found[2]
    assert b'"edits":51' in found[0]["s.json"]


def test_the_command_with_several_processes(corpus, tmp_path, monkeypatch):
    opened = []
    reopen = Table.reopen
    log = tmp_path / "reopened"
    monkeypatch.setattr(Table, "reopen", lambda self: (append(log, f"{os.getpid()}\n"), reopen(self)))
    for jobs in ("1", "2", "0"):
        result = run("rewrite", "in", "--edits", "e.jsonl", "--output", tmp_path / f"out{jobs}", "--jobs", jobs)
        assert result.exit_code == 1, result.stderr
        opened.append((tree(tmp_path / f"out{jobs}"), Path("e.jsonl").read_bytes()))
    assert opened[0] == opened[1] == opened[2]
    assert b"SoftBank" in opened[0][0]["c.jsonl"]
    pids = log.read_text().split()
    assert len(set(pids)) == len(pids) >= 2


def events():
    """The places at which a run may be killed: (module, name) of what it calls to change the disk."""
    return [
        (os, "fsync"),
        (os, "link"),
        (Path, "replace"),
        (Path, "unlink"),
        (PartialFile, "write"),
        (PartialFile, "cut"),
        (PartialFile, "discard"),
        (RunRecorder, "save"),
    ]


def killed_at(number, work):
    """Do `work` in a process that ends without a word before its event with a number; whether it got so far."""
    child = os.fork()
    if child == 0:
        left = [number]

        def counted(function):
            def call(*args, **kwargs):
                left[0] -= 1
                if left[0] < 0:
                    os._exit(9)
                return function(*args, **kwargs)

            return call

        try:
            for place, name in events():
                setattr(place, name, counted(getattr(place, name)))
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 9)
    return code == 9


@pytest.mark.parametrize("how", ["output", "in place", "one file"])
@pytest.mark.parametrize(
    ("interval", "step"), [(-1.0, 29), (1000.0, 23), pytest.param(-1.0, 1, marks=pytest.mark.slow)]
)
def test_a_run_killed_anywhere_goes_on_to_the_same_bytes(corpus, tmp_path, monkeypatch, how, interval, step):
    asked = {
        "output": lambda: rewrite_files("in", interval=interval, output="out", brat="brat", **OUTPUTS),
        "in place": lambda: rewrite_files("in", interval=interval, in_place=True, count_entities=True, **OUTPUTS),
        "one file": lambda: rewrite_files("in/c.jsonl", interval=interval, output="c.jsonl", edits="e.jsonl"),
    }[how]
    place = tmp_path / "whole"

    def fresh():
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(corpus, place / "in")
        os.chdir(place)

    fresh()
    expected_counts = asked()
    expected = tree(place)
    number = 0
    while True:
        fresh()
        if not killed_at(number, asked):
            break
        before = tree(place)
        for name, data in before.items():  # what has its name is whole
            old = corpus.parent / name
            hidden = any(part.startswith(".") for part in Path(name).parts)
            assert hidden or data == expected[name] or (old.exists() and data == old.read_bytes()), (number, name)
        assert asked() == expected_counts, number
        assert tree(place) == expected, number
        number += step
    assert number > 20


def keep(lines, saving):
    """Keep the answers of a run in names.db, which is made if it is not there."""
    if not Path("names.db").exists():
        Path("t.tsv").write_text("id\tname\nport\tPort\n")
        build_file("names.db", ["t.tsv"])
    with closing(RunRecorder()) as recorder:
        for line in lines:
            recorder.add(SavedAnswer.from_dict(json.loads(line)))
        recorder.save("names.db", SavedRun("rewrite", "in", 0.0, saved=saving))


def kept():
    """What is kept of all runs, and how many they are."""
    with closing(sqlite3.connect("names.db")) as connection:
        sql = "SELECT mention, outcome, id, times, place, (SELECT count(*) FROM run) FROM resolved ORDER BY resolved.no"
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize(
    ("interval", "step"), [(-1.0, 23), (1000.0, 13), pytest.param(-1.0, 1, marks=pytest.mark.slow)]
)
def test_answers_are_kept_once_wherever_a_run_is_killed(corpus, tmp_path, monkeypatch, interval, step):
    Path("c").mkdir()
    monkeypatch.chdir("c")
    keep([], "at the beginning")
    shutil.copy("names.db", "empty.db")

    def asked(processes=1):
        shutil.copytree("../in", "in", dirs_exist_ok=True, copy_function=shutil.copy2)
        rewrite_files("in", interval=interval, output="out", edits="e.jsonl", keep=keep, save=True, processes=processes)

    asked(2)
    expected = kept()
    assert sorted(row[:4] for row in expected if row[0] in ("Port", "Merkil")) == [
        ("Merkil", "linked", "merkel", 2),
        ("Port", "linked", "port", 28),  # once in each text
    ]
    number = 0
    while True:
        shutil.rmtree("out", ignore_errors=True)
        for path in Path().glob("*e.jsonl*"):
            path.unlink()
        shutil.copy("empty.db", "names.db")
        if not killed_at(number, asked):
            break
        asked()
        assert kept() == expected, number
        assert not list(Path().rglob("*.answers*")), number
        number += step
    assert number > 20


def test_twice_killed_and_with_other_processes(corpus, tmp_path, monkeypatch):
    eagerly("in", output="out", **OUTPUTS)
    expected = tree(tmp_path)
    for first, second in [(40, 3), (75, 75)]:
        for name in ("out", *OUTPUTS.values(), "e.jsonl.undo"):
            shutil.rmtree(name) if Path(name).is_dir() else Path(name).unlink()
        for number, processes in ((first, 2), (second, 1)):
            assert killed_at(number, lambda p=processes: eagerly("in", output="out", processes=p, **OUTPUTS))
        news = []
        eagerly("in", output="out", processes=2, news=news, **OUTPUTS)
        assert tree(tmp_path) == expected
        assert any("resuming an interrupted run" in line for line in news)


def test_finished_files_are_not_done_again(corpus, tmp_path, monkeypatch):
    asked = []

    def noting(text, doc):
        asked.append(doc)
        return rewrite(text, doc)

    def stop_at_row_12(text, doc):
        if doc == "r12":
            raise KeyboardInterrupt
        return rewrite(text, doc)

    with pytest.raises(KeyboardInterrupt):
        eagerly("in", output="out", edits="e.jsonl", make=stop_at_row_12)
    assert not Path("out/c.jsonl").exists()
    eagerly("in", output="out", edits="e.jsonl", make=noting)
    assert "in/a.txt:1" not in asked
    assert "r3" not in asked
    assert {"r12", "r23", "1"} <= set(asked)


def append(path, text):
    with Path(path).open("a") as file:
        file.write(text)


def test_what_differs_is_begun_anew(corpus, tmp_path, monkeypatch):

    def interrupted(**asked):
        shutil.rmtree("out", ignore_errors=True)
        killed_at(45, lambda: eagerly("in", output="out", edits="e.jsonl"))
        assert Path("out/.rewrite.journal").exists()
        if "change" in asked:
            asked.pop("change")()
        news = []
        eagerly("in", output="out", news=news, **{"edits": "e.jsonl", **asked})
        assert not Path("out/.rewrite.journal").exists()
        return "\n".join(news)

    assert "resuming an interrupted run" in interrupted()
    assert "its request, table or program version differs" in interrupted(backup=".old")
    assert "a.txt has changed" in interrupted(change=lambda: (corpus / "a.txt").write_text("Soja rose."))
    assert Path("out/a.txt").read_text() == "Suga rose."
    assert "a.txt is gone" in interrupted(change=lambda: Path("out/a.txt").unlink())
    assert "journal is damaged" in interrupted(change=lambda: Path("out/.rewrite.journal").write_text("[1]\n[2]\n"))
    torn = interrupted(change=lambda: append("out/.rewrite.journal", '{"number": 7, "par'))
    assert "resuming an interrupted run" in torn


def test_a_rewriting_in_place_that_was_interrupted_is_not_forgotten(corpus, tmp_path, monkeypatch):
    before = tree(corpus)
    assert killed_at(60, lambda: eagerly("in", in_place=True, edits="e.jsonl"))
    assert (corpus / "a.txt.orig").exists()
    for asked in ({"backup": ".old"}, {"format": "text"}):
        with pytest.raises(ResolverError, match="an interrupted rewriting in place cannot be resumed"):
            eagerly("in", in_place=True, edits="e.jsonl", **asked)
    eagerly("in", in_place=True, edits="e.jsonl")
    assert run("undo", "e.jsonl").exit_code == 0
    assert tree(corpus) == before


def test_an_interrupted_run_that_saved_nothing_leaves_nothing(corpus, tmp_path):
    before = tree(tmp_path)

    def stopped(text, doc):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rewrite_files("in", output="out", make=stopped, **OUTPUTS)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_asked_to_end_says_how_to_go_on(corpus, tmp_path, monkeypatch, number):
    before = tree(tmp_path)
    command = ("rewrite", "in", "--in-place")  # with a checkpoint for each file that changes
    with monkeypatch.context() as patch:
        patch.setattr("resolver.text.rewriter.Rewriter.rewrite", lambda self, text, doc: os.kill(os.getpid(), number))
        result = run(*command)
        assert result.exit_code == 128 + number
        assert "resolver: interrupted\n" in result.stderr  # at the first file: there is nothing to go on from
        assert tree(tmp_path) == before
        patch.setattr(
            "resolver.text.rewriter.Rewriter.rewrite",
            lambda self, text, doc: ("b.txt" in doc and os.kill(os.getpid(), number)) or rewrite(text, doc),
        )
        result = run(*command)
        assert "interrupted: the same command resumes the run" in result.stderr
        assert result.exit_code == 128 + number
    result = run(*command)
    assert "1 of 5 files are done" in result.stderr
    assert result.exit_code == 1
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_progress_is_shown_on_a_terminal_only(corpus, monkeypatch):
    command = ("rewrite", "in", "--output", "out", "--rejects", "bad.jsonl")
    assert "rewriting" not in run(*command).stderr
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda self: True, raising=False)
    shown = run(*command).stderr
    assert "rewriting" in shown
    assert "5/5 files" in shown
    assert "1 rejected" in shown


def test_two_runs_do_not_write_one_output(corpus, tmp_path, monkeypatch):
    holder = PartialFile(tmp_path / "e.jsonl")
    with pytest.raises(ResolverError, match="another process is writing it"):
        rewrite_files("in", output="out", edits="e.jsonl", lock=0.1)
    holder.discard()
    rewrite_files("in", output="out", edits="e.jsonl")


def test_in_place_and_undo(corpus, tmp_path):
    (corpus / "a.txt").chmod(0o640)
    before = tree(corpus)
    counts, _ = rewrite_files("in", in_place=True, edits="e.jsonl")
    assert (counts.files, counts.changed, counts.rejected) == (5, 4, 1)
    assert (corpus / "a.txt").read_bytes() == b"SoftBank met Suga.\r\nMerkel left.\n"
    assert (corpus / "a.txt.orig").read_bytes() == before["a.txt"]
    assert (corpus / "a.txt").stat().st_mode & 0o777 == 0o640
    assert not (corpus / "b.txt.orig").exists()
    assert gzip.decompress((corpus / "sub" / "d.txt.gz").read_bytes()) == b"Merkel spoke.\n"
    with pytest.raises(ResolverError, match="a backup exists already"):
        rewrite_files("in", in_place=True, edits="e2.jsonl")
    with pytest.raises(ResolverError, match="it can undo an earlier rewriting"):
        rewrite_files("in", in_place=True, edits="e.jsonl", backup=".old")
    result = run("undo", "e.jsonl")
    assert result.exit_code == 0, result.stderr
    assert "4 files restored" in result.stderr
    assert tree(corpus) == before
    assert run("undo", "e.jsonl").exit_code == 2


def test_binary_files_and_files_that_only_have_edits(tmp_path, monkeypatch):
    pyarrow = pytest.importorskip("pyarrow")
    pytest.importorskip("pyarrow.parquet")
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "in"
    folder.mkdir()
    table = pyarrow.table({"id": range(20), "text": [f"{n}: Soja" for n in range(20)]})
    pyarrow.parquet.write_table(table, folder / "b.parquet", row_group_size=5)
    pyarrow.parquet.write_table(table.slice(0, 0), folder / "c.parquet")
    (folder / "a.conll").write_text("Soja\nspoke\n\n")
    (folder / "d.parquet.gz").write_bytes(gzip.compress((folder / "b.parquet").read_bytes()))
    before = tree(folder)

    def stopped(text, doc):
        if doc == "7":
            raise KeyboardInterrupt
        return rewrite(text, doc)

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            eagerly("in/b.parquet", output="b.parquet", make=stopped, rows=3)
        assert not Path("b.parquet").exists()
    eagerly("in/b.parquet", output="b.parquet", rows=3)
    assert pyarrow.parquet.read_table("b.parquet")["text"].to_pylist() == [f"{n}: Suga" for n in range(20)]
    assert killed_at(20, lambda: eagerly("in", in_place=True, edits="e.jsonl", rows=3))
    news = []
    counts, entities = eagerly("in", in_place=True, edits="e.jsonl", news=news, rows=3)
    assert any("resuming an interrupted run" in line for line in news)
    assert any("d.parquet.gz: Parquet can be read only from an uncompressed file" in line for line in news)
    assert (counts.changed, counts.unreadable, entities.total()) == (2, 1, 21)
    assert len(Path("e.jsonl").read_text().splitlines()) == 21
    assert set(tree(folder)) == {*before, "b.parquet.orig"}
    assert pyarrow.parquet.read_table(folder / "b.parquet")["text"].to_pylist() == [f"{n}: Suga" for n in range(20)]
    assert run("undo", "e.jsonl").exit_code == 0
    assert tree(folder) == before
    eagerly("in", output="out", edits="e.jsonl", rows=3)
    assert run("undo", "e.jsonl").exit_code == 0
    del before["d.parquet.gz"]
    assert tree(tmp_path / "out") == before


@pytest.mark.parametrize("changed", ["a.txt", "sub/d.txt.gz"])
def test_undo_refuses_all_when_one_file_has_changed(corpus, changed):
    rewrite_files("in", in_place=True, edits="e.jsonl")
    (corpus / changed).write_bytes((corpus / changed).read_bytes() + b"x")
    before = tree(corpus)
    result = run("undo", "e.jsonl")
    assert result.exit_code == 2
    assert f"{changed}: it has changed since it was rewritten" in result.stderr
    assert tree(corpus) == before


def test_undo_needs_no_backup_of_plain_files(corpus):
    before = tree(corpus)
    rewrite_files("in", in_place=True, edits="e.jsonl", backup="~")
    for path in corpus.rglob("*~"):
        if ".gz" not in path.name:
            path.unlink()
    shutil.copy(corpus / "c.jsonl", "c.copy")
    (corpus / "c.jsonl").write_bytes(before["c.jsonl"])  # restored by hand
    assert "3 files restored, 1 were restored already" in run("undo", "e.jsonl").stderr
    assert tree(corpus) == before
    rewrite_files("in", in_place=True, edits="e.jsonl")
    (corpus / "sub" / "d.txt.gz.orig").unlink()
    result = run("undo", "e.jsonl")
    assert "its old bytes are lost" in result.stderr
    assert (corpus / "a.txt").read_bytes() != before["a.txt"]


def test_names_and_texts_that_are_no_unicode(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "in"
    folder.mkdir()
    with Path(os.fsdecode(os.fsencode(folder) + b"/\xff.jsonl")).open("w") as file:
        file.write('{"text": "\\ud800 Soja"}\n{"id": "\\udfff", "text": "Soja"}\n' * 3)
    before = tree(folder)
    outputs = {name: path for name, path in OUTPUTS.items() if name != "stats"}
    assert killed_at(12, lambda: eagerly("in", in_place=True, count_entities=True, **outputs, batch=10))
    counts, entities = eagerly("in", in_place=True, count_entities=True, **outputs, batch=10)
    assert counts.edits == entities.total() == 6
    assert run("undo", "e.jsonl").exit_code == 0
    assert tree(folder) == before


def test_undo_of_outputs_makes_them_their_inputs(corpus):
    rewrite_files("in", output="out", edits="e.jsonl")
    assert run("undo", "e.jsonl").exit_code == 0
    assert tree(Path("out")) == tree(corpus)


def test_undo_of_decisions_is_as_before(tmp_path):
    (tmp_path / "t.tsv").write_text("id\tname\n1\tSuga\n")
    assert run("build", "-o", tmp_path / "t.db", tmp_path / "t.tsv").exit_code == 0
    for mention in ("Soja", "Saga"):
        assert run("accept", mention, "1", "--db", tmp_path / "t.db").exit_code == 0
    assert "decision 1 undone" in run("undo", "1", "--db", tmp_path / "t.db").stderr
    assert "decision 2 undone" in run("undo", "--db", tmp_path / "t.db").stderr
    for wrong in (["undo"], ["undo", "0", "--db", "t.db"], ["undo", "1"], ["undo", "x.jsonl", "--db", "t.db"]):
        assert run(*wrong).exit_code == 2
    assert "none.jsonl.undo: cannot be read" in run("undo", "none.jsonl").stderr


def test_folders_patterns_and_what_is_skipped(corpus, tmp_path):
    (corpus / ".hidden").write_text("Soja")
    (corpus / "x.bin").write_bytes(b"a\0b")
    (corpus / "utf16.txt").write_bytes("Soja".encode("utf-16"))
    (corpus / "a.txt.orig").write_text("old")
    news = []
    rewrite_files("in", output="out", news=news)
    assert set(tree(Path("out"))) == {"a.txt", "b.txt", "c.jsonl", "sub/d.txt.gz", "sub/e.csv", "utf16.txt"}
    said = "\n".join(news)
    for part in (".hidden: skipped: hidden", "x.bin: skipped: binary", "a.txt.orig: skipped: the backup of a.txt"):
        assert part in said
    rewrite_files("in/**/*.gz", "in/a.txt", output="o2")
    rewrite_files("in/**/*.gz", output="o3")
    assert set(tree(Path("o2"))) == {"in/sub/d.txt.gz", "a.txt"}
    assert set(tree(Path("o3"))) == {"sub/d.txt.gz"}


def test_format_overrides_the_extension(corpus):
    Path("x.dat").write_text('{"text": "Soja", "id": "Soja"}\n')
    rewrite_files("x.dat", output="y.dat", format="jsonl")
    assert Path("y.dat").read_text() == '{"text": "Suga", "id": "Soja"}\n'


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"output": "in/out"}, "--output in/out is inside the input in"),
        ({"output": "in"}, "--output in is inside the input in"),
        ({"output": "out", "edits": "in/e.jsonl"}, "--edits in/e.jsonl is inside the input in"),
        ({"output": "x", "in_place": True}, "either --output or --in-place"),
        ({"in_place": True, "backup": ""}, "the suffix of a backup"),
        ({"in_place": True, "backup": "/x"}, "the suffix of a backup"),
        ({"output": "file"}, "--output must be a folder, and file is a file"),
        ({"output": "out", "edits": "out/a.txt"}, "is also an input or another output"),
        ({"output": "out", "report": "-"}, "the report is a page"),
        ({"output": "out", "format": "doc"}, "the format must be one of"),
    ],
)
def test_refused_before_anything_is_written(corpus, tmp_path, asked, message):
    (tmp_path / "file").write_text("mine")
    before = tree(tmp_path)
    with pytest.raises(ResolverError, match=message):
        rewrite_files("in", **asked)
    assert tree(tmp_path) == before
    assert not (tmp_path / "out").exists()


def test_inputs_are_not_written_over(corpus, tmp_path):
    before = tree(tmp_path)
    for inputs, asked in [
        (["in/a.txt"], {"output": "in/a.txt"}),
        (["in/a.txt", "in/./a.txt"], {"in_place": True}),
        (["in/a.txt", "in/b.txt"], {"output": "in"}),
        (["-"], {"in_place": True}),
        (["in/none.txt"], {"output": "x"}),
        (["in/*.pdf"], {"output": "x"}),
    ]:
        with pytest.raises(ResolverError):
            rewrite_files(*inputs, **asked)
        assert tree(tmp_path) == before
    (tmp_path / "other").mkdir()
    shutil.copy("in/a.txt", "other")
    with pytest.raises(ResolverError, match=r"two inputs are named a\.txt"):
        rewrite_files("in/a.txt", "other/a.txt", output="out")


def test_a_file_that_ends_too_early_or_changes_is_rejected_and_the_rest_done(corpus, monkeypatch):
    whole = gzip.compress(b"Soja. " * 50_000, 0)
    (corpus / "a2.txt.gz").write_bytes(whole[:-2000])
    (corpus / "e.csv").write_text("id,body\n1,Soja\n")
    changed = []

    def changing(text, doc):
        if doc == "r20" and not changed:
            changed.append(append(corpus / "c.jsonl", '{"text": "Soja"}\n'))
        return rewrite(text, doc)

    news = []
    counts, entities = rewrite_files("in", output="out", edits="e.jsonl", rejects="bad.jsonl", make=changing, news=news)
    rejected = {row["path"]: row["error"] for row in map(json.loads, Path("bad.jsonl").read_text().splitlines())}
    assert "end too early" in rejected["in/a2.txt.gz"]
    assert "it changed while it was read" in rejected["in/c.jsonl"]
    assert "no column 'text'" in rejected["in/e.csv"]
    assert (counts.unreadable, counts.rejected, counts.files) == (3, 3, 7)
    assert set(tree(Path("out"))) == {"a.txt", "b.txt", "sub/d.txt.gz", "sub/e.csv"}
    edits = [json.loads(line)["doc"] for line in Path("e.jsonl").read_text().splitlines()]
    assert edits == ["in/a.txt:1", "in/a.txt:1", "in/a.txt:1", "in/sub/d.txt.gz:1", "1"]
    assert sum(entities.values()) == counts.edits == 5


def test_nothing_but_unreadable_files_is_an_error(tmp_path):
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"Softbank")[:-4])
    result = run("rewrite", tmp_path / "a.txt.gz", "--output", tmp_path / "b.txt")
    assert result.exit_code == 2
    assert "a.txt.gz: cannot be read: the compressed data end too early" in result.stderr
    assert set(tree(tmp_path)) == {"a.txt.gz"}
    (tmp_path / "c.txt").write_text("Softbank")
    result = run("rewrite", tmp_path / "a.txt.gz", tmp_path / "c.txt", "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert tree(tmp_path / "out") == {"c.txt": b"SoftBank"}


@pytest.mark.parametrize("target", ["/proc/out.txt", "file/out.txt", "dir"])
def test_outputs_that_cannot_be_written(corpus, tmp_path, target):
    Path("file").write_text("mine")
    Path("dir").mkdir()
    before = tree(tmp_path)
    for asked in ({"edits": target}, {"output": target}, {"output": "o.txt", "edits": target}):
        if asked != {"output": "dir"}:  # that is a good one
            with pytest.raises(ResolverError, match=r"cannot be written|standard output"):
                rewrite_files("in/a.txt", **asked)
            assert tree(tmp_path) == before


def test_an_output_of_many_that_cannot_be_written_is_rejected(corpus):
    Path("out/a.txt").mkdir(parents=True)
    Path("out/sub").write_text("a file where a folder should be")
    news = []
    counts, _ = rewrite_files("in", output="out", edits="e.jsonl", rejects="bad.jsonl", news=news)
    rejected = [json.loads(line)["path"] for line in Path("bad.jsonl").read_text().splitlines()]
    assert [path.rpartition("out/")[2] for path in rejected] == ["a.txt", "in/c.jsonl", "sub/d.txt.gz", "sub/e.csv"]
    assert (counts.files, counts.unreadable, counts.edits) == (5, 3, 46)
    assert set(tree(Path("out"))) == {"b.txt", "c.jsonl", "sub"}
    assert Path("e.jsonl").read_text().count("in/a.txt") == 0


def test_a_full_disk(corpus, tmp_path):
    (corpus / "z.txt").write_text("Soja " * 9_000)
    before = tree(tmp_path)
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
        try:
            rewrite_files("in/z.txt", output="z.txt", edits="e.jsonl")
        except ResolverError as error:
            os._exit(3 if "cannot be written: File too large" in str(error) else 4)
        os._exit(5)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
    assert tree(tmp_path) == before


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
def test_a_really_full_disk_and_then_room(corpus, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", small], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        for n in range(9):
            (corpus / f"z{n}.txt").write_text("Soja " * 10_000)
        with pytest.raises(ResolverError, match="No space left"):
            rewrite_files("in", output=small / "out", edits=tmp_path / "e.jsonl")
        for path in (small / "out").iterdir():
            assert path.name.startswith(".") or path.is_dir() or path.read_bytes().count(b"Soja") == 0
        subprocess.run(["mount", "-o", "remount,size=5m", small], check=True)
        rewrite_files("in", output=small / "out", edits=tmp_path / "e.jsonl")
        assert len((tmp_path / "e.jsonl").read_text().splitlines()) == 90_000 + 51
    finally:
        subprocess.run(["umount", small], check=True)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line = json.dumps({"text": "Soja said nothing of note. " * 30}) + "\n"
    Path("big.jsonl").write_text(line * 60_000)  # 50 MB
    code = (
        "import resource, sys; sys.path.insert(0, sys.argv[1]); import test_running as t;"
        "t.rewrite_files('small.jsonl', output='o', edits='e', batch=1 << 16); a = resource.getrusage(0).ru_maxrss;"
        "t.rewrite_files('big.jsonl', output='o', edits='e', batch=1 << 16); print(resource.getrusage(0).ru_maxrss - a)"
    )
    Path("small.jsonl").write_text(line * 600)
    grown = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parent)], capture_output=True, text=True, check=True
    ).stdout
    assert int(grown) < 20_000  # kB


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("how", [{"output": "out"}, {"in_place": True}])
def test_kill_9_at_any_moment(tmp_path, jobs, how):
    """The command itself, killed from outside, and run again until it ends."""
    source = tmp_path / "in"
    source.mkdir()
    for name in ("a.jsonl", "b.jsonl"):
        rows = ({"id": f"{name}{n}", "text": f"Softbank rose {n}. Yoshihidi Soja said so."} for n in range(1000))
        (source / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    for n in range(30):
        (source / f"c{n}.txt").write_text(f"Softbank rose {n}.")
    code = f"""
import sys, resolver
from resolver.corpus.runs.request import RunLimits
options = resolver.RewriteOptions(report="r.html", limits=RunLimits(checkpoint_seconds=0.05))
try:
    resolver.rewrite_files("in", edits="e.jsonl", jobs={jobs}, options=options, **{how})
except resolver.InputError:
    sys.exit(2)
"""
    command = [sys.executable, "-c", code]

    def ran(stop=None):
        """The exit code of the command, which is killed after so many seconds."""
        with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
            try:
                return process.wait(stop)
            except subprocess.TimeoutExpired:
                process.kill()
        return process.returncode

    def anew():
        for name in ("in", "out"):
            shutil.rmtree(tmp_path / name, ignore_errors=True)
        for name in ("e.jsonl", "e.jsonl.undo", "r.html"):
            (tmp_path / name).unlink(missing_ok=True)
        shutil.copytree(tmp_path / "kept", source)

    shutil.copytree(source, tmp_path / "kept")
    begun = time.monotonic()
    assert ran() == 0
    takes = time.monotonic() - begun
    expected = tree(tmp_path)
    chance, kills = random.Random(int(jobs)), 0
    while not kills:  # or the machine was busier when it was timed
        anew()
        while (code := ran(chance.uniform(0.3, 0.9) * takes * 1.05**kills)) < 0:  # it may be busier now
            kills += 1
            assert kills < 60
        takes /= 2
    assert code in (0, 2)  # 2: it was killed when all was done, and what it has kept is in the way of another run
    assert tree(tmp_path) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b""),
        (b"a\nSoja b\nc", b"a\nSuga b\nc"),
        (b"Soja\nSoja", b"Suga\nSuga"),
        (b"x" * 9000 + b"Soja" + b"y" * 9000, b"x" * 9000 + b"Suga" + b"y" * 9000),
        (b"aaa", b"aaaa"),
        (b"aaaa", b"aaa"),
        (b"Yoshihidi\nSoja x", b"Yoshihide Suga x"),
        (b"abc", b""),
    ],
)
def test_splices_lead_back(before, after):
    place, back = 0, b""
    for start, size, data in splices(before, after):
        back += after[place:start] + data
        place = start + size
    assert back + after[place:] == before
