"""Building a search index of the names of entities."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from resolver.index.counting import (
    arrange,
    by_commonest,
    count_elsewhere,
    invert,
    renumber,
    sort_numbers,
    split_pairs,
    weigh_keys,
    weigh_rows,
)
from resolver.index.hash_tables import NONE, fill_slots, fill_text_slots, find_row
from resolver.index.postings import NORM_STEP
from resolver.index.search_index import LONGEST, ORG, Index
from resolver.infra.arrays import zeros
from resolver.infra.process_pool import map_forked
from resolver.names.acronyms import acronym_number, acronyms_of
from resolver.names.distinguishing_marks import mark_of
from resolver.names.folding import letters_script
from resolver.names.name_parts import ROLES, closing_places, legal_places, role_of, roles_of
from resolver.names.normal_form import NormalForm
from resolver.names.scripts import SCRIPTS, script_of_text
from resolver.names.written_form import name_numbers
from resolver.records import TYPES
from resolver.sound.search_keys import code_number, word_keys

LEGAL_PLACES = 0xFFFF
"""Mask of the words of a form that can be marked as part of a legal form, or behind the name: the first sixteen."""

WORDS_PER_TASK = 10_000
"""Words that a process analyses at a time."""


class _WordNumbers(dict[str, int]):
    """The numbers of words, which count from 0 in the order of their first lookup."""

    def __missing__(self, word: str) -> int:
        number = self[word] = len(self)
        return number


class IndexBuilder:
    """Takes entities one by one and builds the index of their names.

    A form is a distinct normal form of a name; its words are numbered, and it is stored as their numbers.
    """

    def __init__(self, background: Index | None = None) -> None:
        """Begin with no entities. Forms of a `background` index count in word frequencies, those in both once."""
        self._background = background
        self._words = _WordNumbers()
        self._tokens: list[str] = []
        self._form_at = array("I", [0])
        self._form_words = array("I")
        self._form_legal = array("H")
        self._acronyms = array("Q")  # acronym number << 32 | form
        self._form_elsewhere = bytearray()
        self._slots = array("I", [NONE]) * 16
        self._alias_form = array("I")
        self._alias_entity = array("I")
        self._alias_weak = array("B")
        self._alias_written_at = array("I", [0])
        self._alias_written = array("I")
        self._alias_rows = array("I")
        self._entity_rows = array("I")
        self._entity_type = array("B")
        self._entity_latin = array("B")
        self._entity_prior = array("f")

    def add_entity(self, row: int, name: str, type: str, weight: float) -> None:
        """Add an entity: its row in the database, canonical name, type and prior weight."""
        self._entity_rows.append(row)
        self._entity_type.append(TYPES.index(type))
        self._entity_latin.append(name.isascii() or script_of_text(name) in ("Latin", "Other"))
        self._entity_prior.append(math.log(weight))

    def add_alias(self, row: int, normal: NormalForm, weak: bool) -> int | None:
        """Add a name of the last entity, as `add_name` does, from its normal form."""
        return self.add_name(row, normal.exact, " ".join(normal.tokens), weak, " ".join(normal.written))

    def add_name(self, row: int, exact: str, romanised: str, weak: bool, written: str) -> int | None:
        """Add a name of the last entity, and return the number of its form; None for an empty one.

        `row` is its row in the table `alias`, `exact` its folded words, `romanised` the same words in Latin letters,
        `written` the same with accents and variant letters, or "".
        """
        known = len(self._form_legal)
        form = self._add_form(exact, romanised) if exact else NONE
        if form == known and self._entity_type[-1] == ORG:
            self._add_acronyms(form, exact, romanised)
        self._alias_rows.append(row)
        self._alias_form.append(form)
        self._alias_entity.append(len(self._entity_rows) - 1)
        self._alias_weak.append(weak)
        if written:
            self._alias_written += name_numbers(written.split(" "), exact.split(" "))
        self._alias_written_at.append(len(self._alias_written))
        return None if form == NONE else form

    def _add_form(self, exact: str, romanised: str) -> int:
        words = exact.split(" ")
        ids = array("I", map(self._words.__getitem__, words))
        if len(self._words) > len(self._tokens):
            for word, token in zip(words, words if romanised == exact else romanised.split(" "), strict=True):
                if self._words[word] == len(self._tokens):
                    self._tokens.append(token)
        found: int = find_row(self._slots, self._form_at, self._form_words, ids)
        if found >= 0:
            return found
        number = len(self._form_at) - 1
        if self._background is not None:
            self._form_elsewhere.append(self._background.has_form(words))
        self._form_legal.append((legal_places(words) | closing_places(words)) & LEGAL_PLACES)
        self._form_words.extend(ids)
        self._form_at.append(len(self._form_words))
        self._slots[-found - 1] = number
        if 3 * number > 2 * len(self._slots):
            self._slots = array("I", [NONE]) * (2 * len(self._slots))
            fill_slots(self._slots, self._form_at, self._form_words)
        return number

    def _add_acronyms(self, form: int, exact: str, romanised: str) -> None:
        if exact.count(" ") >= 2:
            spelled = acronyms_of(romanised.split(" "), roles_of(tuple(exact.split(" "))))
            self._acronyms.extend([acronym_number(acronym) << 32 | form for acronym in sorted(spelled)])

    def parts(self, jobs: int = 1) -> dict[str, Any]:
        """The parts of the index (PARTS), whose words `jobs` processes analyse. Nothing can be added afterwards."""
        words, forms = len(self._tokens), len(self._form_at) - 1
        parts, pairs = self._word_parts(jobs)
        self._arrange(words)
        parts["form_at"], parts["form_words"] = self._form_at, self._form_words
        parts["form_legal"] = self._form_legal
        sort_numbers(self._acronyms, zeros("Q", len(self._acronyms)), zeros("I", 1 << 16))
        parts["acronyms"] = array("I", (pair >> 32 for pair in self._acronyms))
        parts["acronym_forms"] = array("I", (pair & 0xFFFFFFFF for pair in self._acronyms))
        parts["form_slots"] = array("I", [NONE]) * len(self._slots)
        fill_slots(parts["form_slots"], self._form_at, self._form_words)
        parts["word_at"], parts["word_forms"] = zeros("I", words + 1), zeros("I", len(self._form_words))
        del parts["word_forms"][invert(self._form_at, self._form_words, parts["word_at"], parts["word_forms"]) :]
        sort_numbers(pairs, zeros("Q", len(pairs)), zeros("I", 1 << 16))
        hashes, key_at, key_words = zeros("I", len(pairs)), zeros("I", len(pairs) + 1), zeros("I", len(pairs))
        keys = split_pairs(pairs, hashes, key_at, key_words)
        parts.update(key_hashes=hashes[:keys], key_at=key_at[: keys + 1], key_words=key_words)
        parts.update(key_rarity=zeros("f", keys), word_norms=zeros("f", words), form_norms=zeros("B", forms))
        self._weigh_keys(parts)
        weigh_rows(self._form_at, self._form_words, parts["word_norms"], NORM_STEP, parts["form_norms"])
        parts.update(self._owner_parts(forms))
        return parts

    def index(self) -> Index:
        """The index in memory. Nothing can be added afterwards."""
        return Index(self.parts(), self._background)

    def _weigh_keys(self, parts: dict[str, Any]) -> None:
        """Compute the rarity of each key among the forms of this index and the background, each form counted once."""
        forms, counted_at = len(parts["form_norms"]), parts["word_at"]
        elsewhere = zeros("d", len(parts["key_hashes"]))
        if self._background is not None:
            new_at, new_words = array("I", [0]), array("I")
            for form, known in enumerate(self._form_elsewhere):
                if not known:
                    new_words += self._form_words[self._form_at[form] : self._form_at[form + 1]]
                    new_at.append(len(new_words))
            counted_at = parts["counted_at"] = zeros("I", len(parts["word_norms"]) + 1)
            invert(new_at, new_words, counted_at, zeros("I", len(new_words)))
            other, known_forms = self._background.parts, self._background.counted
            count_elsewhere(parts["key_hashes"], other["key_hashes"], other["key_rarity"], known_forms, elsewhere)
            forms = known_forms + len(new_at) - 1
            parts["form_elsewhere"] = self._form_elsewhere
        weigh_keys(
            parts["key_at"], parts["key_words"], counted_at, elsewhere, forms, parts["key_rarity"], parts["word_norms"]
        )

    def _word_parts(self, jobs: int) -> tuple[dict[str, Any], array[int]]:
        """The parts for words, renumbered by length and letters, and the pairs key << 32 | word."""
        order = [
            (len(token), token, word, old)
            for old, (word, token) in enumerate(zip(self._words, self._tokens, strict=True))
        ]
        order.sort()
        numbers = zeros("I", len(order))
        for number, (_, _, _, old) in enumerate(order):
            numbers[old] = number
        renumber(self._form_words, numbers)
        words, tokens = [item[2] for item in order], [item[1] for item in order]
        lengths = zeros("I", LONGEST + 2)
        for length, *_ in order:
            lengths[min(length, LONGEST) + 1] += 1
        for length in range(LONGEST + 1):
            lengths[length + 1] += lengths[length]
        del order
        self._words.clear()
        self._tokens.clear()
        written, written_at = _packed(words)
        roman, roman_at = _packed(tokens)
        slots = array("I", [NONE]) * (1 << (len(words) * 3 // 2).bit_length())
        fill_text_slots(slots, written_at, written)
        pairs, codes, roles, scripts, marks = array("Q"), array("I"), array("B"), array("B"), array("H")

        def analyse(first: int) -> tuple[array[int], ...]:
            return _analyse(words[first : first + WORDS_PER_TASK], tokens[first : first + WORDS_PER_TASK], first)

        for found in map_forked(
            analyse, range(0, len(words), WORDS_PER_TASK), jobs if len(words) > WORDS_PER_TASK else 1
        ):
            for part, more in zip((pairs, codes, roles, scripts, marks), found, strict=True):
                part += more
        parts = {
            "written": written,
            "written_at": written_at,
            "word_slots": slots,
            "roman": roman,
            "roman_at": roman_at,
            "lengths": lengths,
            "word_codes": codes,
            "word_roles": roles,
            "word_scripts": scripts,
            "word_marks": marks,
        }
        return parts, pairs

    def _arrange(self, words: int) -> None:
        """Renumber the forms so that those with the same frequent word are neighbours in memory."""
        forms = len(self._form_at) - 1
        counts, order = zeros("I", words + 1), zeros("Q", forms)
        invert(self._form_at, self._form_words, counts, zeros("I", len(self._form_words)))
        by_commonest(self._form_at, self._form_words, counts, order)
        sort_numbers(order, zeros("Q", forms), zeros("I", 1 << 16))
        form_at, form_words, numbers = zeros("I", forms + 1), zeros("I", len(self._form_words)), zeros("I", forms)
        arrange(order, self._form_at, self._form_words, form_at, form_words, numbers)
        self._form_at, self._form_words = form_at, form_words
        self._alias_form = array("I", (NONE if form == NONE else numbers[form] for form in self._alias_form))
        self._form_legal = array("H", (self._form_legal[row & 0xFFFFFFFF] for row in order))
        self._acronyms = array("Q", (pair & ~0xFFFFFFFF | numbers[pair & 0xFFFFFFFF] for pair in self._acronyms))
        self._form_elsewhere = bytearray(self._form_elsewhere[row & 0xFFFFFFFF] for row in order if self._background)

    def _owner_parts(self, forms: int) -> dict[str, array[Any]]:
        alias_at, aliases = zeros("I", forms + 2), zeros("I", len(self._alias_form))
        one_each = array("I", range(len(aliases) + 1))
        named = array("I", (forms if form == NONE else form for form in self._alias_form))
        invert(one_each, named, alias_at, aliases)
        return {
            "alias_at": alias_at[:-1],
            "aliases": aliases[: alias_at[forms]],
            "alias_rows": self._alias_rows,
            "alias_entity": self._alias_entity,
            "alias_weak": self._alias_weak,
            "alias_written_at": self._alias_written_at,
            "alias_written": self._alias_written,
            "entity_rows": self._entity_rows,
            "entity_type": self._entity_type,
            "entity_latin": self._entity_latin,
            "entity_prior": self._entity_prior,
        }


def _packed(texts: list[str]) -> tuple[array[int], array[int]]:
    """Texts joined as UTF-8, and the offset of each, and the end."""
    encoded = [text.encode() for text in texts]
    return array("B", b"".join(encoded)), array("I", accumulate(map(len, encoded), initial=0))


def _analyse(words: Sequence[str], tokens: Sequence[str], first: int) -> tuple[array[int], ...]:
    """For words numbered from `first` on: pairs key << 32 | word, sound codes, roles, scripts and marks."""
    pairs, codes, roles, scripts, marks = array("Q"), array("I"), array("B"), array("B"), array("H")
    for number, (word, token) in enumerate(zip(words, tokens, strict=True), first):
        codes.append(code_number(token))
        roles.append(ROLES.index(role_of(word)))
        scripts.append(0 if word.isascii() else SCRIPTS.index(letters_script(word)))
        marks.append(mark_of(word))
        pairs.extend([key << 32 | number for key in word_keys(token)])
    return pairs, codes, roles, scripts, marks


def index_of(normals: Sequence[NormalForm], background: Index | None = None) -> Index:
    """An index of names without entities, to be compared as if they were in the background."""
    indexing = IndexBuilder(background)
    indexing.add_entity(0, "", "org", 1.0)
    for row, normal in enumerate(normals):
        indexing.add_alias(row, normal, False)
    return indexing.index()
