"""Sizes of the buffers that the compiled modules share: raising a number here raises it everywhere.

Compiled code runs without bounds checks, so a size has one home, and every buffer and every loop takes it from here.
"""

from __future__ import annotations

MAX_LETTERS = 48
"""Letters (or sounds, or units of another script) of one string that are compared; the rest is cut off."""

MAX_TOKENS = 12
"""Tokens of a name that are compared; the rest is left out. A set of tokens is a mask of bits in a C int."""

MAX_ROTATED_TOKENS = 6
"""Tokens of a name that is also compared with its last token first."""

MAX_KEYED_LETTERS = 64
"""Letters of a word that its search keys are made from."""

LCS_LETTERS = 64
"""Letters of a string that the bit-parallel longest common subsequence counts: the bits of a machine word."""

MAX_PIECES = 2 * MAX_TOKENS + 1
"""Pieces of a name: its tokens, its pairs of neighbours, the whole, and the whole with its last token first."""

ITEMS_PER_FORM = 2 * MAX_TOKENS + 2
"""Items that one form adds to a batch: its words, its pairs of neighbours, the whole and the rotated whole."""
