"""The screen of name forms: whether one form of an index has counterparts for all words of a window.

Plain Python that Cython compiles (pure Python mode); both give the same answers.
"""

from __future__ import annotations

import cython

from resolver.infra.arrays import Buffer, Buffers
from resolver.names.name_parts import NAME, ROLES

MAX_SCREENED_TOKENS = 12
"""Tokens of a window that are screened at most: each has three bits in a mark."""

_WRONG = cython.declare(cython.int, MAX_SCREENED_TOKENS)
_NAME = cython.declare(cython.int, ROLES.index(NAME))


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
        self.marks = marks

    @cython.boundscheck(False)
    @cython.wraparound(False)
    def passes(
        self,
        words: cython.uint[::1],
        bits: cython.uint[::1],
        seeds: cython.Py_ssize_t,
        needed: cython.uint,
        wrong: cython.bint,
        lone: cython.bint,
    ) -> bool:
        """Whether a form with one of the first `seeds` words has all bits `needed`, from all of its words.

        `words` are counterparts of the tokens of a window, each with its bits: 1 << i where it stands for token i, and
        1 << (MAX_SCREENED_TOKENS + i) where it stands for it in another spelling, of which a form has one with `wrong`.
        With `lone` each telling word of a form must be a counterpart.
        """
        marks: cython.uint[::1] = self.marks
        k: cython.Py_ssize_t
        at: cython.Py_ssize_t
        word: cython.uint
        found: cython.bint = False
        for k in range(len(words)):
            marks[words[k]] |= bits[k]
        for k in range(seeds):
            word = words[k]
            for at in range(self.word_at[word], self.word_at[word + 1]):
                if self._form_passes(self.word_forms[at], needed, wrong, lone):
                    found = True
                    break
            if found:
                break
        for k in range(len(words)):
            marks[words[k]] = 0
        return found

    @cython.boundscheck(False)
    @cython.wraparound(False)
    @cython.cfunc
    @cython.exceptval(check=False)
    def _form_passes(
        self, form: cython.uint, needed: cython.uint, wrong: cython.bint, lone: cython.bint
    ) -> cython.bint:
        at: cython.Py_ssize_t
        word: cython.uint
        mark: cython.uint
        total: cython.uint = 0
        native: cython.bint = False
        other: cython.bint = False
        for at in range(self.form_at[form], self.form_at[form + 1]):
            word = self.form_words[at]
            mark = self.marks[word]
            total |= mark
            native = native or self.word_native[word] != 0
            other = other or (mark == 0 and self.word_roles[word] == _NAME)
        if native:
            return self._has_no_latin_name(form)
        if lone and other and self.form_legal[form] == 0:
            return False
        return (total & needed) == needed and (not wrong or (total >> _WRONG) != 0)

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
