"""The routes of the reconciliation service, for OpenRefine and other clients, at /reconcile.

The routes of version 1.0-draft are below /reconcile too. Its manifest differs from that of 0.2 and is at
/reconcile/1.0, below which the same routes exist.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from datasette import Response

from resolver.api.names import Names
from resolver.publish.entity_labels import TYPE_LABELS
from resolver.publish.entity_lookup import entity_sources
from resolver.publish.reconciliation import match_conditions, protocol_0_2, protocol_1_0, suggestions
from resolver.publish.reconciliation.entity_properties import read_extension
from resolver.publish.reconciliation.service_terms import LIMITS
from resolver.publish.web.json_replies import failure, json_reply, json_route
from resolver.publish.web.request_fields import read_fields, read_json, read_number
from resolver.publish.web.served_table import table_of

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request


@json_route
async def reconcile(request: Request, datasette: Datasette) -> Response:
    """Version 0.2: the answers to `queries`, the values requested by `extend`, or the manifest."""
    fields, table = await read_fields(request), table_of(datasette)
    callback = fields.get("callback", "")
    if "queries" in fields:
        queries = protocol_0_2.read_queries(fields["queries"], table.settings.max_candidates)
        answers = {
            key: await table.ask_for_json(("0.2", query), partial(protocol_0_2.answer, query=query))
            for key, query in queries.items()
        }
        return json_reply(answers, callback)
    if "extend" in fields:
        extension = read_extension(fields["extend"], "extend")
        return json_reply(await table.ask(partial(protocol_0_2.extend, request=extension)), callback)
    if request.method == "POST":
        return failure("the form has neither queries nor extend", 400)
    return json_reply(protocol_0_2.manifest(_root(request, datasette), _title(datasette)), callback)


@json_route
async def manifest_1_0(request: Request, datasette: Datasette) -> Response:
    """The manifest of version 1.0-draft."""
    if request.method == "POST":
        return failure("POST queries to /match", 405)
    return json_reply(protocol_1_0.manifest(f"{_root(request, datasette)}/reconcile/1.0", _title(datasette)))


@json_route
async def match(request: Request, datasette: Datasette) -> Response:
    """Version 1.0-draft: the answers to the queries in the body."""
    table, body = table_of(datasette), await read_json(request)
    queries = match_conditions.read_queries(body, table.settings.max_candidates)
    results = [await table.ask_for_json(("1.0", query), partial(protocol_1_0.answer, query=query)) for query in queries]
    return json_reply({"results": results})


@json_route
async def extend(request: Request, datasette: Datasette) -> Response:
    """Version 1.0-draft: the values of properties requested in the body."""
    extension = read_extension(await read_json(request), "the request")
    return json_reply(await table_of(datasette).ask(partial(protocol_1_0.extend, request=extension)))


@json_route
async def suggest(request: Request, datasette: Datasette) -> Response:
    """Suggestions of entities, types or properties for typed text."""
    fields = await read_fields(request)
    prefix, kind = fields.get("prefix", ""), request.url_vars["kind"]
    skipped = 0 if fields.get("cursor") == "0" else read_number(fields, "cursor", LIMITS.skipped_suggestions) or 0
    if kind == "entity":
        limit = read_number(fields, "limit", LIMITS.batch) or LIMITS.suggestions
        result = await table_of(datasette).ask(
            lambda names: suggestions.suggest_entities(names, prefix, limit, skipped)
        )
    elif kind == "type":
        result = suggestions.suggest_types(prefix, skipped)
    else:
        result = suggestions.suggest_properties(prefix, skipped)
    return json_reply(result, fields.get("callback", ""))


@json_route
async def properties(request: Request, datasette: Datasette) -> Response:
    """The properties by which entities can be extended."""
    fields = await read_fields(request)
    limit = read_number(fields, "limit", LIMITS.batch)
    return json_reply(suggestions.propose_properties(fields.get("type", ""), limit), fields.get("callback", ""))


@json_route
async def preview(request: Request, datasette: Datasette) -> Response:
    """A small page about an entity."""
    fields = await read_fields(request)
    return await _preview(request, datasette, fields.get("id", ""))


@json_route
async def flyout(request: Request, datasette: Datasette) -> Response:
    """The same page in JSON, which clients show beside a suggestion."""
    fields = await read_fields(request)
    id = fields.get("id", "")
    page = await _preview(request, datasette, id)
    return json_reply({"id": id, "html": page.body}, fields.get("callback", ""), page.status)


async def _preview(request: Request, datasette: Datasette, id: str) -> Response:
    def look_up(names: Names) -> dict[str, Any]:
        entity = names.entity(id)
        if entity is None:
            return {"entity": None}
        aliases, sources = entity.known_aliases, entity_sources(names, entity)
        more = len(aliases) - LIMITS.preview_names
        return {"entity": entity, "aliases": aliases[: LIMITS.preview_names], "more": more, "sources": sources}

    shown = await table_of(datasette).ask(look_up)
    context = {"id": id, "types": TYPE_LABELS, **shown}
    body = await datasette.render_template("resolver_preview.html", context, request=request)
    return Response.html(body, 200 if shown["entity"] else 404, {"X-Content-Type-Options": "nosniff"})


def _root(request: Request, datasette: Datasette) -> str:
    return str(datasette.absolute_url(request, datasette.urls.path("/"))).rstrip("/")


def _title(datasette: Datasette) -> str:
    return str(datasette.metadata("title") or "Names")
