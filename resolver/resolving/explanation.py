"""Explanations: which words of a mention stand for which words of a name, piece by piece, and what that adds up to."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from resolver.records import Evidence, PieceMatch, TokenMatch, Trace
from resolver.sound.name_lexicon import equivalents
from resolver.sound.similarity import Spelling, trace

LEXICON = "lexicon of names"
"""How an explanation names the source of an equivalence such as Bob and Robert."""


def trace_matches(evidence: Evidence) -> tuple[Trace, ...]:
    """The trace of each token match, in order. Two words of the same other script, compared as romanised, have no
    pieces."""
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


def evidence_lines(evidence: Evidence, weights: Mapping[str, float], prior: float = 1.0) -> Iterator[str]:
    """The evidence as indented lines of text: the matches, the words left over, and what each feature adds.

    `weights` are those of the features, in log-odds; `prior` is the weight of the entity.
    """
    for traced in trace_matches(evidence):
        left, right = _matched_words(evidence, traced.match)
        line = f"    {left} ~ {right}: similarity {traced.match.similarity:.2f}"
        differing = ", ".join(f"{p.mention or '-'}→{p.name or '-'}" for p in traced.pieces if p.mention != p.name)
        yield f"{line} ({differing}: {traced.table})" if differing else line
    extra, missing = _left_over(evidence)
    if extra:
        yield f"    only in the mention: {', '.join(extra)}"
    if missing:
        yield f"    only in the name: {', '.join(missing)}"
    yield "    score = " + " ".join(f"{value:+.2f} {name}" for name, value in _adds(evidence, weights, prior))


def evidence_to_dict(evidence: Evidence, weights: Mapping[str, float], prior: float = 1.0) -> dict[str, Any]:
    """The same as a JSON object."""
    extra, missing = _left_over(evidence)
    return {
        "matches": [_trace_to_dict(evidence, traced) for traced in trace_matches(evidence)],
        "only_in_mention": extra,
        "only_in_name": missing,
        "adds": {name: round(value, 4) for name, value in _adds(evidence, weights, prior)},
    }


def _left_over(evidence: Evidence) -> tuple[list[str], list[str]]:
    """The tokens of the mention, and those of the name, that are in no match."""
    used_mention = {i for match in evidence.matches for i in match.mention}
    used_name = {i for match in evidence.matches for i in match.name}
    extra = [token for i, token in enumerate(evidence.mention_tokens) if i not in used_mention]
    return extra, [token for i, token in enumerate(evidence.name_tokens) if i not in used_name]


def _adds(evidence: Evidence, weights: Mapping[str, float], prior: float) -> Sequence[tuple[str, float]]:
    """What each feature and the prior add to the score, largest first, without those that add nothing."""
    adds = {name: weights[name] * value for name, value in evidence.features.items()}
    adds["prior"] = math.log(prior)
    return sorted(((name, value) for name, value in adds.items() if value), key=lambda item: -abs(item[1]))


def _matched_words(evidence: Evidence, match: TokenMatch) -> tuple[str, str]:
    """The words of the mention and of the name in a match, in their own scripts."""
    mention = evidence.mention_exact.split(" ")
    name = evidence.name_exact.split(" ")
    return " ".join(mention[i] for i in match.mention), " ".join(name[i] for i in match.name)


def _trace_to_dict(evidence: Evidence, traced: Trace) -> dict[str, Any]:
    mention, name = _matched_words(evidence, traced.match)
    return {
        "mention": mention,
        "name": name,
        "similarity": round(traced.match.similarity, 4),
        "table": traced.table,
        "pieces": [[piece.mention, piece.name, round(piece.cost, 2)] for piece in traced.pieces],
    }
