"""The search index: the words of all name forms, their keys, and the forms and entities that contain them.

It is a set of flat arrays in the machine's byte order, read from the database as they are. Words are found by their
keys and forms by their words; as the words of names repeat, that takes a fraction of the postings from keys to forms.
"""

from __future__ import annotations

import math
import sys
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from functools import cached_property, lru_cache
from typing import Any

from resolver.index.counting import most_in_a_row, weigh_words
from resolver.index.hash_tables import Forms, find_halves, find_row, find_text
from resolver.index.postings import PostingsSearch
from resolver.index.top_k import BINS, longest_rows
from resolver.infra.arrays import Buffer, Buffers, spread, spread_zeros, zeros
from resolver.infra.bounded_cache import BoundedCache
from resolver.infra.limits import MAX_LETTERS
from resolver.names.scripts import SCRIPTS, UNSPACED, script_of_text
from resolver.records import TYPES

PARTS = {
    "written": "B",  # the words, folded in their own script, one after the other
    "written_at": "I",  # where each begins, and the end
    "word_slots": "I",  # hash table of them
    "roman": "B",  # the words romanised
    "roman_at": "I",
    "lengths": "I",  # words are in the order of their romanised length: the first word of each length
    "word_norms": "f",  # root of the sum of the squared rarities of its keys
    "word_codes": "I",  # number of its Metaphone code
    "word_roles": "B",  # place in names.parts.ROLES
    "word_marks": "H",  # names.marks.mark_of, what tells it from another name
    "word_scripts": "B",  # place in names.scripts.SCRIPTS
    "key_hashes": "I",  # numbers of the keys, ascending
    "key_at": "I",
    "key_words": "I",  # the words with each key
    "key_rarity": "f",  # inverse document frequency of each key
    "word_at": "I",
    "word_forms": "I",  # the forms with each word
    "form_at": "I",
    "form_words": "I",  # the words of each form
    "form_slots": "I",  # hash table of the forms
    "form_norms": "B",
    "form_legal": "H",  # places of its words in legal forms or behind the name: names.name_parts
    "acronyms": "I",  # names.acronyms.acronym_number of the forms of organisations, ascending
    "acronym_forms": "I",
    "alias_at": "I",
    "aliases": "I",  # the aliases with each form
    "alias_rows": "I",  # row of each alias in the database
    "alias_entity": "I",  # place of its entity among those of the index
    "alias_weak": "B",
    "alias_written_at": "I",
    "alias_written": "I",  # names.written_form.name_numbers of each alias: none if it is written as folded
    "entity_rows": "I",  # row of each entity in the database
    "entity_type": "B",  # place in records.TYPES
    "entity_latin": "B",  # whether the canonical name is in Latin letters
    "entity_prior": "f",  # logarithm of the prior weight
}
"""The arrays of an index with their type codes. An array X_at has the offset of each row of X, and the end."""

ROW_PARTS = frozenset({"alias_rows", "entity_rows"})
"""Parts that count up from 0 in the index of a whole file, and are not stored."""

CHECKSUM = "~checksum"
"""The last part: a CRC-32 of the others, which loops without bounds checks read."""

LONGEST = MAX_LETTERS
"""Words of more letters count as of so many, when words are looked up by their length."""

_MIN_COUNTED = 1000  # forms that a word is rare among: what all names of a small table share need not be common

_ALIGNMENT = 64  # bytes to a multiple of which the parts are aligned in memory

FORM_BUDGET = 60_000
"""Postings of words read for one mention; the lists of more frequent words beyond it are skipped."""

ORG = TYPES.index("org")

WORD_LISTS = 1 << 13
"""Words near the tokens of one mention whose forms are looked up, at most."""

MAX_NEAR_WORDS = 1 << 21
"""Words near to tokens of mentions that are remembered, for all tokens together: 8 bytes each."""

MAX_MENTION_TOKENS = 1 << 13
"""Tokens of mentions that are remembered with their numbers and weights."""

NO_KEYS = {"key_hashes": zeros("I", 0), "key_rarity": zeros("f", 0)}


