"""The page where people type a mention and see the answer, the alternatives, and what stands for what."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from datasette import Response

from resolver.api.names import Names
from resolver.errors import ResolverError
from resolver.names.normal_form import normal_form
from resolver.publish.web.open_table import check_permission, desk_of
from resolver.publish.web.pages.page_frame import page, render
from resolver.publish.web.responses import in_json, problem, read_fields, replying

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request


SHOWN = 5
"""The page shows so many candidates."""


@replying
async def resolve_json(request: Request, datasette: Datasette) -> Response:
    """The answer for `q`, of the type `type` if given, as `resolver resolve --json` has it; with `explain=1` why."""
    await check_permission(datasette, request.actor)
    fields, desk = await read_fields(request), desk_of(datasette)
    asked = (fields.get("q", ""), fields.get("type") or None, fields.get("context", ""))
    explained = fields.get("explain") == "1"

    def look(names: Names) -> dict[str, Any]:
        found = names.resolve(*asked)
        if not explained:
            return found.to_dict()
        return {**found.to_dict(), "explanation": found.explain(), "evidence": found.explanation()}

    answer = await desk.answers.find(desk.ask, ("resolve", asked, explained), look)
    return in_json(answer, fields.get("callback", ""))


@page()
async def resolve(request: Request, datasette: Datasette) -> Response:
    """The page; with `q` it shows the answer."""
    context: dict[str, Any] = {"q": "", "type": "", "found": None, "problem": ""}
    status = 200
    try:
        fields = await read_fields(request)
        context["q"], context["type"] = mention, type = fields.get("q", ""), fields.get("type", "")
        if mention.strip():
            context["found"] = await desk_of(datasette).ask(lambda names: _look(names, mention, type or None))
    except ResolverError as error:
        context["problem"], status = problem(error)
    return await render(request, datasette, "resolver_resolve.html", context, status)


def _look(names: Names, mention: str, type: str | None) -> dict[str, Any]:
    """What the page shows of a resolution."""
    found = names.resolve(mention, type)
    aliases = {candidate.entity.id: candidate.alias.name for candidate in found.candidates}
    explained = {
        evidence["id"]: _drawn(evidence, mention, aliases.get(evidence["id"], "")) for evidence in found.explanation()
    }
    candidates = [
        {
            "entity": candidate.entity,
            "alias": candidate.alias if candidate.alias.name != candidate.entity.name else None,
            "probability": candidate.probability,
            "evidence": explained.get(candidate.entity.id),
        }
        for candidate in found.candidates[:SHOWN]
    ]
    shown = {candidate.entity.id for candidate in found.candidates[:SHOWN]}
    rejected = [evidence for id, evidence in explained.items() if id not in shown and "decision" in evidence]
    return {
        "outcome": found.outcome,
        "entity": found.entity,
        "reason": found.reason,
        "candidates": candidates,
        "rejected": rejected,
    }


def _drawn(evidence: dict[str, Any], mention: str, name: str) -> dict[str, Any]:
    """Some evidence, its matches in the order of the mention, with pieces as they are drawn; words in their script."""
    words = normal_form(mention).exact.split(" ")

    def place(match: dict[str, Any]) -> int:
        first = match["mention"].split(" ")[0]
        return words.index(first) if first in words else len(words)

    matches = []
    for match in sorted(evidence["matches"], key=place):
        pieces = match["pieces"] or [(match["mention"], match["name"], None)]
        matches.append(
            match
            | {
                "whole": not match["pieces"],
                "direction": _direction(match["name"]),
                "pieces": [
                    {"mention": _alone(left), "name": _alone(right), "cost": cost, "kind": _kind(left, right)}
                    for left, right, cost in pieces
                ],
            }
        )
    left_over = {
        key: [_own_script(text).get(word, word) for word in evidence.get(key, ())]
        for key, text in (("only_in_mention", mention), ("only_in_name", name))
    }
    return evidence | {"matches": matches} | left_over


def _own_script(text: str) -> dict[str, str]:
    """The words of a text, by how they are romanised."""
    form = normal_form(text)
    return dict(zip(form.tokens, form.exact.split(" "), strict=False))


def _kind(left: str, right: str) -> str:
    if left == right:
        return "same"
    if not left or not right:
        return "gap"
    return "other" if left.isascii() == right.isascii() else "script"


def _alone(piece: str) -> str:
    """A piece as it can stand by itself: a mark on a letter, without the letter, on a dotted circle."""
    return f"\u25cc{piece}" if piece and unicodedata.combining(piece[0]) else piece


def _direction(text: str) -> str:
    """The direction that a text is read in, by its first letter."""
    strong = (unicodedata.bidirectional(character) for character in text)
    return "rtl" if next((kind for kind in strong if kind in ("L", "R", "AL")), "L") != "L" else "ltr"
