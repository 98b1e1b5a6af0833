"""The settings of the plugin, in the metadata of a Datasette: `{"plugins": {"resolver": {...}}}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resolver.errors import SettingError
from resolver.publish.web.request_limits import RequestLimits, read_limits
from resolver.settings import Settings

if TYPE_CHECKING:
    from datasette.app import Datasette

KEYS = ("db", "min_precision", "min_probability", "writers", "limits")

ROOT = "root"
"""The actor of Datasette's own login link, who may write unless `writers` says otherwise."""


@dataclass(frozen=True, slots=True)
class PluginSettings:
    """The settings of the plugin."""

    db: Path | None
    """The database to use; None: the first served one that is ours, otherwise the bundled table."""
    writers: frozenset[str]
    """The ids of the actors who may decide and save."""
    resolving: Settings
    limits: RequestLimits


def plugin_settings(datasette: Datasette) -> PluginSettings:
    """The settings of the plugin in a Datasette. Raises SettingError if they are invalid."""
    return read_plugin_settings(datasette.plugin_config("resolver") or {})


def read_plugin_settings(config: Mapping[str, Any]) -> PluginSettings:
    """The settings in the plugin's part of the metadata. Raises SettingError if they are invalid."""
    unknown = next((key for key in config if key not in KEYS), None)
    if unknown is not None:
        raise SettingError(f"the plugin resolver has no setting {unknown!r}; its settings are {', '.join(KEYS)}")
    return PluginSettings(
        Path(str(config["db"])).absolute() if "db" in config else None,
        _read_writers(config.get("writers", [ROOT])),
        _read_resolving(config),
        read_limits(config.get("limits", {})),
    )


def _read_writers(value: object) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(who, str) and who for who in value):
        raise SettingError(f"the plugin resolver: writers must be a list of ids of actors, not {value!r}")
    return frozenset(value)


def _read_resolving(config: Mapping[str, Any]) -> Settings:
    settings = Settings()
    if "min_precision" in config:
        settings = replace(settings, min_precision=_read_number(config, "min_precision"))
    if "min_probability" in config:
        settings = replace(settings, min_probability=_read_number(config, "min_probability"))
    return settings


def _read_number(config: Mapping[str, Any], key: str) -> float:
    if not isinstance(config[key], int | float):
        raise SettingError(f"the plugin resolver: {key} must be a number, not {config[key]!r}")
    return float(config[key])
