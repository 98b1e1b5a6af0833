"""How the words of a mention are written, for the comparison with aliases of equal normal form."""

from __future__ import annotations

from array import array
from typing import NamedTuple

from resolver.infra.limits import MAX_TOKENS
from resolver.names.normal_form import NormalForm
from resolver.names.written_form import word_number


class MentionWriting(NamedTuple):
    """The words of a mention as arrays of one entry each."""

    words: array[int]
    """The number of the folded word in the index, -1 for none."""
    numbers: array[int]
    """The number of its written form (`names.written_form.word_number`)."""
    marked: bytearray
    """1 for a word that is not written as it is folded."""


NO_WRITING = MentionWriting(array("i"), array("I"), bytearray())


def mention_writing(normal: NormalForm, words: array[int]) -> MentionWriting:
    """How a mention is written; `words` are the numbers of its folded words in an index."""
    folded = normal.exact.split(" ")[:MAX_TOKENS]
    written = normal.written[:MAX_TOKENS] or folded
    return MentionWriting(
        words,
        array("I", map(word_number, written)),
        bytearray([one != other for one, other in zip(written, folded, strict=True)]),
    )
