"""The kernel again, slow and obvious: how the tokens of a mention and a name are matched, and what features follow.

Written to be read, and from the definitions: similarities are looked up one pair at a time, matches are made by sorting
a list, and each feature is one line. The primitives (costs of sounds, learned tables, rarity of words) are the
project's own; other tests check them.
"""

from dataclasses import dataclass
from functools import cached_property

from rapidfuzz.distance import Indel

from resolver.infra.limits import MAX_LETTERS, MAX_ROTATED_TOKENS, MAX_TOKENS
from resolver.names.distinguishing_marks import mark_of
from resolver.names.folding import letters_script
from resolver.names.known_words import how_known
from resolver.names.name_parts import closing_places
from resolver.names.normal_form import core_span
from resolver.names.scripts import UNSPACED
from resolver.resolving.features import ROLE_SHARE
from resolver.resolving.kernel.prepared_mention import LISTED_WEIGHT
from resolver.sound.cost_tables import PackedWords, tables_of
from resolver.sound.latin_sounds import similarity_rows
from resolver.sound.search_keys import code_number
from resolver.sound.similarity import Spelling, equal_names, tables_of_word

COUNTRY, DIRECTION, GENERATION, NUMBER, FILIATION, WORD = 1, 2, 3, 4, 5, 6


@dataclass(frozen=True)
class Match:
    """Places of tokens of the mention and of the name, in the order in which they are joined."""

    mention: tuple
    name: tuple
    value: float
    learned: float


def by_sound(one, other):
    if not one or not other:
        return 0.0
    return similarity_rows((one[:MAX_LETTERS],), (other[:MAX_LETTERS],))[0]


def by_tables(tables, written, latin):
    best = [0.0]
    for table in tables:
        found = memoryview(bytearray(8)).cast("d")
        table.raise_similarities(written, PackedWords([latin[:MAX_LETTERS]]), found)
        best.append(found[0])
    return max(best)


def is_lone_letter(token):
    return len(token) == 1 and token.isalpha()


