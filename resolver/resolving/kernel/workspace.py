"""The workspace of the kernel: every array that comparing a mention with forms of one index reads or writes.

A workspace serves one mention at a time; each thread takes its own. `workspace.pxd` declares the layout for compiled
code: flat arrays only, so that the loops of the kernel touch no Python object.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, cast

import cython

from resolver.index.search_index import Index
from resolver.infra.arrays import Buffer, zeros
from resolver.infra.limits import ITEMS_PER_FORM, LCS_LETTERS, MAX_LETTERS, MAX_PIECES, MAX_TOKENS
from resolver.names.name_parts import ROLES
from resolver.resolving.features import FEATURES, ROLE_SHARE
from resolver.resolving.kernel.mention_writing import NO_WRITING, MentionWriting

if TYPE_CHECKING:
    from resolver.resolving.kernel.prepared_mention import PreparedMention


class Workspace:
    """Room to compare one mention with up to `max_forms` forms of an index at a time. Not for two threads at once.

    A mention has pieces: its tokens, its pairs of neighbours, the whole, and the whole with its last token first. A
    batch of forms has items: its distinct words, its pairs of neighbours, its wholes, and its wholes with the last
    word first. `similar[piece * stride + item]` is how alike a piece and an item are (0 to 1); `learned` has the same
    by the costs learned between Latin spellings. Rows of `first` and `tokens` say which words (places in `words`)
    each form of the batch has.
    """

    def __init__(self, index: Index, max_forms: int) -> None:
        """Make room for the index's arrays and for batches of at most `max_forms` forms."""
        self._take_index(index)
        self._make_batch(max_forms)
        self._make_alignment()
        self.letter_places = zeros("Q", 256)
        self.letter_count = 0
        self.feature_row = zeros("d", len(FEATURES))
        self.features = self.feature_row
        self.role_shares = array("d", [ROLE_SHARE.get(role, 1.0) for role in ROLES])
        self.agreed, self.seen = zeros("i", max_forms), bytearray()
        self.load_writing(NO_WRITING)
        self.top = self.mass = self.rivals = 0.0
        self.batch_start = 0
        self.search, self.last_search = cast("Any", None), cast("Any", None)

    def _take_index(self, index: Index) -> None:
        parts = index.parts
        self.index = index
        self.roman, self.roman_at = parts["roman"], parts["roman_at"]
        self.word_native, self.word_weights = index.word_native, index.word_weights
        self.word_codes, self.word_roles, self.word_marks = (
            parts["word_codes"],
            parts["word_roles"],
            parts["word_marks"],
        )
        self.form_at, self.form_words, self.form_legal = parts["form_at"], parts["form_words"], parts["form_legal"]
        self.alias_at, self.aliases = parts["alias_at"], parts["aliases"]
        self.alias_entity, self.alias_weak = parts["alias_entity"], parts["alias_weak"]
        self.alias_written_at, self.alias_written = parts["alias_written_at"], parts["alias_written"]
        self.entity_type, self.entity_latin = parts["entity_type"], parts["entity_latin"]
        self.entity_prior, self.entity_gone = parts["entity_prior"], index.gone

    def _make_batch(self, max_forms: int) -> None:
        tokens, items = MAX_TOKENS * max_forms, ITEMS_PER_FORM * max_forms
        self.slots = array("i", [-1]) * (2 << tokens.bit_length())
        self.slot_mask = len(self.slots) - 1
        self.used_slots, self.words, self.weights = zeros("i", tokens), zeros("I", tokens), zeros("f", tokens)
        self.first, self.tokens = zeros("i", max_forms + 1), zeros("i", tokens)
        self.legal = zeros("H", max_forms)
        self.spare_forms, self.spare_shares = zeros("I", max_forms), zeros("f", max_forms)
        self.places, self.quick_scores = zeros("i", max_forms), zeros("d", max_forms)
        self.form_count = self.word_count = 0
        self.stride = items
        self.item_letters, self.item_starts = _view("B", items * MAX_LETTERS), _view("i", items + 1)
        self.similarities = _view("d", MAX_PIECES * items)
        self.learned_similarities = _view("d", MAX_PIECES * items)
        self.letters, self.starts = self.item_letters, self.item_starts
        self.similar, self.learned = self.similarities, self.learned_similarities

    def _make_alignment(self) -> None:
        possible = MAX_PIECES * ITEMS_PER_FORM
        self.match_count = 0
        self.match_piece, self.match_mask, self.match_start = (zeros("i", MAX_TOKENS) for _ in range(3))
        self.match_value, self.match_learned = zeros("d", MAX_TOKENS), zeros("d", MAX_TOKENS)
        self.possible_piece, self.possible_mask, self.possible_start = (zeros("i", possible) for _ in range(3))
        self.ranks, self.possible_value, self.possible_learned = (zeros("d", possible) for _ in range(3))

    def load_mention(self, mention: PreparedMention, words: Buffer, weights: Buffer) -> None:
        """Take a mention, with the numbers of its words in the index (-1 for none) and the weights of its tokens."""
        i: cython.Py_ssize_t
        one: cython.ulonglong = 1
        joined: cython.uchar[::1] = mention.joined
        self.piece_first, self.piece_mask, self.piece_flags, self.piece_letter = mention.shape
        self.mention_tokens = mention.token_count
        self.mention_pairs = mention.token_count - 1
        self.mention_pieces = len(mention.pieces)
        self.mention_latin = mention.is_latin
        self.core_start, self.core_end = mention.core
        self.mention_words, self.mention_weights = words, weights
        self.mention_codes, self.mention_roles = mention.codes, mention.roles
        self.mention_known, self.mention_marks = mention.known, mention.marks
        self.letter_count = min(LCS_LETTERS, len(joined))
        for i in range(256):
            self.letter_places[i] = 0
        for i in range(self.letter_count):
            self.letter_places[joined[i]] |= one << i

    def load_writing(self, writing: MentionWriting) -> None:
        """Take how the words of a mention are written, which its forms' aliases are compared with."""
        self.written_words, self.written_numbers, self.written_marked = writing


def _view(code: str, count: int) -> Buffer:
    return memoryview(zeros(code, count))
