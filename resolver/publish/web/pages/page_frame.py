"""The frame of all pages: permissions, security headers, and errors in plain words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from datasette import Response

from resolver import __version__
from resolver.errors import ResolverError
from resolver.publish.entity_labels import TYPE_LABELS
from resolver.publish.web.permissions import may_write, require_reader
from resolver.publish.web.served_table import table_of
from resolver.publish.web.web_errors import words_and_status

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

_CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors "
)
_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}

PLUGIN = "entity-name-resolver"
"""The name of the plugin in the addresses of its static files."""

PageHandler = Callable[["Request", "Datasette"], Awaitable[Response]]


def page(writes: bool = False) -> Callable[[PageHandler], PageHandler]:
    """A decorator for the handler of a page for those who may read the table; ResolverErrors become a page.

    A page that `writes` also takes POST, and no site may frame it.
    """
    methods = ("GET", "HEAD", "POST") if writes else ("GET", "HEAD")

    def decorate(handler: PageHandler) -> PageHandler:
        @wraps(handler)
        async def handle(request: Request, datasette: Datasette) -> Response:
            if request.method not in methods:
                return Response.text(f"only {' and '.join(methods)}", 405, {"Allow": ", ".join(methods)})
            await require_reader(datasette, request.actor)
            try:
                response = await handler(request, datasette)
            except ResolverError as error:
                words, status = words_and_status(error)
                response = await render(request, datasette, "resolver_problem.html", {"problem": words}, status)
            response.headers |= _HEADERS
            response.headers["Content-Security-Policy"] = _CONTENT_POLICY + ("'none'" if writes else "'self'")
            response.headers["X-Frame-Options"] = "DENY" if writes else "SAMEORIGIN"
            return response

        return handle

    return decorate


async def render(
    request: Request, datasette: Datasette, template: str, context: dict[str, Any], status: int = 200
) -> Response:
    """A page from a template, with the contents of its frame."""
    table = table_of(datasette)
    frame = {
        "types": TYPE_LABELS,
        "static": lambda name: f"{datasette.urls.static_plugins(PLUGIN, name)}?{__version__}",
        "here": request.path,
        "database": table.database,
        "read_only": table.read_only,
        "may_write": await may_write(datasette, request.actor),
    }
    body = await datasette.render_template(template, {**frame, **context}, request=request)
    return Response.html(body, status)
