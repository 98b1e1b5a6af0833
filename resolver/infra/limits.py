"""Buffer sizes that the compiled modules share.

Compiled code runs without bounds checks. Every buffer and every loop takes its size from here, so that raising a number
here raises it everywhere.
"""

from __future__ import annotations

MAX_LETTERS = 48
"""Maximum number of letters (or sounds, or units of another script) of a string that are compared; the rest is cut
off."""

MAX_TOKENS = 12
"""Maximum number of tokens of a name that are compared; the rest is ignored. A token set is a bit mask in a C int."""

MAX_ROTATED_TOKENS = 6
"""Maximum number of tokens of a name that is also compared with its last token first."""

MAX_KEYED_LETTERS = 64
"""Maximum number of letters of a word that its search keys are made from."""

LCS_LETTERS = 64
"""Maximum number of letters in the bit-parallel longest common subsequence: the bits of a machine word."""

MAX_PIECES = 2 * MAX_TOKENS + 1
"""Maximum number of pieces of a name: its tokens, its pairs of neighbours, the whole, and the whole rotated."""

ITEMS_PER_FORM = 2 * MAX_TOKENS + 2
"""Maximum number of items that a form adds to a batch: tokens, pairs of neighbours, the whole, the whole rotated."""
