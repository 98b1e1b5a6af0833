"""Every tokeniser here finds the same words: the pattern, the compiled shortcuts, the scanner and what cuts words."""

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.index.hash_tables import plain_words_of
from resolver.infra.arrays import zeros
from resolver.names import character_classes as classes
from resolver.names.folding import fold
from resolver.names.tokens import plain_words, words
from resolver.text.scanner import Words, code_points, find_stretches
from resolver.text.tokenised_text import TokenisedText, tokenise
from resolver.text.unspaced_scripts import cut_unspaced

SIGNS = (
    classes.APOSTROPHES
    + classes.HEBREW_MARKS
    + classes.DASHES
    + classes.SPACES
    + classes.MIDDLE_DOTS
    + classes.GAPS
    + classes.SENTENCE_OPENERS
    + classes.LINE_BREAKS
    + "&+.,@#<>{}/s\u200b\u200d\u0301"
)
WORDS = st.sampled_from(
    "Soja|Open AI|AT&T|O'Brien|U.S.|S.p.A|OPEC+|C++|it's|Juan’s|s|S|’s|é|Zoë|מ״מ"
    "|菅義偉氏|トヨタは|오사카에서|สุวรรณ|7-Eleven|of".split("|")
)
TEXTS = st.lists(WORDS | st.text(st.sampled_from(SIGNS), max_size=3) | st.text(max_size=4), max_size=12).map("".join)
BOUNDARY = regex.compile(r"[^\p{L}\p{M}\p{N}\u200b-\u200d]")


class AnyName:
    """A store that has every word, so that words are cut wherever they may be."""

    def begins(self, word):
        return 0

    def has_word(self, word):
        return True

    def named(self, word):
        return []


def spans(text):
    return [(word.text, word.start, word.end) for word in words(text)]


def stretches(text):
    room = zeros("i", len(text) + 2)
    count = find_stretches(code_points(text), Words([], []), zeros("i", 0), zeros("Q", 8), 1, room)
    ends = room[: 2 * count].tolist()
    return list(zip(ends[::2], ends[1::2], strict=True))


def test_each_class_is_what_the_pattern_says():
    for code, code_class in enumerate(classes.CODE_CLASSES):
        sign = chr(code)
        alone = spans(sign) == [(sign, 0, 1)]
        if code_class in (classes.SMALL, classes.CAPITAL):
            assert alone and sign.isascii()
        elif code_class != classes.LETTER:
            assert not alone and BOUNDARY.fullmatch(sign), hex(code)
        if code_class in (classes.BREAK, classes.EDGE, classes.GAP, classes.ODD, classes.SPACE, classes.INNER):
            assert spans(f"A{sign}B") == [("A", 0, 1), ("B", 2, 3)], hex(code)
        if code_class in (classes.APOSTROPHE, classes.BINDING):
            assert sign in classes.APOSTROPHES + classes.AMPERSAND + classes.PLUS + classes.STOP


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_shortcuts_find_the_words_of_the_pattern(text):
    folded = [fold(word.text) for word in words(text)]
    assert plain_words(text) in (None, folded)
    assert plain_words_of(code_points(text)) in (None, folded)


@pytest.mark.parametrize("text", ["Open AI, Air-bus", "the Juan’s (Tokyo)", "“Soft” bank – a.b", "x's's"])
def test_shortcuts_are_taken(text):
    assert plain_words_of(code_points(text)) == [fold(word.text) for word in words(text)]


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_a_stretch_has_whole_words_and_leaves_out_no_capital(text):
    found, covered = stretches(text), set()
    for start, end in found:
        inside = [word for word in spans(text) if start <= word[1] and word[2] <= end]
        assert not [word for word in spans(text) if word[1] < start < word[2] or word[1] < end < word[2]]
        assert [(word.text, word.start, word.end) for word in tokenise(text, [(start, end)], [])] == inside
        covered.update(inside)
    assert all(word[0].isascii() and word[0].lower() == word[0] for word in set(spans(text)) - covered)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_tokens_are_words_and_cutting_loses_no_letter(text):
    tokens = tokenise(text, None, [])
    assert [(token.text, token.start, token.end) for token in tokens] == spans(text)
    assert all(token.folded == fold(token.text) for token in tokens)
    cut = cut_unspaced(AnyName(), TokenisedText(text, tokens.tokens))
    assert "".join(token.text for token in cut) == "".join(token.text for token in tokens)
    assert all(text[token.start : token.end] == token.text for token in cut)
