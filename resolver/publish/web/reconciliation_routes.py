"""The reconciliation service: requests of OpenRefine and other clients, answered at /reconcile.

Clients of the API's 1.0-draft find its routes below /reconcile too; their manifest, which cannot be that of 0.2 as
well, is at /reconcile/1.0, below which the same routes are.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from datasette import Response

from resolver.api.names import Names
from resolver.publish import match_conditions as conditions
from resolver.publish import reconciliation as reconciling
from resolver.publish.web.open_table import check_permission, desk_of
from resolver.publish.web.responses import failure, in_json, read_fields, read_json, replying, whole_number

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

SHOWN = 30
"""A preview has at most so many names."""

SKIPPED = 1000
"""At most so many suggestions are skipped."""


@replying
async def reconcile(request: Request, datasette: Datasette) -> Response:
    """The manifest; or the answers to `queries`, or the values that `extend` asks for."""
    await check_permission(datasette, request.actor)
    fields = await read_fields(request)
    callback, desk = fields.get("callback", ""), desk_of(datasette)
    if "queries" in fields:
        asked = reconciling.read_queries(fields["queries"], desk.settings.max_candidates)
        answers = {
            key: await desk.answers.find(desk.ask, ("0.2", query), partial(reconciling.answer, asked=query))
            for key, query in asked.items()
        }
        return in_json(answers, callback)
    if "extend" in fields:
        ids, properties = reconciling.read_extension(fields["extend"])
        return in_json(await desk.ask(lambda names: reconciling.extend(names, ids, properties)), callback)
    if request.method == "POST":
        return failure("neither queries nor extend in the form", 400)
    return in_json(reconciling.manifest(_root(request, datasette), _title(datasette)), callback)


def _root(request: Request, datasette: Datasette) -> str:
    return str(datasette.absolute_url(request, datasette.urls.path("/"))).rstrip("/")


def _title(datasette: Datasette) -> str:
    return str(datasette.metadata("title") or "Names")


@replying
async def draft(request: Request, datasette: Datasette) -> Response:
    """The manifest for clients of 1.0-draft."""
    await check_permission(datasette, request.actor)
    if request.method == "POST":
        return failure("queries are posted to /match", 405)
    return in_json(conditions.manifest(f"{_root(request, datasette)}/reconcile/1.0", _title(datasette)))


@replying
async def match(request: Request, datasette: Datasette) -> Response:
    """The answers to the queries in the body, as 1.0-draft has them."""
    await check_permission(datasette, request.actor)
    desk, body = desk_of(datasette), await read_json(request)
    asked = conditions.read_queries(body, desk.settings.max_candidates)
    results = [
        await desk.answers.find(desk.ask, (reconciling.DRAFT, query), partial(conditions.answer, asked=query))
        for query in asked
    ]
    return in_json({"results": results})


@replying
async def extend(request: Request, datasette: Datasette) -> Response:
    """The values of properties that the body asks for, as 1.0-draft has them."""
    await check_permission(datasette, request.actor)
    ids, properties = reconciling.read_extension(await read_json(request), "the request")
    return in_json(await desk_of(datasette).ask(lambda names: conditions.extend(names, ids, properties)))


@replying
async def suggest(request: Request, datasette: Datasette) -> Response:
    """Entities, types or properties for what has been typed so far."""
    await check_permission(datasette, request.actor)
    fields = await read_fields(request)
    prefix, kind = fields.get("prefix", ""), request.url_vars["kind"]
    skipped = 0 if fields.get("cursor") == "0" else whole_number(fields, "cursor", SKIPPED) or 0
    if kind == "entity":
        limit = whole_number(fields, "limit", reconciling.BATCH) or reconciling.SUGGESTED
        found = await desk_of(datasette).ask(lambda names: reconciling.suggest_entities(names, prefix, limit, skipped))
    else:
        found = (reconciling.suggest_types if kind == "type" else reconciling.suggest_properties)(prefix)
        found["result"] = found["result"][skipped:]
    return in_json(found, fields.get("callback", ""))


@replying
async def properties(request: Request, datasette: Datasette) -> Response:
    """The properties that entities can be extended by."""
    await check_permission(datasette, request.actor)
    fields = await read_fields(request)
    limit = whole_number(fields, "limit", reconciling.BATCH)
    return in_json(reconciling.propose_properties(fields.get("type", ""), limit), fields.get("callback", ""))


@replying
async def preview(request: Request, datasette: Datasette) -> Response:
    """A small page on an entity."""
    await check_permission(datasette, request.actor)
    fields = await read_fields(request)
    return await _preview(request, datasette, fields.get("id", ""))


@replying
async def flyout(request: Request, datasette: Datasette) -> Response:
    """The same page inside JSON, for what is shown beside a suggestion."""
    await check_permission(datasette, request.actor)
    fields = await read_fields(request)
    page = await _preview(request, datasette, fields.get("id", ""))
    return in_json({"id": fields.get("id", ""), "html": page.body}, fields.get("callback", ""), page.status)


async def _preview(request: Request, datasette: Datasette, id: str) -> Response:
    def look(names: Names) -> dict[str, Any]:
        entity = reconciling.find(names, id)
        if entity is None:
            return {"entity": None}
        aliases = entity.known_aliases[:SHOWN]  # read in this thread
        more = len(entity.known_aliases) - len(aliases)
        return {"entity": entity, "aliases": aliases, "more": more, "sources": reconciling.sources_of(names, entity)}

    found = await desk_of(datasette).ask(look)
    context = {"id": id, "types": reconciling.TYPE_NAMES, **found}
    body = await datasette.render_template("resolver_preview.html", context, request=request)
    return Response.html(body, 200 if found["entity"] else 404, {"X-Content-Type-Options": "nosniff"})
