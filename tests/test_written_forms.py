"""Names that differ only in accents and variant letters: the one that is written as the mention is wins."""

import os
import random
import subprocess
import sys
import unicodedata

import pytest
from conftest import rows_of
from hypothesis import given
from hypothesis import strategies as st

import resolver
from resolver.database.build import build_file
from resolver.database.compaction import compact_file
from resolver.index.index_builder import index_of
from resolver.infra.packaged_data import read_table
from resolver.names.folding import fold
from resolver.names.normal_form import normal_form
from resolver.names.written_form import name_numbers, written_form
from resolver.records import Alias, Entity
from resolver.resolving.kernel.entity_ranking import best_agreement
from resolver.resolving.kernel.prepared_mention import PreparedMention
from resolver.resolving.kernel.workspace import Workspace
from resolver.resolving.matching import NO_PLACES

PLAIN = "RESOLVER_PLAIN" in os.environ
DIGRAPHS = {row["letter"]: row["digraph"] for row in read_table("digraphs.tsv")}


def build(path, names, type="person"):
    lines = ["id\tname\ttype", *(f"{number}\t{name}\t{type}" for number, name in enumerate(names))]
    (path.parent / "t.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    build_file(path, [path.parent / "t.tsv"])


def said(resolution):
    return resolution.entity.name if resolution.entity else resolution.outcome.upper()


CASES = rows_of("cases/written_forms.tsv")


@pytest.mark.parametrize("row", CASES, ids=lambda row: f"{row['mention']} in {row['table']}")
def test_cases(tmp_path, row):
    table = row["table"].split(" | ")
    build(tmp_path / "names.db", table, row["type"])
    with resolver.open(tmp_path / "names.db") as names:
        together = names.resolve(row["mention"])
        assert said(together) == row["expected"], together.explain()
        assert said(names.resolve(unicodedata.normalize("NFD", row["mention"]), row["type"])) == row["expected"]
    build(tmp_path / "names.db", table[:1], row["type"])
    with resolver.open(tmp_path / "names.db") as names:
        names.put(*(Entity(str(number), name, row["type"], ()) for number, name in enumerate(table[1:], 1)))
        apart = names.resolve(row["mention"])
    assert said(apart) == row["expected"], apart.explain()
    compact_file(tmp_path / "names.db")
    with resolver.open(tmp_path / "names.db") as names:
        assert names.resolve(row["mention"]) == together
    scores = [{c.entity.name: pytest.approx(c.score) for c in r.candidates} for r in (apart, together)]
    assert scores[0] == scores[1]


def test_only_namesakes_lose_by_it(tmp_path):
    build(tmp_path / "one.db", ["Zoltán Erdelyi"])
    build(tmp_path / "two.db", ["Zoltán Erdelyi", "Zoltan Erdelyi"])
    with resolver.open(tmp_path / "one.db") as one, resolver.open(tmp_path / "two.db") as two:
        for mention in ("Zoltán Erdelyi", "Zoltan Erdelyi", "Zoltán Erdeli"):
            alone, best = one.resolve(mention), two.resolve(mention)
            assert alone.candidates[0].score == pytest.approx(best.candidates[0].score, abs=0.2)
            assert "written_otherwise" not in alone.explain()
            assert "written_otherwise" not in best.candidates[0].evidence.features
            assert best.candidates[1].evidence.features["written_otherwise"] >= 1.0
            assert "written_otherwise" in best.explain()
            adds = best.explanation()[1]["adds"]
            assert sum(adds.values()) == pytest.approx(best.candidates[1].score, abs=1e-3)


def test_the_alias_that_is_written_so_is_named(tmp_path):
    build(tmp_path / "names.db", ["Unlike Altogether"])
    aliases = (Alias("Zoltan Erdelyi"), Alias("Zoltán Erdélyi"), Alias("Zoltán Erdelyi"))
    with resolver.open(tmp_path / "names.db") as names:
        names.put(Entity("z", "Erdelyi Z", "person", aliases), Entity("y", "Zoltan Erdélyi", "person", ()))
        for alias in aliases:
            resolution = names.resolve(alias.name)
            assert (resolution.entity.id, resolution.candidates[0].alias.name) == ("z", alias.name)
        assert names.resolve("Zoltan Erdélyi").entity.id == "y"


def test_who_is_not_asked_for_does_not_count(tmp_path):
    build(tmp_path / "names.db", ["Nürrbach"])
    with resolver.open(tmp_path / "names.db") as names:
        names.put(Entity("town", "Nurrbach", "place", ()), Entity("other", "Nurrbach", "org", ()))
        assert names.resolve("Nürrbach", "person").entity.id == "0"
        place = names.resolve("Nürrbach", "place")
        assert place.entity.id == "town"
        assert "written_otherwise" not in place.candidates[0].evidence.features
        names.reject("Nürrbach", "0")
        assert {c.entity.id for c in names.resolve("Nürrbach").candidates} == {"town", "other"}
        assert "written_otherwise" not in names.resolve("Nürrbach").explain()
        names.remove("0")
        assert "written_otherwise" not in names.resolve("Nürrbach").explain()


def test_a_much_likelier_namesake_may_be_meant(tmp_path):
    build(tmp_path / "names.db", ["Vallånd"], "place")
    with resolver.open(tmp_path / "names.db") as names:
        names.put(Entity("city", "Välland", "place", (), 20.0), Entity("hamlet", "Valland", "place", ()))
        assert names.resolve("Valland").outcome == "ambiguous"
        assert names.resolve("Välland").entity.id == "city"


def test_a_name_in_a_text_means_who_is_written_so(tmp_path):
    build(tmp_path / "names.db", ["Renée Ilvar", "Renee Ilvar"])
    with resolver.open(tmp_path / "names.db", resolver.Settings(policy="canonical")) as names:
        names.put(Entity("r", "Renata Ilvar", "person", (Alias("Rénee Ilvar"),)), Entity("x", "Olaf Grint", "person"))
        assert names.rewrite("We saw Renée Ilvar and Renee Ilvar.")[1] == []
        assert names.rewrite("We saw Rénee Ilvar.")[0] == "We saw Renata Ilvar."
        assert names.rewrite("We saw Rénée Ilvar.")[1] == []


@given(st.text(st.characters(categories=["L", "M", "N"]), max_size=30))
def test_the_written_form_of_a_written_form_is_itself(text):
    once = written_form(text)
    assert written_form(once) == once
    assert fold(once) == fold(text)
    assert written_form(unicodedata.normalize("NFD", text)) == written_form(unicodedata.normalize("NFC", text))


def test_what_is_no_way_of_writing_does_not_count():
    assert normal_form("O’Brien ＡＢＣ").written == ()
    assert normal_form("D'Ängelo").written == ("dängelo",)
    assert written_form("STRAẞE") == written_form("Straße") != written_form("Strasse")
    assert name_numbers((), ("a", "b")).tolist() == []
    assert len(name_numbers(("é", "b"), ("e", "b"))) == 2
    assert len(name_numbers(("ö", "b"), ("o", "b"))) == 4


def obvious_agreement(mention, name):
    """The definition, word by word, with the words themselves in place of their numbers."""
    left, right = normal_form(mention), normal_form(name)
    words = list(zip(left.written or left.exact.split(" "), left.exact.split(" "), strict=True))
    marked, same, others, either = 0, 0, 0, 0
    for written, exact in zip(right.written or right.exact.split(" "), right.exact.split(" "), strict=True):
        spelled = "".join(DIGRAPHS.get(letter, letter) for letter in written)
        if any(w == written or (w == spelled != exact) for w, _ in words):
            same += 1
            marked += written != exact
        elif any(w == spelled == exact for w, _ in words):
            either += 1
        else:
            others += any(e == exact for _, e in words)
    return marked + (same > 0 and others == 0 and (either == 0 or marked > 0))


def test_agreement_is_as_defined():
    rng = random.Random(7)
    parts = ["ana", "aná", "änä", "aenae", "bo", "bö", "bø", "boe", "cel", "çel", "das", "dæs", "daes"]
    names = sorted({" ".join(rng.choices(parts, k=rng.randrange(1, 5))) for _ in range(80)})
    mentions = [*names, "aenae boe çel bø", "Ana", "zzz"]
    found = set()
    for name in names:
        w = Workspace(index_of([normal_form(name)]), 1)
        for mention in mentions:
            w.load_writing(PreparedMention(w.index, normal_form(mention)).writing)
            agreed = best_agreement(w, 0, -1, NO_PLACES)
            assert agreed == obvious_agreement(mention, name), (mention, name)
            found.add(agreed)
    assert found == {0, 1, 2, 3, 4, 5}


@pytest.mark.slow
@pytest.mark.skipif(PLAIN, reason="this is that run")
def test_the_plain_kernel_agrees_too():
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__],
        env=os.environ | {"RESOLVER_PLAIN": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
