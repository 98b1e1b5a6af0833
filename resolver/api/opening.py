"""Opening a table: a database file, or the bundled table from a cached database."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from resolver.api.names import Names
from resolver.database.schema import SCHEMA_VERSION, fingerprint
from resolver.database.table import Table, open_table
from resolver.errors import DatabaseError, ResolverError
from resolver.infra.compiled_modules import warn_unless_compiled
from resolver.infra.packaged_data import data_path
from resolver.settings import Settings


def open(path: str | Path | None = None, settings: Settings | None = None) -> Names:
    """An open table: the database file `path`, or the bundled table if there is none.

    Raises DatabaseError if the file is missing, damaged, of another program or version, or built by other rules.
    """
    warn_unless_compiled()
    return Names(_bundled_table() if path is None else open_table(path), settings)


def _bundled_table() -> Table:
    """The database of the bundled table, built once and cached in the user's cache folder, otherwise in memory."""
    source = data_path("entities.tsv")
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:16]
    cached = _cache_folder() / f"bundled-{digest}-{fingerprint()}-{SCHEMA_VERSION}.db"
    if cached.is_file():
        try:
            return open_table(cached, may_change=False)
        except DatabaseError:
            cached.unlink(missing_ok=True)  # damaged or incomplete: build it again
    from resolver.database.build import build_file, build_in_memory  # only builds need sqlite-utils

    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        build_file(cached, [source])
        return open_table(cached, may_change=False)
    except (OSError, ResolverError):
        connection = build_in_memory([source])
        connection.place = str(source)
        return Table(connection)


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "resolver"
