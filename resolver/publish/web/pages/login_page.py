"""Logging in: root by the link that the server prints, others by a token, to review under their own names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datasette import Forbidden, Response
from datasette.views.special import AuthTokenView

from resolver.errors import InputError
from resolver.publish.web.access import log_in
from resolver.publish.web.open_table import desk_of
from resolver.publish.web.pages.page_frame import page, render
from resolver.publish.web.responses import problem, read_fields

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request


@page(writes=True)
async def login(request: Request, datasette: Datasette) -> Response:
    """The form; posted with a token of this server it leads to the review."""
    words, status = "", 200
    if request.method == "POST":
        try:
            if "ds_csrftoken" not in request.cookies:  # without one Datasette takes the forms of other sites too
                raise InputError("this form does not come from this page, or cookies are off; try it again here")
            response = Response.redirect(datasette.urls.path("/-/review"), 303)
            token = (await read_fields(request)).get("token", "").strip()
            log_in(datasette, response, token, request.scheme == "https")
            return response
        except InputError as error:
            words, status = problem(error)
    return await render(request, datasette, "resolver_login.html", {"problem": words}, status)


async def root_link(request: Request, datasette: Datasette) -> Response:
    """Datasette's own link for root, which holds once in all processes that serve together, and leads to the review."""
    if not request.args.get("token", "").isascii():
        raise Forbidden("Invalid token")
    used = desk_of(datasette).root_link_used
    with used.get_lock():
        if used.value:
            datasette._root_token = None
        response = await AuthTokenView(datasette).get(request)
        used.value = True
    response.headers["Location"] = datasette.urls.path("/-/review")
    return response
