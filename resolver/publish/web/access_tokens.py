"""Access tokens for programs and people, valid for some days, in the form of those of Datasette 1.0."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datasette.utils import baseconv
from itsdangerous import BadSignature

from resolver.errors import InputError

if TYPE_CHECKING:
    from datasette import Response
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

PREFIX = "dstok_"
_NAMESPACE = "token"
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class AccessToken:
    """The user of a token, and its expiry in seconds since 1970."""

    who: str
    end: int


def make_token(datasette: Datasette, who: str, days: int) -> str:
    """A token for `who`, valid for some days or until the secret of Datasette changes."""
    content = {"a": who, "t": int(time.time()), "d": days * DAY_SECONDS}
    return PREFIX + str(datasette.sign(content, _NAMESPACE))


def read_token(datasette: Datasette, token: str) -> AccessToken | None:
    """The contents of a token; None if it was not signed by this Datasette or has expired."""
    if not token.startswith(PREFIX):
        return None
    try:
        content = datasette.unsign(token.removeprefix(PREFIX), _NAMESPACE)
    except BadSignature:
        return None
    if not isinstance(content, dict):
        return None
    who, made, seconds = (content.get(key) for key in "atd")
    if not isinstance(who, str) or not isinstance(made, int) or not isinstance(seconds, int):
        return None
    return AccessToken(who, made + seconds) if made <= time.time() < made + seconds else None


def token_actor(datasette: Datasette, request: Request) -> dict[str, Any] | None:
    """The actor of the token in the header `Authorization: Bearer TOKEN`; None without a valid one."""
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    token = read_token(datasette, text.strip()) if kind.lower() == "bearer" else None
    return {"id": token.who, "token": "dstok"} if token else None


def log_in(datasette: Datasette, response: Response, text: str, secure: bool) -> None:
    """Set a login cookie for the user of a token, until it expires. Raises InputError if the token is invalid."""
    token = read_token(datasette, text)
    if token is None:
        raise InputError(
            "this token is not from this server, or has expired; ask the operator of the server for a new one"
        )
    cookie = datasette.sign({"a": {"id": token.who}, "e": baseconv.base62.encode(token.end)}, "actor")
    response.set_cookie("ds_actor", cookie, max_age=int(token.end - time.time()), httponly=True, secure=secure)
