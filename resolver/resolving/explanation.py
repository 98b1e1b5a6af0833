"""Explaining: how the words of each match stand for each other, piece by piece."""

from __future__ import annotations

from resolver.infra.turns import in_turn
from resolver.records import Evidence, PieceMatch, Trace
from resolver.sound.name_lexicon import equivalents
from resolver.sound.similarity import Spelling, trace

LEXICON = "lexicon of names"


@in_turn
def trace_matches(evidence: Evidence) -> tuple[Trace, ...]:
    """The trace of each match; without pieces where two words of one other script are only compared as romanised."""
    mention, name = evidence.mention_exact.split(" "), evidence.name_exact.split(" ")
    traces = []
    for match in evidence.matches:
        left = Spelling(
            "".join(evidence.mention_tokens[i] for i in match.mention), "".join(mention[i] for i in match.mention)
        )
        right = Spelling("".join(evidence.name_tokens[i] for i in match.name), "".join(name[i] for i in match.name))
        table = ""
        pieces: tuple[tuple[str, str, float], ...] = ()
        if left.written == right.written:
            pass
        elif left.is_latin and left.roman in equivalents(right.roman):
            table, pieces = LEXICON, ((left.roman, right.roman, 0.0),)
        elif right.is_latin:
            table, pieces = trace(left, right.roman)
        elif left.is_latin:
            table, turned = trace(right, left.roman)
            pieces = tuple((latin, native, cost) for native, latin, cost in turned)
        traces.append(Trace(match, table, tuple(PieceMatch(*piece) for piece in pieces)))
    return tuple(traces)
