"""JSON replies, which scripts of all origins may read and whose errors name no file of the server."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import orjson
from datasette import Response

from resolver.errors import InputError, ResolverError
from resolver.publish.web.permissions import require_reader
from resolver.publish.web.web_errors import words_and_status

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Accept",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
MAX_CALLBACK_CHARACTERS = 100
"""Maximum number of characters of the name of a JSONP callback."""

_CALLBACK = re.compile(r"[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*", re.ASCII)

JsonHandler = Callable[["Request", "Datasette"], Awaitable[Response]]


def json_route(handler: JsonHandler) -> JsonHandler:
    """A handler for those who may read the table; ResolverErrors become replies, and all origins are allowed."""

    @wraps(handler)
    async def reply(request: Request, datasette: Datasette) -> Response:
        if request.method == "OPTIONS":
            return Response("", 204, HEADERS)
        if request.method not in ("GET", "HEAD", "POST"):
            return failure("only GET and POST", 405)
        await require_reader(datasette, request.actor)
        try:
            return await handler(request, datasette)
        except ResolverError as error:
            return failure(*words_and_status(error))

    return reply


def failure(message: str, status: int) -> Response:
    """An error reply: `{"error": MESSAGE}`."""
    return json_reply({"error": message}, status=status)


def json_reply(value: Any, callback: str = "", status: int = 200) -> Response:  # noqa: ANN401
    """A value as JSON or, with `callback`, as a script that calls that function with it (JSONP).

    Raises InputError if `callback` is not the name of a function.
    """
    body = orjson.dumps(value)
    if not callback:
        return Response(body, status, HEADERS, "application/json; charset=utf-8")
    if len(callback) > MAX_CALLBACK_CHARACTERS or not _CALLBACK.fullmatch(callback):
        raise InputError("callback: not the name of a function")
    for separator in ("\u2028", "\u2029"):  # line ends in older versions of JavaScript
        body = body.replace(separator.encode(), f"\\u{ord(separator):x}".encode())
    script = b"/**/" + callback.encode() + b"(" + body + b");"
    return Response(script, status, HEADERS, "text/javascript; charset=utf-8")
