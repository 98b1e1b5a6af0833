"""The reconciliation service: requests of OpenRefine and other clients, answered at /reconcile."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from datasette import Response

from resolver.opening import Names
from resolver.publish import reconciling
from resolver.publish.web.desk import check_permission, desk_of
from resolver.publish.web.replying import failure, in_json, read_fields, replying, whole_number

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

SHOWN = 30
"""A preview has at most so many names."""


@replying
async def reconcile(request: Request, datasette: Datasette) -> Response:
    """The manifest; or the answers to `queries`, or the values that `extend` asks for."""
    await check_permission(datasette, request.actor)
    fields = await read_fields(request)
    callback, desk = fields.get("callback", ""), desk_of(datasette)
    if "queries" in fields:
        most = await desk.ask(lambda names: names.settings.max_candidates)
        asked = reconciling.read_queries(fields["queries"], most)
        answers = {key: await desk.ask(partial(reconciling.answer, asked=query)) for key, query in asked.items()}
        return in_json(answers, callback)
    if "extend" in fields:
        ids, properties = reconciling.read_extension(fields["extend"])
        return in_json(await desk.ask(lambda names: reconciling.extend(names, ids, properties)), callback)
    if request.method == "POST":
        return failure("neither queries nor extend in the form", 400)
    root = datasette.absolute_url(request, datasette.urls.path("/")).rstrip("/")
    title = datasette.metadata("title") or "Names"
    return in_json(reconciling.manifest(root, title), callback)


@replying
async def suggest(request: Request, datasette: Datasette) -> Response:
    """Entities, types or properties for what has been typed so far."""
    await check_permission(datasette, request.actor)
    fields = await read_fields(request)
    prefix, kind = fields.get("prefix", ""), request.url_vars["kind"]
    if kind == "entity":
        limit = whole_number(fields, "limit", reconciling.BATCH) or reconciling.SUGGESTED
        found = await desk_of(datasette).ask(lambda names: reconciling.suggest_entities(names, prefix, limit))
    else:
        found = (reconciling.suggest_types if kind == "type" else reconciling.suggest_properties)(prefix)
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
        aliases = entity.aliases[:SHOWN]  # read in this thread
        more = len(entity.aliases) - len(aliases)
        return {"entity": entity, "aliases": aliases, "more": more, "sources": reconciling.sources_of(names, entity)}

    found = await desk_of(datasette).ask(look)
    context = {"id": id, "types": reconciling.TYPE_NAMES, **found}
    body = await datasette.render_template("resolver_preview.html", context, request=request)
    return Response.html(body, 200 if found["entity"] else 404, {"X-Content-Type-Options": "nosniff"})
