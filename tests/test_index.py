"""The search index: what is found first, what is cut, and that a search leaves nothing behind."""

from array import array

import pytest

from resolver.index.index_builder import index_of
from resolver.index.search_index import Index, from_chunks, to_blobs
from resolver.names.normal_form import normal_form
from resolver.resolving.candidates import FormSearch

NAMES = ("Yoshihide Suga", "Yoshihiko Noda", "Angela Merkel", "Huawei Technologies", "ZTE", "Lin Chen", "王毅")


def index(names=NAMES):
    return index_of([normal_form(name) for name in names])


def found(index, mention, limit=5):
    return [" ".join(index.tokens(form)) for form in FormSearch(index, 10).find(normal_form(mention), limit).forms]


def test_best_first_and_limited():
    assert found(index(), "Yoshihidi Soja", 2)[0] == "yoshihide suga"
    assert len(found(index(), "Yoshihidi", 1)) == 1


def test_a_search_leaves_nothing_behind():
    one = index()
    first = found(one, "Angela Merkil")
    found(one, "Yoshihide Suga")
    assert found(one, "Angela Merkil") == first == found(index(), "Angela Merkil")


def test_equal_forms_are_one():
    one = index(["A B"] * 5)
    assert one.forms == 1
    assert len(one.aliases(0)) == 5


def test_joined_and_split_tokens_are_found():
    assert found(index(), "Linchen") == ["lin chen"]
    assert found(index(["Linchen", "Merkel"]), "Lin Chen") == ["linchen"]


def test_another_script_is_found_by_its_romanisations():
    assert found(index(), "Ангела Меркель")[0] == "angela merkel"


@pytest.mark.parametrize("names", [NAMES, (), ("...",)])
def test_parts_round_trip(names):
    one = index(names)
    blobs = list(to_blobs(one.parts))
    again = from_chunks(blobs, sum(len(data) for _, data in blobs))
    assert {name: list(part) for name, part in again.parts.items()} == {n: list(p) for n, p in one.parts.items()}
    assert found(again, "Huavei") == found(one, "Huavei")


def test_an_empty_index_finds_nothing():
    assert found(index([]), "Merkel") == []
    assert index([]).find_form(["merkel"]) == -1


def test_words_and_forms_are_found_by_hash():
    one = index()
    assert one.find_word("suga") >= 0
    assert one.find_word("sugar") == -1
    assert one.tokens(one.find_form(["yoshihide", "suga"])) == ["yoshihide", "suga"]
    assert one.find_form(["suga", "yoshihide"]) == -1
    assert one.written_words(one.find_form(["王毅"])) == ["王毅"]


def test_a_part_that_is_missing_or_cut_short_is_an_error():
    parts = dict(index().parts)
    Index(parts)
    with pytest.raises(ValueError, match="parts"):
        Index({**parts, "form_words": parts["form_words"][:-1]})
    with pytest.raises((ValueError, KeyError)):
        Index({name: part for name, part in parts.items() if name != "word_at"})


def test_what_is_too_common_is_cut_and_counted(monkeypatch):
    monkeypatch.setattr("resolver.resolving.candidates.FORM_BUDGET", 10)
    names = [f"Ivan Petrov{letter}{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    result = FormSearch(index(names), 30).find(normal_form("Ivan Petrovaa"), 30)
    assert result.cut >= 26  # "ivan"
    assert index(names).tokens(result.forms[0]) == ["ivan", "petrovaa"]
    monkeypatch.undo()
    assert FormSearch(index(names), 30).find(normal_form("Ivan Petrovaa"), 30).cut == 0


def test_the_share_of_what_is_equal_is_one():
    result = FormSearch(index(), 5).find(normal_form("ZTE"), 5)
    assert result.shares[0] == 1.0
    assert isinstance(result.forms, array)
