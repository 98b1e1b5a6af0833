"""Strangers, for scripts/fit: queries that have no answer in a table, made of its names or of those of others."""

import random
from collections import defaultdict

from bench_tables import read_table
from querysets import Query

from resolver.names.normal_form import normal_form

LOOK_ALIKES, LOOK_ALIKE_SHARE = 1600, 0.15
"""Names of the table that are queried as if they were not in it, and their weight as a share of that of a set."""

LIST_SHARE = 0.2
"""The weight of the queries of a list, as a share of that of a set: some of its aliases are other names altogether."""

STRANGERS, STRANGER_SHARE = 400, 0.1
"""Names of people who are not on a list, and their weight as a share of that of a set."""

LOOK_ALIKE = "look-alike"
"""The id of a name of the table that is queried as if it were not in it."""

LARGEST_MINED = 500_000
"""Rows of a table beyond which no look-alikes are taken from it: most names of a larger one are made up."""

REPLACED, REPLACED_SHARE = 1600, 0.2
"""Names made by replacing a word by another, and their weight as a share of that of a set."""

POLITICIANS = ("Q", "ep-")
"""How the ids of politicians begin."""

SEED = 1


def made_up(folder, database, label, rows):
    """The jobs of queries without an answer for a table with some rows: names of it, or strangers to a list."""
    if label.endswith(" alone"):
        return {"strangers": (database, unanswered(politicians(folder, STRANGERS)), STRANGER_SHARE)}
    if not label.isdigit() or len(rows) > LARGEST_MINED:
        return {}
    latin = [name for _, name, _ in rows if normal_form(name).exact.isascii()]
    mined = random.Random(SEED).sample(latin, min(LOOK_ALIKES, len(latin)))
    return {
        "look-alikes": (database, unanswered(mined, LOOK_ALIKE), LOOK_ALIKE_SHARE),
        "with a word replaced": (database, with_a_word_replaced(rows, REPLACED), REPLACED_SHARE),
    }


def politicians(folder, count):
    """Names of the gazetteer that are of politicians: on no list, but for a few."""
    names = [name for id_, name, _ in read_table(folder / "gazetteer.tsv") if id_.startswith(POLITICIANS)]
    return random.Random(SEED).sample(names, count)


def unanswered(names, kind="NIL"):
    return [Query(name, kind, name, "") for name in names]


def with_a_word_replaced(rows, most):
    """Queries without an answer: names of the table with one word replaced by a word from that place in another."""
    rng = random.Random(2)
    names, known, at_end = [], set(), defaultdict(list)
    for _, name, kind in rows:
        normal = normal_form(name)
        written = normal.exact.split(" ")
        known.add(normal.exact)
        places = [i for i, role in enumerate(normal.roles) if role in ("name", "generic") and len(written[i]) > 2]
        if len(places) > 1 and normal.exact.isascii():
            names.append((written, places, kind))
            for place in places:
                at_end[kind, place == len(written) - 1].append(written[place])
    made = []
    for written, places, kind in rng.sample(names, min(most, len(names))):
        place = rng.choice(places)
        other = rng.choice(at_end[kind, place == len(written) - 1])
        name = " ".join([*written[:place], other, *written[place + 1 :]])
        if name not in known:
            made.append(name)
    return unanswered(made)
