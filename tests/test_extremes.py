"""Tables and files that nobody means well by: an answer in bounded time, or a clear error, never a crash."""

import itertools
import random
import string

import pytest

import resolver
from resolver.database.build import build_file
from resolver.errors import DatabaseError, ResolverError


def table_of(folder, names):
    (folder / "t.tsv").write_text("id\tname\n" + "".join(f"{i}\t{name}\n" for i, name in enumerate(names)))
    build_file(folder / "t.db", [folder / "t.tsv"])
    return resolver.open(folder / "t.db")


def one_letter_apart(count):
    base = "maximilianopolitanskyarow"
    places = itertools.combinations(range(len(base)), 2)
    letters = itertools.product(string.ascii_lowercase, repeat=2)
    names = (base[:i] + a + base[i:j] + b + base[j:] for (i, j), (a, b) in itertools.product(places, list(letters)))
    return base, list(dict.fromkeys(itertools.islice(names, count)))


@pytest.mark.slow
def test_a_hundred_thousand_names_but_for_a_letter_or_two(tmp_path):
    base, names = one_letter_apart(100_000)
    table = table_of(tmp_path, names)
    assert table.resolve(base).outcome in ("ambiguous", "nil")
    exact = table.resolve(names[777])
    assert names[777] in [c.entity.name for c in exact.candidates]
    assert exact.cut > 0


@pytest.mark.slow
def test_one_token_in_every_name(tmp_path):
    rng = random.Random(1)
    words = ("".join(rng.choices("abcdefghiklmnorstu", k=rng.randint(3, 9))) for _ in range(50_000))
    names = [f"International {word}" for word in dict.fromkeys(words)]
    table = table_of(tmp_path, names)
    assert table.resolve("International").outcome != "linked"
    assert table.resolve(names[4242]).candidates[0].entity.name == names[4242]


def test_many_entities_of_one_name_are_ambiguous(tmp_path):
    table = table_of(tmp_path, ["John Smith"] * 3000 + ["Jane Doe"])
    r = table.resolve("John Smith")
    assert r.outcome == "ambiguous"
    assert len(r.candidates) == 10
    assert r.probability == pytest.approx(1 / 3000, rel=0.05)
    assert table.resolve("Jane Doe").outcome == "linked"


def test_names_of_ten_thousand_letters(tmp_path):
    table = table_of(tmp_path, ["ab" * 5000, "word " * 2000, "Angela Merkel"])
    assert table.resolve("Angela Merkel").outcome == "linked"
    assert len(table.resolve("ab" * 200).candidates) <= 3
    assert len(table.resolve("word " * 90).candidates) <= 3


def test_flipped_bits_are_found(tmp_path):
    table_of(tmp_path, [f"Person {a}{b}sky" for a, b in itertools.product(string.ascii_lowercase, repeat=2)]).close()
    whole = (tmp_path / "t.db").read_bytes()
    rng = random.Random(1)
    wrong = 0
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(4):
            damaged[rng.randrange(100, len(whole))] ^= 1 << rng.randrange(8)
        (tmp_path / "t.db").write_bytes(damaged)
        try:
            with resolver.open(tmp_path / "t.db") as table:
                table.resolve("Person absky")
        except ResolverError as error:
            assert str(tmp_path) in str(error)
            wrong += 1
    assert wrong > 20


def test_cut_short_is_found(tmp_path):
    table_of(tmp_path, [f"Person {a}{b}sky" for a, b in itertools.product(string.ascii_lowercase, repeat=2)]).close()
    whole = (tmp_path / "t.db").read_bytes()
    for part in (0.3, 0.7, 0.95):
        (tmp_path / "t.db").write_bytes(whole[: int(part * len(whole))])
        with pytest.raises(DatabaseError, match=r"t\.db"), resolver.open(tmp_path / "t.db") as table:
            table.resolve("Person absky")
