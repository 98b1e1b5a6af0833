"""One engine on one table, measured in a process of its own, for scripts/bench.

Usage (by scripts/bench): scripts/lib/bench_engines.py STAGE JOB.json

STAGE is `ours-build`, `ours`, `ours-batch` or the name of a peer. The job has the keys table, database, folder,
mentions (mention, id, set), warm (mentions to warm up with) and seconds (when to stop). Prints a JSON object.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from bench_peers import PEERS
from bench_tables import folded, read_table

ROOT = Path(__file__).resolve().parents[2]
OURS = "resolver"
TIME_LIMIT = 45 * 60
"""Seconds for one process."""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"), "1")


def memory():
    """Resident memory of this process in bytes: now (None where /proc is not), and at its peak."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.startswith(("VmRSS", "VmHWM"))}
    return sizes["VmRSS"], sizes["VmHWM"]


def growth(before, after, names):
    """The growth of resident memory, in bytes per name."""
    return None if before is None else round((after - before) / names, 1)


def is_latin(text):
    """Whether all letters of a text are Latin ones."""
    return all("LATIN" in unicodedata.name(letter, "") for letter in text if letter.isalpha())


def percentiles(seconds):
    """Number, median, 99th percentile and mean of times, in milliseconds."""
    times = sorted(1000 * value for value in seconds)
    at = {name: times[min(len(times) - 1, int(share * len(times)))] for name, share in (("p50", 0.5), ("p99", 0.99))}
    return {"n": len(times), **{k: round(v, 4) for k, v in (at | {"mean": sum(times) / len(times)}).items()}}


def recalls(mentions, answers, shown):
    """Recall at 1 and at 10 for each set, over the mentions that have an answer; at 1 only of who answers once."""
    figures = {}
    for (_, right, part), ids in zip(mentions, answers, strict=False):
        if right != "NIL":
            row = figures.setdefault(part, {"n": 0, "r1": 0, "r10": 0})
            row["n"] += 1
            row["r1"] += ids[:1] == [right]
            row["r10"] += right in ids
    for row in figures.values():
        row["r1"], row["r10"] = round(row["r1"] / row["n"], 4), round(row["r10"] / row["n"], 4) if shown > 1 else None
    return dict(sorted(figures.items()))


def ask(job, answer, batch=1, shown=10):
    """The figures of asking for the mentions of a job, batch by batch, until its seconds are over.

    `answer` gives a list of ids for each mention of a batch. Each mention of a batch takes its share of the time.
    """
    for mention in job["warm"]:
        answer([mention])
    mentions, times, answers = job["mentions"], [], []
    for start in range(0, len(mentions), batch):
        asked = [mention for mention, _, _ in mentions[start : start + batch]]
        started = time.perf_counter()
        found = answer(asked)
        times.extend([(time.perf_counter() - started) / len(asked)] * len(asked))
        answers.extend(found)
        if sum(times) > job["seconds"]:
            break
    latin = [is_latin(mention) for mention, _, _ in mentions]
    parts = {"all": times}
    parts["latin"] = [t for t, own in zip(times, latin, strict=False) if own]
    parts["other"] = [t for t, own in zip(times, latin, strict=False) if not own]
    figures = {"queries": len(times), "of": len(mentions), "per_second": round(len(times) / sum(times), 2)}
    if batch > 1:
        figures["batch"] = batch
    figures["ms"] = {name: percentiles(values) for name, values in parts.items() if values}
    figures["recall"] = recalls(mentions, answers, shown)
    return figures


def peer(name, job):
    """The figures of a peer, which builds and answers in one process."""
    engine = PEERS[name]()
    if engine.largest and job["rows"] > engine.largest[0]:
        return {"missing": f"not tried with more than {engine.largest[0]} names: {engine.largest[1]}"}
    aside = Path(job["folder"]) / "try"
    aside.mkdir()
    try:
        engine.build(["first name", "second name"], aside)  # imports all that it needs
    except ImportError as error:
        return {"missing": f"{error}; pip install {engine.installs} (or pip install .[bench])"}
    engine = PEERS[name]()
    before, _ = memory()
    ids, names = [], []
    for id_, text, _ in read_table(job["table"]):
        ids.append(id_)
        names.append(folded(text))
    started = time.perf_counter()
    engine.build(names, job["folder"])
    figures = {"build_s": round(time.perf_counter() - started, 3)}
    after, peak = memory()
    size = engine.index_bytes()
    figures |= {
        "index_bytes_per_name": round(size / len(names), 1) if size else None,
        "resident_bytes_per_name": growth(before, after, len(names)),
        "build_peak_mb": round(peak / 1e6, 1),
    }

    def answer(mentions):
        return [[ids[row] for row in rows] for rows in engine.query_many([folded(m) for m in mentions])]

    return figures | ask(job, answer, engine.batch, engine.answers)


