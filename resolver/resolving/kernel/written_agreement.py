# cython: boundscheck=False, wraparound=False, initializedcheck=False
"""How far an alias is written as the mention is, among aliases that have one normal form.

Plain Python that Cython compiles (pure Python mode); both give the same answers.
"""

from __future__ import annotations

import cython

if cython.compiled:
    from cython.cimports.resolver.resolving.kernel.workspace import Workspace
else:
    from resolver.resolving.kernel.workspace import Workspace

# How a word of an alias is written, where the mention has the word too.
_OTHERWISE = cython.declare(cython.int, 1)
_EITHER = cython.declare(cython.int, 2)
_AS_FOLDED = cython.declare(cython.int, 3)
_WITH_MARKS = cython.declare(cython.int, 4)


@cython.cfunc
@cython.exceptval(check=False)
@cython.locals(
    first=cython.Py_ssize_t,
    count=cython.Py_ssize_t,
    row=cython.Py_ssize_t,
    length=cython.Py_ssize_t,
    i=cython.Py_ssize_t,
    j=cython.Py_ssize_t,
    word=cython.int,
    number=cython.uint,
    spelled=cython.uint,
    found=cython.int,
    best=cython.int,
    same=cython.int,
    marked=cython.int,
    others=cython.int,
    either=cython.int,
)
def written_agreement(w: Workspace, form: cython.uint, alias: cython.uint) -> cython.int:
    """The number of words with accents or variant letters that an alias writes as the mention does.

    Umlauts and the like written as two letters count too. One more if the two write all words alike that they share:
    so a mention without accents agrees with a name without accents, and with the others equally little. Two letters
    that are the folded form too (Kjaer) are those of the umlaut (Kjær) only if another word is written with marks.
    """
    first = w.form_at[form]
    count = w.form_at[form + 1] - first
    row = w.alias_written_at[alias]
    length = w.alias_written_at[alias + 1] - row
    same = marked = others = either = 0
    for j in range(count):
        word = w.form_words[first + j]
        number = w.alias_written[row + j] if length > 0 else 0
        spelled = w.alias_written[row + count + j] if length > count else 0
        best = 0
        for i in range(len(w.written_words)):
            found = 0
            if spelled != 0 and spelled == w.written_numbers[i]:
                found = _EITHER if w.written_words[i] == word else _WITH_MARKS
            elif w.written_words[i] == word:
                found = _OTHERWISE
                if number == 0:
                    if not w.written_marked[i]:
                        found = _AS_FOLDED
                elif number == w.written_numbers[i]:
                    found = _WITH_MARKS
            best = max(best, found)
        same += best >= _AS_FOLDED
        marked += best == _WITH_MARKS
        others += best == _OTHERWISE
        either += best == _EITHER
    return marked + (same > 0 and others == 0 and (either == 0 or marked > 0))
