"""Environments and their group overrides as rows: read from a configuration, and written back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from configurations.editor.tables.shapes import Environment, Override
from domain.configuration.spec import ComputeConfig
from domain.problems import Loc

GROUPS = "worker_nodes"


def read_environments(config: ComputeConfig) -> list[Environment]:
    """Return each environment without the groups that rows of their own show."""
    return [
        Environment(
            name=name,
            overlay={
                key: value for key, value in overlay.items() if key != GROUPS or not _rows(overlay)
            },
        )
        for name, overlay in config.mobula.environments.items()
    ]


def read_overrides(config: ComputeConfig) -> list[Override]:
    """Return the group overrides of all environments, in their order."""
    return [
        Override(environment=place, patch=dict(patch))
        for place, overlay in enumerate(config.mobula.environments.values())
        for patch in _rows(overlay)
    ]


def _rows(overlay: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The overrides that can be shown as rows: all or none."""
    groups = overlay.get(GROUPS)
    is_list = isinstance(groups, list | tuple) and all(
        isinstance(group, Mapping) and all(isinstance(key, str) for key in group)
        for group in groups
    )
    return groups if is_list and groups is not None else ()


def with_environments(
    config: ComputeConfig, rows: Iterable[tuple[Environment, Sequence[Override]]]
) -> ComputeConfig:
    """Return the configuration with these environments, each with its group overrides."""
    environments: dict[str, Any] = {}
    for environment, overrides in rows:
        overlay = dict(environment.overlay)
        if overrides:
            overlay[GROUPS] = [dict(one.patch) for one in overrides]
        environments[free_name(environment.name, environments)] = overlay
    if environments == config.mobula.environments:
        return config
    return config.replace(mobula={**dict(config.mobula), "environments": environments})


def free_name(name: str, taken: Mapping[str, Any]) -> str:
    """Return the name, with a number where another environment has it: nothing is overwritten."""
    numbered = (f"{name}-{number}" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def environment_at(config: ComputeConfig, loc: Loc) -> tuple[int, Loc] | None:
    """Return the row of an environment and the place in it: `overlay.` and the overlay's keys."""
    place = _place(config, loc)
    return None if place is None else (place, ("overlay", *loc[3:]) if loc[3:] else ())


def override_at(config: ComputeConfig, loc: Loc) -> tuple[int, Loc] | None:
    """Return the row of a group override and the place in it."""
    place = _place(config, loc)
    if place is None or loc[3:4] != (GROUPS,) or not isinstance(index := (*loc, "", "")[4], int):
        return None
    overlays = list(config.mobula.environments.values())
    if index >= len(_rows(overlays[place])):
        return None
    before = sum(len(_rows(overlay)) for overlay in overlays[:place])
    inner = loc[5:]
    return before + index, ("patch", *inner) if inner else ()


def _place(config: ComputeConfig, loc: Loc) -> int | None:
    names = list(config.mobula.environments)
    if loc[:2] != ("mobula", "environments") or len(loc) < 3 or loc[2] not in names:
        return None
    return names.index(str(loc[2]))
