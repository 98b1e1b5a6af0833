"""Maps any spelling of a name to the right entity of a canonical table, with a probability, or to NIL.

import resolver
names = resolver.open()
names.resolve("Yoshihidi Soja").entity.name       # 'Yoshihide Suga'
names.rewrite("Yoshihidi Soja declined to comment.")
resolver.rewrite_files("news/", output="fixed/", edits="edits.jsonl")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from resolver.infra.compiled_modules import install as _choose_compiled_modules

_choose_compiled_modules()

__version__ = "0.1.0"

_HOMES = {
    "build": "resolver.api.database_build",
    "open": "resolver.api.opening",
    "Names": "resolver.api.names",
    "Functions": "resolver.publish.sql_functions",
    "register": "resolver.publish.sqlite_registration",
    "rewrite_files": "resolver.api.rewrite_files",
    "RewriteOptions": "resolver.corpus.runs.request",
    "RewriteReport": "resolver.api.rewrite_files",
    "RunListener": "resolver.corpus.runs.run_listener",
    "EditFilter": "resolver.text.edit_filter",
    "Settings": "resolver.settings",
    "Alias": "resolver.records",
    "Candidate": "resolver.resolving.resolution",
    "Comparison": "resolver.resolving.resolution",
    "Decision": "resolver.records",
    "Edit": "resolver.records",
    "Entity": "resolver.records",
    "Evidence": "resolver.records",
    "Resolution": "resolver.resolving.resolution",
    "TokenMatch": "resolver.records",
    "DatabaseError": "resolver.errors",
    "InUseError": "resolver.errors",
    "InputError": "resolver.errors",
    "RecordError": "resolver.errors",
    "ResolverError": "resolver.errors",
    "SettingError": "resolver.errors",
}
__all__ = [
    "Alias",
    "Candidate",
    "Comparison",
    "DatabaseError",
    "Decision",
    "Edit",
    "EditFilter",
    "Entity",
    "Evidence",
    "Functions",
    "InUseError",
    "InputError",
    "Names",
    "RecordError",
    "Resolution",
    "ResolverError",
    "RewriteOptions",
    "RewriteReport",
    "RunListener",
    "SettingError",
    "Settings",
    "TokenMatch",
    "build",
    "open",
    "register",
    "rewrite_files",
]

if TYPE_CHECKING:
    from resolver.api.database_build import build
    from resolver.api.names import Names
    from resolver.api.opening import open
    from resolver.api.rewrite_files import RewriteReport, rewrite_files
    from resolver.corpus.runs.request import RewriteOptions
    from resolver.corpus.runs.run_listener import RunListener
    from resolver.errors import DatabaseError, InputError, InUseError, RecordError, ResolverError, SettingError
    from resolver.publish.sql_functions import Functions
    from resolver.publish.sqlite_registration import register
    from resolver.records import Alias, Decision, Edit, Entity, Evidence, TokenMatch
    from resolver.resolving.resolution import Candidate, Comparison, Resolution
    from resolver.settings import Settings
    from resolver.text.edit_filter import EditFilter


def __getattr__(name: str) -> Any:
    """Public names are imported when they are first used, so that `import resolver` stays light."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names."""
    return [*__all__, "__version__"]
