"""A view of the evidence for a candidate: the letters of the mention aligned with the letters of the name."""

from __future__ import annotations

import unicodedata
from typing import Any

from resolver.names.normal_form import normal_form

DOTTED_CIRCLE = "\u25cc"
"""The base under a combining mark that is shown on its own."""


def alignment_view(evidence: dict[str, Any], mention: str, name: str) -> dict[str, Any]:
    """The evidence for a name in the form of the template: matches in the order of the mention, cut into pieces.

    Each piece has the letters of both sides, its cost and its kind: "same", "gap", "other" (another spelling) or
    "script" (another script). Unmatched words are in their own script.
    """
    words = normal_form(mention).exact.split(" ")

    def place(match: dict[str, Any]) -> int:
        first = match["mention"].split(" ")[0]
        return words.index(first) if first in words else len(words)

    matches = [_match_view(match) for match in sorted(evidence["matches"], key=place)]
    unmatched = {
        key: [_words_by_token(text).get(token, token) for token in evidence.get(key, ())]
        for key, text in (("only_in_mention", mention), ("only_in_name", name))
    }
    return evidence | {"matches": matches} | unmatched


def _match_view(match: dict[str, Any]) -> dict[str, Any]:
    pieces = match["pieces"] or [(match["mention"], match["name"], None)]
    return match | {
        "whole": not match["pieces"],
        "direction": _direction(match["name"]),
        "pieces": [
            {"mention": _standalone(left), "name": _standalone(right), "cost": cost, "kind": _kind(left, right)}
            for left, right, cost in pieces
        ],
    }


def _words_by_token(text: str) -> dict[str, str]:
    """The words of a text by their romanised tokens."""
    form = normal_form(text)
    return dict(zip(form.tokens, form.exact.split(" "), strict=False))


def _kind(left: str, right: str) -> str:
    if left == right:
        return "same"
    if not left or not right:
        return "gap"
    return "other" if left.isascii() == right.isascii() else "script"


def _standalone(piece: str) -> str:
    return f"{DOTTED_CIRCLE}{piece}" if piece and unicodedata.combining(piece[0]) else piece


def _direction(text: str) -> str:
    """The reading direction of a text, by its first letter: "rtl" or "ltr"."""
    strong = (unicodedata.bidirectional(character) for character in text)
    return "rtl" if next((kind for kind in strong if kind in ("L", "R", "AL")), "L") != "L" else "ltr"
