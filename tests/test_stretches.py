"""Which parts of a text are looked at: none that has a name may be passed over, and what is remembered stays true."""

from array import array

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import resolver
from resolver import Entity, Settings
from resolver.corpus.stretches import Words, find_stretches
from resolver.corpus.textspans import protected_spans, text_words

WORDS = Words(["of", "the", "al"], ["adidas"])


def stretches(text, words=WORDS):
    room = array("i", bytes(4 * (len(text) + 2)))
    count = find_stretches(text, words, room)
    odd = count < 0
    ends = room[: 2 * (-count - 1 if odd else count)].tolist()
    return [text[a:b] for a, b in zip(ends[::2], ends[1::2], strict=True)], odd


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("we met Yoshihidi Soja yesterday, and left", ["Yoshihidi Soja"]),
        ("the Ministry of the Interior said", ["the Ministry of the Interior"]),
        ("made by adidas of Germany", ["adidas of Germany"]),
        ("of the", []),
        ("in Washington, D.C., and St. Petersburg.", ["Washington, D.C.,", "St. Petersburg."]),
        ("Angela Merkil\nSoftbank", ["Angela Merkil", "Softbank"]),
        ('he told "Softbank" (Tokyo) Suga', ['"Softbank"', "(Tokyo)", "Suga"]),
        ("al-Quds iPhone 7-Eleven élan", ["al-Quds iPhone 7-Eleven élan"]),
        ("昨天菅義偉说 and يوشيهيدي سوجا said", ["昨天菅義偉说", "يوشيهيدي سوجا"]),
        ("", []),
        ("Suga", ["Suga"]),
        (" \n Suga", ["Suga"]),
    ],
)
def test_stretches(text, found):
    assert stretches(text)[0] == found


@pytest.mark.parametrize("text", ["see www.x.org", "a@b.de", "#tag", "{{x}}", "<b>", "http://x", "WWW.x", "x.com"])
def test_signs_of_addresses(text):
    assert stretches(text)[1]


def test_plain_text_has_no_signs_of_addresses():
    assert not stretches("Mr. J. Smith of the U.S. said: no; 3.5 per cent... (really)")[1]


ODD = st.sampled_from("@ # {{ }} < > http:// www. a@b.org x.com Softbank . \n é \u00a0 Ltd of - ' , said".split(" "))


@given(st.lists(ODD, max_size=12).map("".join) | st.lists(ODD, max_size=12).map(" ".join))
def test_addresses_are_seen(text):
    if protected_spans(text):
        assert stretches(text)[1]


@given(st.lists(ODD | st.text(max_size=4), max_size=12).map(" ".join))
def test_words_of_stretches_are_words_of_the_text(text):
    room = array("i", bytes(4 * (len(text) + 2)))
    count = find_stretches(text, WORDS, room)
    ends = room[: 2 * (-count - 1 if count < 0 else count)].tolist()
    spans = list(zip(ends[::2], ends[1::2], strict=True))
    whole = {(word.text, word.start, word.end, word.opens) for word in text_words(text)}
    assert {(word.text, word.start, word.end, word.opens) for word in text_words(text, spans)} <= whole


PIECES = st.sampled_from(
    "Yoshihidi Soja|Soja|Softbank|KDDI Corp.|Huawei|ZTE China|China's ZTE|US|the|said|. |, |\n|“|”|'s|www.softbank.com"
    "|Angela Merkil|Merkil|New York|Times|adidas|foreign ministry|{{Softbank}}|Ltd".split("|")
)


@pytest.mark.parametrize("policy", ["variants", "canonical"])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PIECES, max_size=12).map(" ".join))
def test_what_is_remembered_changes_no_answer(policy, text):
    known = resolver.open(settings=Settings(policy=policy))
    known.rewrite(text)
    assert known.rewrite(text) == resolver.open(settings=Settings(policy=policy)).rewrite(text)


def test_a_name_in_small_letters_is_found_when_it_is_put_in(tmp_path):
    (tmp_path / "t.tsv").write_text("id\tname\taliases\na\tAlpha Beta\t\n", encoding="utf-8")
    from resolver.gazetteer.build import build_file

    build_file(tmp_path / "t.db", [tmp_path / "t.tsv"])
    with resolver.open(tmp_path / "t.db", Settings(policy="canonical")) as names:
        text = "it was made by blue moon works in may"
        assert names.rewrite(text)[0] == text
        names.put(Entity("m", "Moon Works", "org", [resolver.Alias("blue moon works")]))
        assert names.rewrite(text)[0] == "it was made by Moon Works in may"


def test_exact_leaves_distorted_names_alone():
    names = resolver.open(settings=Settings(exact=True))
    assert names.rewrite("Yoshihidi Soja met Softbank.")[0] == "Yoshihidi Soja met SoftBank."
