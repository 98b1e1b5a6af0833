"""Mentions in many scripts, oddly encoded or mixed: the right entity or nil, never an exception."""

import unicodedata

import pytest

TURNBULL = {
    "ar": "مالكوم تورنبول",
    "fa": "مالکوم ترنبول",
    "ru": "Малкольм Тёрнбулл",
    "uk": "Малкольм Тернбулл",
    "bg": "Малкълм Търнбул",
    "sr": "Малком Тернбул",
    "el": "Μάλκολμ Τέρνμπουλ",
    "he": "מלקולם טרנבול",
    "hy": "Մալքոլմ Թերնբուլ",
    "ka": "მალკოლმ ტერნბული",
    "hi": "मैल्कम टर्नबुल",
    "bn": "ম্যালকম টার্নবুল",
    "ta": "மால்கம் டர்ன்புல்",
    "si": "මැල්කම් ටර්න්බුල්",
    "te": "మాల్కం టర్న్‌బుల్",
    "ml": "മാൽക്കം ടേൺബുൾ",
    "th": "มัลคอล์ม เทิร์นบูล",
    "ko": "맬컴 턴불",
    "ja": "マルコム・ターンブル",
    "zh": "马尔科姆·特恩布尔",
    "zh-hant": "馬爾科姆·特恩布爾",
}


@pytest.mark.parametrize("lang", TURNBULL)
def test_one_name_in_many_scripts(names, lang):
    assert names.resolve(TURNBULL[lang]).candidates[0].entity.id == "malcolm-turnbull"


@pytest.mark.parametrize("lang", TURNBULL)
@pytest.mark.parametrize("form", ["NFD", "NFKD", "NFKC"])
def test_equivalent_strings_have_one_answer(names, lang, form):
    one, other = names.resolve(TURNBULL[lang]), names.resolve(unicodedata.normalize(form, TURNBULL[lang]))
    assert [(c.entity.id, c.probability) for c in one.candidates] == [
        (c.entity.id, c.probability) for c in other.candidates
    ]


@pytest.mark.parametrize(
    ("odd", "plain"),
    [
        ("Ｙｏｓｈｉｈｉｄｅ　Ｓｕｇａ", "Yoshihide Suga"),
        ("ﾏﾙｺﾑ･ﾀｰﾝﾌﾞﾙ", "マルコム・ターンブル"),
        ("ﻣﺎﻟﻜﻮﻡ ﺗﻮﺭﻧﺒﻮﻝ", "مالكوم تورنبول"),
        ("Mal\u200bcolm Turn\u200dbull", "Malcolm Turnbull"),
        ("Малкълм\u00a0Търнбул", "Малкълм Търнбул"),
        ("مَالكوم تورنبول", "مالكوم تورنبول"),
    ],
)
def test_width_joiners_and_points_do_not_matter(names, odd, plain):
    one, other = names.resolve(odd), names.resolve(plain)
    assert [c.entity.id for c in one.candidates[:1]] == [c.entity.id for c in other.candidates[:1]]


@pytest.mark.parametrize(
    "mention",
    [
        "ⵜⵉⴼⵉⵏⴰⵖ",
        "𐌱𐌴𐍂𐌽𐌹 𐍃𐌰𐌽𐌳𐌴𐍂𐍃",
        "🦄 🦄🦄",
        "Малкълм Turnbull",
        "マルコムTurnbull",
        "习Jinping",
        "\u0301\u0301Suga",
        "क्‍ष\u200d\u200d",
        "ʘǀǃ",
        "ا" * 300,
        "漢" * 200,
        "가" * 100,
        "각ᄀ",
        "ﷺ",
        "ำำำ",
        "\u0e33",
        "١٢٣ ٤٥٦",
        "Ꮳ Ꮃ",
    ],
)
def test_odd_mentions_are_answered(names, mention):
    r = names.resolve(mention)
    assert r.outcome in ("linked", "ambiguous", "nil")
    assert r.explain() and isinstance(r.explanation(), list)


def test_mixed_scripts_are_compared_token_by_token(names):
    assert names.resolve("Малкълм Turnbull").candidates[0].entity.id == "malcolm-turnbull"
    assert names.resolve("Turnbull, Малкълм").candidates[0].entity.id == "malcolm-turnbull"
