import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from resolver.cli import main
from resolver.settings import Settings

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def run(*arguments, stdin=None):
    return CliRunner().invoke(main, [str(a) for a in arguments], input=stdin)


def lines(path):
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def test_resolve_one():
    result = run("resolve", "Yoshihidi Soja")
    assert result.exit_code == 0
    assert result.stdout.startswith("linked\tYoshihide Suga [yoshihide-suga]\t0.")


def test_resolve_json_and_explain():
    value = json.loads(run("resolve", "Yoshihidi Soja", "--json").stdout)
    assert value["id"] == "yoshihide-suga"
    assert "soja ~ suga" in run("resolve", "Yoshihidi Soja", "--explain").stdout
    assert "soja ~ suga" in json.loads(run("resolve", "Yoshihidi Soja", "--explain", "--json").stdout)["explanation"]


@pytest.mark.parametrize(
    ("name", "text", "options"),
    [
        ("in.tsv", "n\tmention\n1\tYoshihidi Soja\n2\t\n3\tZTE\n", []),
        ("in.csv", 'n,mention\n1,"Yoshihidi Soja"\n2,\n3,ZTE\n', []),
        ("in.jsonl", '{"mention": "Yoshihidi Soja"}\n{"mention": ""}\n{"mention": "ZTE"}\n', []),
        ("in.csv", 'n,who\n1,"Yoshihidi Soja"\n2,\n3,ZTE\n', ["--column", "who"]),
        ("in.txt", "mention\nYoshihidi Soja\n\nZTE\n", ["--format", "tsv"]),
    ],
)
def test_resolve_input_formats(tmp_path, name, text, options):
    (tmp_path / name).write_text(text)
    result = run("resolve", "--input", tmp_path / name, "--output", tmp_path / "out.jsonl", *options)
    assert result.exit_code == 0, result.stderr
    rows = lines(tmp_path / "out.jsonl")
    assert [r["id"] for r in rows] == ["yoshihide-suga", None, "zte"]
    assert rows[1]["outcome"] == "nil"
    assert rows[1]["candidates"] == []


def test_resolve_stdin_to_stdout():
    result = run("resolve", "--input", "-", stdin="mention\nZTE\n")
    assert json.loads(result.stdout)["id"] == "zte"


def test_rejected_rows_are_listed_and_the_rest_done(tmp_path):
    (tmp_path / "in.jsonl").write_bytes(
        b'{"mention": "ZTE"}\n{"mention": \n{"x": 1}\n{"mention": "\xff"}\n{"mention": "KDDI"}\n'
    )
    result = run("resolve", "--input", tmp_path / "in.jsonl", "--rejects", tmp_path / "bad.jsonl")
    assert result.exit_code == 1
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["zte", "kddi"]
    assert [r["line"] for r in lines(tmp_path / "bad.jsonl")] == [2, 3, 4]
    assert "in.jsonl:2: no JSON" in result.stderr
    assert "3 rejected" in result.stderr


def test_a_compressed_file_has_the_format_that_its_name_says_before(tmp_path):
    (tmp_path / "in.csv.gz").write_bytes(gzip.compress(b'mention\n"Softbank, Inc."\n'))
    result = run("resolve", "--input", tmp_path / "in.csv.gz")
    assert json.loads(result.stdout)["mention"] == "Softbank, Inc.", result.stderr


def test_lone_surrogates_and_controls_come_through(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"mention": "\\ud800ZTE"}\n{"mention": "\\u202eZTE\\u0000"}\n')
    result = run("resolve", "--input", tmp_path / "in.jsonl", "--output", tmp_path / "out.jsonl")
    assert result.exit_code == 0, result.stderr
    assert len(lines(tmp_path / "out.jsonl")) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["resolve"], "either a MENTION or --input"),
        (["resolve", "x", "--input", "y"], "either a MENTION or --input"),
        (["resolve", "x", "--db", "none.db"], "none.db: no such file"),
        (["resolve", "--input", "none.tsv"], "none.tsv: cannot be read"),
        (["resolve", "--input", "{tmp}/in.tsv"], "no column 'mention' in the header ['a', 'b']\n"),
        (["resolve", "--input", "{tmp}/semi.csv"], "in the header ['mention;b']: are its cells separated by ';'?"),
        (["resolve", "--input", "{tmp}/in.dat"], "the extension must be one of"),
        (["resolve", "x", "--min-probability", "7"], "min_probability must be"),
        (["rewrite", "none.txt"], "none.txt: cannot be read"),
        (["rewrite", "{tmp}/in.tsv", "{tmp}/in.dat", "--output", "{tmp}/in.tsv"], "must be a folder"),
        (["rewrite", "{tmp}/in.tsv", "--output", "{tmp}/none/x"], "cannot be written"),
        (["build", "none.tsv", "-o", "{tmp}/x.db"], "none.tsv: cannot be read"),
        (["rewrite", "x", "--policy", "all"], "'all' is not one of"),
    ],
)
def test_usage_and_unreadable_input(tmp_path, arguments, message):
    (tmp_path / "in.tsv").write_text("a\tb\n1\t2\n")
    (tmp_path / "in.dat").write_text("")
    (tmp_path / "semi.csv").write_text("mention;b\n1;2\n")
    result = run(*[a.format(tmp=tmp_path) for a in arguments])
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_rewrite_text_with_edits(tmp_path):
    text = "\ufeffYoshihidi Soja\r\nof Softbank\r\n"
    (tmp_path / "in.txt").write_bytes(text.encode())
    result = run("rewrite", tmp_path / "in.txt", "--output", tmp_path / "out.txt", "--edits", tmp_path / "edits.jsonl")
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "out.txt").read_bytes() == "\ufeffYoshihide Suga\r\nof SoftBank\r\n".encode()
    edits = lines(tmp_path / "edits.jsonl")
    assert (
        [text[e["start"] : e["end"]] for e in edits] == [e["before"] for e in edits] == ["Yoshihidi Soja", "Softbank"]
    )
    assert list(edits[0]) == ["doc", "start", "end", "before", "after", "id", "name", "probability", "reason"]
    assert edits[0]["doc"] == f"{tmp_path / 'in.txt'}:1"


