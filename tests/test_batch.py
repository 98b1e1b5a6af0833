import itertools
import json
import multiprocessing
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from conftest import rows_of

import resolver
from resolver import Alias, Entity
from resolver.api.names import Names
from resolver.database.build import build_file, build_in_memory
from resolver.database.table import Table
from resolver.errors import RecordError, ResolverError, SettingError
from resolver.infra.process_pool import CHUNKS_PER_PROCESS, map_forked, processes
from resolver.resolving import batch

MENTIONS = [row["mention"] for row in rows_of("cases/mentions.tsv")]
forks = pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no processes can be forked")


def all_of(resolutions):
    return [(r.to_dict(), r.reason, r.cut, r.weights, r.explain()) for r in resolutions]


def no_children():
    return not multiprocessing.active_children()


@pytest.mark.slow
@forks
def test_two_processes_answer_as_one_does(names):
    mentions = [*MENTIONS, "\ud800ZTE", "x" * 600, "x" * 600, "", *MENTIONS[::-1]]
    expected = all_of(names.resolve_many(mentions))
    assert all_of(names.resolve_many(mentions, jobs=2)) == expected
    assert all_of(names.resolve_many(mentions, "org", jobs=2)) == all_of(names.resolve_many(mentions, "org"))
    (one,) = names.resolve_many(["Yoshihidi Soja"], jobs=2)
    assert one.entity == names.resolve("Yoshihidi Soja").entity
    assert pickle.loads(pickle.dumps(one)) == one
    assert no_children()


@forks
def test_json_lines_are_the_same_bytes(names):
    one = list(names.resolve_to_json(MENTIONS * 2))
    assert list(names.resolve_to_json(MENTIONS * 2, jobs=3)) == one
    assert [json.loads(line)["mention"] for line in one] == MENTIONS * 2


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=forks)])
def test_repeated_mentions_are_resolved_once(names, jobs, tmp_path):
    log = tmp_path / "log"
    log.touch()

    def answer(mention):
        with log.open("a") as file:
            file.write(mention + "\n")
        return names.resolve(mention).outcome

    mentions = [f"Nobody {n}" for n in range(200)] * 10
    if jobs == 1:
        assert len(set(map(id, names.resolve_many(mentions)))) == 200
    else:
        assert list(names._answer_all(mentions, answer, jobs)) == ["nil"] * 2000
        assert sorted(log.read_text().split("\n")[:-1]) == sorted(set(mentions))


def endless():
    for n in itertools.count():
        endless.read = n + 1
        yield MENTIONS[n % len(MENTIONS)] if n % 3 else f"Nobody {n}"


def test_one_process_reads_nothing_ahead(names):
    resolutions = names.resolve_many(endless())
    next(resolutions)
    assert endless.read == 1
    assert len(list(itertools.islice(resolutions, 20))) == 20
    assert endless.read == 21


@pytest.mark.slow
@forks
def test_several_read_a_bounded_number_ahead(names):
    resolutions = names.resolve_many(endless(), jobs=2)
    assert len(list(itertools.islice(resolutions, 5000))) == 5000
    assert endless.read <= 5000 + (2 * CHUNKS_PER_PROCESS + 1) * batch.CHUNK_SIZE.read
    resolutions.close()
    assert no_children()


def test_bad_arguments(names):
    with pytest.raises(SettingError, match="jobs must be"):
        names.resolve_many([], jobs=-1)
    with pytest.raises(SettingError, match="type must be"):
        names.resolve_many([], "city")
    assert processes(0) >= 1


@forks
def test_a_process_that_dies_is_an_error(names):
    killer = os.getpid()

    def answer(mention):
        if mention == "die" and os.getpid() != killer:
            os.kill(os.getpid(), signal.SIGKILL)
        return mention

    mentions = (*map(str, range(1000)), "die", *map(str, range(5000)))
    with pytest.raises(ResolverError, match="SIGKILL"):
        list(names._answer_all(mentions, answer, 2))
    assert no_children()


