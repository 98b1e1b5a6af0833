"""The page where people type a mention and see the answer, the alternatives, and what stands for what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from datasette import Response

from resolver.errors import ResolverError
from resolver.opening import Names
from resolver.publish.reconciling import TYPE_NAMES
from resolver.publish.web.desk import check_permission, desk_of
from resolver.publish.web.replying import in_json, problem, read_fields, replying

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


async def resolve(request: Request, datasette: Datasette) -> Response:
    """The page; with `q` it shows the answer."""
    await check_permission(datasette, request.actor)
    context: dict[str, Any] = {"types": TYPE_NAMES, "q": "", "type": "", "found": None, "problem": ""}
    status = 200
    try:
        fields = await read_fields(request)
        context["q"], context["type"] = mention, type = fields.get("q", ""), fields.get("type", "")
        if mention.strip():
            context["found"] = await desk_of(datasette).ask(lambda names: _look(names, mention, type or None))
    except ResolverError as error:
        context["problem"], status = problem(error)
    body = await datasette.render_template("resolver_resolve.html", context, request=request)
    return Response.html(body, status, {"X-Content-Type-Options": "nosniff"})


def _look(names: Names, mention: str, type: str | None) -> dict[str, Any]:
    """What the page shows of a resolution."""
    found = names.resolve(mention, type)
    evidence = {explained["id"]: explained for explained in found.explanation()}
    candidates = [
        {
            "entity": candidate.entity,
            "alias": candidate.alias.name if candidate.alias.name != candidate.entity.name else "",
            "probability": candidate.probability,
            "evidence": evidence.get(candidate.entity.id),
        }
        for candidate in found.candidates[:SHOWN]
    ]
    return {"outcome": found.outcome, "entity": found.entity, "reason": found.reason, "candidates": candidates}
