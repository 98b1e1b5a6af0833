"""The page of an entity: its names and sources, the mentions linked to it, and the decisions on it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from datasette import Response
from datasette.utils import tilde_decode, tilde_encode

from resolver.database.connection import Connection
from resolver.publish.entity_facts import EntityFacts, read_facts
from resolver.publish.web.pages.page_frame import page, render
from resolver.publish.web.served_table import table_of

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request


@page()
async def entity(request: Request, datasette: Datasette) -> Response:
    """The page; an id that redirects leads to the page of the current id."""
    encoded = request.url_vars["id"]
    ids = (tilde_decode(encoded), unquote(encoded))  # as our links encode it, and as others may

    def look_up(connection: Connection) -> tuple[str, EntityFacts | None]:
        found = ((id, read_facts(connection, id)) for id in ids)
        return next(((id, facts) for id, facts in found if facts), (ids[1], None))

    id, facts = await table_of(datasette).read(look_up)
    if facts is not None and facts.id != id:
        return Response.redirect(entity_path(datasette, facts.id))
    context = {"facts": facts, "id": id}
    return await render(request, datasette, "resolver_entity.html", context, 200 if facts else 404)


def entity_path(datasette: Datasette, id: str) -> str:
    """The path of the page of an entity, with the id tilde-encoded as in Datasette, as it may have any characters."""
    return str(datasette.urls.path(f"/-/entity/{tilde_encode(id)}"))
