"""What all pages have in common: their frame, the headers that keep them safe, and errors in plain words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from datasette import Response

from resolver import __version__
from resolver.errors import ResolverError
from resolver.publish.reconciliation import TYPE_NAMES
from resolver.publish.web.access import may_write
from resolver.publish.web.open_table import check_permission, desk_of
from resolver.publish.web.responses import problem

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors "
)
_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}

PLUGIN = "entity-name-resolver"
"""How Datasette calls us, in the addresses of our static files."""

Page = Callable[["Request", "Datasette"], Awaitable[Response]]


def page(writes: bool = False) -> Callable[[Page], Page]:
    """For the handler of a page: only for those who may read, with errors as a page.

    One that `writes` takes POST too, and no other page may frame it.
    """
    methods = ("GET", "HEAD", "POST") if writes else ("GET", "HEAD")

    def wrapping(handler: Page) -> Page:
        @wraps(handler)
        async def handle(request: Request, datasette: Datasette) -> Response:
            if request.method not in methods:
                return Response.text(f"only {' and '.join(methods)}", 405, {"Allow": ", ".join(methods)})
            await check_permission(datasette, request.actor)
            try:
                response = await handler(request, datasette)
            except ResolverError as error:
                words, status = problem(error)
                response = await render(request, datasette, "resolver_problem.html", {"problem": words}, status)
            response.headers |= _HEADERS
            response.headers["Content-Security-Policy"] = _POLICY + ("'none'" if writes else "'self'")
            response.headers["X-Frame-Options"] = "DENY" if writes else "SAMEORIGIN"
            return response

        return handle

    return wrapping


async def render(
    request: Request, datasette: Datasette, template: str, context: dict[str, Any], status: int = 200
) -> Response:
    """A page made of a template, with what the frame around it shows."""
    frame = {
        "types": TYPE_NAMES,
        "static": lambda name: f"{datasette.urls.static_plugins(PLUGIN, name)}?{__version__}",
        "here": request.path,
        "database": desk_of(datasette).database,
        "read_only": desk_of(datasette).read_only,
        "may_write": await may_write(datasette, request.actor),
    }
    body = await datasette.render_template(template, {**frame, **context}, request=request)
    return Response.html(body, status)
