"""The plugin of Datasette: the SQL functions, pages for people, and a reconciliation service.

Its settings are in Datasette's metadata; all are optional:
`{"plugins": {"resolver": {"db": FILE, "min_precision": 0.95, "writers": ["root"], "limits": {}}}}`.
By default `db` is the first served database that is ours, otherwise the bundled table. `writers` are the ids of
the actors who may decide and save runs; other plugins can give the permission `resolver-write`. `limits` are the fields
of `RequestLimits`.
"""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from datasette import hookimpl

if TYPE_CHECKING:
    from datasette import Response
    from datasette.app import Datasette
    from datasette.utils.asgi import Request
    from jinja2 import Environment

PAGES = {"/-/resolve": "Resolve a name", "/-/batch": "Resolve a column", "/-/review": "Review"}
"""The pages in the menu, with their labels."""

_OUR_PATHS = re.compile(r"/reconcile(/|$)|/-/(batch|decide|entity|login|resolve|review)\b")


@hookimpl
def startup(datasette: Datasette) -> None:
    """Check the settings. Raises SettingError if they are invalid."""
    from resolver.publish.web.served_table import table_of

    table_of(datasette)


@hookimpl
def prepare_connection(conn: sqlite3.Connection, database: str, datasette: Datasette) -> None:
    """Register the SQL functions with a connection; limit the size of values that SQL makes of our database.

    If the metadata restrict who may see our database, other databases do not get the functions.
    """
    from resolver.publish.sqlite_registration import create_functions
    from resolver.publish.web.permissions import is_private
    from resolver.publish.web.served_table import table_of

    table = table_of(datasette)
    if database == table.database or table.database is None or not is_private(datasette, table.database):
        create_functions(conn, table.functions)
    if database == table.database:
        conn.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, table.limits.sql_value_bytes)


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Any]]]:
    """The routes of the pages and the service."""
    from resolver.publish.web import reconciliation_routes as service
    from resolver.publish.web.pages import batch_page as batch
    from resolver.publish.web.pages import entity_page as entity
    from resolver.publish.web.pages import login_page as login
    from resolver.publish.web.pages import resolve_page as resolve
    from resolver.publish.web.pages import review_page as review

    return [
        (r"^/-/resolve$", resolve.resolve),
        (r"^/-/resolve\.json$", resolve.resolve_json),
        (r"^/-/entity/(?P<id>.+)$", entity.entity),
        (r"^/-/review$", review.review),
        (r"^/-/decide\.json$", review.decide_json),
        (r"^/-/batch$", batch.batch),
        (r"^/-/login$", login.login),
        (r"^/-/auth-token$", login.root_link),
        (r"^/reconcile/?$", service.reconcile),
        (r"^/reconcile/1\.0/?$", service.manifest_1_0),
        (r"^/reconcile(/1\.0)?/match$", service.match),
        (r"^/reconcile(/1\.0)?/extend$", service.extend),
        (r"^/reconcile(/1\.0)?/suggest/(?P<kind>entity|type|property)$", service.suggest),
        (r"^/reconcile((/1\.0)?/extend/propose|/properties)$", service.properties),
        (r"^/reconcile/flyout/entity$", service.flyout),
        (r"^/reconcile(/1\.0)?/preview$", service.preview),
    ]


@hookimpl
def prepare_jinja2_environment(env: Environment, datasette: Datasette) -> None:
    """Let templates link to the pages of entities."""
    from resolver.publish.web.pages.entity_page import entity_path

    env.filters["entity_path"] = lambda id: entity_path(datasette, id)


@hookimpl
def menu_links(datasette: Datasette) -> list[dict[str, str]]:
    """The menu: links to the pages."""
    return [{"href": datasette.urls.path(path), "label": label} for path, label in PAGES.items()]


@hookimpl
def skip_csrf(datasette: Datasette, scope: dict[str, Any]) -> bool:
    """Whether a POST needs no CSRF token: reconciliation queries, which other sites send and which change nothing.

    The whole path must match, since a table or a stored query may also be called `reconcile`.
    """
    path = scope["path"].removeprefix(datasette.setting("base_url").rstrip("/"))
    return re.fullmatch(r"/reconcile(/1\.0)?(/|/match|/extend)?", path) is not None


@hookimpl
def permission_allowed(datasette: Datasette, actor: dict[str, Any] | None, action: str) -> bool | None:
    """True for the plugin's writers; None, no opinion, for anybody and anything else."""
    from resolver.publish.web.permissions import WRITE_PERMISSION, is_writer

    return True if action == WRITE_PERMISSION and is_writer(datasette, actor) else None


@hookimpl
def actor_from_request(datasette: Datasette, request: Request) -> dict[str, Any] | None:
    """The actor of the token in a request."""
    from resolver.publish.web.access_tokens import token_actor

    return token_actor(datasette, request)


@hookimpl
def asgi_wrapper(datasette: Datasette) -> Callable[..., Any]:
    """The guard of requests to our paths; paths of other plugins are not guarded."""
    from resolver.publish.web.plugin_settings import plugin_settings
    from resolver.publish.web.request_guard import guarded

    return partial(guarded, limits=plugin_settings(datasette).limits, paths=_OUR_PATHS)


@hookimpl
def handle_exception(datasette: Datasette, request: Request, exception: Exception) -> Response | None:
    """The reply to an unexpected error, which is logged: the client gets no internal details."""
    from datasette import Response
    from datasette.utils.asgi import Base400
    from datasette.views.base import DatasetteError

    if isinstance(exception, Base400 | DatasetteError):
        return None
    if isinstance(exception, sqlite3.DataError):
        return Response.text("A value is too large to be shown.", 400)
    logging.getLogger("resolver").error("a request to %s failed: %r", request.path, exception)
    if isinstance(exception, sqlite3.Error | FileNotFoundError):
        return Response.text("The database cannot be read at the moment; see the server's log.", 503)
    return Response.text("Something went wrong; see the server's log.", 500)
