import hashlib
import json
import multiprocessing
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from resolver.database.build import build_file, build_in_memory
from resolver.database.table import open_table
from resolver.errors import InputError, ResolverError
from resolver.infra import forked_workers
from resolver.infra.atomic_files import written_aside
from resolver.infra.packaged_data import read_table
from resolver.sources import source_blocks as blocks
from resolver.sources.source_blocks import BlockLimits

forks = pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no processes can be forked")

NAMES = [
    "Yoshihide Suga",
    "菅義偉",
    "Krzymów U.S. Corp",
    "AT&T's O'Brien",
    "Ångström “x”",
    "no letters: …",
    "John Smith",
]


def rows(count):
    for n in range(count):
        yield {
            "id": f"e{n}",
            "name": f"{NAMES[n % 7]} {n // 3}",
            "type": "city" if n % 97 == 5 else "person",
            "aliases": f"{NAMES[n % 5]} {n}@en:short|Q{n}@xx:odd" if n % 4 == 0 else "",
            "weight": 1 + n % 3,
            "note": "note" * (n % 3),
        }


def write(path, count):
    if path.suffix == ".jsonl":
        lines = [json.dumps({**row, "aliases": [a for a in row["aliases"].split("|") if a]}) for row in rows(count)]
        lines[7] = "{"
    else:
        sign = "\t" if path.suffix == ".tsv" else ","
        quote = (lambda cell: cell) if sign == "\t" else (lambda cell: f'"{cell}\n"' if cell == "note" else cell)
        lines = [sign.join(quote(str(cell)) for cell in row.values()) for row in rows(count)]
        lines[7] += sign + "one cell" + sign + "too many"
        lines.insert(0, sign.join(next(rows(1))))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def contents(path):
    with sqlite3.connect(path) as connection:
        tables = ("entity", "alias", "form", "search_index", "meta")
        found = [connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in tables]
    connection.close()
    return found


@forks
@pytest.mark.parametrize("suffix", [".tsv", ".csv", ".jsonl"])
def test_any_number_of_processes_makes_the_same_bytes(tmp_path, suffix):
    limits = BlockLimits(line_bytes=10_000, records=100, parallel_bytes=1)
    source = write(tmp_path / f"t{suffix}", 3000)
    reports = [build_file(tmp_path / f"{jobs}.db", [source], jobs=jobs, limits=limits) for jobs in (1, 2, 3)]
    made = [(tmp_path / f"{jobs}.db").read_bytes() for jobs in (1, 2, 3)]
    assert made[0] == made[1] == made[2]
    said = [(r.entities, r.aliases, r.unknown_kinds, [str(e) for e in r.rejects]) for r in reports]
    assert said[0] == said[1] == said[2]
    assert reports[0].entities == 3000 - len(range(5, 3000, 97)) - 1
    assert reports[0].unknown_kinds == {"odd": len([n for n in range(0, 3000, 4) if n % 97 != 5])}
    build_file(tmp_path / "whole.db", [source], jobs=1)
    assert contents(tmp_path / "whole.db") == contents(tmp_path / "1.db")


@pytest.mark.parametrize("suffix", [".tsv", ".csv", ".jsonl"])
def test_errors_name_their_lines_in_any_block(tmp_path, suffix):
    source = write(tmp_path / f"t{suffix}", 300)
    report = build_file(tmp_path / "t.db", [source], limits=BlockLimits(line_bytes=1000, records=10))
    text = source.read_bytes().split(b"\n")
    assert [error.line for error in report.rejects] == sorted(error.line for error in report.rejects)
    for error in report.rejects:
        assert b"city" in text[error.line - 1] or text[error.line - 1].startswith((b"e7", b"{"))
        assert f"t{suffix}:{error.line}: " in str(error)


def test_the_source_is_read_once_and_its_digest_kept(tmp_path):
    source = write(tmp_path / "t.tsv", 200)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    build_file(tmp_path / "t.db", [source])
    with sqlite3.connect(tmp_path / "t.db") as connection:
        assert connection.execute("SELECT path, sha256 FROM source").fetchall() == [("t.tsv", digest)]
    connection.close()


def test_a_table_without_its_last_line_end_and_one_without_rows(tmp_path):
    (tmp_path / "a.tsv").write_bytes(b"\xef\xbb\xbfid\tname\r\nx\tOne\r\n\r\ny\tTwo")
    (tmp_path / "b.tsv").write_text("id\tname")
    assert build_file(tmp_path / "t.db", [tmp_path / "a.tsv", tmp_path / "b.tsv"]).entities == 2
    (tmp_path / "c.tsv").write_text("")
    with pytest.raises(InputError, match="empty"):
        build_file(tmp_path / "t.db", [tmp_path / "c.tsv"])


