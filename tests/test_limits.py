"""Sizes of buffers have one home: raised there, nothing overflows and nothing else changes."""

import json
import os
import subprocess
import sys

import pytest

LONG = "x" * 60 + "yz"
RUN = """
import json, sys
import resolver.infra.limits as limits
given = json.loads(sys.argv[1])
for name, value in given.items():
    setattr(limits, name, value)
limits.MAX_PIECES = 2 * limits.MAX_TOKENS + 1
limits.ITEMS_PER_FORM = 2 * limits.MAX_TOKENS + 2
from resolver.database.build import build_in_memory
from resolver.database.table import Table
from resolver.records import Entity
from resolver.resolving.resolver import Resolver
from resolver.settings import Settings
table = sys.argv[2]
names = Resolver(Table(build_in_memory([table])).snapshot(), Settings())
long = "x" * 60 + "yz"
many = " ".join(f"token{n}abc" for n in range(24))
native = ["Иван" * 30, "菅" * 70, " ".join(["菅義"] * 20)]
for mention in ("Yoshihidi Soja", long, long + "q", many, many + " last", *native):
    found = names.resolve(mention)
    print(mention[:20], [(c.entity.id, round(c.score, 3)) for c in found.candidates[:1]])
    for candidate in found.candidates:
        candidate.evidence
"""


@pytest.fixture
def table(tmp_path):
    many = " ".join(f"token{n}abc" for n in range(24))
    path = tmp_path / "long.tsv"
    native = "Иван" * 30
    path.write_text(
        f"id\tname\na\tYoshihide Suga\nb\t{LONG}\nc\t{many}\nd\t{native}\ne\t{'菅' * 70}\n", encoding="utf-8"
    )
    return path


@pytest.mark.parametrize(
    "raised", [{}, {"MAX_LETTERS": 200}, {"MAX_TOKENS": 29}, {"MAX_LETTERS": 7}, {"MAX_TOKENS": 3}], ids=str
)
def test_raising_a_limit_in_its_home_is_safe(table, raised):
    environment = os.environ | {"PYTHONMALLOC": "debug"}  # says where a buffer was written past its end
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(raised), str(table)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    best = [line.split("[", 1)[1][:4] for line in done.stdout.splitlines()]
    assert best[0] == "('a'"
    if raised.get("MAX_LETTERS", 48) >= 48:
        assert best[1] == "('b'"
    if raised.get("MAX_TOKENS", 12) >= 12:
        assert best[3] == "('c'"
