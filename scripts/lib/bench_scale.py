"""Extrapolates the measurements of scripts/bench to a table of 100 million names."""

import math

FAR = 100_000_000
SHARDS = 10
HOW = (
    "shards by entity id, so that all names of an entity are together; each mention goes to all shards at once; a shard"
    " answers with its ten best and the sum of exp(score) over all its candidates, which is all that the probabilities"
    " need, so merging is adding ten numbers and sorting a hundred candidates; word frequencies are counted over all"
    " shards at building, or scores would differ between them"
)


def far_figures(measured):
    """From `measured`, {names: figures of ours}, of two sizes at least: how the cost grows, and what FAR would take.

    p50 grows as a power of the number of names (the exponent between the two largest sizes); bytes a name are those of
    the largest. Returns None where there are not two sizes.
    """
    if len(measured) < 2:
        return None
    (small, less), (large, more) = sorted(measured.items())[-2:]
    exponent = math.log(more["ms"]["all"]["p50"] / less["ms"]["all"]["p50"]) / math.log(large / small)

    def p50(names):
        return more["ms"]["all"]["p50"] * (names / large) ** exponent

    resident, stored = more["resident_bytes_per_name"], more["index_bytes_per_name"]
    return {
        "exponent": round(exponent, 3),
        "one_machine": {
            "p50_ms": round(p50(FAR), 2),
            "resident_gb": round(resident * FAR / 1e9, 1) if resident else None,
            "file_gb": round(stored * FAR / 1e9, 1),
            "build_hours": round(more["build_s"] * FAR / large / 3600, 2),
        },
        "shards": {
            "number": SHARDS,
            "p50_ms": round(p50(FAR / SHARDS), 2),
            "resident_gb_each": round(resident * FAR / SHARDS / 1e9, 1) if resident else None,
            "build_hours_each": round(more["build_s"] * FAR / SHARDS / large / 3600, 2),
            "how": HOW,
        },
    }
