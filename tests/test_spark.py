"""Corpora in splits, and Spark on them, make what one machine makes."""

import bz2
import json
import os
import pickle
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path, PurePath

import pytest
from click.testing import CliRunner
from conftest import rows_of

import resolver
from resolver import Settings
from resolver.adapters.corpus_splits import SplitJob, cut, outputs_of, rewrite_split
from resolver.cli import main
from resolver.corpus.byte_streams import json_line, open_input
from resolver.corpus.formats import format_of
from resolver.corpus.formats.file_format import FormatOptions
from resolver.corpus.runs.input_files import InputFile
from resolver.database.build import build_file
from resolver.errors import DatabaseError, InputError, SettingError

TEXTS = [row["before"] for row in rows_of("cases/rewrites.tsv")]


LEAKS = pytest.mark.filterwarnings("ignore::ResourceWarning:pyspark", "ignore::ResourceWarning:py4j")


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spark")
    table = folder / "names.tsv"
    table.write_text(
        "id\tname\ttype\nsuga\tYoshihide Suga\tperson\nsoft\tSoftBank\torg\nmerkel\tAngela Merkel\tperson\n"
    )
    build_file(folder / "names.db", [table])
    return str(folder / "names.db")


def json_lines(count, padding=600):
    """JSON lines, some with an id, some escaped, one broken, one blank, the last without an end."""
    for n in range(count):
        record = {"text": f"{n}: {TEXTS[n % len(TEXTS)]}", "rest": "x" * padding}
        line = json.dumps({"id": f"d{n}", **record} if n % 3 else record, ensure_ascii=bool(n % 2))
        end = "" if n == count - 1 else "\r\n" if n % 7 == 0 else "\n"
        yield {5: "{broken\n", 8: " \n"}.get(n, line + end)


def found(*paths):
    return tuple(InputFile(str(path), PurePath(Path(path).name)) for path in paths)


