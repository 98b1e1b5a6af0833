"""The query sets that scripts/fit and scripts/evaluate read, their halves, the figures, and the records of runs."""

import csv
import datetime
import json
import subprocess
import zlib
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "data"
QUERY_SETS = ("native.tsv", "respelled.tsv", "mt.tsv")


@dataclass(frozen=True)
class Query:
    """A mention and its right id, or "NIL"."""

    mention: str
    id: str
    name: str
    lang: str


def read_queries(path):
    """The queries of a set (TSV without quoting: mention, id, name, lang)."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Query(row["mention"], row["id"], row["name"], row["lang"]) for row in rows]


def commit():
    """The present commit, with "-dirty" if files differ from it."""
    described = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=DATA, capture_output=True, text=True)
    return described.stdout.strip()


def append_record(name, command, figures):
    """Add the figures of a run, with date, commit and command, to data/bench/NAME.jsonl."""
    record = {"date": datetime.date.today().isoformat(), "commit": commit(), "command": command, **figures}
    with (DATA / "bench" / f"{name}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(record, ensure_ascii=False) + "\n")


def half_of(mention):
    """0 for the half to fit and tune on, 1 for the half to report."""
    return zlib.crc32(mention.encode()) % 2


def metrics(queries, resolutions):
    """The figures of a query set, by their names in the field.

    acc1 and r10 are over the queries that have an answer; link_p and link_r are precision and recall of what is
    `linked`, wrong the number of wrong links, fpr the share of the queries without an answer that are linked; r_at_p95
    and best_f1 come from sweeping the first candidate's probability, r_fpr1 is the recall where 1 % of the queries
    without an answer would be linked; ece is the expected calibration error of that probability in ten bins (Naeini et
    al., 2015).
    """
    answerable = sum(q.id != "NIL" for q in queries)
    nils = sorted((r.probability for q, r in zip(queries, resolutions, strict=True) if q.id == "NIL"), reverse=True)
    strict = nils[len(nils) // 100] if nils else 0.0
    ids = [[c.entity.id for c in r.candidates] for r in resolutions]
    linked = [(q, r) for q, r in zip(queries, resolutions, strict=True) if r.entity]
    good = sum(r.entity.id == q.id for q, r in linked)
    points = sorted(
        ((r.probability, found[0] == q.id) for q, r, found in zip(queries, resolutions, ids, strict=True) if found),
        key=lambda point: -point[0],
    )
    recall_at, best_f1, right = 0.0, 0.0, 0
    for n, (probability, ok) in enumerate(points, 1):
        right += ok
        if n < len(points) and points[n][0] == probability:
            continue
        precision, recall = right / n, right / max(answerable, 1)
        if precision >= 0.95:
            recall_at = max(recall_at, recall)
        if right:
            best_f1 = max(best_f1, 2 * precision * recall / (precision + recall))
    return {
        "n": len(queries),
        "answerable": answerable,
        "acc1": sum(found[:1] == [q.id] for q, found in zip(queries, ids, strict=True)) / max(answerable, 1),
        "r10": sum(q.id in found for q, found in zip(queries, ids, strict=True)) / max(answerable, 1),
        "link_p": good / len(linked) if linked else 0.0,
        "link_r": good / max(answerable, 1),
        "wrong": len(linked) - good,
        "fpr": sum(q.id == "NIL" for q, _ in linked) / max(len(nils), 1),
        "r_at_p95": recall_at,
        "r_fpr1": sum(ok and probability > strict for probability, ok in points) / max(answerable, 1),
        "best_f1": best_f1,
        "ece": calibration_error(points),
    }


def reliability(points):
    """The reliability curve (DeGroot and Fienberg, 1983): mean probability, share right and size of each bin.

    `points` are pairs (probability, whether it was right); there are ten bins, and empty ones are left out.
    """
    bins = {}
    for probability, right in points:
        bins.setdefault(min(9, int(probability * 10)), []).append((probability, right))
    return [
        (sum(p for p, _ in found) / len(found), sum(right for _, right in found) / len(found), len(found))
        for _, found in sorted(bins.items())
    ]


def calibration_error(points):
    """The expected calibration error in ten bins (Naeini et al., 2015)."""
    return sum(count * abs(mean - share) for mean, share, count in reliability(points)) / max(len(points), 1)
