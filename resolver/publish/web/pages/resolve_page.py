"""The page that answers one mention and shows the candidates with their evidence; the same answer as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datasette import Response

from resolver.api.names import Names
from resolver.errors import ResolverError
from resolver.publish.web.json_replies import json_reply, json_route
from resolver.publish.web.pages.alignment_view import alignment_view
from resolver.publish.web.pages.page_frame import page, render
from resolver.publish.web.request_fields import read_fields
from resolver.publish.web.served_table import table_of
from resolver.publish.web.web_errors import words_and_status

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request


MAX_SHOWN_CANDIDATES = 5


@json_route
async def resolve_json(request: Request, datasette: Datasette) -> Response:
    """The answer for `q` (and `type`) as `resolver resolve --json` prints it; with `explain=1`, explained."""
    fields = await read_fields(request)
    query = (fields.get("q", ""), fields.get("type") or None, fields.get("context", ""))
    explained = fields.get("explain") == "1"

    def resolve_query(names: Names) -> dict[str, Any]:
        resolution = names.resolve(*query)
        if not explained:
            return resolution.to_dict()
        return {
            **resolution.to_dict(),
            "explanation": resolution.explain(),
            "evidence": resolution.explanation(),
        }

    answer = await table_of(datasette).ask_for_json(("resolve", query, explained), resolve_query)
    return json_reply(answer, fields.get("callback", ""))


@page()
async def resolve(request: Request, datasette: Datasette) -> Response:
    """The page; with `q` it shows the answer."""
    context: dict[str, Any] = {"q": "", "type": "", "answer": None, "problem": ""}
    status = 200
    try:
        fields = await read_fields(request)
        context["q"], context["type"] = mention, type = fields.get("q", ""), fields.get("type", "")
        if mention.strip():
            context["answer"] = await table_of(datasette).ask(lambda names: _view(names, mention, type or None))
    except ResolverError as error:
        context["problem"], status = words_and_status(error)
    return await render(request, datasette, "resolver_resolve.html", context, status)


def _view(names: Names, mention: str, type: str | None) -> dict[str, Any]:
    """The contents of the page for a resolution."""
    resolution = names.resolve(mention, type)
    aliases = {candidate.entity.id: candidate.alias.name for candidate in resolution.candidates}
    evidence = {one["id"]: alignment_view(one, mention, aliases.get(one["id"], "")) for one in resolution.explanation()}
    shown = resolution.candidates[:MAX_SHOWN_CANDIDATES]
    candidates = [
        {
            "entity": candidate.entity,
            "alias": candidate.alias if candidate.alias.name != candidate.entity.name else None,
            "probability": candidate.probability,
            "evidence": evidence.get(candidate.entity.id),
        }
        for candidate in shown
    ]
    shown_ids = {candidate.entity.id for candidate in shown}
    return {
        "outcome": resolution.outcome,
        "entity": resolution.entity,
        "reason": resolution.reason,
        "candidates": candidates,
        "rejected": [one for id, one in evidence.items() if id not in shown_ids and "decision" in one],
    }
