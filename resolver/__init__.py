"""Maps any spelling of a name to the right entity of a canonical table, with a probability, or to NIL.

import resolver
names = resolver.open()
names.resolve("Yoshihidi Soja").entity.name       # 'Yoshihide Suga'
names.rewrite("Yoshihidi Soja declined to comment.")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "build": "resolver.api.database_build",
    "open": "resolver.api.names",
    "Names": "resolver.api.names",
    "Functions": "resolver.publish.sql_functions",
    "register": "resolver.publish.sqlite_registration",
    "Settings": "resolver.settings",
    "Alias": "resolver.records",
    "Candidate": "resolver.records",
    "Comparison": "resolver.records",
    "Decision": "resolver.records",
    "Edit": "resolver.records",
    "Entity": "resolver.records",
    "Evidence": "resolver.records",
    "Resolution": "resolver.records",
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
    "Entity",
    "Evidence",
    "Functions",
    "InUseError",
    "InputError",
    "Names",
    "RecordError",
    "Resolution",
    "ResolverError",
    "SettingError",
    "Settings",
    "TokenMatch",
    "build",
    "open",
    "register",
]

if TYPE_CHECKING:
    from resolver.api.database_build import build
    from resolver.api.names import Names, open
    from resolver.errors import DatabaseError, InputError, InUseError, RecordError, ResolverError, SettingError
    from resolver.publish.sql_functions import Functions
    from resolver.publish.sqlite_registration import register
    from resolver.records import (
        Alias,
        Candidate,
        Comparison,
        Decision,
        Edit,
        Entity,
        Evidence,
        Resolution,
        TokenMatch,
    )
    from resolver.settings import Settings


def __getattr__(name: str) -> Any:
    """Public names are imported when they are first used, so that `import resolver` stays light."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names."""
    return [*__all__, "__version__"]
