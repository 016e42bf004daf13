"""What our block says of single groups, and the fields of a group's row that show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.configuration.spec import ComputeConfig, GroupSettings

type Values = dict[str, Any]

SETTINGS = {
    "idle_seconds": "worker_idle_seconds",
    "warm_spare": "warm_spare",
    "on_demand_nodes": "on_demand_nodes",
    "on_demand_percent": "on_demand_percent",
    "fallback_types": "fallback_types",
    "consolidation": "consolidation",
}
"""Fields of a group's row, and the settings that they show."""


def settings_values_of(settings: GroupSettings) -> Values:
    """What the fields show: nothing where nothing is set."""
    values = {name: getattr(settings, key) for name, key in SETTINGS.items()}
    for name in ("warm_spare", "on_demand_nodes", "on_demand_percent"):
        values[name] = values[name] or None
    values["fallback_types"] = settings.fallback_types or None
    values["consolidation"] = str(settings.consolidation or "")
    return values


def settings_with(
    config: ComputeConfig, new: Mapping[str, Values], names: Mapping[str, str]
) -> ComputeConfig:
    """The configuration with each group's own settings, under the name that the group has now.

    `new` has the changed fields by the group's former name, `names` each group's present one.
    """
    settings = dict(config.mobula.groups)
    for was, now in names.items():
        kept = settings.pop(was, None) if was != now else settings.get(was)
        if changed := {SETTINGS[name]: new[was][name] for name in SETTINGS if name in new[was]}:
            kept = _with(kept or GroupSettings(), changed)
            settings.pop(now, None)
        if kept is not None:
            settings[now] = kept
    if settings == config.mobula.groups:
        return config
    return config.replace(mobula={**dict(config.mobula), "groups": settings})


def _with(settings: GroupSettings, changed: Values) -> GroupSettings | None:
    """The settings with these changed; None where none is left. An empty field is the default."""
    empty = {key: GroupSettings.model_fields[key].default for key in changed}
    values = {key: empty[key] if value in (None, "") else value for key, value in changed.items()}
    found = GroupSettings.model_validate({**dict(settings), **values})
    return None if found == GroupSettings() else found