@forks
def test_an_exception_comes_through_with_its_place():
    def work(chunk):
        if chunk == 7:
            raise RecordError("no good", "in.tsv", 7, "the record")
        return chunk

    with pytest.raises(RecordError, match=r"in\.tsv:7: no good") as caught:
        list(map_forked(work, range(100), 2))
    assert (caught.value.line, caught.value.record) == (7, "the record")
    assert "in work" in caught.value.__notes__[0]

    class OddError(Exception):
        def __init__(self, one, two):
            super().__init__("odd")

    def odd(chunk):
        raise OddError(1, 2)

    with pytest.raises(ResolverError, match="odd"):
        list(map_forked(odd, range(3), 2))
    assert no_children()


@forks
def test_an_exception_of_the_source_comes_through():
    def source():
        yield 1
        raise KeyError("gone")

    with pytest.raises(KeyError, match="gone"):
        list(map_forked(str, source(), 2))
    assert no_children()


@forks
def test_large_chunks_and_results_do_not_get_stuck():
    chunks = [bytes([n]) * 1_000_000 for n in range(20)]
    assert list(map_forked(lambda chunk: chunk * 2, chunks, 2)) == [chunk * 2 for chunk in chunks]


@forks
def test_what_is_slow_keeps_its_place():
    assert list(map_forked(lambda n: time.sleep(0.05 if n % 5 == 0 else 0) or n, range(30), 3)) == list(range(30))


@forks
def test_a_pause_hands_all_results_out():
    got = []

    def source():
        for n in range(10):
            yield n
            if n % 3 == 2:
                yield None
                assert got == list(range(n + 1))

    for result in map_forked(lambda n: n, source(), 2):
        got.append(result)
    assert got == list(range(10))


def test_a_table_in_memory_is_resolved_in_one_process(tmp_path, capsys):
    table = tmp_path / "t.tsv"
    table.write_text("id\tname\nzte\tZTE\n")
    with Names(Table(build_in_memory([table]))) as names:
        assert [r.entity.id for r in names.resolve_many(["ZTE"] * 3, jobs=2)] == ["zte"] * 3
    assert "using one" in capsys.readouterr().err


def test_without_fork_one_process_does_it(names, monkeypatch, capsys):
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    assert [r.entity.id for r in names.resolve_many(["ZTE"], jobs=2)] == ["zte"]
    assert "using one" in capsys.readouterr().err


@forks
def test_processes_see_what_is_changed(tmp_path):
    (tmp_path / "t.tsv").write_text("id\tname\taliases\nzte\tZTE\tZhongxing\nsuga\tYoshihide Suga\t\n")
    build_file(tmp_path / "t.db", [tmp_path / "t.tsv"])
    with resolver.open(tmp_path / "t.db") as names:
        names.resolve("ZTE")

        def mentions():
            yield from ["ZTE"] * batch.CHUNK_SIZE.read
            names.put(Entity("kddi", "KDDI", "org", (Alias("KDD"),)))
            yield from ["KDDI"] * 2 * batch.CHUNK_SIZE.read
            names.remove("suga")
            names.compact()
            yield from ["KDDI Corp", "Yoshihide Suga", "Zhongxing"]

        found = list(names.resolve_many(mentions(), jobs=2))
        assert [r.entity and r.entity.id for r in found[-3:]] == ["kddi", None, "zte"]
        assert [found[batch.CHUNK_SIZE.read].entity.id, found[-3].entity.id] == ["kddi", "kddi"]


