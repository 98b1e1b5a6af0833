"""Tables of other sizes for the queries of a folder: probabilities must hold in small and in large tables."""

import random
import zlib

from bench_tables import read_table, write_table
from querysets import QUERY_SETS, read_queries

SEED = 1
LISTS = ("un_", "eu_")
"""How the sets that are sanctions lists begin."""
QUERIED = 0.7
"""The share of the entities of a sampled table that are answers to queries."""


def sized(folder, size, place):
    """The path of a table of `size` entities (0: gazetteer.tsv), and the queries of each set that suit it.

    A larger table has made-up names added, none of them an answer. A smaller one is a sample; queries without an answer
    are thinned out to keep their share of each set.
    """
    table = folder / "gazetteer.tsv"
    sets = {name: read_queries(folder / name) for name in QUERY_SETS if (folder / name).is_file()}
    if not size:
        return table, sets
    rows = list(read_table(table))
    path = place / f"{size}.tsv"
    if size >= len(rows):
        write_table(path, size, rows, [q.name for queries in sets.values() for q in queries if q.id == "NIL"], SEED)
        return path, sets
    rng = random.Random(SEED)
    asked = sorted({q.id for queries in sets.values() for q in queries} - {"NIL"})
    kept = set(rng.sample(asked, min(len(asked), round(QUERIED * size))))
    others = [row for row in rows if row[0] not in asked]
    chosen = [row for row in rows if row[0] in kept] + rng.sample(others, min(len(others), size - len(kept)))
    _write(path, chosen)
    return path, {name: _thinned(queries, kept) for name, queries in sets.items()}


def lists(folder, place):
    """The sanctions lists of DIR/more, each as (table, its name, queries): as a table of its own, and in the gazetteer.

    NAME.tsv has the queries and NAME.names.tsv the list; NAME.drop.txt has the ids of the gazetteer that are the same
    entities as some of the list.
    """
    for path in sorted((folder / "more").glob("*.names.tsv")):
        name = path.name.removesuffix(".names.tsv")
        if not name.startswith(LISTS):
            continue
        queries = {name: read_queries(folder / "more" / f"{name}.tsv")}
        yield path, f"{name} alone", queries
        dropped = set((folder / "more" / f"{name}.drop.txt").read_text(encoding="utf-8").split())
        rows = [row for row in read_table(folder / "gazetteer.tsv") if row[0] not in dropped]
        joined = place / path.name
        _write(joined, [*rows, *read_table(path)])
        yield joined, name, queries


def _write(path, rows):
    lines = ["\t".join(row) for row in [("id", "name", "type"), *rows]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _thinned(queries, kept):
    answered = [q for q in queries if q.id in kept]
    nil = sorted((q for q in queries if q.id == "NIL"), key=lambda q: zlib.crc32(q.mention[::-1].encode()))
    share = len(nil) / max(1, sum(q.id != "NIL" for q in queries))
    left = set(nil[: round(share * len(answered))])
    return [q for q in queries if q.id in kept or q in left]
