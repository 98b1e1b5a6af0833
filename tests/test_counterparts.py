"""The screen of windows: it rules out most of a text, and nothing that would be rewritten."""

import json

import pytest

import resolver
from resolver.infra.packaged_data import data_path
from resolver.names.normal_form import normal_form
from resolver.text.counterparts import WindowScreen


@pytest.fixture(scope="module")
def screen():
    with resolver.open() as names:
        yield WindowScreen(names.engine().snapshot)


@pytest.mark.parametrize(
    "words",
    [
        "Yoshihidi Soja",  # both tokens are misspelt
        "Malkolm Ternbull",
        "Huawey Technologies",
        "Yoshi Hide Suga",  # a token in two words
        "Малколм Търнбул",  # only Latin letters are ruled out
    ],
)
def test_distortions_pass(screen, words):
    assert screen.may_distort(normal_form(words), whole=False)


@pytest.mark.parametrize(
    "words",
    [
        "Quarterly Dividend",
        "Wheat Flour Shipments",  # no name has counterparts of all
        "Xqzwv Kplmt",
    ],
)
def test_other_words_are_ruled_out(screen, words):
    assert not screen.may_distort(normal_form(words), whole=False)


def test_edits_are_those_without_the_screen(monkeypatch):
    texts = [json.loads(line)["text"] for line in data_path("sample/wire.jsonl").read_text("utf-8").splitlines()]
    with resolver.open() as names:
        edits = [names.rewrite(text)[1] for text in texts]
    monkeypatch.setattr(WindowScreen, "may_distort", lambda self, normal, whole: True)
    with resolver.open() as names:
        assert [names.rewrite(text)[1] for text in texts] == edits
    assert any(edits)
