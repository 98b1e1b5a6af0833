"""What a request may be: bodies within bounds, an answer in time, no inner detail in errors."""

from __future__ import annotations

import asyncio
import logging
import re
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from resolver.errors import SettingError
from resolver.publish.web.responses import LARGEST

SENDING = 30.0
"""For so many seconds we wait for the body of a request."""

ANSWERING = 60.0
"""An answer that has not begun after so many seconds is given up."""

VALUE = 1 << 20
"""SQL that people send may make and return values of so many bytes each: larger ones keep all others waiting."""

METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


def bounded(app: App, paths: re.Pattern[str] | None = None) -> App:
    """An ASGI application that reads each body before the other one sees it, and says what is wrong without detail.

    With `paths` only for those in which they are found.
    """

    async def within_bounds(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (paths and not paths.search(scope["path"])):
            await app(scope, receive, send)
            return
        if scope["method"] not in METHODS:
            await _refuse(send, 405, f"only {', '.join(METHODS)}")
            return
        body, refusal = b"", None
        try:
            async with asyncio.timeout(SENDING):
                body, refusal = await _read(receive)
        except TimeoutError:
            refusal = (408, "the request did not arrive in time")
        if refusal is not None:
            await _refuse(send, *refusal)
            return
        await _answer(app, scope, body, receive, send)

    return within_bounds


async def _read(receive: Receive) -> tuple[bytes, tuple[int, str] | None]:
    """The whole body, or the status and the words of what is wrong with it."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"", (400, "the request was broken off")
        body += message.get("body", b"")
        if len(body) > LARGEST:
            return b"", (413, f"a request has at most {LARGEST} bytes")
        if not message.get("more_body", False):
            return bytes(body), None


async def _answer(app: App, scope: MutableMapping[str, Any], body: bytes, receive: Receive, send: Send) -> None:
    begun = False
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> Message:
        return pending.pop() if pending else await receive()

    async def sending(message: Message) -> None:
        nonlocal begun
        begun = True
        limit.reschedule(None)
        await send(message)

    try:
        async with asyncio.timeout(ANSWERING) as limit:
            await app(scope, receiving, sending)
    except TimeoutError:
        await _refuse(send, 503, "this took too long; ask for less at once, or later")
    except SettingError:
        raise  # for who starts the server
    except UnicodeDecodeError:
        await _fail(send, begun, 400, "the request is not valid UTF-8")
    except Exception as error:
        if _is_of_a_form(error):
            await _fail(send, begun, 403, "the form has no token of this server; load its page again")
            return
        logging.getLogger("resolver").exception("a request to %s failed", scope.get("path"))
        await _fail(send, begun, 500, "something went wrong here; the log of the server says what")


def _is_of_a_form(error: Exception) -> bool:
    """Whether it comes from those who look for the token of a form, which odd forms and tokens make fail."""
    *_, (innermost, _) = traceback.walk_tb(error.__traceback__)
    return innermost.f_globals.get("__name__", "").partition(".")[0] in ("asgi_csrf", "python_multipart")


async def _fail(send: Send, begun: bool, status: int, words: str) -> None:
    if not begun:
        await _refuse(send, status, words)


async def _refuse(send: Send, status: int, words: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    headers += [(b"access-control-allow-origin", b"*"), (b"x-content-type-options", b"nosniff")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": words.encode()})
