"""Distils a lexicon of names that stand for each other but do not sound alike, for scripts/train."""

from collections import Counter, defaultdict

from name_pairs import folder_rows, words_of

from resolver.names.name_parts import NAME, name_parts
from resolver.sound.latin_sounds import similarity_rows

SOURCE = "wikidata_name_parts"
MIN_SHARED = 3
"""The fewest native spellings that two Latin names share; a pair of Latin respellings counts as two."""
MAX_SIMILARITY = 0.8
"""Names that sound more alike than this need no lexicon."""
MAX_LATIN = 25
"""The most Latin spellings of a native one that is used: beyond, it says little."""


def distil(folder):
    """The pairs of Latin names, sorted, with the number of native spellings that they share."""
    latin_of = defaultdict(set)
    shared = Counter()
    for latin, native, script in folder_rows(folder / f"{SOURCE}.tsv.xz"):
        one, other = words_of(latin), words_of(native)
        if len(one) != 1 or len(other) != 1 or not _is_plain(one[0]):
            continue
        if script != "Latin":
            if len(other[0]) >= 2:
                latin_of[script, other[0]].add(one[0])
        elif _is_plain(other[0]) and one != other:
            shared[tuple(sorted((one[0], other[0])))] += 2
    for names in latin_of.values():
        for one in names if len(names) <= MAX_LATIN else ():
            for other in names:
                if one < other:
                    shared[one, other] += 1
    return [(one, other, count) for (one, other), count in sorted(shared.items()) if _is_wanted(one, other, count)]


def _is_wanted(one, other, count):
    roles = name_parts().roles
    return (
        count >= MIN_SHARED
        and all(2 <= len(name) <= 14 and roles.get(name, NAME) == NAME for name in (one, other))
        and similarity_rows((one,), (other,))[0] < MAX_SIMILARITY
    )


def _is_plain(word):
    return word.isascii() and word.isalpha()