def ours_build(job):
    """Building the database of the table."""
    from resolver.database.build import build_file

    started = time.perf_counter()
    report = build_file(job["database"], [job["table"]])
    spent = time.perf_counter() - started
    if report.rejects:
        return {"missing": f"{len(report.rejects)} rows rejected, first {report.rejects[0]}"}
    return {
        "build_s": round(spent, 3),
        "index_bytes_per_name": round(Path(job["database"]).stat().st_size / report.aliases, 1),
        "build_peak_mb": round(memory()[1] / 1e6, 1),
    }


def ours(job):
    """Opening the database, and resolving mention by mention."""
    import resolver

    before, _ = memory()
    started = time.perf_counter()
    names = resolver.open(job["database"])
    opened = time.perf_counter()
    names.resolve(job["warm"][0])
    figures = {"open_s": round(opened - started, 4), "first_ms": round(1000 * (time.perf_counter() - opened), 2)}

    def answer(mentions):
        return [[c.entity.id for c in names.resolve(mention).candidates] for mention in mentions]

    figures |= ask(job, answer)
    now, peak = memory()
    figures["resident_bytes_per_name"] = growth(before, now, job["rows"])
    figures["resident_mb"] = round((now or peak) / 1e6, 1)
    return figures


def ours_batch(job):
    """Resolving all mentions in one call."""
    import resolver

    names = resolver.open(job["database"])
    for mention in job["warm"]:
        names.resolve(mention)
    mentions = [mention for mention, _, _ in job["mentions"]]
    started = time.perf_counter()
    found = list(names.resolve_many(mentions))
    return {"batch_per_second": round(len(found) / (time.perf_counter() - started), 2)}


def ours_command(job, jobs):
    """Mentions a second of `resolver resolve --jobs`, without what a file of one mention takes."""
    spent = []
    for count in (1, len(job["mentions"])):
        source, answers = (Path(job["folder"]) / name for name in ("mentions.tsv", "answers.jsonl"))
        rows = ["mention", *(" ".join(mention.split()) for mention, _, _ in job["mentions"][-count:])]
        source.write_text("\n".join(rows) + "\n", encoding="utf-8")
        command = [sys.executable, "-m", "resolver", "resolve", "--db", job["database"], "--input", str(source)]
        command += ["--output", str(answers), "--jobs", str(jobs)]
        started = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIME_LIMIT)
        spent.append(time.perf_counter() - started)
        lines = answers.read_text(encoding="utf-8").count("\n") if answers.is_file() else 0
        if done.returncode or lines != count:
            return {"missing": f"exit {done.returncode}, {lines} of {count} answers: {done.stderr.strip()[-200:]}"}
    more = spent[1] - spent[0]
    return {"per_second": round((count - 1) / more, 2) if more > 0 else None, "start_s": round(spent[0], 3)}


def stage(name, job):
    """The figures of a stage, measured in a process of its own; {"missing": reason} if it failed."""
    path = Path(job["folder"]) / "job.json"
    path.write_text(json.dumps(job, ensure_ascii=False), encoding="utf-8")
    command = [sys.executable, str(Path(__file__).resolve()), name, str(path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT, env=os.environ | ONE_THREAD)
    except subprocess.TimeoutExpired:
        return {"missing": f"{name}: not done in {TIME_LIMIT} s"}
    if done.returncode < 0:
        return {"missing": f"{name}: ended by {signal.Signals(-done.returncode).name}"}
    if done.returncode:
        return {"missing": f"{name}: {(done.stderr.strip() or 'no message').splitlines()[-1][:300]}"}
    return json.loads(done.stdout.splitlines()[-1])


def measure(name, job):
    """The figures of an engine on the table of a job; {"missing": reason} when there are none."""
    if name != OURS:
        return stage(name, job)
    figures = {}
    for part in ("ours-build", "ours", "ours-batch"):
        found = stage(part, job)
        if "missing" in found:
            return found
        figures |= found
        if part == "ours":
            job = job | {"mentions": job["mentions"][: found["queries"]]}  # those that its seconds were enough for
    figures["command"] = {f"jobs_{jobs}": ours_command(job, jobs) for jobs in (1, 2)}
    return figures


def main():
    name, path = sys.argv[1:]
    job = json.loads(Path(path).read_text(encoding="utf-8"))
    stages = {"ours-build": ours_build, "ours": ours, "ours-batch": ours_batch}
    figures = stages[name](job) if name in stages else peer(name, job)
    print(json.dumps(figures, ensure_ascii=False))


if __name__ == "__main__":
    main()