class Oracle:
    """A mention and a name in Latin letters, compared; `index` says how rare words are."""

    def __init__(self, index, mention, name):
        self.index, self.normal, self.name_form = index, mention, name
        self.tokens, self.roles = mention.tokens[:MAX_TOKENS], mention.roles[:MAX_TOKENS]
        self.written = mention.exact.split(" ")[:MAX_TOKENS]
        self.name, self.name_roles = name.tokens[:MAX_TOKENS], name.roles[:MAX_TOKENS]
        if len(name.tokens) > MAX_TOKENS and self.name_roles[-1] in ("honorific", "office"):
            self.name_roles = (*self.name_roles[:-1], "name")
        closing = closing_places(name.tokens)  # as a form of the index has them
        self.name_roles = tuple("legal" if closing >> j & 1 else role for j, role in enumerate(self.name_roles))
        self.across = not mention.exact.isascii()
        self.mention_marks = [
            0 if is_lone_letter(word) and word != self.written[-1] else mark_of(word) for word in self.written
        ]
        last = len(self.name) - 1
        self.name_marks = [
            0 if is_lone_letter(word) and (place < last or place == 0) else mark_of(word)
            for place, word in enumerate(self.name)
        ]
        rarity = [index.weight(index.find_word(word), word) for word in self.written]
        self.known = [
            max(weight, LISTED_WEIGHT) if word.isascii() and word.isalpha() and how_known(word) else weight
            for weight, word in zip(rarity, self.written, strict=True)
        ]
        self.weights = [
            (weight or 1.0) * ROLE_SHARE.get(role, 1.0) for weight, role in zip(rarity, self.roles, strict=True)
        ]
        self.name_weights = [
            index.word_weights[index.find_word(word)] * ROLE_SHARE.get(role, 1.0)
            for word, role in zip(self.name, self.name_roles, strict=True)
        ]

    # Similarities

    def pieces(self):
        """Places of the tokens of the mention that may stand for something together."""
        count = len(self.tokens)
        yield from ((place,) for place in range(count))
        yield from ((place, place + 1) for place in range(count - 1))
        yield tuple(range(count))
        if 1 < count <= MAX_ROTATED_TOKENS:
            yield (count - 1, *range(count - 1))

    def items(self):
        """Places of the tokens of the name, likewise; the whole only for names in another script."""
        count = len(self.name)
        yield from ((place,) for place in range(count))
        yield from ((place, place + 1) for place in range(count - 1))
        if self.across and count > 1:
            yield tuple(range(count))
            if count <= MAX_ROTATED_TOKENS:
                yield (count - 1, *range(count - 1))

    def spelling(self, piece):
        return Spelling("".join(self.tokens[i] for i in piece), "".join(self.written[i] for i in piece))

    def joined(self, item):
        return "".join(self.name[j] for j in item)[:MAX_LETTERS]

    def similarity(self, piece, item):
        """How alike the letters of a piece and an item are, and whether they are compared at all."""
        spelling, other = self.spelling(piece), self.joined(item)
        if len(item) == 2 and len(self.name) >= 2 and item[1] == item[0] + 1 and len(piece) == 1:
            lengths = [len(token) for token in self.tokens]
            if not int(min(lengths) * 0.6) <= len(other) <= int(max(lengths) / 0.6) and not self.is_whole(item):
                return 0.0
        tables = () if spelling.is_latin else tables_of_word(spelling.written)
        value = by_tables(tables, spelling.written, other) if tables else by_sound(spelling.roman, other)
        if len(piece) == len(item) == 1 and other in equal_names(spelling):
            value = max(value, 0.9)
        return value

    def is_whole(self, item):
        return len(item) == len(self.name) > 1 and not (len(item) == 2 and item == (0, 1))

    def is_unspaced(self, place):
        return not self.written[place].isascii() and letters_script(self.written[place]) in UNSPACED

    def learned(self, piece, item, similar):
        """The same by the costs learned between Latin spellings; 0 where the sounds are too unlike."""
        roman = self.spelling(piece).roman
        if similar < 0.5 and not (len(piece) == 1 and len(roman) == 1):
            return 0.0
        return by_tables(tables_of("Latin"), roman, self.joined(item))

    # Alignment

    def possible(self):
        """All matches that could be made, in the order in which equally good ones are preferred."""
        count = len(self.name)
        for number, item in enumerate(self.items()):
            kind = 0 if number < count else 1 if number < 2 * count - 1 else 2
            for order, piece in enumerate(self.pieces()):
                single = order < len(self.tokens)
                if kind > 0 and not single:
                    continue
                if kind == 2 and not self.is_unspaced(piece[0]):
                    continue
                if kind == 0 and not single and order >= 2 * len(self.tokens) - 1:
                    continue  # only names in scripts without spaces stand for the whole
                value = similar = self.similarity_of(piece, item, kind)
                spelling = self.spelling(piece)
                if single and kind == 0:
                    value = self.as_token(piece[0], item[0], value)
                if value < (0.5 if spelling.is_latin else 0.25):
                    continue
                if not (single and kind == 0):
                    value *= 0.97
                learned = 0.0
                if not self.across:
                    learned = self.learned(piece, item, similar) if single and kind == 0 else value
                start = item[0]
                yield value - 1e-6 * abs(piece[0] - start), Match(piece, item, value, learned)

    def similarity_of(self, piece, item, kind):
        if kind == 2:  # a token of a script without spaces, and the whole name
            spelling = self.spelling(piece)
            tables = tables_of_word(spelling.written)
            other = self.joined(item)
            return by_tables(tables, spelling.written, other) if tables else by_sound(spelling.roman, other)
        return self.similarity(piece, item)

    def as_token(self, i, j, value):
        one, other = self.tokens[i], self.name[j]
        if (self.tokens[i] if self.across else self.written[i]) == other:
            value = 1.0
        if self.written[i].isascii() and (is_lone_letter(one) or is_lone_letter(other)):
            value = 0.0 if one[0] != other[0] else 1.0 if one == other else 0.6
        mark, other_mark = self.mention_marks[i], mark_of(other)
        if mark and mark == other_mark:
            return max(value, 0.95)
        if value < 1.0 and (
            (mark and mark >> 12 == other_mark >> 12 != WORD)
            or one[0].isdigit()
            or other[0].isdigit()
            or (one[-1].isdigit() and other[-1].isdigit())
        ):
            return -1.0
        return value

    @cached_property
    def matches(self):
        """The matches, best first, each of tokens that no better one has."""
        matches = []
        for _, match in sorted(self.possible(), key=lambda found: -found[0]):
            if not any(set(match.mention) & set(m.mention) or set(match.name) & set(m.name) for m in matches):
                matches.append(match)
        return matches

    # Features

    def features(self, share, weak):
        matches = self.matches
        weights = self.weights_across() if self.across else self.weights
        power = 2 if self.across else 4
        left = lambda m: sum(weights[i] for i in m.mention)  # noqa: E731
        right = lambda m: sum(self.name_weights[j] for j in m.name)  # noqa: E731
        all_left, all_right = sum(weights) or 1.0, sum(self.name_weights) or 1.0
        lone = [i for i in range(len(self.tokens)) if not any(i in m.mention for m in matches)]
        missing = [j for j in range(len(self.name)) if not any(j in m.name for m in matches)]
        naming = [m.value for m in matches if any(self.roles[i] == "name" for i in m.mention)]
        singles = [m for m in matches if len(m.mention) == len(m.name) == 1]
        firsts = [self.tokens[m.mention[0]][0] == self.name[m.name[0]][0] for m in matches]
        extra_weight, missing_weight = sum(weights[i] for i in lone), sum(self.name_weights[j] for j in missing)
        left_words = [self.roles[i] for i in lone if self.roles[i] in ("name", "generic")]
        right_words = [self.name_roles[j] for j in missing if self.name_roles[j] in ("name", "generic")]
        differing, one_sided = self.marks()
        lacks = lambda place: bool(matches) and place in missing and self.name_roles[place] == "name"  # noqa: E731
        common = {
            "mention_sum": sum(m.value * left(m) for m in matches) / all_left,
            "name_sum": sum(m.value * right(m) for m in matches) / all_right,
            "mention_close": sum(m.value**power * left(m) for m in matches) / all_left,
            "name_close": sum(m.value**power * right(m) for m in matches) / all_right,
            "worst": min(naming, default=0.0),
            "evidence": sum(m.value**power * right(m) for m in matches),
            "keys": share,
            "missing": missing_weight,
            "missing_first": lacks(0),
            "extra": extra_weight,
            "beyond_lone": len(self.name) == 1 and bool(matches) and any(self.roles[i] == "name" for i in lone),
            "initials": sum(
                (self.written[m.mention[0]].isascii() and is_lone_letter(self.tokens[m.mention[0]]))
                != is_lone_letter(self.name[m.name[0]])
                for m in singles
            ),
            "swapped": any(a.mention[0] < b.mention[0] and a.name[0] > b.name[0] for a in matches for b in matches),
            "first_letters": sum(firsts) / len(firsts) if firsts else 0.0,
            "against": min(missing_weight, extra_weight),
            "differing": differing,
            "replaced": min(len(left_words), len(right_words), [*left_words, *right_words].count("name")),
            "kinds_replaced": min(left_words.count("generic"), right_words.count("generic")),
            "reversed": self.is_reversed(),
            "number_lacking": bool(one_sided & {GENERATION, NUMBER}),
        }
        if self.across:
            return self.across_features(common, lacks, missing)
        joined, name_joined = self.plain(self.tokens, self.roles)[:64], self.plain(self.name, self.name_roles)
        letters = Indel.normalized_similarity(joined, name_joined)
        equal = tuple(self.written) == tuple(self.name)
        whole, whole_name = tuple(range(len(self.tokens))), tuple(range(len(self.name)))
        sound = by_sound(self.spelling(whole).roman, self.joined(whole_name))
        return {
            "bias": 1.0,
            "equal": equal,
            "core_equal": self.core_equal(),
            "joined_equal": letters == 1.0,
            "mention_sound": common.pop("mention_sum"),
            "name_sound": common.pop("name_sum"),
            "both_close": common["mention_close"] * common["name_close"],
            "heard_mention": sum(m.learned * left(m) for m in matches) / all_left,
            "heard_name": sum(m.learned * right(m) for m in matches) / all_right,
            "heard_joined": by_tables(tables_of("Latin"), self.spelling(whole).roman, self.joined(whole_name))
            if sound >= 0.5
            else 0.0,
            "joined_sound": sound,
            "joined_letters": letters,
            "phonetic": sum(
                code_number(self.tokens[m.mention[0]]) == code_number(self.name[m.name[0]]) != 0 for m in singles
            )
            / len(matches)
            if matches
            else 0.0,
            "lone": self.core_size() == 1 and len(self.name) > 1,
            "short": not equal and min(len(joined), len(name_joined)) <= 3,
            "weak_alias": weak,
            "other_words": sum(self.known[m.mention[0]] * (1.0 - m.value) for m in singles if m.value < 0.9),
            "place_lacking": bool(one_sided & {COUNTRY, DIRECTION}),
            "acronym": 0.0,
            **common,
        }

    def across_features(self, common, lacks, missing):
        whole = tuple(range(len(self.tokens)))
        names = [tuple(range(len(self.name)))]
        rotates = 1 < len(self.name) <= MAX_ROTATED_TOKENS
        names.append((len(self.name) - 1, *range(len(self.name) - 1)) if rotates else ())
        spelling = self.spelling(whole)
        tables = tables_of_word(spelling.written)
        joined = max(
            by_tables(tables, spelling.written, self.joined(name))
            if tables
            else by_sound(spelling.roman, self.joined(name))
            for name in names
        )
        return {
            "across": 1.0,
            "across_mention": common.pop("mention_sum"),
            "across_name": common.pop("name_sum"),
            "across_both": common["mention_close"] * common["name_close"],
            "across_joined": joined,
            "across_missing_last": lacks(len(self.name) - 1),
            "across_lone": self.core_size() == 1 and len(self.name) > 1 and bool(missing),
            **{f"across_{feature}": value for feature, value in common.items()},
        }

    def weights_across(self):
        """A token weighs no more than the Latin word that it surely sounds like: of the whole index, all one batch."""
        weights = list(self.weights)
        for i in range(len(self.tokens)):
            best = max((self.similarity((i,), (j,)), -j) for j in range(len(self.name)))
            if best[0] >= 0.8:
                word = self.index.find_word(self.name[-best[1]])
                weights[i] = min(weights[i], self.index.word_weights[word])
        return weights

    def core_size(self):
        start, end = core_span(self.roles)
        return end - start

    def core_equal(self):
        start, end = core_span(self.roles)
        begin, stop = 0, len(self.name)
        while stop - begin > 1 and self.name_roles[stop - 1] == "legal":
            stop -= 1
        while stop - begin > 1 and self.name_roles[begin] in ("honorific", "legal"):
            begin += 1
        return tuple(self.written[start:end]) == tuple(self.name[begin:stop])

    @staticmethod
    def plain(tokens, roles):
        kept = [token for token, role in zip(tokens, roles, strict=True) if role not in ("legal", "honorific")]
        return "".join(kept or tokens)

    def marks(self):
        """In how many kinds both have a mark that the other lacks, and in which kinds only one does."""
        telling = range(COUNTRY << 12, FILIATION << 12)
        left = {mark >> 12 for mark in self.mention_marks if mark in telling and mark not in self.name_marks}
        right = {mark >> 12 for mark in self.name_marks if mark in telling and mark not in self.mention_marks}
        return len(left & right), left ^ right

    def is_reversed(self):
        """Whether the words beside "son of" in the mention stand for those beside it in the name, the other way."""
        place_of = {m.mention[0]: m.name[0] for m in self.matches if len(m.mention) == 1}
        between = [j for j in range(1, len(self.name) - 1) if mark_of(self.name[j]) >> 12 == FILIATION]
        return any(
            place_of.get(i - 1) == j + 1 and place_of.get(i + 1) == j - 1
            for i in range(1, len(self.tokens) - 1)
            if self.mention_marks[i] >> 12 == FILIATION
            for j in between
        )
