"""Checks of what our block says about single groups: spares, spot with a floor, fallbacks."""

from collections.abc import Iterator

from domain.catalogue.region import ANYWHERE, RegionCatalogue
from domain.configuration.spec import (
    ComputeConfig,
    GroupSettings,
    MarketType,
    WorkerGroup,
)
from domain.problems import (
    Problem,
    did_you_mean,
    error,
    inside,
    nearest,
    path_of,
    removing,
    renaming,
    setting,
    shown,
    warning,
)
from domain.validation.nodes.nodes import type_problems


def group_settings_problems(config: ComputeConfig, target: RegionCatalogue) -> Iterator[Problem]:
    """What is wrong with `mobula.groups`; a group may be one of any cloud resource."""
    yield from _strangers(config)
    seen = set()
    for index, one in enumerate(config.resource_configs):
        for group in one.groups:
            if group.name in seen or group.name not in config.mobula.groups:
                continue
            seen.add(group.name)
            own, at = config.mobula.groups[group.name], path_of(("mobula", "groups", group.name))
            yield from _spare(own, group, at)
            yield from _on_demand(own, group, at)
            yield from _fallbacks(own, group, at, ANYWHERE if index else target)


def _strangers(config: ComputeConfig) -> Iterator[Problem]:
    names = [group.name for one in config.resource_configs for group in one.groups]
    for name in config.mobula.groups:
        if name not in names:
            at, near = path_of(("mobula", "groups", name)), nearest(name, names)
            hint = did_you_mean(name, names) or f"Groups: {', '.join(names) or 'none'}."
            here = inside("mobula.groups", name)
            free = near and near not in config.mobula.groups
            fix = renaming(here, near) if free else removing(here)
            message = f"These settings are for a group {shown(name)} that does not exist."
            yield warning(at, "settings-of-no-group", message, hint=hint, fix=fix)


def _spare(own: GroupSettings, group: WorkerGroup, path: str) -> Iterator[Problem]:
    spare, most, at = own.warm_spare, group.max_nodes, f"{path}.warm_spare"
    if isinstance(spare, int) and spare > most:
        message = (
            f"The group {shown(group.name)} has at most {most} nodes; {spare} cannot be spare."
        )
        hint = f"Lower it to {most} or less, or raise `max_nodes`."
        yield error(at, "spare-above-maximum", message, hint=hint, fix=setting(at, most))


def _on_demand(own: GroupSettings, group: WorkerGroup, path: str) -> Iterator[Problem]:
    used = [name for name in ("on_demand_nodes", "on_demand_percent") if getattr(own, name)]
    for name in used if group.market_type is MarketType.ON_DEMAND else ():
        at = f"{path}.{name}"
        message = f"All nodes of the group {shown(group.name)} are already on-demand."
        hint = f"Make it spot, or remove `{name}`."
        yield warning(at, "on-demand-without-spot", message, hint=hint, fix=removing(at))
    if group.market_type is MarketType.ON_DEMAND:
        return
    if own.on_demand_nodes >= group.max_nodes or own.on_demand_percent == 100:
        message = f"The group {shown(group.name)} never uses spot nodes."
        hint = f"Lower it, or set market_type: {MarketType.ON_DEMAND}."
        name = used[0] if own.on_demand_nodes >= group.max_nodes else "on_demand_percent"
        yield warning(f"{path}.{name}", "on-demand-takes-all", message, hint=hint)


def _fallbacks(
    own: GroupSettings, group: WorkerGroup, path: str, target: RegionCatalogue
) -> Iterator[Problem]:
    known = [group.instance_type]
    for index, name in enumerate(own.fallback_types):
        at = f"{path}.fallback_types[{index}]"
        if name in known:
            message = f"{shown(name)} is already tried before this."
            hint = "Set another type, or remove it."
            yield warning(at, "fallback-repeated", message, hint=hint, fix=removing(at))
            continue
        known.append(name)
        yield from type_problems(name, at, target)
        yield from _unlike(name, group, at, target)


def _unlike(name: str, group: WorkerGroup, at: str, target: RegionCatalogue) -> Iterator[Problem]:
    """A fallback on which the group's work would not run."""
    types = target.types or {}
    other, own = types.get(name), types.get(group.instance_type or "")
    if own is None or other is None:
        return
    if other.arch != own.arch:
        message = f"{shown(name)} has the architecture {other.arch}, {own.name} has {own.arch}."
        hint = "The cluster's image would not start there: choose another type."
        yield error(at, "fallback-unlike", message, hint=hint, fix=removing(at))
    elif own.gpus > other.gpus:
        message = f"{shown(name)} has {other.gpus} GPUs, {own.name} has {own.gpus}."
        hint = "Pending GPU work may not fit there: choose another type."
        yield warning(at, "fallback-unlike", message, hint=hint, fix=removing(at))