def test_small_tables_start_no_processes(tmp_path, monkeypatch):
    monkeypatch.setattr(forked_workers, "forked", lambda *arguments: pytest.fail("a process was started"))
    build_file(tmp_path / "t.db", [write(tmp_path / "t.tsv", 100)], jobs=2)
    build_in_memory([tmp_path / "t.tsv"]).close()


@forks
def test_a_repeated_id_in_another_block_names_both_lines(tmp_path):
    source = tmp_path / "t.tsv"
    source.write_text("id\tname\n" + "".join(f"{n % 500}\tName {n}\n" for n in range(503)))
    with pytest.raises(InputError, match=r"t\.tsv:502: the id '0' stands already at .*t\.tsv:2"):
        build_file(tmp_path / "t.db", [source], jobs=2, limits=BlockLimits(1000, parallel_bytes=1))
    assert [path.name for path in tmp_path.iterdir()] == ["t.tsv"]
    assert not multiprocessing.active_children()


def test_progress_goes_up_to_one(tmp_path):
    shares = []
    build_file(tmp_path / "t.db", [write(tmp_path / "t.tsv", 300)], shares.append, limits=BlockLimits(1000))
    assert len(shares) > 5
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@forks
def test_a_process_that_dies_leaves_the_old_file(tmp_path, monkeypatch):
    source = write(tmp_path / "t.tsv", 300)
    build_file(tmp_path / "t.db", [source])
    before = (tmp_path / "t.db").read_bytes()
    monkeypatch.setattr(blocks, "prepare_entity", lambda entity, line: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(ResolverError, match="SIGKILL"):
        build_file(tmp_path / "t.db", [source], jobs=2, limits=BlockLimits(parallel_bytes=1))
    assert (tmp_path / "t.db").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.db", "t.tsv"]


def command(*arguments):
    return [sys.executable, "-m", "resolver", "build", "-o", *map(str, arguments)]


def parts(folder):
    return [path.name for path in folder.iterdir() if path.name.endswith(".part")]


@pytest.mark.parametrize("jobs", ["1", pytest.param("2", marks=forks)])
def test_killed_half_way_the_old_file_stays_and_the_next_build_tidies_up(tmp_path, jobs):
    small = write(tmp_path / "small.tsv", 50)
    large = tmp_path / "large.tsv"
    large.write_text("id\tname\n" + "".join(f"{n}\tName{n} {n * 7919 % 1009}\n" for n in range(200_000)))
    target = tmp_path / "t.db"
    build_file(target, [small])
    before = target.read_bytes()
    with subprocess.Popen(command(target, large, "--jobs", jobs), stderr=subprocess.PIPE) as process:
        until = time.monotonic() + 30
        while not parts(tmp_path):
            assert time.monotonic() < until
            time.sleep(0.01)
        time.sleep(0.5)
        assert process.poll() is None
        build_file(tmp_path / "other.db", [small])  # which leaves alone what is being written
        with written_aside(target):
            pass
        assert len(parts(tmp_path)) == 1
        target.write_bytes(before)
        process.kill()
        process.wait()
    assert target.read_bytes() == before
    until = time.monotonic() + 10
    while parts(tmp_path):  # its workers may take a moment to see that they are alone
        build_file(target, [small])
        assert time.monotonic() < until
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["large.tsv", "other.db", "small.tsv", "t.db"]


@pytest.mark.slow
def test_a_full_disk_is_said_and_leaves_the_old_file(tmp_path):
    target = tmp_path / "t.db"
    build_file(target, [write(tmp_path / "small.tsv", 50)])
    before = target.read_bytes()
    source = write(tmp_path / "t.tsv", 20_000)
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))  # noqa: E731
    result = subprocess.run(command(target, source), capture_output=True, text=True, preexec_fn=limit)
    assert result.returncode == 2
    assert f"{target}: cannot be written: " in result.stderr
    assert "Traceback" not in result.stderr
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.tsv", "t.db", "t.tsv"]


def test_no_progress_bar_without_a_terminal(tmp_path):
    result = subprocess.run(
        command(tmp_path / "t.db", write(tmp_path / "t.jsonl", 50)), capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert all(line.startswith("resolver: ") for line in result.stderr.splitlines())


def test_a_name_takes_little_room(tmp_path):
    given = [row["name"] for row in read_table("given_names.tsv")]
    rng = random.Random(1)
    families = [rng.choice(given) + rng.choice(given) for _ in range(2_000)]
    people = sorted({f"{rng.choice(given)} {rng.choice(families)}".title() for _ in range(20_000)})
    lines = ["id\tname", *(f"q{number}\t{name}" for number, name in enumerate(people))]
    (tmp_path / "people.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    build_file(tmp_path / "people.db", [tmp_path / "people.tsv"])
    assert (tmp_path / "people.db").stat().st_size <= 400 * len(people)
    parts = open_table(tmp_path / "people.db").snapshot().indexes[0].parts.values()
    assert sum(len(part) * part.itemsize for part in parts if not isinstance(part, range)) <= 150 * len(people)
