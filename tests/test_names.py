import unicodedata
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.names import normal_form as normal
from resolver.names.folding import fold, romanise
from resolver.names.normal_form import normal_form
from resolver.names.scripts import script_of_text
from resolver.names.tokens import words


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=40))
def test_canonically_equivalent_strings_have_one_normal_form(text):
    forms = [normal_form(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")]
    assert forms[0].exact == forms[1].exact


@given(st.text(max_size=60))
def test_words_are_where_they_say(text):
    end = 0
    for word in words(text):
        assert text[word.start : word.end] == word.text
        assert word.start >= end
        end = word.end


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Recep Tayyip Erdoğan", "recep tayyip erdogan"),
        ("Al-Quds Al-Arabi", "Al Quds Al Arabi"),
        ("U.S.", "US"),
        ("S.p.A", "SpA"),
        ("O’Neill", "O'Neill"),
        ("Ｔｏｋｙｏ", "Tokyo"),
        ("محمّد", "محمد"),
        ("علی", "علي"),
        ("בִּנְיָמִין", "בנימין"),
        ("ﻣﺤﻤﺪ", "محمد"),
        ("Łódź", "Lodz"),
        ("Zed Tee Ee", "ZTE"),
        ("Nestlé", "Nestle\u0301"),
        ("Huawei's", "Huawei"),
    ],
)
def test_written_alike(one, other):
    assert normal_form(one).exact == normal_form(other).exact


@pytest.mark.parametrize(("one", "other"), [("OPEC", "OPEC+"), ("मोदी", "मादी"), ("George I", "George II")])
def test_written_differently(one, other):
    assert normal_form(one).exact != normal_form(other).exact


def test_legal_forms_and_titles_are_not_in_the_core():
    assert normal_form("Dr. Huawei Technologies Co., Ltd.").core == "huawei technologies"
    assert normal_form("Ltd").core == "ltd"


def test_roles():
    normal = normal_form("President Ursula von der Leyen")
    assert normal.roles == ("office", "name", "particle", "particle", "name")


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("Gallery Seventy-Eight", ["Gallery", "Seventy-Eight"]),
        ("株式会社白樺製作所 Oslo", ["株式会社", "白樺製作所", "Oslo"]),
        ("Zed Tee Ee", []),
        ("O&#39;Grattan", []),
        ("The O'Grattan Co., Ltd.", ["The", "O'Grattan", "Co", "Ltd"]),
    ],
)
def test_words_of_tokens(name, texts):
    found = normal.words_of_tokens(name)
    assert [word.text for word in found] == [name[word.start : word.end] for word in found] == texts


def test_names_without_letters_are_empty():
    assert normal_form(" …😀 ").tokens == ()


def test_scripts():
    assert script_of_text("Путин V") == "Cyrillic"
    assert script_of_text("习近平") == "Han"
    assert script_of_text("12 — 3") == "Other"
    assert romanise("Путин") == "putin"


AWKWARD = [
    "U.S.", "U.S", "u.s.a", "S.p.A", "J.R.R. Tolkien", "J. R. R. Tolkien", "A.1.", "1.2.3.", "a.b c.d.", "x.y.z1",
    "AT&T", "AT&T's", "at & t", "H&M", "&", "O'Brien", "O'Brien's", "James'", "James's", "S'", "'s", "'S x", "x's's",
    "`Abd", "rock'n'roll", "OPEC+", "C++", "C+++", "x+y", "+", "Zed Tee Ee", "zed", "", "..", "--", "a_b", "Dr. No",
    "Smith-Jones, (Bob) \"B\" @home #1 50% a/b a\\b {x} [y] <z> ~ ^ | = * ! ? ; :", "tab\tline\nend\x00\x7f", "ABC123",
]  # fmt: skip


def both_ways(text):
    with patch.object(normal, "plain_words", lambda text: None):
        general = normal_form(text)
    return normal_form(text), general


@pytest.mark.parametrize("text", AWKWARD)
def test_plain_names_take_a_short_cut_to_the_same_form(text):
    short, general = both_ways(text)
    assert short == general


@given(st.text(st.sampled_from("abSsTtOo1 .'`&+-,/é’\u0301"), max_size=12))
def test_the_short_cut_is_right_for_any_text(text):
    short, general = both_ways(text)
    assert short == general
