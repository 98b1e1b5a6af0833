"""The page of an entity: its names, where it is from, what was taken for it and what people decided on it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from datasette import Response
from datasette.utils import tilde_decode, tilde_encode

from resolver.database.connection import Connection
from resolver.publish.entity_facts import Facts, read_facts
from resolver.publish.web.open_table import desk_of
from resolver.publish.web.pages.page_frame import page, render

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request


@page()
async def entity(request: Request, datasette: Datasette) -> Response:
    """The page; an id that redirects leads to that of the entity it means now."""
    written = request.url_vars["id"]
    ids = (tilde_decode(written), unquote(written))  # as links of ours have it, and as others may write it

    def look(connection: Connection) -> tuple[str, Facts | None]:
        found = ((id, read_facts(connection, id)) for id in ids)
        return next(((id, facts) for id, facts in found if facts), (ids[1], None))

    id, facts = await desk_of(datasette).read(look)
    if facts is None:
        return await render(request, datasette, "resolver_entity.html", {"facts": None, "id": id}, 404)
    if facts.id != id:
        return Response.redirect(entity_path(datasette, facts.id))
    return await render(request, datasette, "resolver_entity.html", {"facts": facts, "id": id})


def entity_path(datasette: Datasette, id: str) -> str:
    """The path of the page of an entity. Ids may have any characters: they are encoded as Datasette does it."""
    return str(datasette.urls.path(f"/-/entity/{tilde_encode(id)}"))