class Index:
    """The index of one set of names. Its parts are read-only: threads and forked processes may share them.

    An index of names added to another index has that one as its `background`: the weights of words and keys count the
    forms of both, so that scores do not change when the two are merged. Two more parts serve that: `form_elsewhere`
    marks the forms that the background has too, and `counted_at` counts the others of each word, as `word_at`.
    """

    def __init__(self, parts: Buffers, background: Index | None = None) -> None:
        """Take the parts. Raises ValueError when one is missing or its length does not match the others'."""
        self.parts = parts
        self.background = background
        lengths = {name: len(parts[name]) for name in PARTS if name in parts}
        self.words = lengths.get("roman_at", 0) - 1
        self.forms = lengths.get("form_at", 0) - 1
        self.entities = lengths.get("entity_type", 0)
        self.gone = bytearray(self.entities)
        """1 for each entity taken out (`without`), whose names frequencies still count. Never changed."""
        self.taken_out = 0
        """How many these are."""
        pairs = {
            ("word_at", self.words + 1),
            ("written_at", self.words + 1),
            *((f"word_{fact}", self.words) for fact in ("norms", "codes", "roles", "marks", "scripts")),
            ("form_norms", self.forms),
            ("form_legal", self.forms),
            ("acronym_forms", lengths.get("acronyms", 0)),
            ("alias_at", self.forms + 1),
            ("key_at", lengths.get("key_hashes", 0) + 1),
            ("key_rarity", lengths.get("key_hashes", 0)),
            ("alias_weak", lengths.get("alias_entity", 0)),
            ("alias_written_at", lengths.get("alias_entity", 0) + 1),
            ("entity_latin", self.entities),
            ("entity_prior", self.entities),
        }
        ends = {"written": "written_at", "roman": "roman_at", "key_words": "key_at", "word_forms": "word_at"}
        ends |= {"form_words": "form_at", "aliases": "alias_at", "alias_written": "alias_written_at"}
        if any(lengths.get(name) != length for name, length in pairs) or any(
            parts[at][-1] != lengths.get(name) for name, at in ends.items()
        ):
            raise ValueError("parts of the index are missing or cut short")
        self.find_word = lru_cache(maxsize=1 << 14)(self._find_word)
        """The number of a folded word, or -1."""
        self.word_texts = lru_cache(maxsize=1 << 14)(self._word_texts)
        """A word, romanised and as written."""
        self.script_of_form = lru_cache(maxsize=1 << 14)(self._script_of_form)
        """The script of most letters of a form."""
        self.near_words: BoundedCache[Any] = BoundedCache(MAX_NEAR_WORDS)
        """The words near to tokens of mentions, which `FormSearch` finds."""
        self.mention_tokens: BoundedCache[Any] = BoundedCache(MAX_MENTION_TOKENS)
        """Tokens of mentions, as `PreparedMention` looks them up."""
        self._counted_at = parts["word_at"] if background is None else parts["counted_at"]
        self.counted = self.forms
        """Number of distinct forms, with those of the background."""
        if background is not None:
            self.counted += background.counted - sum(parts["form_elsewhere"])

    def new_search(self, telling: Buffer, telling_sums: Buffer) -> PostingsSearch:
        """A search of the index with buffers of its own, for one thread at a time.

        The two arrays of unsigned ints, with room for one more than the words of the index, receive what it finds.
        """
        words, forms = self.words, self.forms
        lists = max(len(self.parts["key_hashes"]), WORD_LISTS)
        reach = min(forms, FORM_BUDGET + most_in_a_row(self.parts["word_at"]))
        return PostingsSearch(
            self.parts,
            self.background.parts if self.background else NO_KEYS,
            {
                "sums": spread_zeros("H", words),
                "shared": spread_zeros("I", words),
                "fresh": spread_zeros("I", words + 1),
                "touched": spread_zeros("I", words + 1),
                "values": spread_zeros("f", words + 1),
                "totals": spread_zeros("I", words + 1),
                "telling": telling,
                "telling_sums": telling_sums,
                "form_sums": spread_zeros("H", forms),
                "reached": spread_zeros("I", reach + 1),
                "reached_values": spread_zeros("f", reach),
                "bins": spread_zeros("I", BINS),
                "starts": spread_zeros("q", lists),
                "ends": spread_zeros("q", lists),
                "weights": spread_zeros("I", lists),
            },
        )

    @cached_property
    def word_weights(self) -> array[float]:
        """The weight of each word, from 0 (in all forms) to 1 (in one form), as in a table of _MIN_COUNTED forms."""
        weights, counted = zeros("f", self.words), max(self.counted, _MIN_COUNTED)
        if self.background is None:
            weigh_words(self.parts["word_at"], counted, weights)
        else:
            for word in range(self.words):
                frequency = max(self._all_with(self.text("written", word)), 1)
                weights[word] = math.log(1.0 + counted / frequency) / math.log(1.0 + counted)
        return weights

    def weight(self, word: int, written: str) -> float:
        """The weight of a folded word, whose number by `find_word` is `word`; 0 for a word that no name has."""
        if word >= 0:
            return self.word_weights[word]
        other = self.background
        return 0.0 if other is None else other.weight(other.find_word(written), written)

    def _all_with(self, written: str) -> int:
        """The number of forms with a folded word, with those of the background."""
        word = self.find_word(written)
        own = self.frequency(word) if word >= 0 else 0
        return own if self.background is None else own + self.background._all_with(written)

    @cached_property
    def word_native(self) -> bytearray:
        """For each word: 0 for Latin script, 1 for another, 2 for one that has no spaces inside names."""
        kinds = bytes(0 if s in ("Latin", "Other") else 2 if s in UNSPACED else 1 for s in SCRIPTS)
        return bytearray(bytes(self.parts["word_scripts"]).translate(kinds.ljust(256, b"\1")))

    def _find_word(self, written: str) -> int:
        parts = self.parts
        number: int = find_text(parts["word_slots"], parts["written_at"], parts["written"], bytearray(written.encode()))
        return number

    def find_halves(self, written: str, least: int) -> array[int]:
        """The numbers of all pairs of words that make up a folded word, each word of at least `least` bytes."""
        parts, found = self.parts, zeros("I", 2 * LONGEST)
        text = bytearray(written.encode()[:LONGEST])
        count = find_halves(parts["word_slots"], parts["written_at"], parts["written"], text, least, found)
        return found[:count]

    def find_form(self, written: Sequence[str]) -> int:
        """The number of the form with these folded words, or -1."""
        words = array("I")
        for word in written:
            number = self.find_word(word)
            if number < 0:
                return -1
            words.append(number)
        parts = self.parts
        form: int = find_row(parts["form_slots"], parts["form_at"], parts["form_words"], words)
        return max(form, -1)

    def spelled_by(self, acronym: int, most: int) -> Sequence[int]:
        """Forms of organisations whose initials spell an acronym, at most `most`."""
        known = self.parts["acronyms"]
        place = bisect_left(known, acronym)
        end = place
        while end < min(len(known), place + most) and known[end] == acronym:
            end += 1
        forms: Sequence[int] = self.parts["acronym_forms"][place:end]
        return forms

    def find_organisation(self, written: Sequence[str]) -> int:
        """The number of the form of an organisation with these folded words, or -1."""
        form = self.find_form(written)
        owner, types = self.parts["alias_entity"], self.parts["entity_type"]
        return form if form >= 0 and any(types[owner[alias]] == ORG for alias in self.aliases(form)) else -1

    @cached_property
    def _longest(self) -> array[int]:
        longest = zeros("H", self.words)
        longest_rows(self.parts["form_at"], self.parts["form_words"], longest)
        return longest

    @cached_property
    def forms_by_words(self) -> Forms:
        """The parts that `find_form` and `begins` read, for loops that do the same."""
        parts = {name: self.parts[name] for name in Forms._fields if name != "longest"}
        return Forms(**parts, longest=self._longest)

    def begins(self, written: str) -> int:
        """The length in words of the longest form that begins with a folded word; 0 if none does."""
        word = self.find_word(written)
        return self._longest[word] if word >= 0 else 0

    def has_form(self, written: Sequence[str]) -> bool:
        """Whether this index or the background has a form with these folded words."""
        return self.find_form(written) >= 0 or (self.background is not None and self.background.has_form(written))

    def frequency(self, word: int) -> int:
        """The number of forms with the word, without those that the background has too."""
        at = self._counted_at
        return int(at[word + 1] - at[word])

    def words_between(self, least: int, most: int) -> tuple[int, int]:
        """The first word of at least `least` romanised letters, and the first one of more than `most`."""
        lengths = self.parts["lengths"]
        return lengths[min(max(least, 0), LONGEST)], lengths[min(most, LONGEST) + 1]

    def written_words(self, form: int) -> list[str]:
        """The folded words of a form."""
        return [self.text("written", word) for word in self._words_of(form)]

    def tokens(self, form: int) -> list[str]:
        """The romanised words of a form."""
        return [self.text("roman", word) for word in self._words_of(form)]

    def _words_of(self, form: int) -> Sequence[int]:
        at = self.parts["form_at"]
        words: Sequence[int] = self.parts["form_words"][at[form] : at[form + 1]]
        return words

    def _script_of_form(self, form: int) -> str:
        return script_of_text(" ".join(self.written_words(form)))

    def _word_texts(self, word: int) -> tuple[str, str]:
        return self.text("roman", word), self.text("written", word)

    def form_texts(self, form: int) -> tuple[tuple[str, ...], str]:
        """The romanised tokens of a form, and its words as written, between spaces."""
        words = [self.word_texts(word) for word in self._words_of(form)]
        return tuple([roman for roman, _ in words]), " ".join([written for _, written in words])

    def text(self, part: str, word: int) -> str:
        """A word: folded (`written`) or romanised (`roman`)."""
        at = self.parts[part + "_at"]
        return bytes(self.parts[part][at[word] : at[word + 1]]).decode()

    def aliases(self, form: int) -> Sequence[int]:
        """The aliases that have the form, of entities that are still there."""
        at = self.parts["alias_at"]
        found: Sequence[int] = self.parts["aliases"][at[form] : at[form + 1]]
        if self.taken_out:
            owner = self.parts["alias_entity"]
            return [alias for alias in found if not self.gone[owner[alias]]]
        return found

    def without(self, rows: Iterable[int]) -> Index:
        """This index without the entities in some rows; the index itself when it has none of them.

        The two share their arrays.
        """
        places = [place for place in map(self.place_of, rows) if place >= 0]
        if not places:
            return self
        other = copy(self)
        gone = bytearray(self.gone)
        for place in places:
            gone[place] = 1
        other.gone, other.taken_out = gone, self.taken_out + len(places)
        return other

    def place_of(self, row: int) -> int:
        """The place of the entity in a row, or -1 when it is not in the index, or not any more."""
        known = self.parts["entity_rows"]
        place = bisect_left(known, row)
        return place if place < self.entities and known[place] == row and not self.gone[place] else -1

    def rows(self) -> list[int]:
        """The rows of the entities that are still there."""
        return [row for row, gone in zip(self.parts["entity_rows"], self.gone, strict=True) if not gone]


