"""The screen of name forms: whether one form of an index has counterparts for all words of a window.

Plain Python that Cython compiles (pure Python mode); both give the same answers.
"""

from __future__ import annotations

import cython

from resolver.infra.arrays import Buffer, Buffers
from resolver.names.name_parts import NAME, ROLES
from resolver.records import TYPES

MAX_SCREENED_TOKENS = 10
"""Tokens of a window that are screened at most: each has three bits in a mark."""

NEAR, NEARER, NEAREST, TELLING = 1, 2, 4, 8
"""Grades of a counterpart, as bits: how similar it is (`counterparts`), and whether it is another spelling."""

_WRONG = cython.declare(cython.int, MAX_SCREENED_TOKENS)
_PERSON = cython.declare(cython.int, 2 * MAX_SCREENED_TOKENS)
_NEARER = cython.declare(cython.int, NEARER)
_TELLING = cython.declare(cython.int, TELLING)
_ALL = cython.declare(cython.uint, (1 << MAX_SCREENED_TOKENS) - 1)
_NAME = cython.declare(cython.int, ROLES.index(NAME))
_PERSON_TYPE = cython.declare(cython.int, TYPES.index("person"))


@cython.cclass
class FormScreen:
    """The parts of one index that the screen reads, and a mark for each of its words. Not for two threads at once."""

    word_at: cython.uint[::1]
    word_forms: cython.uint[::1]
    form_at: cython.uint[::1]
    form_words: cython.uint[::1]
    form_legal: cython.ushort[::1]
    word_roles: cython.uchar[::1]
    word_native: cython.uchar[::1]
    alias_at: cython.uint[::1]
    aliases: cython.uint[::1]
    alias_entity: cython.uint[::1]
    entity_latin: cython.uchar[::1]
    entity_type: cython.uchar[::1]
    marks: cython.uint[::1]

    def __init__(self, parts: Buffers, word_native: Buffer, marks: Buffer) -> None:
        """Take the parts, the kind of script of each word, and a zero for each word (unsigned ints)."""
        self.word_at = parts["word_at"]
        self.word_forms = parts["word_forms"]
        self.form_at = parts["form_at"]
        self.form_words = parts["form_words"]
        self.form_legal = parts["form_legal"]
        self.word_roles = parts["word_roles"]
        self.word_native = word_native
        self.alias_at = parts["alias_at"]
        self.aliases = parts["aliases"]
        self.alias_entity = parts["alias_entity"]
        self.entity_latin = parts["entity_latin"]
        self.entity_type = parts["entity_type"]
        self.marks = marks

    @cython.boundscheck(False)
    @cython.wraparound(False)
    def mark(
        self, words: cython.uint[::1], grades: cython.uchar[::1], tokens: cython.uint, least: cython.uchar
    ) -> None:
        """Mark the words that have the grade `least` as counterparts of the tokens, given as a bit for each."""
        marks: cython.uint[::1] = self.marks
        k: cython.Py_ssize_t
        bits: cython.uint
        for k in range(len(words)):
            if grades[k] & least:
                bits = tokens
                if grades[k] & _NEARER:
                    bits |= tokens << _PERSON
                if grades[k] & _TELLING:
                    bits |= tokens << _WRONG
                marks[words[k]] |= bits

    @cython.boundscheck(False)
    @cython.wraparound(False)
    def unmark(self, words: cython.uint[::1]) -> None:
        """Remove the marks of some words."""
        k: cython.Py_ssize_t
        for k in range(len(words)):
            self.marks[words[k]] = 0

    @cython.boundscheck(False)
    @cython.wraparound(False)
    def passes(
        self, seeds: cython.uint[::1], needed: cython.uint, wrong: cython.bint, whole: cython.bint, lone: cython.bint
    ) -> bool:
        """Whether a form with one of the words `seeds` has a marked word for each token of `needed` (a bit for each).

        With `wrong` one of these must be another spelling of its token. With `whole`, or if the form is that of persons
        only, its first and last word must be marked; with `lone` each word that tells. Persons need nearer words.
        """
        k: cython.Py_ssize_t
        at: cython.Py_ssize_t
        word: cython.uint
        for k in range(len(seeds)):
            word = seeds[k]
            if self.marks[word] == 0:
                continue
            for at in range(self.word_at[word], self.word_at[word + 1]):
                if self._form_passes(self.word_forms[at], needed, wrong, whole, lone):
                    return True
        return False

    @cython.boundscheck(False)
    @cython.wraparound(False)
    @cython.cfunc
    @cython.exceptval(check=False)
    def _form_passes(
        self, form: cython.uint, needed: cython.uint, wrong: cython.bint, whole: cython.bint, lone: cython.bint
    ) -> cython.bint:
        at: cython.Py_ssize_t
        first: cython.Py_ssize_t = self.form_at[form]
        end: cython.Py_ssize_t = self.form_at[form + 1]
        word: cython.uint
        mark: cython.uint
        total: cython.uint = 0
        native: cython.bint = False
        other: cython.bint = False
        for at in range(first, end):
            word = self.form_words[at]
            mark = self.marks[word]
            total |= mark
            native = native or self.word_native[word] != 0
            other = other or (mark == 0 and self.word_roles[word] == _NAME)
        if native:
            return self._has_no_latin_name(form)
        if (total & needed) != needed or (wrong and (total >> _WRONG) & _ALL == 0):
            return False
        if lone and other and self.form_legal[form] == 0:
            return False
        if self.marks[self.form_words[first]] != 0 and self.marks[self.form_words[end - 1]] != 0:
            if (total >> _PERSON) & needed == needed:
                return True
        elif whole:
            return False
        return self._has_other_type(form)

    @cython.boundscheck(False)
    @cython.wraparound(False)
    @cython.cfunc
    @cython.exceptval(check=False)
    def _has_other_type(self, form: cython.uint) -> cython.bint:
        """Whether one of the entities with a form is no person."""
        at: cython.Py_ssize_t
        for at in range(self.alias_at[form], self.alias_at[form + 1]):
            if self.entity_type[self.alias_entity[self.aliases[at]]] != _PERSON_TYPE:
                return True
        return False

    @cython.boundscheck(False)
    @cython.wraparound(False)
    @cython.cfunc
    @cython.exceptval(check=False)
    def _has_no_latin_name(self, form: cython.uint) -> cython.bint:
        """Whether one of the entities with a form has no Latin name: only then a Latin mention may stand for it."""
        at: cython.Py_ssize_t
        for at in range(self.alias_at[form], self.alias_at[form + 1]):
            if self.entity_latin[self.alias_entity[self.aliases[at]]] == 0:
                return True
        return False
