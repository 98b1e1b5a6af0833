"""Flags of a piece of a mention: a token, two neighbouring tokens joined, or the whole; bits of one int."""

from __future__ import annotations

TOKEN_PIECE = 1
"""Flag of a piece that is one token of the mention."""

PAIR_PIECE = 2
"""Flag of a piece that is two neighbouring tokens joined."""

LATIN_PIECE = 4
"""Flag of a piece in Latin letters."""

UNSPACED_PIECE = 8
"""Flag of a token in a script that writes no spaces inside a name."""

INITIAL_PIECE = 16
"""Flag of a token that is one Latin letter."""

DIGIT_PIECE = 32
"""Flag of a token that begins with a digit."""

NUMBERED_PIECE = 64
"""Flag of a token that ends with a digit."""
