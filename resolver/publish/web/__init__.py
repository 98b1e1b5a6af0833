"""The plugin of Datasette: the SQL functions, a page that resolves, and a reconciliation service.

Its settings, `{"plugins": {"resolver": {"db": FILE, "min_precision": 0.95}}}` in Datasette's metadata, are optional:
without `db` the first database served that is one of ours answers, or the bundled table.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from datasette import hookimpl

if TYPE_CHECKING:
    from datasette.app import Datasette


@hookimpl
def startup(datasette: Datasette) -> None:
    """Look at the settings. Raises SettingError when they make no sense."""
    from resolver.publish.web.desk import desk_of

    desk_of(datasette)


@hookimpl
def prepare_connection(conn: sqlite3.Connection, datasette: Datasette) -> None:
    """Let the SQL of a connection call our functions."""
    from resolver.publish.registering import create_functions
    from resolver.publish.web.desk import desk_of

    create_functions(conn, desk_of(datasette).functions)


@hookimpl
def register_routes() -> list[tuple[str, Callable[..., Any]]]:
    """The page and the service."""
    from resolver.publish.web import pages, service

    return [
        (r"^/-/resolve$", pages.resolve),
        (r"^/-/resolve\.json$", pages.resolve_json),
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
def menu_links(datasette: Datasette) -> list[dict[str, str]]:
    """A link to the page that resolves."""
    return [{"href": datasette.urls.path("/-/resolve"), "label": "Resolve a name"}]


@hookimpl
def skip_csrf(scope: dict[str, Any]) -> bool:
    """Batches of queries are posted from other sites, and change nothing."""
    return re.search(r"/reconcile(/1\.0)?(/|/match|/extend)?$", scope["path"]) is not None
