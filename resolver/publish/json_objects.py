"""JSON objects that clients send."""

from __future__ import annotations

from typing import Any

import orjson

from resolver.errors import InputError


def read_object(text: str | bytes, what: str) -> dict[str, Any]:
    """The JSON object in a text. Raises InputError, with a message that begins with `what`, for any other text."""
    try:
        value = orjson.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{what}: not valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"{what}: not a JSON object")
    return value
