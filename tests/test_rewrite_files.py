"""`resolver.rewrite_files`: what the command line does, as a function."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import resolver
from resolver import EditFilter, InputError, RewriteOptions, RunListener, SettingError, Settings
from resolver.cli import main
from resolver.database.build import build_file
from resolver.errors import DatabaseError

TABLE = "id\tname\ttype\nsuga\tYoshihide Suga\tperson\nsoft\tSoftBank\torg\n"
TEXT = "Yoshihidi Soja met Softbank. Soja was brief.\n"
RIGHT = "Yoshihide Suga met SoftBank. Suga was brief.\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("names.tsv").write_text(TABLE, encoding="utf-8")
    build_file(tmp_path / "names.db", [tmp_path / "names.tsv"])
    Path("in").mkdir()
    Path("in/a.txt").write_text(TEXT)
    Path("in/b.txt").write_text("Nothing here.\n")
    Path("in/c.jsonl").write_text('{"id": "c", "text": "x", "body": "Softbank"}\n{broken\n')
    return tmp_path


def test_one_file(folder):
    report = resolver.rewrite_files("in/a.txt", output="a.txt")
    assert Path("a.txt").read_text() == RIGHT
    assert Path("in/a.txt").read_text() == TEXT
    assert (report.files, report.changed, report.edits, report.rejected, report.unreadable) == (1, 1, 3, 0, 0)


def test_a_folder_does_what_the_command_does(folder):
    report = resolver.rewrite_files(
        folder / "in", db=folder / "names.db", output=folder / "out", edits=Path("edits.jsonl"), jobs=2
    )
    told = CliRunner().invoke(
        main, ["rewrite", str(folder / "in"), "--db", "names.db", "--output", "cli", "--edits", "cli.jsonl"]
    )
    assert told.exit_code == 1
    assert "3 edits in 1 of 3 files" in told.stderr
    for name in ("a.txt", "b.txt", "c.jsonl"):
        assert (folder / "out" / name).read_bytes() == (folder / "cli" / name).read_bytes()
    assert Path("edits.jsonl").read_bytes() == Path("cli.jsonl").read_bytes() != b""
    assert (report.files, report.changed, report.edits, report.rejected) == (3, 1, 3, 1)
    assert report.entities == {("suga", "Yoshihide Suga"): 2, ("soft", "SoftBank"): 1}


def test_fields_settings_and_filters(folder):
    def edited(**options):
        resolver.rewrite_files("in/c.jsonl", db="names.db", dry_run=True, edits="e.jsonl", **options)
        return [json.loads(line)["after"] for line in Path("e.jsonl").read_text().splitlines()]

    assert edited(field="body") == edited(field=["text", "body"]) == ["SoftBank"]
    assert edited() == edited(field="body", edit_filter=EditFilter(types=frozenset({"person"}))) == []
    assert edited(field="body", settings=Settings(exact=True), min_precision=0.99) == ["SoftBank"]


def test_in_place_and_undo(folder):
    report = resolver.rewrite_files(["in/a.txt", "in/b.txt"], in_place=True, edits="edits.jsonl")
    assert report.changed == 1
    assert Path("in/a.txt").read_text() == RIGHT
    assert Path("in/a.txt.orig").read_text() == TEXT
    assert not Path("in/b.txt.orig").exists()
    assert CliRunner().invoke(main, ["undo", "edits.jsonl"]).exit_code == 0
    assert Path("in/a.txt").read_text() == TEXT


def test_an_output_that_exists_is_replaced_and_a_backup_is_not(folder):
    Path("a.txt").write_text("old")
    resolver.rewrite_files("in/a.txt", output="a.txt")
    assert Path("a.txt").read_text() == RIGHT
    Path("in/a.txt.orig").write_text("an older version")
    with pytest.raises(InputError, match=r"a\.txt\.orig: a backup exists already"):
        resolver.rewrite_files("in/a.txt", in_place=True)
    assert Path("in/a.txt").read_text() == TEXT


def test_a_listener_hears_what_happens(folder):
    started, rejected, progress, stopped = [], [], [], []
    resolver.rewrite_files(
        "in/",
        output="out",
        listener=RunListener(
            started=started.extend,
            rejected=rejected.append,
            progress=lambda counts, read: progress.append((counts.files, read)),
            stopped=stopped.append,
        ),
    )
    assert [Path(path).name for path in started] == ["a.txt", "b.txt", "c.jsonl"]
    assert [(error.path, error.line) for error in rejected] == [("in/c.jsonl", 2)]
    assert progress[-1] == (3, sum(path.stat().st_size for path in Path("in").iterdir()))
    assert stopped == []


def test_a_run_that_is_stopped_says_whether_it_resumes(folder):
    stopped = []

    def stop(counts, read):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resolver.rewrite_files("in/", output="out", listener=RunListener(progress=stop, stopped=stopped.append))
    assert stopped == [False]
    assert not any(Path("out").iterdir())


def test_answers_are_saved(folder):
    report = resolver.rewrite_files("in/a.txt", db="names.db", dry_run=True, options=RewriteOptions(save=True))
    assert (report.saved.run, report.saved.answers) == (1, 3)
    with pytest.raises(DatabaseError, match="the bundled table cannot be changed"):
        resolver.rewrite_files("in/a.txt", dry_run=True, options=RewriteOptions(save=True))


def test_further_outputs_are_written(folder):
    options = RewriteOptions(report="r.html", stats="s.json", annotations="a.jsonld", brat="brat", rejects="x.jsonl")
    resolver.rewrite_files("in/", output="out", options=options)
    assert all(Path(name).stat().st_size for name in ("r.html", "s.json", "a.jsonld", "x.jsonl"))
    assert Path("brat/a.txt").read_text() == TEXT


@pytest.mark.parametrize(
    ("inputs", "options", "error", "message"),
    [
        ("gone.txt", {"output": "x"}, InputError, "gone.txt: cannot be read"),
        ("none/*.txt", {"output": "x"}, InputError, "no file here can be rewritten"),
        ("in/a.txt", {}, SettingError, "no output for the new text"),
        ("in/a.txt", {"output": "gone/x"}, InputError, "its folder does not exist"),
        ("in/a.txt", {"output": "in/a.txt"}, SettingError, "is also an input"),
        ("in/a.txt", {"output": "x", "edits": "names.db"}, SettingError, "names.db is also an input"),
        ("in/a.txt", {"output": "x", "in_place": True}, SettingError, "either --output or --in-place"),
        (["in/a.txt", "in/b.txt"], {"output": "names.tsv"}, SettingError, "must be a folder"),
        ("in/a.txt", {"output": "x", "options": RewriteOptions(format="docx")}, SettingError, "must be one of"),
        ("in/a.txt", {"output": "x", "field": "text"}, InputError, "only JSON lines have fields"),
        ("in/a.txt", {"output": "x", "min_precision": 2.0}, SettingError, "min_precision"),
        ("in/a.txt", {"output": "x", "db": "gone.db"}, DatabaseError, "gone.db"),
    ],
)
def test_what_is_refused(folder, inputs, options, error, message):
    with pytest.raises(error, match=message):
        resolver.rewrite_files(inputs, **{"db": "names.db"} | options)
    assert sorted(path.name for path in folder.iterdir()) == ["in", "names.db", "names.tsv"]