def test_rewrite_jsonl_keeps_every_other_byte(tmp_path):
    data = b'{"id": "a", "text" : "Softbank \\u00e9", "n": 1.0}\n\n{"body": 1}\nnot json\n'
    data += b'{"id":7,"text":"\xff"}\n{"text":"ZTE"}'
    (tmp_path / "in.jsonl").write_bytes(data)
    result = run(
        "rewrite", tmp_path / "in.jsonl", "--output", tmp_path / "o.jsonl", "--rejects", tmp_path / "bad.jsonl"
    )
    assert result.exit_code == 1
    assert (tmp_path / "o.jsonl").read_bytes() == data.replace(b"Softbank", b"SoftBank")
    assert [r["line"] for r in lines(tmp_path / "bad.jsonl")] == [3, 4, 5]


def test_rewrite_a_dotted_field_and_doc_names(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"a": {"b": "Softbank"}}\n{"id": "d2", "a": {"b": "Softbank"}}\n')
    result = run("rewrite", tmp_path / "in.jsonl", "--field", "a.b", "--dry-run")
    assert [json.loads(line)["doc"] for line in result.stdout.splitlines()] == [f"{tmp_path}/in.jsonl:1", "d2"]


def test_rewrite_diff_and_dry_run_write_no_text(tmp_path):
    (tmp_path / "in.txt").write_text("Softbank\nsame")
    result = run("rewrite", tmp_path / "in.txt", "--diff", "--output", tmp_path / "out.txt")
    assert "-Softbank\n+SoftBank\n" in result.stdout
    assert not (tmp_path / "out.txt").exists()
    result = run("rewrite", tmp_path / "in.txt", "--dry-run", "--edits", tmp_path / "e.jsonl")
    assert result.stdout == ""
    assert lines(tmp_path / "e.jsonl")[0]["after"] == "SoftBank"


def test_rewrite_policy_canonical():
    result = run("rewrite", "-", "--policy", "canonical", stdin="Huawei rose")
    assert result.stdout == "Huawei Technologies rose"


def test_rewrite_invalid_utf8_text_is_left_as_it_is(tmp_path):
    (tmp_path / "in.txt").write_bytes(b"ok\nSoftbank \xff\n")
    result = run("rewrite", tmp_path / "in.txt", "--output", tmp_path / "out.txt")
    assert result.exit_code == 1
    assert "in.txt:2: not valid UTF-8: byte 0xff" in result.stderr
    assert (tmp_path / "out.txt").read_bytes() == b"ok\nSoftbank \xff\n"


def test_rewrite_several_inputs_into_a_folder(tmp_path):
    (tmp_path / "out").mkdir()
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("Softbank " + name)
    result = run("rewrite", tmp_path / "a.txt", tmp_path / "b.txt", "--output", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "out" / "b.txt").read_text() == "SoftBank b.txt"


def test_build_and_use(tmp_path):
    (tmp_path / "t.csv").write_text("id,name\n1,Yoshihide Suga\n2,\n")
    result = run("build", "-o", tmp_path / "t.db", tmp_path / "t.csv", "--rejects", tmp_path / "bad.jsonl")
    assert result.exit_code == 1
    assert "t.csv:3: name is missing or empty" in result.stderr
    assert lines(tmp_path / "bad.jsonl")[0]["line"] == 3
    assert run("resolve", "Yoshihidi Soja", "--db", tmp_path / "t.db").stdout.startswith("linked\tYoshihide Suga [1]")
    info = json.loads(run("info", "--db", tmp_path / "t.db", "--json").stdout)
    assert (info["entities"], info["names"], info["sources"][0]["path"]) == (1, 1, "t.csv")
    assert "entities: 1" in run("info", "--db", tmp_path / "t.db").stdout


def test_every_command_and_option_is_documented():
    for name, command in main.commands.items():
        assert f"resolver {name}" in README, name
        assert command.help
        for option in command.params:
            assert isinstance(option, click.Argument) or option.help, f"{name} {option.name}"


