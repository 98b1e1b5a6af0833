"""An ASGI middleware that enforces the limits of each request and hides internal details of errors."""

from __future__ import annotations

import asyncio
import logging
import re
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from resolver.errors import SettingError
from resolver.publish.web.request_limits import RequestLimits

METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE")

_FORM_LIBRARIES = ("asgi_csrf", "python_multipart")
"""The libraries that check the CSRF token of a form, and fail on odd forms and tokens."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class _RefusedError(Exception):
    """The request is rejected, with a status and a message."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


def guarded(app: App, limits: RequestLimits, paths: re.Pattern[str] | None = None) -> App:
    """The application behind a guard, which reads each body whole, within the limits, before the application runs.

    With `paths`, only requests to paths in which that pattern is found are guarded.
    """

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (paths and not paths.search(scope["path"])):
            await app(scope, receive, send)
            return
        try:
            if scope["method"] not in METHODS:
                raise _RefusedError(405, f"only {', '.join(METHODS)}")
            body = await _read_body(receive, limits)
        except _RefusedError as refused:
            await _refuse(send, refused.status, refused.words)
            return
        await _answer(app, scope, body, receive, send, limits)

    return guard


async def _read_body(receive: Receive, limits: RequestLimits) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(limits.receive_seconds):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise _RefusedError(400, "the request was interrupted")
                body += message.get("body", b"")
                if len(body) > limits.body_bytes:
                    raise _RefusedError(413, f"a request has at most {limits.body_bytes} bytes")
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        raise _RefusedError(408, "the request did not arrive in time") from None


async def _answer(app: App, scope: Scope, body: bytes, receive: Receive, send: Send, limits: RequestLimits) -> None:
    begun = False
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_body() -> Message:
        return pending.pop() if pending else await receive()

    async def send_in_time(message: Message) -> None:
        nonlocal begun
        begun = True
        timeout.reschedule(None)
        await send(message)

    status, words = 500, "something went wrong; see the server's log"
    try:
        async with asyncio.timeout(limits.answer_seconds) as timeout:
            await app(scope, receive_body, send_in_time)
        return
    except SettingError:
        raise  # for the code that starts the server
    except TimeoutError:
        status, words = 503, "this took too long; send a smaller request, or try again later"
    except UnicodeDecodeError:
        status, words = 400, "the request is not valid UTF-8"
    except Exception as error:
        if _is_of_a_form(error):
            status, words = 403, "the form has no token of this server; reload its page"
        else:
            logging.getLogger("resolver").exception("a request to %s failed", scope.get("path"))
    if not begun:
        await _refuse(send, status, words)


def _is_of_a_form(error: Exception) -> bool:
    """Whether the error was raised in one of the libraries that read forms."""
    *_, (innermost, _) = traceback.walk_tb(error.__traceback__)
    return innermost.f_globals.get("__name__", "").partition(".")[0] in _FORM_LIBRARIES


async def _refuse(send: Send, status: int, words: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    headers += [(b"access-control-allow-origin", b"*"), (b"x-content-type-options", b"nosniff")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": words.encode()})
