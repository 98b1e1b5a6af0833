"""The plugin of Datasette: the SQL functions, pages for people, and a reconciliation service.

Its settings, `{"plugins": {"resolver": {"db": FILE, "min_precision": 0.95, "writers": ["root"]}}}` in Datasette's
metadata, are optional: without `db` the first database served that is one of ours answers, or the bundled table.
`writers` are the ids of the actors who may decide and save runs; other plugins can give the permission
`resolver-write`.
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


@hookimpl
def startup(datasette: Datasette) -> None:
    """Look at the settings. Raises SettingError when they make no sense."""
    from resolver.publish.web.open_table import desk_of

    desk_of(datasette)


@hookimpl
def prepare_connection(conn: sqlite3.Connection, database: str, datasette: Datasette) -> None:
    """Let the SQL of a connection call our functions, and keep what it makes of our database within bounds.

    Where the database that answers is for some only (`allow` in the metadata), other databases have no such functions.
    """
    from resolver.publish.sqlite_registration import create_functions
    from resolver.publish.web.open_table import desk_of, is_private
    from resolver.publish.web.request_limits import VALUE

    desk = desk_of(datasette)
    if database == desk.database or desk.database is None or not is_private(datasette, desk.database):
        create_functions(conn, desk.functions)
    if database == desk.database:
        conn.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, VALUE)


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Any]]]:
    """The pages and the service."""
    from resolver.publish.web import reconciliation_routes as service
    from resolver.publish.web.pages import batch_page as batch
    from resolver.publish.web.pages import entity_page as entity
    from resolver.publish.web.pages import login_page as login
    from resolver.publish.web.pages import resolve_page as resolving
    from resolver.publish.web.pages import review_page as review

    return [
        (r"^/-/resolve$", resolving.resolve),
        (r"^/-/resolve\.json$", resolving.resolve_json),
        (r"^/-/entity/(?P<id>.+)$", entity.entity),
        (r"^/-/review$", review.review),
        (r"^/-/decide\.json$", review.decide_json),
        (r"^/-/batch$", batch.batch),
        (r"^/-/login$", login.login),
        (r"^/-/auth-token$", login.root_link),
        (r"^/reconcile/?$", service.reconcile),
        (r"^/reconcile/1\.0/?$", service.draft),
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
    """Links to the pages."""
    pages = {"/-/resolve": "Resolve a name", "/-/batch": "Resolve a column", "/-/review": "Review"}
    return [{"href": datasette.urls.path(path), "label": label} for path, label in pages.items()]


@hookimpl
def skip_csrf(datasette: Datasette, scope: dict[str, Any]) -> bool:
    """Batches of queries are posted from other sites, and change nothing; a table or query may have the same name."""
    path = scope["path"].removeprefix(datasette.setting("base_url").rstrip("/"))
    return re.fullmatch(r"/reconcile(/1\.0)?(/|/match|/extend)?", path) is not None


@hookimpl
def permission_allowed(datasette: Datasette, actor: dict[str, Any] | None, action: str) -> bool | None:
    """Writers may write."""
    from resolver.publish.web.access import WRITE, is_writer

    return True if action == WRITE and is_writer(datasette, actor) else None


@hookimpl
def actor_from_request(datasette: Datasette, request: Request) -> dict[str, Any] | None:
    """Who brings a token."""
    from resolver.publish.web.access import bearer

    return bearer(datasette, request)


@hookimpl
def asgi_wrapper() -> Callable[..., Any]:
    """What keeps requests of our pages within bounds; what other plugins take is their affair."""
    from resolver.publish.web.request_limits import bounded

    return partial(bounded, paths=re.compile(r"/reconcile(/|$)|/-/(batch|decide|entity|login|resolve|review)\b"))


@hookimpl
def handle_exception(datasette: Datasette, request: Request, exception: Exception) -> Response | None:
    """An error that nobody foresaw is logged; those who asked are told nothing of our insides."""
    from datasette import Response
    from datasette.utils.asgi import Base400
    from datasette.views.base import DatasetteError

    if isinstance(exception, Base400 | DatasetteError):
        return None
    if isinstance(exception, sqlite3.DataError):
        return Response.text("A value here is too large to be shown.", 400)
    logging.getLogger("resolver").error("a request to %s failed: %r", request.path, exception)
    if isinstance(exception, sqlite3.Error | FileNotFoundError):
        return Response.text("The database cannot be read at the moment; the log of the server says why.", 503)
    return Response.text("Something went wrong here; the log of the server says what.", 500)
