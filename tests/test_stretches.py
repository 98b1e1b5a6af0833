"""Which parts of a text are looked at: none that has a name may be passed over, and what is remembered stays true."""

from array import array
from multiprocessing import get_context

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import resolver
from resolver import Entity, Settings
from resolver.infra.arrays import shared_zeros, zeros
from resolver.text.protected_spans import protected_spans
from resolver.text.scanner import Words, add_empty, code_points, find_stretches
from resolver.text.tokenised_text import tokenise

WORDS = Words(["of", "the", "al"], ["adidas"])


def remember(empty, surface):
    add_empty(empty, code_points(surface), array("i", [0, len(surface)]), 1)


def spans(text, empty=None, seed=1, shut=()):
    room = zeros("i", len(text) + 2)
    closed = zeros("i", len(shut))
    closed[:] = type(closed)("i", shut)
    count = find_stretches(code_points(text), WORDS, closed, empty or zeros("Q", 8), seed, room)
    ends = room[: 2 * count].tolist()
    return list(zip(ends[::2], ends[1::2], strict=True))


def stretches(text, *known):
    return [text[start:end] for start, end in spans(text, *known)]


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
    assert stretches(text) == found


def test_stretches_that_hold_nothing_are_left_out():
    empty = zeros("Q", 64)
    text = "Soja met Suga, and Soja met Suga Soja"
    remember(empty, "Soja")
    assert stretches(text, empty) == ["Suga,", "Suga Soja"]
    assert stretches(text, empty, 2) == ["Soja", "Suga,", "Soja", "Suga Soja"]  # of another state
    assert stretches(text, empty, 1, (20, 21)) == ["Suga,", "Soja", "Suga Soja"]  # a part of it is an address
    for other in range(1000):
        remember(empty, f"Soja S{other}")
    assert len(set(empty)) <= 64
    assert stretches("met Soja S999 again", empty) == []


def test_what_one_process_has_seen_the_others_know():
    empty = shared_zeros("Q", 64)
    child = get_context("fork").Process(target=remember, args=(empty, "Soja"))
    child.start()
    child.join()
    assert stretches("met Soja", empty) == []


@pytest.mark.parametrize(
    ("text", "shut"),
    [
        ("see www.x.org, a@b.de and #tag", ["www.x.org,", "a@b.de", "#tag"]),
        ("{{x}} and <b>Soja</b>", ["{{x}}", "<b>", "</b>"]),
        ("at http://x and www.x or x.com/y.", ["http://x", "www.x", "x.com/y."]),
        ('<a href="http://x.org/y z">Soja</a>', ['<a href="http://x.org/y z">', "</a>"]),
        ("Mr. J. Smith of the U.S. said: no; 3.5 per cent... (really) at 5 p.m.", []),
    ],
)
def test_addresses_and_markup_are_shut(text, shut):
    assert [text[start:end] for start, end in protected_spans(text)] == shut


ODD = st.sampled_from("@ # {{ }} < > http:// www. a@b.org x.com Softbank . \n é \u00a0 Ltd of - ' , said".split(" "))


@given(st.lists(ODD | st.text(max_size=4), max_size=12).map(" ".join))
def test_words_of_stretches_are_words_of_the_text(text):
    whole = {(word.text, word.start, word.end, word.opens) for word in tokenise(text)}
    assert {(word.text, word.start, word.end, word.opens) for word in tokenise(text, spans(text))} <= whole


PIECES = st.sampled_from(
    "Yoshihidi Soja|Soja|Softbank|KDDI Corp.|Huawei|ZTE China|China's ZTE|US|the|said|. |, |\n|“|”|'s|www.softbank.com"
    "|Angela Merkil|Merkil|New York|Times|adidas|foreign ministry|{{Softbank}}|Ltd".split("|")
)


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["variants", "canonical"])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PIECES, max_size=12).map(" ".join))
def test_what_is_remembered_changes_no_answer(policy, text):
    known = resolver.open(settings=Settings(policy=policy))
    known.rewrite(text)
    first = resolver.open(settings=Settings(policy=policy)).rewrite(text)
    assert known.rewrite(text) == first
    known.engine().rewriter._screen._known.clear()  # as in another process, which shares only what is known to be bare
    assert known.rewrite(text) == first


def test_a_name_in_small_letters_is_found_when_it_is_put_in(tmp_path):
    (tmp_path / "t.tsv").write_text("id\tname\taliases\na\tAlpha Beta\t\n", encoding="utf-8")
    from resolver.database.build import build_file

    build_file(tmp_path / "t.db", [tmp_path / "t.tsv"])
    with resolver.open(tmp_path / "t.db", Settings(policy="canonical")) as names:
        text = "it was made by blue moon works in may"
        assert names.rewrite(text)[0] == text
        names.put(Entity("m", "Moon Works", "org", [resolver.Alias("blue moon works")]))
        assert names.rewrite(text)[0] == "it was made by Moon Works in may"


def test_exact_leaves_distorted_names_alone():
    names = resolver.open(settings=Settings(exact=True))
    assert names.rewrite("Yoshihidi Soja met Softbank.")[0] == "Yoshihidi Soja met SoftBank."


WRITTEN = st.sampled_from(
    "Softbank|SOFTBANK|Soft bank|Open AI|Air-bus|KDDI Corp.|AT&T's|U.S.|u.s.a|O'Brien|Macdonald’s|Huawei Technologies"
    "|said|The|of|'s|’S|. |, |\n|“|+|&|é|—|Tokyo|TOKYO".split("|")
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(WRITTEN, max_size=8).map(" ".join) | st.lists(WRITTEN, max_size=8).map("".join))
def test_no_stretch_with_a_form_is_passed_over(text):
    exact = resolver.open(settings=Settings(exact=True))
    in_full = resolver.open(settings=Settings(exact=True))
    in_full.engine().snapshot.forms_by_words = lambda: None
    assert exact.rewrite(text) == in_full.rewrite(text)


def test_stretches_without_any_form_are_told_at_once(monkeypatch):
    names = resolver.open(settings=Settings(exact=True))
    looked_at = []
    examine = names.engine().rewriter._examine
    monkeypatch.setattr(
        names.engine().rewriter._screen, "_examine", lambda text, shut: looked_at.append(text) or examine(text, shut)
    )
    names.rewrite("Frobnicate met Softbank when Xyzzyville slept.")
    assert looked_at == ["Softbank", "SoftBank"]