@pytest.mark.slow
def test_threads_share_tables(names, names_with_decoys):
    mentions = ["Yoshihidi Soja", "Softbank", "Малкълм Търнбул", "約翰·尼高斯沃爾", "يوشيهيدي سوجا", "Hwawei"]
    text = "Government spokesman Yoshihidi Soja declined to comment on Softbank Group."
    tables = [names, names_with_decoys]
    expected = [[(t.resolve(m).to_dict(), t.resolve(m).explain()) for m in mentions] for t in tables]
    rewritten = [t.rewrite(text) for t in tables]
    wrong = []

    def hammer(seed):
        dice = random.Random(seed)
        for _ in range(40):
            which, number = dice.randrange(2), dice.randrange(len(mentions))
            tables[which].engine().resolver._cached.cache_clear()
            r = tables[which].resolve(mentions[number])
            if (r.to_dict(), r.explain()) != expected[which][number] or tables[which].rewrite(text) != rewritten[which]:
                wrong.append(mentions[number])

    threads = [threading.Thread(target=hammer, args=(seed,)) for seed in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


COMMAND = [sys.executable, "-m", "resolver", "resolve", "--input"]


@pytest.mark.parametrize("jobs", ["1", pytest.param("2", marks=forks)])
def test_lines_come_out_of_a_pipe_while_it_is_open(jobs):
    with subprocess.Popen([*COMMAND, "-", "--jobs", jobs], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        for mention in ("mention\nZTE", "Softbank", "KDDI"):
            process.stdin.write(mention.encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["mention"] == mention.split("\n")[-1]
        process.stdin.write(b"NTT")
        process.stdin.close()
        assert json.loads(process.stdout.readline())["mention"] == "NTT"
        assert process.wait() == 0


@pytest.mark.slow
@forks
def test_the_command_writes_the_same_bytes_for_any_number_of_jobs(tmp_path):
    path = tmp_path / "in.jsonl"
    rows = [json.dumps({"mention": mention}) for mention in MENTIONS * 3]
    rows[5] = rows[100] = "{"
    path.write_text("\n".join(rows))
    runs = [subprocess.run([*COMMAND, path, "--jobs", jobs], capture_output=True) for jobs in ("1", "2", "3")]
    assert [run.returncode for run in runs] == [1, 1, 1]
    assert runs[0].stdout == runs[1].stdout == runs[2].stdout
    assert runs[0].stderr == runs[1].stderr
    assert len(runs[0].stdout.splitlines()) == len(rows) - 2


def children(pid):
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


@forks
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_is_left_behind(how, tmp_path):
    output = tmp_path / "out.jsonl"
    command = [*COMMAND, "-", "--jobs", "2", "--output", output]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        process.stdin.write(b"mention\nZTE\n")
        process.stdin.flush()
        until = time.monotonic() + 20
        while len(workers := children(process.pid)) < 2:
            assert time.monotonic() < until
            time.sleep(0.02)
        if how == signal.SIGINT:
            os.killpg(process.pid, how)  # as a terminal does
        else:
            process.send_signal(how)
        assert process.wait(10) != 0
    until = time.monotonic() + 10
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < until
        time.sleep(0.02)
    assert not output.exists()


@pytest.mark.slow
def test_twenty_thousand_mentions_are_soon_done(tmp_path):
    dice = random.Random(5)
    known = [row["name"] for row in rows_of("../data/entities.tsv")[:500]]
    mentions = [f"{dice.choice(known)} {dice.choice('abcdefgh')}" for _ in range(20_000)]
    with resolver.open() as names:
        start = time.monotonic()
        count = sum(1 for _ in names.resolve_to_json(mentions, jobs=0))
    assert count == 20_000
    assert time.monotonic() - start < 60


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=forks)])
@pytest.mark.parametrize("missing", [None, float("nan"), b"ZTE"])
def test_a_missing_mention_is_an_error_and_shifts_no_answers(names, jobs, missing):
    with pytest.raises(TypeError, match="a mention is a str"):
        list(names.resolve_many(["ZTE", missing, "Softbank"], jobs=jobs))
    with pytest.raises(TypeError, match="a mention is a str"):
        names.resolve(missing)
    assert no_children()


@forks
@pytest.mark.parametrize("pause", [0.0, 0.02])
def test_a_batch_that_is_closed_while_a_process_writes_its_result_ends(pause):
    results = map_forked(lambda _: b"x" * 30_000_000, itertools.count(), 2)
    next(results)
    time.sleep(pause)
    results.close()
    assert multiprocessing.active_children() == []
