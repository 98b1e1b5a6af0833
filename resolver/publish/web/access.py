"""Who may read and who may write: Datasette's permissions, a list of writers, and tokens for programs and logins."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from datasette.utils import baseconv
from itsdangerous import BadSignature

from resolver.errors import InputError
from resolver.publish.web.open_table import desk_of
from resolver.publish.web.responses import NotAllowedError

if TYPE_CHECKING:
    from datasette import Response
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

WRITE = "resolver-write"
"""The permission to decide and to save runs. Writers have it; other plugins of Datasette may give it too."""

TOKEN = "dstok_"
"""What tokens begin with: they are made as those of Datasette 1.0 are."""

_SIGNED = "token"
DAY = 86_400


def make_token(datasette: Datasette, who: str, days: int) -> str:
    """A token by which a program or a person is `who`, for some days or until Datasette's secret changes."""
    content = {"a": who, "t": int(time.time()), "d": days * DAY}
    return TOKEN + str(datasette.sign(content, _SIGNED))


def read_token(datasette: Datasette, token: str) -> tuple[str, int] | None:
    """Who has a token and when it ends (seconds since 1970); None for one that is wrong or too old."""
    if not token.startswith(TOKEN):
        return None
    try:
        content = datasette.unsign(token.removeprefix(TOKEN), _SIGNED)
    except BadSignature:
        return None
    if not isinstance(content, dict):
        return None
    who, made, lasts = (content.get(key) for key in "atd")
    if not isinstance(who, str) or not isinstance(made, int) or not isinstance(lasts, int):
        return None
    return (who, made + lasts) if made <= time.time() < made + lasts else None


def bearer(datasette: Datasette, request: Request) -> dict[str, Any] | None:
    """The actor whose token a request brings in its header `Authorization: Bearer`; None without a good one."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    found = read_token(datasette, token.strip()) if kind.lower() == "bearer" else None
    return {"id": found[0], "token": "dstok"} if found else None


def log_in(datasette: Datasette, response: Response, token: str, secure: bool) -> None:
    """Let the browser that gets a response be who a token says, until that ends. Raises InputError for a bad token."""
    found = read_token(datasette, token)
    if found is None:
        raise InputError("this token is not one of this server, or too old; ask who runs the server for another")
    who, end = found
    cookie = datasette.sign({"a": {"id": who}, "e": baseconv.base62.encode(end)}, "actor")
    response.set_cookie("ds_actor", cookie, max_age=int(end - time.time()), httponly=True, secure=secure)


def is_writer(datasette: Datasette, actor: dict[str, Any] | None) -> bool:
    """Whether somebody is on the list of those who may write."""
    return actor is not None and str(actor.get("id", "")) in desk_of(datasette).writers


async def may_write(datasette: Datasette, actor: dict[str, Any] | None) -> bool:
    """Whether somebody may decide, and save runs."""
    return actor is not None and bool(await datasette.permission_allowed(actor, WRITE, default=False))


async def writer(datasette: Datasette, request: Request) -> str:
    """The id of who asks, if they may write; raises NotAllowedError otherwise.

    A request with the header Authorization is judged by its token alone, for it is not asked for a token of a form.
    """
    actor = bearer(datasette, request) if "authorization" in request.headers else request.actor
    if not await may_write(datasette, actor):
        raise NotAllowedError(
            "you may not decide or save here" if actor else "log in, or bring a token, to decide or save"
        )
    assert actor is not None
    return str(actor["id"])
