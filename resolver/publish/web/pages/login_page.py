"""Logging in: as root by the link that the server prints, as another user by a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datasette import Forbidden, Response
from datasette.views.special import AuthTokenView

from resolver.errors import InputError
from resolver.publish.web.access_tokens import log_in
from resolver.publish.web.pages.page_frame import page, render
from resolver.publish.web.request_fields import read_fields
from resolver.publish.web.served_table import table_of
from resolver.publish.web.web_errors import words_and_status

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

AFTER_LOGIN = "/-/review"


@page(writes=True)
async def login(request: Request, datasette: Datasette) -> Response:
    """The form; on POST with a token of this server it redirects to the review."""
    problem, status = "", 200
    if request.method == "POST":
        try:
            if "ds_csrftoken" not in request.cookies:  # without it Datasette also accepts the forms of other sites
                raise InputError("this form was not sent from this page, or cookies are off; try again here")
            response = Response.redirect(datasette.urls.path(AFTER_LOGIN), 303)
            token = (await read_fields(request)).get("token", "").strip()
            log_in(datasette, response, token, secure=request.scheme == "https")
            return response
        except InputError as error:
            problem, status = words_and_status(error)
    return await render(request, datasette, "resolver_login.html", {"problem": problem}, status)


async def root_link(request: Request, datasette: Datasette) -> Response:
    """Datasette's own login link for root, which works once across all processes of the server."""
    if not request.args.get("token", "").isascii():
        raise Forbidden("Invalid token")
    used = table_of(datasette).root_link_used
    with used.get_lock():
        if used.value:
            datasette._root_token = None
        response = await AuthTokenView(datasette).get(request)
        used.value = True
    response.headers["Location"] = datasette.urls.path(AFTER_LOGIN)
    return response
