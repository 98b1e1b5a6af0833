"""Permissions to read and to change the table: those of Datasette and the plugin's list of writers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from resolver.publish.web.access_tokens import token_actor
from resolver.publish.web.served_table import table_of
from resolver.publish.web.web_errors import NotAllowedError

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

WRITE_PERMISSION = "resolver-write"
"""The permission to decide and to save runs. Writers have it; other plugins of Datasette may also grant it."""

Actor = dict[str, Any] | None


def is_private(datasette: Datasette, database: str) -> bool:
    """Whether the metadata restrict who may see a database or query it in SQL."""
    rules = (
        datasette.metadata(key, database=database, fallback=False) for key in ("allow", "allow_sql", "permissions")
    )
    return any(rule is not None for rule in rules)


async def require_reader(datasette: Datasette, actor: Actor) -> None:
    """Raise Datasette's Forbidden unless the actor may see the table."""
    database = table_of(datasette).database
    table = [("view-database", database)] if database else []
    await datasette.ensure_permissions(actor, [*table, "view-instance"])


def is_writer(datasette: Datasette, actor: Actor) -> bool:
    """Whether the actor is one of the plugin's writers."""
    return actor is not None and str(actor.get("id", "")) in table_of(datasette).writers


async def may_write(datasette: Datasette, actor: Actor) -> bool:
    """Whether the actor may decide and save runs."""
    return actor is not None and bool(await datasette.permission_allowed(actor, WRITE_PERMISSION, default=False))


async def require_writer(datasette: Datasette, request: Request) -> str:
    """The id of the actor of a request for a change. Raises NotAllowedError unless the actor may write.

    A request with the header Authorization is judged by its token alone, whatever its cookies: it needs no CSRF token.
    """
    actor = token_actor(datasette, request) if "authorization" in request.headers else request.actor
    if actor is None:
        raise NotAllowedError("log in, or send a token, to decide or save")
    if not await may_write(datasette, actor):
        raise NotAllowedError("you may not decide or save here")
    return str(actor["id"])