def to_blobs(parts: Mapping[str, array[Any]]) -> Iterator[tuple[str, bytes]]:
    """The parts of the index of a whole file as they are stored: little-endian bytes, and their checksum at the end."""
    checksum = 0
    for name in sorted(PARTS.keys() - ROW_PARTS):
        part = parts[name]
        if sys.byteorder == "big":
            part = array(part.typecode, part)
            part.byteswap()
        data = part.tobytes()
        checksum = zlib.crc32(data, checksum)
        yield name, data
    yield CHECKSUM, checksum.to_bytes(4, "little")


def from_chunks(chunks: Iterable[tuple[str, bytes]], size: int) -> Index:
    """The index that `to_blobs` stored, from the chunks of its parts in alphabetical order, `size` bytes in all.

    Raises ValueError when a part is missing or damaged.
    """
    room = spread(size + _ALIGNMENT * len(PARTS))
    spans: dict[str, tuple[int, int]] = {}
    end = checksum = 0
    expected = b""
    for name, data in chunks:
        if name == CHECKSUM:
            expected = data
            continue
        checksum = zlib.crc32(data, checksum)
        if name not in spans:
            end += -end % _ALIGNMENT
            spans[name] = (end, end)
        room[end : end + len(data)] = data
        end += len(data)
        spans[name] = (spans[name][0], end)
    if expected != checksum.to_bytes(4, "little"):
        raise ValueError("parts of the index are not what they were when it was made")
    parts: dict[str, Any] = {}
    for name, code in PARTS.items():
        if name in ROW_PARTS:
            continue
        if name not in spans:
            raise ValueError(f"the part {name} is missing")
        parts[name] = room[spans[name][0] : spans[name][1]].cast(code)  # type: ignore[call-overload]
        if sys.byteorder == "big":
            swapped = array(code, parts[name])
            swapped.byteswap()
            parts[name] = swapped
    parts["alias_rows"] = range(len(parts["alias_entity"]))
    parts["entity_rows"] = range(len(parts["entity_type"]))
    return Index(parts)
