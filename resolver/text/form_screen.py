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

MAX_SCREENED_FORMS = 1 << 16
"""Forms that are read for one window, at most."""

NEAR, NEARER, NEAREST, TELLING, UNSURE = 1, 2, 4, 8, 16
"""Grades of a counterpart, as bits: how similar it is, whether it is another spelling, and whether it may be derived
from the token, so that it may be another word."""

MIN_PART_LETTERS = 3
"""Letters of a word that one token may stand for together with another word, at least."""

_WRONG = cython.declare(cython.int, MAX_SCREENED_TOKENS)
_PERSON = cython.declare(cython.int, 2 * MAX_SCREENED_TOKENS)
_NEAR = cython.declare(cython.int, NEAR)
_NEARER = cython.declare(cython.int, NEARER)
_NEAREST = cython.declare(cython.int, NEAREST)
_SAME = cython.declare(cython.int, NEAR | NEARER | NEAREST)
_UNSURE = cython.declare(cython.int, UNSURE)
_MIN_PART = cython.declare(cython.Py_ssize_t, MIN_PART_LETTERS)
_TELLING = cython.declare(cython.int, TELLING)
_ALL = cython.declare(cython.uint, (1 << MAX_SCREENED_TOKENS) - 1)
_SEEN = cython.declare(cython.uint, 1 << 31)
_UNSEEN = cython.declare(cython.uint, (1 << 31) - 1)
_MAX_FORMS = cython.declare(cython.longlong, MAX_SCREENED_FORMS)
_NAME = cython.declare(cython.int, ROLES.index(NAME))
_PERSON_TYPE = cython.declare(cython.int, TYPES.index("person"))


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _is_vowel(letter: cython.uchar) -> cython.bint:
    """Whether an ASCII letter is one of aeiouy."""
    return letter in (97, 101, 105, 111, 117, 121)


