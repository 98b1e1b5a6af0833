"""`resolver.build`: building a database file from tables and dumps. The command of that name calls it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resolver.database.build import BuildReport


def build(
    path: str | Path,
    sources: Iterable[str | Path] = (),
    *,
    installed: Iterable[str] = (),
    format: str = "",
    columns: Mapping[str, str] | None = None,
    types: Iterable[str] = (),
    langs: Iterable[str] = (),
    prefix: bool = False,
    licence: str = "",
    url: str = "",
    version: str = "",
    merge: bool = False,
    jobs: int = 0,
    progress: Callable[[float], object] | None = None,
) -> BuildReport:
    """Build the database file `path` from tables, dumps and tables of `installed` packages, and return a report.

    Without any source, it is built from the bundled table. `format` is the format of all sources (empty: detected);
    `columns` maps id, name, type, aliases and weight to column names of plain tables. Only entities of `types` and
    names in `langs` are imported; empty means all. With `prefix`, numeric ids are prefixed with the name of their
    authority; `licence`, `url` and `version` describe sources that do not state them. With `merge`, entities that share
    an id become one. Large sources are prepared by `jobs` processes (0: one per core); `progress` is called with the
    share of the work that is done, from 0 to 1.

    Decisions and saved runs of an earlier file at `path` are carried over. Bad records are skipped and listed in the
    report's `rejects`. Raises InputError for a source that cannot be read, a repeated id and a file that cannot be
    written; SettingError for an invalid option; ResolverError if a process dies; DatabaseError if another process keeps
    the earlier file locked.
    """
    from resolver.database.build import build_file  # only builds need sqlite-utils
    from resolver.database.table_writer import no_progress
    from resolver.infra.packaged_data import data_path
    from resolver.sources.importers.importer import SourceOptions
    from resolver.sources.installed_packages import InstalledTable
    from resolver.sources.source_blocks import EntitySource

    options = SourceOptions(format, columns or {}, tuple(types), tuple(langs), prefix, licence, url, version)
    given = [EntitySource(source, options) for source in sources]
    given += [InstalledTable(name, options) for name in installed]
    given = given or [EntitySource(data_path("entities.tsv"), options)]
    return build_file(path, given, progress or no_progress, jobs, merge)
