"""Errors with messages for the client, and the HTTP status of every error."""

from __future__ import annotations

import logging

from resolver.errors import InputError, ResolverError, SettingError


class BusyError(ResolverError):
    """The request cannot be served at the moment (503)."""


class ReadOnlyError(ResolverError):
    """The table cannot be changed (409)."""


class NotAllowedError(ResolverError):
    """The client may not do this (403)."""


_STATUS = {SettingError: 400, BusyError: 503, ReadOnlyError: 409, NotAllowedError: 403}


def words_and_status(error: ResolverError) -> tuple[str, int]:
    """The message and the HTTP status for an error. A message that may name files of the server is only logged."""
    if isinstance(error, InputError):
        return error.reason, 400
    for kind, status in _STATUS.items():
        if isinstance(error, kind):
            return str(error), status
    logging.getLogger("resolver").error("%s", error)
    return "the table of names cannot be used at the moment; see the server's log", 503