@cython.cclass
class FormScreen:
    """The parts of one index that the screen reads, and a mark for each of its words. Not for two threads at once."""

    roman: cython.uchar[::1]
    roman_at: cython.uint[::1]
    common: cython.uchar[::1]
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

    def __init__(self, parts: Buffers, word_native: Buffer, common: Buffer, marks: Buffer) -> None:
        """Take the parts, and for each word the kind of its script, whether it is common, and a zero (unsigned int)."""
        self.roman = parts["roman"]
        self.roman_at = parts["roman_at"]
        self.common = common
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
    def count_forms(self, words: cython.uint[::1]) -> int:
        """The number of forms with each of the words, added up."""
        total: cython.longlong = 0
        k: cython.Py_ssize_t
        for k in range(len(words)):
            total += self.word_at[words[k] + 1] - self.word_at[words[k]]
        return total

    @cython.boundscheck(False)
    @cython.wraparound(False)
    def longer(self, words: cython.uint[::1], least: cython.Py_ssize_t, found: cython.uint[::1]) -> int:
        """Write the words of at least so many letters to `found`, and return their number."""
        count: cython.Py_ssize_t = 0
        k: cython.Py_ssize_t
        for k in range(len(words)):
            if self.roman_at[words[k] + 1] - self.roman_at[words[k]] >= cython.cast(cython.uint, least):
                found[count] = words[k]
                count += 1
        return count

    @cython.boundscheck(False)
    @cython.wraparound(False)
    def write_letters(
        self, words: cython.uint[::1], most: cython.Py_ssize_t, letters: cython.uchar[::1], starts: cython.int[::1]
    ) -> None:
        """Write the first romanised letters of the words, `most` of each, and where each word begins and ends."""
        place: cython.Py_ssize_t = 0
        k: cython.Py_ssize_t
        at: cython.Py_ssize_t
        start: cython.Py_ssize_t
        starts[0] = 0
        for k in range(len(words)):
            start = self.roman_at[words[k]]
            for at in range(start, min(cython.cast(cython.Py_ssize_t, self.roman_at[words[k] + 1]), start + most)):
                letters[place] = self.roman[at]
                place += 1
            starts[k + 1] = place

    @cython.boundscheck(False)
    @cython.wraparound(False)
    def write_grades(
        self,
        token: cython.uchar[::1],
        common: cython.bint,
        parts: cython.bint,
        words: cython.uint[::1],
        similarities: cython.double[::1],
        least: cython.double[::1],
        grades: cython.uchar[::1],
    ) -> None:
        """Write the grades of the words as counterparts of a token, which is a common word or not; 0 for none.

        With `parts` so are words that begin or end like the token, which may be one of two that it stands for.
        `similarities` are those of the words; `least` has the least ones of the grades NEAR, NEARER and NEAREST.
        """
        k: cython.Py_ssize_t
        i: cython.Py_ssize_t
        start: cython.Py_ssize_t
        length: cython.Py_ssize_t
        stem: cython.Py_ssize_t
        same: cython.Py_ssize_t
        size: cython.Py_ssize_t = len(token)
        grade: cython.int
        digit: cython.bint
        token_digit: cython.bint = False
        for i in range(size):
            token_digit = token_digit or 48 <= token[i] <= 57
        for k in range(len(words)):
            start = self.roman_at[words[k]]
            length = self.roman_at[words[k] + 1] - start
            same = 0
            while same < size and same < length and token[same] == self.roman[start + same]:
                same += 1
            if self.word_native[words[k]]:
                grades[k] = _SAME | _TELLING
                continue
            if same == size and same == length:
                grades[k] = _SAME
                continue
            if similarities[k] < least[0]:
                grades[k] = 0
                if (
                    parts
                    and _MIN_PART <= length < size
                    and (
                        same >= 2
                        or (
                            token[size - 1] == self.roman[start + length - 1]
                            and token[size - 2] == self.roman[start + length - 2]
                        )
                    )
                ):
                    grades[k] = _SAME | _TELLING
                continue
            grade = _NEAR
            if similarities[k] >= least[1]:
                grade |= _NEARER
            if similarities[k] >= least[2]:
                grade |= _NEAREST
            digit = token_digit
            for i in range(start, start + length):
                digit = digit or 48 <= self.roman[i] <= 57
            stem = length
            while stem > 0 and _is_vowel(self.roman[start + stem - 1]):
                stem -= 1
            if size >= 4 and same == size and length - size <= 2:
                grade |= _TELLING
            elif not digit and not (common and self.common[words[k]]):
                grade |= _TELLING
                if same == length or (stem > 0 and same >= stem):
                    grade |= _UNSURE
            grades[k] = grade

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
        More than MAX_SCREENED_FORMS forms are not read: then one may pass.
        """
        k: cython.Py_ssize_t
        at: cython.Py_ssize_t
        word: cython.uint
        read: cython.longlong = 0
        for k in range(len(seeds)):
            word = seeds[k]
            if self.marks[word] == 0:
                continue
            read += self.word_at[word + 1] - self.word_at[word]
            if read > _MAX_FORMS:
                return True
            for at in range(self.word_at[word], self.word_at[word + 1]):
                if self._form_passes(self.word_forms[at], needed, wrong, whole, lone):
                    return True
        return False

    @cython.boundscheck(False)
    @cython.wraparound(False)
    def words_beside(
        self,
        seeds: cython.uint[::1],
        needed: cython.uint,
        missing: cython.uint,
        token: cython.uchar[::1],
        either: cython.bint,
        shortest: cython.Py_ssize_t,
        longest: cython.Py_ssize_t,
        found: cython.uint[::1],
    ) -> int:
        """Write words of forms that have marked words for all tokens of `needed` but some of `missing`.

        Returns their number. Only words of `shortest` to `longest` letters that begin like `token`, or with `either`
        end like it, in forms with one of the words `seeds`; as many as there is room for. Each is written once.
        """
        start: cython.uchar = token[0]
        end: cython.uchar = token[len(token) - 1]
        marks: cython.uint[::1] = self.marks
        room: cython.Py_ssize_t = len(found)
        read: cython.longlong = 0
        count: cython.Py_ssize_t = 0
        k: cython.Py_ssize_t
        at: cython.Py_ssize_t
        i: cython.Py_ssize_t
        length: cython.Py_ssize_t
        form: cython.uint
        word: cython.uint
        total: cython.uint
        for k in range(len(seeds)):
            word = seeds[k]
            read += self.word_at[word + 1] - self.word_at[word]
            if marks[word] & _UNSEEN == 0 or read > _MAX_FORMS:
                continue
            for at in range(self.word_at[word], self.word_at[word + 1]):
                form = self.word_forms[at]
                total = 0
                for i in range(self.form_at[form], self.form_at[form + 1]):
                    total |= marks[self.form_words[i]]
                if needed & ~total & ~missing or needed & ~(total >> _PERSON) & missing == 0:
                    continue
                for i in range(self.form_at[form], self.form_at[form + 1]):
                    word = self.form_words[i]
                    length = self.roman_at[word + 1] - self.roman_at[word]
                    if marks[word] & _SEEN or length < shortest or length > longest or count == room:
                        continue
                    if self.roman[self.roman_at[word]] == start or (
                        either and self.roman[self.roman_at[word + 1] - 1] == end
                    ):
                        marks[word] |= _SEEN
                        found[count] = word
                        count += 1
        for k in range(count):
            marks[found[k]] &= _UNSEEN
        return count

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
