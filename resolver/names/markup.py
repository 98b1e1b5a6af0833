"""Markup in names that were copied from a page or an address: HTML entities and percent-escapes."""

from __future__ import annotations

import re

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_MAX_PASSES = 3
"""Markup of markup (`&amp;eacute;`) is decoded this often, at most."""


def without_markup(text: str) -> str:
    """`text` with its HTML entities and percent-escapes decoded; what is none stays as it is.

    An entity must end in a semicolon ("AT&T" and "B&region" have none), and escapes must be printable UTF-8.

    >>> without_markup("Caf&eacute; O%27Dowd &amp; Sons, 100%")
    "Café O'Dowd & Sons, 100%"
    """
    for _ in range(_MAX_PASSES):
        decoded = _ESCAPES.sub(_unescaped, _ENTITY.sub(_character, text))
        if decoded == text:
            break
        text = decoded
    return text


def _character(entity: re.Match[str]) -> str:
    import html  # few names have an entity, and its table takes time to load

    return html.unescape(entity.group())


def _unescaped(escapes: re.Match[str]) -> str:
    try:
        decoded = bytes.fromhex(escapes.group().replace("%", "")).decode()
    except UnicodeDecodeError:
        return escapes.group()
    return decoded if decoded.isprintable() else escapes.group()
