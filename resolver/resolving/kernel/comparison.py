"""The door of the kernel: a mention compared with forms of an index, in a workspace.

`closest_forms` is the prefilter: the forms with the most similar letters. `compare` aligns those token by token and
scores them; `evidence_of_best` and `evidence` return the token matches and features behind a score.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from rapidfuzz.distance import Indel

from resolver.infra.arrays import zeros
from resolver.names.folding import letters_script
from resolver.records import Evidence, TokenMatch
from resolver.resolving.features import ACROSS, FEATURE_NUMBERS, WITHIN
from resolver.resolving.kernel.alignment import MIN_SIMILARITY
from resolver.resolving.kernel.feature_vectors import compare_form, matches, score_forms
from resolver.resolving.kernel.form_batch import (
    keep_closest,
    load_forms,
    partition_by_script,
    prefilter_scores,
    raise_similarity,
    word_of,
    words_of_forms,
    write_pairs,
    write_wholes,
    write_words,
)
from resolver.resolving.kernel.prepared_mention import PreparedMention
from resolver.resolving.kernel.workspace import Workspace
from resolver.sound.alignment_buffers import BUFFERS
from resolver.sound.cost_tables import CostTable, PackedWords, tables_of
from resolver.sound.edit_distance import similarities as sound_similarities
from resolver.sound.graphemes import units_of
from resolver.sound.latin_sounds import SoundStrings, sound_costs
from resolver.sound.name_lexicon import EQUATED_SIMILARITY
from resolver.sound.similarity import Spelling, equal_names, similarities, tables_of_word

MIN_PAIR_LENGTH = 0.6
"""Least ratio of lengths, shorter to longer, of a token and two joined neighbours that are compared."""

PREFILTER_FACTORS = array("d", [6.5, 5.2, 1.2, 6.5])
"""Factors of the prefilter for Latin mentions: of the share of keys, of the similarity of the tokens weighted over the
mention's tokens and over the form's, and of the similarity of the whole. Fitted to the scores of forms in a table of a
million names."""

PREFILTER_FACTORS_ACROSS = array("d", [11.5, 2.5, 2.2, 7.3])
"""The same for a mention in another script, by the likeliest of its learned tables."""

SYLLABIC = frozenset({"Han", "Hangul"})
"""Scripts of which each sign is a syllable."""

SAME_TOKEN = 0.8
"""A token in another script weighs as much as the Latin word most similar to it, from this similarity on."""

OPEN_LETTERS = 3.5
"""An acronym of fewer letters as likely as not stands for something that the table lacks."""

_ACRONYM = FEATURE_NUMBERS["acronym"]
_NO_FEATURES = dict.fromkeys(WITHIN, 0.0)


def closest_forms(
    w: Workspace, mention: PreparedMention, forms: array[int], shares: array[float], limit: int
) -> tuple[array[int], array[float]]:
    """The `limit` forms that look closest, the closest first, and their shares of keys."""
    if len(forms) <= limit:
        return forms, shares
    words = load_forms(w, forms)
    write_words(w)
    if mention.is_latin:
        places, lengths, token_of = mention.spellings
        factors = PREFILTER_FACTORS
    else:
        places, lengths, token_of = array("Q"), array("i"), array("i")
        factors = PREFILTER_FACTORS_ACROSS
        _glance_across(w, mention, words)
    prefilter_scores(w, places, lengths, token_of, mention.weights, shares, factors)
    keep_closest(w, forms, shares, limit)
    return forms[:limit], shares[:limit]


def compare(
    w: Workspace, mention: PreparedMention, forms: array[int], shares: array[float], weights: array[float]
) -> tuple[array[float], int]:
    """The scores of the forms by weights of features, without the priors of entities and the costs of weak aliases.

    Puts the forms (and shares) in Latin letters first; the second number is how many these are. The workspace then
    holds the last batch, from which `evidence` reads.
    """
    latin: int = partition_by_script(w, forms, shares)
    scores = zeros("d", len(forms))
    for start, end in ((0, latin), (latin, len(forms))):
        if start < end:
            _load(w, mention, forms[start:end], native=start == latin)
            w.batch_start = start
            score_forms(w, shares[start:end], weights, memoryview(scores)[start:end])
    if mention.spelled:
        for place, form in enumerate(forms):
            if form in mention.spelled:
                scores[place] = weights[_ACRONYM] * _acronym_letters(w, mention, form)
    return scores, latin


def evidence_of_best(
    w: Workspace,
    mention: PreparedMention,
    forms: array[int],
    shares: array[float],
    best: Sequence[tuple[int, bool]],
) -> list[Evidence]:
    """The evidence for some of the forms just compared, each given by its place and whether its alias is weak."""
    found = {
        place: _evidence(w, mention, forms[place], place - w.batch_start, shares[place], weak)
        for place, weak in best
        if place >= w.batch_start
    }
    again = [place for place, _ in best if place < w.batch_start]
    if again:  # the batch of Latin forms was overwritten by that of the others
        _load(w, mention, array("I", [forms[place] for place in again]), native=False)
        w.batch_start = len(forms)
        for place, weak in best:
            if place not in found:
                found[place] = _evidence(w, mention, forms[place], again.index(place), shares[place], weak)
    return [found[place] for place, _ in best]


def evidence(w: Workspace, mention: PreparedMention, form: int, share: float, weak: bool) -> Evidence:
    """The evidence for one form; `share` is the share of keys in common."""
    forms = array("I", [form])
    _load(w, mention, forms, native=partition_by_script(w, forms, array("f", [share])) == 0)
    w.batch_start = 0
    return _evidence(w, mention, form, 0, share, weak)


def _evidence(w: Workspace, mention: PreparedMention, form: int, k: int, share: float, weak: bool) -> Evidence:
    """The evidence for form k of the batch."""
    first = compare_form(w, k, share, weak)
    normal = mention.normal
    if form in mention.spelled:
        features = _NO_FEATURES | {"acronym": _acronym_letters(w, mention, form)}
    else:
        names = ACROSS if first else WITHIN
        features = dict(zip(names, w.feature_row[first : first + len(names)].tolist(), strict=True))
    tokens, written = w.index.form_texts(form)
    token_matches = tuple([_token_match(mention, *match) for match in matches(w)])
    return Evidence(normal.tokens, tokens, token_matches, features, normal.exact, written)


def _token_match(
    mention: PreparedMention, piece: int, bits: int, first: int, similarity: float, heard: float
) -> TokenMatch:
    """A match of the kernel, with the places of the tokens in the order in which they are joined."""
    name: tuple[int, ...] = (first,)
    if bits != 1 << first:
        places = [place for place in range(bits.bit_length()) if bits >> place & 1]
        name = (first, *places[:-1]) if first == places[-1] else tuple(places)
    return TokenMatch(mention.pieces[piece].places, name, similarity, heard)


def _acronym_letters(w: Workspace, mention: PreparedMention, form: int) -> float:
    """By how many letters an acronym tells more than it leaves open."""
    return min(len(mention.normal.joined), len("".join(w.index.tokens(form)))) - OPEN_LETTERS


def _load(w: Workspace, mention: PreparedMention, forms: array[int], native: bool) -> None:
    """Make forms, all Latin or all `native`, the batch, and compare the pieces of the mention with its items."""
    words = load_forms(w, forms)
    whole = 2 * mention.token_count - 1
    write_words(w)
    pairs = write_pairs(w, int(mention.shortest * MIN_PAIR_LENGTH), int(mention.longest / MIN_PAIR_LENGTH))
    wholes = items = write_wholes(w, False)
    weights, numbers = mention.weights, mention.words
    if mention.is_latin == native:
        items = write_wholes(w, True)
        if native:
            _compare_native_names(w, mention, words, pairs)
        else:
            _compare_across(w, mention, words, pairs, items)
            weights = mention.across_weights = mention.across_weights or _weights_across(w, mention, words)
            numbers = mention.romans
    else:
        sounds = SoundStrings(w.item_letters, w.item_starts[: items + 1])
        least = 0.0 if native else MIN_SIMILARITY
        _compare_sounds(w, mention.sounds, (0, mention.token_count), sounds, (0, pairs), least)
        _compare_sounds(w, mention.sounds, (mention.token_count, len(mention.pieces)), sounds, (0, words), least)
        _compare_sounds(w, mention.sounds, (whole, whole + 1), sounds, (pairs, wholes))
        if native:
            _compare_signs(w, mention, words)
    if not native:
        for place, piece in enumerate(mention.pieces[: mention.token_count]):
            for other in equal_names(piece.spelling):
                word = w.index.find_word(other)
                if word >= 0:
                    raise_similarity(w, place, word, EQUATED_SIMILARITY)
    if mention.is_latin:
        _compare_learned(w, mention, words, pairs, wholes)
    w.load_mention(mention, numbers, weights)


def _compare_sounds(
    w: Workspace,
    left: SoundStrings,
    pieces: tuple[int, int],
    right: SoundStrings,
    items: tuple[int, int],
    least: float = 0.0,
) -> None:
    """Compare some pieces with some items by the hand-written costs of sounds, those less alike than `least` as 0."""
    if pieces[0] == pieces[1]:
        return
    sound_similarities(
        left.packed,
        memoryview(left.starts)[pieces[0] : pieces[1] + 1],
        right.packed,
        memoryview(right.starts)[items[0] : items[1] + 1],
        sound_costs().costs,
        BUFFERS.distance_rows,
        w.similarities[pieces[0] * w.stride + items[0] :],
        w.stride,
        least,
    )


def _compare_signs(w: Workspace, mention: PreparedMention, words: int) -> None:
    """Lower the similarities of tokens in Han or Hangul with words in the same script by their unlike signs.

    Each sign is a syllable, and many signs sound alike: another sign makes another name.
    """
    pieces = [(place, *_signs(piece.spelling.written)) for place, piece in enumerate(mention.pieces)]
    if all(script not in SYLLABIC for _, script, _ in pieces):
        return
    others = [_signs(w.index.text("written", word_of(w, item))) for item in range(words)]
    for place, script, signs in pieces:
        for item, (other_script, other) in enumerate(others):
            if script == other_script and script in SYLLABIC:
                w.similarities[place * w.stride + item] *= Indel.normalized_similarity(signs, other)


def _signs(written: str) -> tuple[str, str]:
    """The script of a word, and its signs: those of Han as the Simplified ones."""
    script = letters_script(written)
    return script, units_of(written) if script == "Han" else written


def _packed(w: Workspace, start: int, end: int) -> PackedWords:
    """Some of the items, for the learned costs."""
    return PackedWords.packed(w.item_letters, w.item_starts[start : end + 1])


def _compare_learned(w: Workspace, mention: PreparedMention, words: int, pairs: int, wholes: int) -> None:
    """Compare the whole of a Latin mention, and its tokens with the words they may stand for, by the costs learned
    between Latin spellings."""
    (table,) = tables_of("Latin")
    letters = _packed(w, 0, wholes)
    some = letters.part(0, words)
    for place in range(mention.token_count):
        written = mention.pieces[place].spelling.written
        row = slice(place * w.stride, place * w.stride + words)
        least = MIN_SIMILARITY if len(written) > 1 else 0.0
        table.write_similarities(written, some, w.learned_similarities[row], w.similarities[row], least)
    place = 2 * mention.token_count - 1
    row = slice(place * w.stride + pairs, place * w.stride + wholes)
    written = mention.pieces[place].spelling.written
    table.write_similarities(
        written, letters.part(pairs, wholes), w.learned_similarities[row], w.similarities[row], MIN_SIMILARITY
    )


def _glance_across(w: Workspace, mention: PreparedMention, words: int) -> None:
    """Compare the tokens and the whole of a mention in another script by the likeliest of its tables alone."""
    start = write_pairs(w, 1, 0)
    end = write_wholes(w, False)
    every = _packed(w, 0, end)
    to_words, to_wholes = every.part(0, words), every.part(start, end)
    for place in (*range(mention.token_count), 2 * mention.token_count - 1):
        tables = tables_of_word(mention.pieces[place].spelling.written)[:1]
        first, letters = (0, to_words) if place < mention.token_count else (start, to_wholes)
        _compare_with_tables(w, mention, place, first, letters, tables, end)


def _compare_across(w: Workspace, mention: PreparedMention, words: int, pairs: int, items: int) -> None:
    """Compare the pieces of a mention in another script with Latin items by the best of its learned tables."""
    singles, whole = mention.token_count, 2 * mention.token_count - 1
    to_all = _packed(w, 0, items)
    to_words, to_pairs, to_wholes = to_all.part(0, words), to_all.part(0, pairs), to_all.part(pairs, items)
    for place, piece in enumerate(mention.pieces[: whole + 1]):
        start, letters = 0, to_words
        if place == whole:
            start, letters = pairs, to_wholes
        elif place < singles:
            letters = to_all if mention.unspaced[place] else to_pairs
        _compare_with_tables(w, mention, place, start, letters, tables_of_word(piece.spelling.written), items)


def _compare_with_tables(
    w: Workspace,
    mention: PreparedMention,
    place: int,
    start: int,
    letters: PackedWords,
    tables: Sequence[CostTable],
    items: int,
) -> None:
    """Compare a piece with the items from `start` on, by the best of some tables, or without one as romanised."""
    spelling = mention.pieces[place].spelling
    if spelling.is_latin or not tables:
        sounds = SoundStrings(w.item_letters, w.item_starts[: items + 1])
        _compare_sounds(w, mention.sounds, (place, place + 1), sounds, (start, start + len(letters)))
        return
    out = w.similarities[place * w.stride + start :][: len(letters)]
    tables[0].write_similarities(spelling.written, letters, out)
    for table in tables[1:]:
        table.raise_similarities(spelling.written, letters, out)


def _weights_across(w: Workspace, mention: PreparedMention, words: int) -> array[float]:
    """The weights of the tokens of a mention in another script: those of the Latin words that they sound like."""
    weights = array("d", mention.weights)
    for place in range(mention.token_count):
        row = w.similarities[place * w.stride : place * w.stride + words].tolist()
        best = max(row)
        if best >= SAME_TOKEN:
            weights[place] = min(weights[place], w.index.word_weights[word_of(w, row.index(best))])
    return weights


def _compare_native_names(w: Workspace, mention: PreparedMention, words: int, pairs: int) -> None:
    """Compare a Latin mention with names in other scripts, for entities that have no Latin name."""
    latin = [piece.spelling.roman for piece in mention.pieces]
    columns = [(item, [word_of(w, item)]) for item in range(words)]
    columns += [(pairs + place, row) for place, row in enumerate(words_of_forms(w))]
    similar, stride, index = w.similarities, w.stride, w.index
    for item, numbers in columns:
        spelling = Spelling(
            "".join(index.text("roman", number) for number in numbers),
            "".join(index.text("written", number) for number in numbers),
        )
        for place, value in enumerate(similarities(spelling, latin, mention.letters)):
            similar[place * stride + item] = value
            if item >= pairs:
                similar[place * stride + item + len(columns) - words] = value
    for item in range(words, pairs):
        for place in range(len(latin)):
            similar[place * stride + item] = 0.0
