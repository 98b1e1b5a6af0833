"""Scoring: the forms of one index that a mention may stand for, each with its score.

The candidates pass two sieves: how many keys they share with the mention, then how close their letters look; only
what is left is aligned piece by piece.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from resolver.index.search_index import Index
from resolver.infra.arrays import zeros
from resolver.names.name_parts import ROLES
from resolver.records import TokenMatch
from resolver.resolving.features import ACROSS, FEATURES, ROLE_SHARE, WITHIN
from resolver.resolving.kernel.alignment import LEAST, Alignment
from resolver.resolving.kernel.feature_vectors import Comparison
from resolver.resolving.kernel.form_batch import MOST_TOKENS, Lineup
from resolver.resolving.kernel.whole_names import Wholes
from resolver.resolving.prepared_mention import Mention
from resolver.sound.cost_tables import CostTable, Letters, tables_of
from resolver.sound.edit_distance import similarities as hand_similarities
from resolver.sound.latin_sounds import Sounds, sound_costs
from resolver.sound.name_lexicon import ALIKE
from resolver.sound.similarity import Spelling, equal_names, similarities, tables_of_word

PAIRED = 0.6
"""Two neighbours joined are compared with a token where the shorter has at least this part of the longer's letters."""

LOOKS = array("d", [6.5, 5.2, 1.2, 6.5])
"""What makes forms look close to a mention in Latin letters: the share of keys, the likeness of the tokens over the
mention's and over the name's, and that of the whole. Fitted to the scores of forms in a table of a million names."""

LOOKS_ACROSS = array("d", [11.5, 2.5, 2.2, 7.3])
"""The same for a mention in another script, by the likeliest of its learned tables."""

SAME_TOKEN = 0.8
"""A token in another script tells as much as the Latin word that is most like it, if it is so much alike."""

OPEN_LETTERS = 3.5
"""An acronym of fewer letters as likely as not stands for something that the table lacks."""

_ACRONYM = list(FEATURES).index("acronym")
_PIECES = 2 * MOST_TOKENS + 1
_LETTERS = 48
_INTEGERS = ("match_left", "match_right", "match_start", "found_left", "found_right", "found_start")
_NUMBERS = ("match_value", "match_heard", "orders", "found_value", "found_heard")