@pytest.fixture
def corpus(tmp_path):
    """Files of each kind, as a job of small splits."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "news.jsonl").write_text("".join(json_lines(150, 1000)), newline="")
    text = ("\ufeffYoshihidi Soja and Angela Merkil.\r\nSoja of Softbank spoke.\n\n" + " " * 33_000 + "\n") * 10
    (folder / "long.txt").write_bytes(text.encode() + b"bad \xff byte\nSoftbank")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "packed.jsonl.bz2").write_bytes(bz2.compress("".join(json_lines(30, 0)).encode()))
    names = ("news.jsonl", "long.txt", "empty.txt", "packed.jsonl.bz2")
    return SplitJob(
        found(*(folder / name for name in names)), str(tmp_path / "out"), str(tmp_path / "edits"), size=1 << 16
    )


def by_one_machine(job, names):
    """The bytes of each new file, those of the edits, and what was rejected."""
    files, edits, rejected = [], b"", []
    for one in job.inputs:
        form = format_of(one.path, None, FormatOptions())
        with open_input(one.path) as file:
            done = [one for part in form.parts(file) for one in form.rewrite(part, names.rewrite)]
        files.append(b"".join(one.after for one in done))
        edits += b"".join(json_line(edit.to_dict()) for one in done for edit in one.edits)
        rejected += [str(one.error) for one in done if one.error]
    return files, edits, rejected


def joined(folder):
    return b"".join(path.read_bytes() for path in sorted(Path(folder).glob("*-*")))


def by_splits(job):
    return [joined(job.folder(number)) for number in range(len(job.inputs))], joined(job.edits)


def make_folders(job):
    for number in range(len(job.inputs)):
        job.folder(number).mkdir(parents=True)
    Path(job.edits).mkdir()


def test_splits_make_the_same_bytes(corpus, database):
    make_folders(corpus)
    with resolver.open(database) as names:
        files, edits, rejected = by_one_machine(corpus, names)
        splits = [split for number in range(len(corpus.inputs)) for split in cut(corpus, number)]
        assert [sum(split.input == number for split in splits) > 1 for number in range(4)] == [True, True, False, False]
        made = [rewrite_split(corpus, pickle.loads(pickle.dumps(split)), names.rewrite) for split in splits[::-1]]
        again = rewrite_split(corpus, splits[0], names.rewrite)
        assert (again.edits, len(again.rejected)) == (made[-1].edits, len(made[-1].rejected))
    assert by_splits(corpus) == (files, edits)
    assert sum(one.edits for one in made) == edits.count(b"\n") > 50
    assert [str(error) for one in made[::-1] for error in one.rejected] == rejected
    assert len(rejected) == 3
    assert [path.name for path in corpus.folder(3).iterdir()] == ["part-000000.jsonl"]


def test_a_split_is_whole_or_not_there(corpus, database):
    make_folders(corpus)
    first, second, *_ = cut(corpus, 0)

    def fail(text, doc):
        raise KeyError(text)

    with pytest.raises(KeyError):
        rewrite_split(corpus, first, fail)
    Path(corpus.inputs[0].path).write_bytes(Path(corpus.inputs[0].path).read_bytes() + b"\n")
    with resolver.open(database) as names, pytest.raises(InputError, match="changed while it was rewritten"):
        rewrite_split(corpus, second, names.rewrite)
    assert list(corpus.folder(0).iterdir()) == list(Path(corpus.edits).iterdir()) == []
    corpus.folder(1).rmdir()
    with (
        pytest.raises(InputError, match=r"cannot be read or written: No such file"),
        outputs_of(corpus, next(cut(corpus, 1))),
    ):
        pass


def test_what_cannot_be_split(corpus, tmp_path):
    job = replace(corpus, inputs=found(*(tmp_path / name for name in ("gone.txt", "x.csv", "y.parquet"))))
    with pytest.raises(InputError, match=r"gone.txt: cannot be read: No such file"):
        list(cut(job, 0))
    with pytest.raises(SettingError, match=r"x.csv: an engine can rewrite only text, jsonl, parquet"):
        job.format_of(1)
    assert job.is_parquet(2)
    Path(corpus.inputs[3].path).write_bytes(Path(corpus.inputs[3].path).read_bytes()[:-9])
    make_folders(corpus)
    with pytest.raises(InputError, match="the compressed data end too early"):
        rewrite_split(corpus, next(cut(corpus, 3)), lambda text, doc: (text, []))
    assert list(corpus.folder(3).iterdir()) == []


def test_what_became_of_an_input_is_discarded(corpus, database):
    make_folders(corpus)
    with resolver.open(database) as names:
        for split in (next(cut(corpus, 1)), next(cut(corpus, 3))):
            rewrite_split(corpus, split, names.rewrite)
    corpus.discard(3)
    assert not corpus.folder(3).exists()
    assert [path.name for path in Path(corpus.edits).iterdir()] == ["edits-000001-000000.jsonl"]
    assert len(list(corpus.folder(1).iterdir())) == 1


def test_parquet_row_groups(tmp_path, database):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    from resolver.adapters.parquet_row_groups import cut_parquet, rewrite_row_group

    table = pa.table(
        {
            "edits": [1, 2, 3, 4, 5],
            "text": pa.array(["Softbank", None, "x", "Yoshihidi Soja", "Softbank"]).dictionary_encode(),
        }
    ).replace_schema_metadata({"made": "by hand"})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=2, compression="zstd")
    pq.write_table(table.slice(0, 0), tmp_path / "none.parquet")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no")
    inputs = found(*(tmp_path / name for name in ("a.parquet", "none.parquet", "bad.parquet")))
    job = SplitJob(inputs, str(tmp_path / "out"), str(tmp_path / "edits"))
    make_folders(job)
    with resolver.open(database) as names:
        made = [rewrite_row_group(job, split, names.rewrite) for n in (0, 1) for split in cut_parquet(job, n)]
        assert [(one.input, one.number, one.edits) for one in made] == [(0, 0, 1), (0, 1, 1), (0, 2, 1), (1, 0, 0)]
        parts = sorted(job.folder(0).iterdir())
        new = pa.concat_tables([pq.read_table(part) for part in parts])
        assert new.schema.equals(pq.read_table(inputs[0].path).schema, check_metadata=True)
        assert new["text"].to_pylist() == ["SoftBank", None, "x", "Yoshihide Suga", "SoftBank"]
        assert pq.ParquetFile(parts[0]).metadata.row_group(0).column(0).compression == "ZSTD"
        edits = [json.loads(line) for line in joined(job.edits).splitlines()]
        assert [edit["doc"] for edit in edits] == [f"{inputs[0].path}:{row}" for row in (1, 4, 5)]
        assert pq.read_table(*job.folder(1).iterdir()).num_rows == 0
        with pytest.raises(InputError, match="cannot be read as Parquet"):
            list(cut_parquet(job, 2))
        wrong = replace(job, options=FormatOptions(columns=("edits",)))
        with pytest.raises(InputError, match="the column 'edits' holds int64, not text"):
            rewrite_row_group(wrong, next(cut_parquet(job, 0)), names.rewrite)


# ------------------------------------------------------------------------------------------------ with Spark


@pytest.fixture(scope="module")
def spark_adapter():
    pytest.importorskip("pyspark")
    from resolver.adapters import spark

    return spark


@pytest.mark.slow
@LEAKS
def test_spark_makes_the_same_bytes(spark_adapter, corpus, database, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"text": ["Softbank", None, "x"]}), tmp_path / "t.parquet", row_group_size=2)
    job = replace(corpus, inputs=(*corpus.inputs, *found(tmp_path / "t.parquet")), db=database)
    report = spark_adapter.rewrite_with_spark(job, "local[2]")
    with resolver.open(database) as names:
        files, edits, rejected = by_one_machine(corpus, names)
    made, edits_made = by_splits(job)
    assert made[:-1] == files
    assert edits_made.startswith(edits)
    assert report.edits == edits_made.count(b"\n") == edits.count(b"\n") + 1
    assert [str(error) for error in report.rejected] == rejected
    assert pq.read_table(tmp_path / "out" / "t.parquet")["text"].to_pylist() == ["SoftBank", None, "x"]
    assert (tmp_path / "out" / "_SUCCESS").exists()


@pytest.mark.slow
@LEAKS
def test_spark_with_bad_input(spark_adapter, corpus, database, tmp_path):
    with pytest.raises(DatabaseError, match="no such file"):
        spark_adapter.rewrite_with_spark(replace(corpus, db=database + ".gone"), "local[1]")
    again = replace(corpus, output=str(tmp_path / "out2"), edits=str(tmp_path / "edits2"))
    packed = Path(corpus.inputs[3].path)
    packed.write_bytes(packed.read_bytes()[:-9])
    report = spark_adapter.rewrite_with_spark(replace(again, inputs=corpus.inputs[2:]), "local[1]")
    assert [str(error) for error in report.rejected] == [f"{packed}: cannot be read: the compressed data end too early"]
    assert sorted(path.name for path in (tmp_path / "out2").iterdir()) == ["_SUCCESS", "empty.txt"]
    alone = replace(again, inputs=corpus.inputs[3:], output=str(tmp_path / "out3"), edits=None)
    with pytest.raises(InputError, match=r"packed.jsonl.bz2: cannot be read: the compressed data end too early"):
        spark_adapter.rewrite_with_spark(alone, "local[1]")
    assert not (tmp_path / "out3" / "_SUCCESS").exists()
    assert list((tmp_path / "out3" / "packed.jsonl").iterdir()) == []


def test_spark_refuses_at_once(spark_adapter, corpus, tmp_path):
    def run(**changes):
        spark_adapter.rewrite_with_spark(replace(corpus, **changes), "local[1]")

    with pytest.raises(InputError, match=r"news.jsonl: two inputs would write to this folder"):
        run(inputs=(*corpus.inputs, *found(tmp_path / "news.jsonl.gz")))
    with pytest.raises(InputError, match=r"gone.jsonl: cannot be read"):
        run(inputs=(*corpus.inputs, *found(tmp_path / "gone.jsonl")))
    with pytest.raises(SettingError, match="only text, jsonl, parquet"):
        run(inputs=(*corpus.inputs, *found(tmp_path / "x.csv")))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    for name in ("full", "full/a"):
        with pytest.raises(InputError, match="must be a new or an empty folder"):
            run(output=str(tmp_path / name))
    with pytest.raises(InputError, match="cannot be written"):
        run(output="/dev/null/out")


@pytest.mark.slow
@LEAKS
def test_spark_frames(spark_adapter, database):
    with spark_adapter._session("local[2]") as spark:
        rows = [("a", "Yoshihidi Soja", 1), ("b", None, 2), ("c", "x", None)]
        frame = spark.createDataFrame(rows, "id string, text string, n long")
        done = spark_adapter.rewrite_frame(frame, database, Settings(policy="canonical"))
        assert done.columns == ["id", "text", "n", "edits"]
        new = sorted(done.collect())
        assert [row[:3] for row in new] == [("a", "Yoshihide Suga", 1), ("b", None, 2), ("c", "x", None)]
        assert [[edit.asDict()["after"] for edit in row.edits] for row in new] == [["Yoshihide Suga"], [], []]
        with pytest.raises(InputError, match="the column 'n' holds int64, not text"):
            spark_adapter.rewrite_frame(frame, database, columns=["n"])
        with pytest.raises(SettingError, match="a Spark session exists already"):
            spark_adapter.rewrite_with_spark(SplitJob(found(__file__), database + ".out"), "local[7]")


def executors():
    """The process ids of the executors that descend from this process."""
    found, parents = [], {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
            if b"CoarseGrainedExecutorBackend" in (stat.parent / "cmdline").read_bytes():
                found.append(int(stat.parent.name))
        except OSError:
            continue

    def ours(pid):
        while pid in parents and pid != os.getpid():
            pid = parents[pid]
        return pid == os.getpid()

    return [pid for pid in found if ours(pid)]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the executors in /proc")
@LEAKS
def test_an_executor_is_lost(spark_adapter, database, tmp_path, monkeypatch):
    source = tmp_path / "news.jsonl"
    source.write_text("".join(json_lines(500, 1600)))
    job = SplitJob(found(source), str(tmp_path / "out"), str(tmp_path / "edits"), database, size=1 << 16)
    killed = []

    def kill_one():
        while not killed:
            done = list(job.folder(0).glob("part-*")) if job.folder(0).exists() else []
            running = executors()
            if done and len(running) == 2:
                os.kill(running[0], signal.SIGKILL)
                killed.append((running[0], len(done)))
            time.sleep(0.02)

    killer = threading.Thread(target=kill_one, daemon=True)
    killer.start()
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    impatient = {"spark.shuffle.io.maxRetries": "1", "spark.shuffle.io.retryWait": "1s", "spark.ui.enabled": "false"}
    spark = spark_adapter.SparkSession.builder.master("local-cluster[2,1,1024]").config(map=impatient).getOrCreate()
    try:
        report = spark_adapter.rewrite_with_spark(job)
    finally:
        spark.stop()
    killer.join(1)
    with resolver.open(database) as names:
        files, edits, rejected = by_one_machine(job, names)
    ((_, parts_then),) = killed
    assert 0 < parts_then < len(list(job.folder(0).iterdir())), "nothing was left to do when the executor was killed"
    assert by_splits(job) == (files, edits)
    assert [str(error) for error in report.rejected] == rejected


def run(*arguments):
    """What a command prints on stderr, and its exit code."""
    result = CliRunner().invoke(main, ["rewrite", *arguments])
    return result.stderr, result.exit_code


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--diff"], "--diff cannot be combined with --engine spark"),
        (["--in-place"], "--in-place cannot be combined with --engine spark"),
        ([], "--engine spark needs --output"),
        (["-", "--output", "out"], "--engine spark reads files, not standard input"),
    ],
)
def test_options_that_spark_does_not_take(tmp_path, arguments, message):
    (tmp_path / "a.txt").touch()
    said, code = run(str(tmp_path / "a.txt"), "--engine", "spark", *arguments)
    assert code == 2
    assert message in said


@pytest.mark.slow
@LEAKS
def test_the_command_with_spark(spark_adapter, corpus, database, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ["in", "--db", database, "--type", "org"]
    one = run(*options, "--output", "one", "--edits", "one.jsonl", "--rejects", "one.rejects")
    other = run(
        *options,
        "--output",
        "out",
        "--edits",
        "edits",
        "--rejects",
        "rejects",
        "--engine",
        "spark",
        "--master",
        "local[2]",
    )
    assert one[1] == other[1] == 1
    assert "3 rejected" in other[0]
    for name in ("news.jsonl", "long.txt", "empty.txt"):
        assert joined(tmp_path / "out" / name) == (tmp_path / "one" / name).read_bytes()
    assert b"Yoshihide Suga" not in joined(tmp_path / "out" / "news.jsonl")
    assert joined(tmp_path / "out" / "packed.jsonl") == bz2.decompress(
        (tmp_path / "one" / "packed.jsonl.bz2").read_bytes()
    )
    assert joined(tmp_path / "edits") == (tmp_path / "one.jsonl").read_bytes() != b""
    assert (tmp_path / "rejects").read_bytes() == (tmp_path / "one.rejects").read_bytes()
