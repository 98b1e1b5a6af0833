"""The fields and the JSON of a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from resolver.errors import InputError

if TYPE_CHECKING:
    from datasette.utils.asgi import Request

MAX_FIELDS = 20
"""Maximum number of fields in the query string, and in a form."""

MAX_DIGITS = 9
"""Maximum number of digits of a number; any number with more is above every maximum."""


async def read_fields(request: Request) -> Mapping[str, str]:
    """The fields of the query string and of a form, which override them. Raises InputError if they are malformed."""
    fields = _parse(request.query_string)
    if request.method != "POST":
        return fields
    if _content_type(request) != "application/x-www-form-urlencoded":
        raise InputError("a POST must be a form: application/x-www-form-urlencoded")
    try:
        return {**fields, **_parse((await request.post_body()).decode())}
    except UnicodeDecodeError as error:
        raise InputError("the form is not valid UTF-8") from error


async def read_json(request: Request) -> bytes:
    """The unparsed body of a POST of JSON. Raises InputError for any other request."""
    if request.method != "POST" or _content_type(request) != "application/json":
        raise InputError("the request must be a POST of JSON: application/json")
    return bytes(await request.post_body())


def read_number(fields: Mapping[str, str], name: str, maximum: int) -> int | None:
    """The integer in a field, from 1 to `maximum`; None if there is none. Raises InputError if it is invalid."""
    text = fields.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:MAX_DIGITS]) > 0):
        raise InputError(f"{name}: must be a number, at least 1")
    return min(maximum, int(text[:MAX_DIGITS]))


def _content_type(request: Request) -> str:
    return str(request.headers.get("content-type", "")).partition(";")[0].strip().lower()


def _parse(text: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError as error:
        raise InputError(f"at most {MAX_FIELDS} fields in a request") from error