class Scorer:
    """Compares mentions with the forms of one index."""

    def __init__(self, index: Index, most_forms: int) -> None:
        """Make room to compare up to `most_forms` forms at once."""
        self.index = index
        items = most_forms * (2 * MOST_TOKENS + 2)
        self._letters = zeros("B", items * _LETTERS)
        self._starts = zeros("i", items + 1)
        self._similar, self._heard = zeros("d", _PIECES * items), zeros("d", _PIECES * items)
        self._stride = items
        self._row = zeros("d", len(FEATURES))
        self._quick = zeros("d", most_forms)
        self._places = memoryview(zeros("i", most_forms))
        pairs = _PIECES * _PIECES
        room = {
            "slots": array("i", [-1]) * (2 << (MOST_TOKENS * most_forms).bit_length()),
            "used_slots": zeros("i", MOST_TOKENS * most_forms),
            "words": zeros("I", MOST_TOKENS * most_forms),
            "tells": zeros("f", MOST_TOKENS * most_forms),
            "first": zeros("i", most_forms + 1),
            "tokens": zeros("i", MOST_TOKENS * most_forms),
            "legal": zeros("H", most_forms),
            "held": zeros("I", most_forms),
            "held_shares": zeros("f", most_forms),
            "similar": self._similar,
            "heard": self._heard,
            "stride": items,
            "role_shares": array("d", [ROLE_SHARE.get(role, 1.0) for role in ROLES]),
            "places": zeros("Q", 256),
            "letters": zeros("d", 3),
            **{name: zeros("i", pairs) for name in _INTEGERS},
            **{name: zeros("d", pairs) for name in _NUMBERS},
        }
        self._lineup = Lineup(index.parts, index.word_weights, index.word_native, room)
        self._alignment = Alignment(index.parts, index.word_native, room)
        self._wholes = Wholes(index.parts, room)
        self._comparison = Comparison(index.parts, index.word_weights, room, self._alignment, self._wholes)

    def closest(
        self, mention: Mention, forms: array[int], shares: array[float], limit: int
    ) -> tuple[array[int], array[float]]:
        """The `limit` forms that look closest, and their shares of keys."""
        if len(forms) <= limit:
            return forms, shares
        words = self._lineup.take(forms)
        if mention.is_latin:
            self._lineup.write_words(self._letters, self._starts)
            places, lengths, token_of = mention.spellings
            counts = LOOKS
        else:
            places, lengths, token_of = array("Q"), array("i"), array("i")
            counts = LOOKS_ACROSS
            self._glance_across(mention, words)
        looks = memoryview(self._quick)[: len(forms)]
        self._lineup.quick(
            places, lengths, token_of, mention.weights, shares, self._letters, self._starts, counts, looks
        )
        self._lineup.keep_best(forms, shares, looks, self._places[:limit])
        return forms[:limit], shares[:limit]

    def divide(self, forms: array[int], shares: array[float]) -> int:
        """Put the forms in Latin letters first; return how many these are."""
        latin: int = self._lineup.divide(forms, shares)
        return latin

    def _glance_across(self, mention: Mention, words: int) -> None:
        """Compare the tokens and the whole of a mention in another script by the likeliest of its tables alone."""
        self._lineup.write_words(self._letters, self._starts)
        start = self._lineup.write_pairs(1, 0, self._letters, self._starts)
        end = self._lineup.write_wholes(False, self._letters, self._starts)
        to_words, to_wholes = self._packed(0, words), self._packed(start, end)
        for place in (*range(mention.singles), 2 * mention.singles - 1):
            piece = mention.pieces[place]
            first, letters = (0, to_words) if place < mention.singles else (start, to_wholes)
            self._hear_across(mention, place, first, letters, tables_of_word(piece.spelling.written)[:1], end)

    def score(
        self, mention: Mention, forms: array[int], shares: array[float], weights: array[float]
    ) -> tuple[array[float], int]:
        """The scores of the forms by weights of features, without the priors of entities and the costs of weak aliases.

        Puts the forms in Latin letters first, and says how many these are.
        """
        latin = self.divide(forms, shares)
        scores = zeros("d", len(forms))
        for start, end in ((0, latin), (latin, len(forms))):
            if start < end:
                self._compare(mention, forms[start:end], native=start == latin)
                self._comparison.score_all(shares[start:end], weights, self._row, memoryview(scores)[start:end])
        for place in range(len(forms)) if mention.spelled else ():
            if forms[place] in mention.spelled:
                scores[place] = weights[_ACRONYM] * self._spelled(mention, forms[place])
        return scores, latin

    def features(
        self, mention: Mention, form: int, share: float, weak: bool
    ) -> tuple[dict[str, float], tuple[TokenMatch, ...]]:
        """The features of a mention and a form, and the matches of their tokens, best first."""
        forms, shares = array("I", [form]), array("f", [share])
        self._compare(mention, forms, native=self._lineup.divide(forms, shares) == 0)
        start = self._comparison.features(0, share, float(weak), self._row)
        names = ACROSS if start else WITHIN
        features = dict(zip(names, self._row[start : start + len(names)], strict=True))
        if form in mention.spelled:
            features = dict.fromkeys(WITHIN, 0.0) | {"acronym": self._spelled(mention, form)}
        return features, self._matches(mention)

    def _spelled(self, mention: Mention, form: int) -> float:
        """By how many letters an acronym tells more than it leaves open."""
        return min(len(mention.normal.joined), len("".join(self.index.tokens(form)))) - OPEN_LETTERS

    def _matches(self, mention: Mention) -> tuple[TokenMatch, ...]:
        found = []
        for piece, bits, first, value, heard in self._alignment.matches():
            places = [place for place in range(MOST_TOKENS) if bits >> place & 1]
            if first == places[-1]:
                places = [first, *places[:-1]]
            found.append(TokenMatch(mention.pieces[piece].places, tuple(places), value, heard))
        return tuple(found)

    def _compare(self, mention: Mention, forms: array[int], native: bool) -> None:
        """Work out how alike the pieces of a mention are to those of forms, all in Latin letters or all `native`."""
        lineup = self._lineup
        words = lineup.take(forms)
        across = mention.is_latin == native
        singles, whole = mention.singles, 2 * mention.singles - 1
        lineup.write_words(self._letters, self._starts)
        least, most = mention.shortest * PAIRED, mention.longest / PAIRED
        pairs = lineup.write_pairs(int(least), int(most), self._letters, self._starts)
        wholes = items = lineup.write_wholes(False, self._letters, self._starts)
        weights, numbers = mention.weights, mention.words
        if across:
            items = lineup.write_wholes(True, self._letters, self._starts)
            if native:
                self._compare_native_names(mention, words, pairs)
            else:
                self._compare_across(mention, (words, pairs, items))
                weights = mention.across_weights = mention.across_weights or self._weigh_across(mention, words)
                numbers = mention.romans
        else:
            sounds = Sounds(self._letters, memoryview(self._starts)[: items + 1])
            self._hear(mention.sounds, (0, singles), sounds, (0, pairs))
            self._hear(mention.sounds, (singles, len(mention.pieces)), sounds, (0, words))
            self._hear(mention.sounds, (whole, whole + 1), sounds, (pairs, wholes))
        if not native:
            for place, piece in enumerate(mention.pieces[:singles]):
                for other in equal_names(piece.spelling):
                    word = self.index.find_word(other)
                    if word >= 0:
                        lineup.raise_word(place, word, ALIKE)
            if mention.is_latin:
                self._hear_learned(mention, words, (pairs, wholes))
        self._wholes.begin(mention.joined, mention.marks)
        self._comparison.begin(
            lineup.count,
            words,
            mention.shape,
            (numbers, mention.codes, mention.roles, weights, mention.known, mention.marks),
            mention.core,
            mention.is_latin,
        )

    def _hear(self, left: Sounds, pieces: tuple[int, int], right: Sounds, items: tuple[int, int]) -> None:
        """Compare some pieces with some items by the hand-written costs."""
        if pieces[0] == pieces[1]:
            return
        table = sound_costs()
        hand_similarities(
            left.packed,
            memoryview(left.starts)[pieces[0] : pieces[1] + 1],
            right.packed,
            memoryview(right.starts)[items[0] : items[1] + 1],
            table.costs,
            table.rows,
            memoryview(self._similar)[pieces[0] * self._stride + items[0] :],
            self._stride,
        )

    def _packed(self, start: int, end: int) -> Letters:
        """Some of the items for the learned costs."""
        return Letters.packed(memoryview(self._letters), memoryview(self._starts)[start : end + 1])

    def _hear_learned(self, mention: Mention, words: int, wholes: tuple[int, int]) -> None:
        """Compare the whole of a Latin mention, and its tokens with the words they may stand for, by the costs learned
        between Latin spellings."""
        (table,) = tables_of("Latin")
        similar, heard = memoryview(self._similar), memoryview(self._heard)
        letters = self._packed(0, wholes[1])
        some = letters.part(0, words)
        for place in range(mention.singles):
            written = mention.pieces[place].spelling.written
            row = slice(place * self._stride, place * self._stride + words)
            table.write_similarities(written, some, heard[row], similar[row], LEAST if len(written) > 1 else 0.0)
        place = 2 * mention.singles - 1
        row = slice(place * self._stride + wholes[0], place * self._stride + wholes[1])
        written = mention.pieces[place].spelling.written
        table.write_similarities(written, letters.part(*wholes), heard[row], similar[row], LEAST)

    def _compare_across(self, mention: Mention, ends: tuple[int, int, int]) -> None:
        """Compare the pieces of a mention in another script with Latin items by the best of its learned tables."""
        words, pairs, items = ends
        singles, whole = mention.singles, 2 * mention.singles - 1
        to_words, to_pairs, to_wholes = self._packed(0, words), self._packed(0, pairs), self._packed(pairs, items)
        to_all = self._packed(0, items)
        for place, piece in enumerate(mention.pieces[: whole + 1]):
            start, letters = 0, to_words
            if place == whole:
                start, letters = pairs, to_wholes
            elif place < singles:
                letters = to_all if mention.unspaced[place] else to_pairs
            self._hear_across(mention, place, start, letters, tables_of_word(piece.spelling.written), items)

    def _hear_across(
        self, mention: Mention, place: int, start: int, letters: Letters, tables: Sequence[CostTable], items: int
    ) -> None:
        """Compare a piece with the items from `start` on, by the best of some tables, or without one as romanised."""
        spelling = mention.pieces[place].spelling
        if spelling.is_latin or not tables:
            sounds = Sounds(self._letters, memoryview(self._starts)[: items + 1])
            self._hear(mention.sounds, (place, place + 1), sounds, (start, start + len(letters)))
            return
        out = memoryview(self._similar)[place * self._stride + start :][: len(letters)]
        tables[0].write_similarities(spelling.written, letters, out)
        for table in tables[1:]:
            table.raise_similarities(spelling.written, letters, out)

    def _weigh_across(self, mention: Mention, words: int) -> array[float]:
        """How much the tokens of a mention in another script tell: as much as the Latin words they sound like."""
        weights = array("d", mention.weights)
        for place in range(mention.singles):
            row = self._similar[place * self._stride : place * self._stride + words]
            best = max(row)
            if best >= SAME_TOKEN:
                weights[place] = min(weights[place], self.index.word_weights[self._lineup.word(row.index(best))])
        return weights

    def _compare_native_names(self, mention: Mention, words: int, pairs: int) -> None:
        """Compare a Latin mention with names in other scripts, for entities that have no Latin name."""
        latin = [piece.spelling.roman for piece in mention.pieces]
        columns = [(item, [self._lineup.word(item)]) for item in range(words)]
        columns += [(pairs + place, row) for place, row in enumerate(self._lineup.word_rows())]
        for item, numbers in columns:
            spelling = Spelling(
                "".join(self.index.text("roman", number) for number in numbers),
                "".join(self.index.text("written", number) for number in numbers),
            )
            for place, value in enumerate(similarities(spelling, latin, mention.letters)):
                self._similar[place * self._stride + item] = value
                if item >= pairs:
                    self._similar[place * self._stride + item + len(columns) - words] = value
        for item in range(words, pairs):
            for place in range(len(latin)):
                self._similar[place * self._stride + item] = 0.0