@pytest.mark.parametrize(
    ("option", "default"), [("prevalence", Settings().assumed_prevalence), ("min_precision", Settings().min_precision)]
)
def test_the_help_names_the_default_of_a_setting(option, default):
    words = next(one.help for one in main.commands["resolve"].params if one.name == option)
    assert words.endswith(f" {default}]")


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_error():
    code = "import sys; sys.argv = ['resolver', 'resolve', '--input', '-']; from resolver.cli import main; main()"
    mentions = "mention\n" + "Yoshihidi Soja\n" * 20000
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ,
    ) as process:
        process.stdout.close()
        try:
            _, errors = process.communicate(mentions.encode())
        except (BrokenPipeError, ValueError):
            errors = process.stderr.read()
    assert b"Traceback" not in errors


def loaded_after(code, modules):
    """Which of the modules are loaded once the code has run in a fresh interpreter."""
    code = f"import sys; {code}; print([m for m in {modules!r} if m in sys.modules])"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.slow
def test_import_is_light():
    assert loaded_after("import resolver", ["numpy", "click", "sqlite_utils", "rapidfuzz", "regex"]) == "[]"
    resolve = "import resolver; resolver.open().resolve('ZTE')"
    loaded_after(resolve, [])  # the first one builds the bundled database
    assert loaded_after(resolve, ["numpy", "pandas", "sqlite_utils"]) == "[]"


@pytest.mark.parametrize(
    "arguments",
    [
        ["build", "-o", "{tmp}/t.tsv", "{tmp}/t.tsv"],
        ["resolve", "--input", "{tmp}/t.tsv", "--column", "name", "--output", "{tmp}/t.tsv"],
        ["resolve", "--input", "{tmp}/t.tsv", "--column", "name", "--output", "{tmp}/o", "--rejects", "{tmp}/o"],
        ["rewrite", "{tmp}/a.txt", "--output", "{tmp}/o", "--edits", "{tmp}/./o"],
    ],
)
def test_nothing_is_written_over_an_input_or_another_output(tmp_path, arguments):
    (tmp_path / "t.tsv").write_text("id\tname\n1\tZTE\n")
    (tmp_path / "a.txt").write_text("Softbank")
    result = run(*[a.format(tmp=tmp_path) for a in arguments])
    assert result.exit_code == 2
    assert "is also an input or another output" in result.stderr
    assert (tmp_path / "t.tsv").read_text() == "id\tname\n1\tZTE\n"


def test_build_does_not_replace_what_is_no_database(tmp_path):
    (tmp_path / "t.tsv").write_text("id\tname\n1\tZTE\n")
    (tmp_path / "notes.txt").write_text("mine")
    assert run("build", "-o", tmp_path / "notes.txt", tmp_path / "t.tsv").exit_code == 2
    assert run("build", "-o", tmp_path, tmp_path / "t.tsv").exit_code == 2
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_output_through_a_link_keeps_the_link(tmp_path):
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    assert run("rewrite", "-", "--output", tmp_path / "link.txt", stdin="Softbank").exit_code == 0
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "SoftBank"


def test_rewrite_json_lines_from_stdin_with_a_field():
    result = run("rewrite", "-", "--field", "text", stdin='{"id": "Softbank", "text": "Softbank"}\n')
    assert result.stdout == '{"id": "Softbank", "text": "SoftBank"}\n'


def test_fields_of_texts_are_refused(tmp_path):
    (tmp_path / "a.txt").write_text("Softbank\n")
    assert "only JSON lines have fields" in run("rewrite", tmp_path / "a.txt", "--field", "x").stderr


def test_unknown_kinds_are_said(tmp_path):
    (tmp_path / "t.tsv").write_text("id\tname\taliases\n1\tZTE\tZed@en:nick\n")
    assert "1 aliases of the unknown kind 'nick'" in run("build", "-o", tmp_path / "t.db", tmp_path / "t.tsv").stderr


def test_deeply_nested_json_costs_one_record(tmp_path):
    deep = '{"text": "Softbank", "x": ' + "[" * 5000 + "]" * 5000 + "}\n"
    (tmp_path / "d.jsonl").write_text(deep + '{"text": "Softbank"}\n')
    result = run("rewrite", tmp_path / "d.jsonl")
    assert result.exit_code == 1
    assert result.stdout == deep + '{"text": "SoftBank"}\n'


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("resolver rewrite - >&-", "standard output is closed"),
        ("resolver resolve --input - <&-", "standard input is closed"),
        ("echo Softbank | resolver rewrite - >/dev/full", "No space left"),
        ("resolver resolve ZTE >/dev/full", "No space left"),
    ],
)
def test_closed_and_full_streams(command, message):
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text", ["@" * 20000, "1.2." * 10000, "A.B." * 10000, "华为技术" * 20000, "Huawei " * 20000, "{{" * 50000]
)
def test_no_text_takes_more_than_linear_time(text):
    assert run("rewrite", "-", "--dry-run", stdin=text).exit_code == 0


def test_the_list_of_commands_cuts_no_sentence():
    listed = run("--help").stdout.partition("Commands:")[2]
    assert "rewrite" in listed
    assert "..." not in listed
