"""The kernel against a slow, obvious alignment and its features, on real and on random names, compiled and plain."""

import os
import random
import subprocess
import sys
from array import array

import pytest
from kernel_oracle import Oracle

from resolver.index.index_builder import index_of
from resolver.infra.packaged_data import read_table
from resolver.names.normal_form import normal_form
from resolver.resolving.kernel.comparison import compare, evidence, evidence_of_best
from resolver.resolving.kernel.prepared_mention import PreparedMention
from resolver.resolving.kernel.workspace import Workspace
from resolver.resolving.score import weight_row

PLAIN = "RESOLVER_PLAIN" in os.environ
BATCH = 4 if PLAIN else 12
PARTS = (
    "john,j,smith,smyth,linchen,lin,chen,dr,bank,ltd,corp,of,north,south,2,ii,3,china,usa,muhammad,mohamed,ted".split(
        ","
    )
)


def real_names(count, seed):
    """Names of the bundled table with their aliases, in the order of a draw."""
    rows = list(read_table("entities.tsv"))
    random.Random(seed).shuffle(rows)
    return [
        [row["name"], *(alias.split("@")[0] for alias in row["aliases"].split("|") if alias)] for row in rows[:count]
    ]


def distorted(rng, text):
    letters = list(text)
    for _ in range(rng.randrange(3)):
        place = rng.randrange(len(letters))
        letters[place] = rng.choice(["", "a", "h", letters[place] * 2, " "])
    return "".join(letters)


def random_name(rng):
    return " ".join(
        rng.choice(PARTS) if rng.random() < 0.7 else "".join(rng.choices("abcehikmnorst", k=rng.randrange(1, 9)))
        for _ in range(rng.randrange(1, 7))
    )


def latin(texts):
    forms = (normal_form(text) for text in texts)
    return list({form.exact: form for form in forms if form.tokens and form.exact.isascii()}.values())


def check(mention, names):
    """All names of one batch, each against the oracle."""
    normal = normal_form(mention)
    if not normal.tokens or not names:
        return
    index = index_of(names)
    by_exact = {name.exact: name for name in names}
    w, prepared = Workspace(index, len(names)), PreparedMention(index, normal)
    forms = array("I", range(index.forms))
    shares = array("f", [0.25 * (form % 4) for form in forms])
    scores, _ = compare(w, prepared, forms, shares, weight_row(50_000))
    found = evidence_of_best(w, prepared, forms, shares, [(place, form % 3 == 0) for place, form in enumerate(forms)])
    for place, (form, given) in enumerate(zip(forms, found, strict=True)):
        oracle = Oracle(index, normal, by_exact[" ".join(index.written_words(form))])
        matches = [(match.mention, match.name) for match in oracle.matches]
        case = (mention, oracle.name_form.exact)
        assert [(match.mention, match.name) for match in given.matches] == matches, case
        for match, expected in zip(given.matches, oracle.matches, strict=True):
            assert match.similarity == pytest.approx(expected.value, abs=1e-9), case
            assert match.heard == pytest.approx(expected.learned, abs=1e-9), case
        if form in prepared.spelled:
            continue
        features = {name: float(value) for name, value in oracle.features(shares[place], form % 3 == 0).items()}
        if oracle.across and len(names) > 1:
            continue  # how much its tokens weigh goes by all words of the batch
        assert dict(given.features) == pytest.approx(features, abs=1e-6), case
        alone = evidence(Workspace(index, 1), PreparedMention(index, normal), form, shares[place], form % 3 == 0)
        assert alone == given, case
        weights = dict(
            zip(given.features, weight_row(50_000)[-len(given.features) if oracle.across else 0 :], strict=False)
        )
        total = sum(weights[name] * value for name, value in given.features.items() if name != "weak_alias")
        assert scores[place] == pytest.approx(total, abs=1e-6), case


@pytest.mark.parametrize("seed", range(2))
def test_real_names_equal_the_obvious_comparison(seed):
    rng = random.Random(seed)
    for names in real_names(3 if PLAIN else 10, seed):
        others = [name for group in real_names(6, rng.random()) for name in group]
        batch = latin([*names, *rng.sample(others, min(len(others), BATCH))])[:BATCH]
        for mention in (distorted(rng, names[0]), rng.choice(names)):
            if normal_form(mention).exact.isascii():
                check(mention, batch)


@pytest.mark.parametrize("seed", range(2))
def test_random_names_equal_the_obvious_comparison(seed):
    rng = random.Random(100 + seed)
    for _ in range(3 if PLAIN else 12):
        name = random_name(rng)
        check(distorted(rng, name), latin([name, *(random_name(rng) for _ in range(BATCH))]))


@pytest.mark.parametrize("seed", range(2))
def test_names_in_other_scripts_equal_the_obvious_comparison(seed):
    rng = random.Random(200 + seed)
    checked = 0
    for names in real_names(3 if PLAIN else 25, seed):
        mentions = [name for name in names[1:] if normal_form(name).tokens and not normal_form(name).exact.isascii()]
        for mention in rng.sample(mentions, min(len(mentions), 3)):
            batch = latin(names)
            check(mention, batch[:1])
            check(mention, batch[:4])
            checked += 1
    assert checked > (2 if PLAIN else 20)


@pytest.mark.slow
@pytest.mark.skipif(PLAIN, reason="this is that run")
def test_the_plain_kernel_equals_it_too():
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__, "-k", "equal and 0"],
        env=os.environ | {"RESOLVER_PLAIN": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("...")
