"""Requests read within bounds, and replies for all origins, whose errors name no file."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import orjson
from datasette import Response

from resolver.errors import InputError, ResolverError, SettingError

if TYPE_CHECKING:
    from datasette.utils.asgi import Request

LARGEST = 1 << 20
"""A request with a longer body (in bytes) is refused."""

FIELDS = 20
"""And one with more fields in it."""

HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Accept",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}
_CALLBACK = re.compile(r"[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*", re.ASCII)

Handler = Callable[..., Awaitable[Response]]


class TooLargeError(InputError):
    """A request that is longer than LARGEST."""


class BusyError(ResolverError):
    """What cannot be done at the moment, in words for those who asked."""


class ReadOnlyError(ResolverError):
    """What cannot be changed, in words for those who asked."""


class NotAllowedError(ResolverError):
    """What somebody may not do, in words for them."""


def replying(handler: Handler) -> Handler:
    """The handler of a request, whose errors become replies in JSON, and which allows other origins."""

    @wraps(handler)
    async def reply(request: Request, datasette: Any) -> Response:  # noqa: ANN401
        if request.method == "OPTIONS":
            return Response("", 204, HEADERS)
        if request.method not in ("GET", "HEAD", "POST"):
            return failure("only GET and POST", 405)
        try:
            return await handler(request, datasette)
        except ResolverError as error:
            return failure(*problem(error))

    return reply


def problem(error: ResolverError) -> tuple[str, int]:
    """What to tell the web about an error, and the status of it. What may name files is only logged."""
    if isinstance(error, InputError):
        return error.reason, 413 if isinstance(error, TooLargeError) else 400
    if isinstance(error, SettingError):
        return str(error), 400
    for kind, status in ((BusyError, 503), (ReadOnlyError, 409), (NotAllowedError, 403)):
        if isinstance(error, kind):
            return str(error), status
    logging.getLogger("resolver").error("%s", error)
    return "the table of names cannot answer at the moment; the log of the server says why", 503


def failure(message: str, status: int) -> Response:
    """A reply that says what went wrong."""
    return in_json({"error": message}, status=status)


def in_json(value: Any, callback: str = "", status: int = 200) -> Response:  # noqa: ANN401
    """A reply in JSON, or as a script that calls a function with it. Raises InputError for an odd name of one."""
    body = orjson.dumps(value)
    if not callback:
        return Response(body, status, HEADERS, "application/json; charset=utf-8")
    if len(callback) > 100 or not _CALLBACK.fullmatch(callback):
        raise InputError("callback: not the name of a function")
    for separator in ("\u2028", "\u2029"):  # which end a line in older scripts
        body = body.replace(separator.encode(), f"\\u{ord(separator):x}".encode())
    return Response(
        b"/**/" + callback.encode() + b"(" + body + b");", status, HEADERS, "text/javascript; charset=utf-8"
    )


async def read_fields(request: Request) -> Mapping[str, str]:
    """The fields of a request's address and, if it is a form, of its body. Raises InputError, or TooLargeError."""
    fields = _parse(request.query_string)
    if request.method != "POST":
        return fields
    if _kind(request) != "application/x-www-form-urlencoded":
        raise InputError("a POST must be a form: application/x-www-form-urlencoded")
    try:
        return {**fields, **_parse((await _read_body(request)).decode())}
    except UnicodeDecodeError as error:
        raise InputError("the form is not valid UTF-8") from error


async def read_json(request: Request) -> bytes:
    """The JSON in the body of a POST, unread. Raises InputError, or TooLargeError."""
    if request.method != "POST" or _kind(request) != "application/json":
        raise InputError("the request must be a POST of JSON: application/json")
    return await _read_body(request)


def _kind(request: Request) -> str:
    return str(request.headers.get("content-type", "")).partition(";")[0].strip().lower()


async def _read_body(request: Request) -> bytes:
    body = b""
    more = True
    while more:
        message = await request.receive()
        if message["type"] != "http.request":
            raise InputError("the request was broken off")
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LARGEST:
            raise TooLargeError(f"a request has at most {LARGEST} bytes")
    return body


def _parse(text: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS))
    except ValueError as error:
        raise InputError(f"at most {FIELDS} fields in a request") from error


def whole_number(fields: Mapping[str, str], name: str, most: int) -> int | None:
    """The number in a field, from 1 to `most`; None without one. Raises InputError for anything else."""
    text = fields.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0):
        raise InputError(f"{name}: must be a number from 1 on")
    return min(most, int(text[:9]))
