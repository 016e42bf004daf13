"""An environment's overlay laid over one configuration."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from domain.configuration.diff import changes, sentence
from domain.configuration.spec import (
    ComputeConfig,
    GroupSettings,
    HeadNode,
    MarketType,
    ResourceConfig,
    WorkerGroup,
)
from domain.problems import Problem, error, path_of
from domain.promotions.overlay import Overlay

# What only nodes that may be spot have.
_OF_SPOT = {"on_demand_nodes": 0, "on_demand_percent": 0}
_SPOT_FLAG = "replacement_threshold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """A configuration with an overlay on it, as far as the two go together."""

    config: ComputeConfig
    problems: tuple[Problem, ...] = ()
    changed: tuple[str, ...] = ()  # what the overlay made of this configuration, in words


def laid_over(config: ComputeConfig, overlay: Overlay) -> Laid:
    """Return the configuration with the environment's overlay; to lay it twice changes nothing."""
    if not overlay:
        return Laid(config=config)
    found = _laid(config, overlay)
    return Laid(
        config=found,
        problems=tuple(_problems(config, found, overlay)),
        changed=tuple(sentence(change) for change in changes(config, found)),
    )


def _laid(config: ComputeConfig, overlay: Overlay) -> ComputeConfig:
    values: dict[str, Any] = {"mobula": config.mobula.model_copy(update=_block(config, overlay))}
    if config.configs is None:
        values |= _resource(config, overlay)
    else:
        resources = [one.model_copy(update=_resource(one, overlay)) for one in config.configs]
        values["configs"] = tuple(resources)
    return _moved(config.replace(**values), overlay.cloud)


def _moved(config: ComputeConfig, cloud: str) -> ComputeConfig:
    """The configuration on another cloud, without its zones: they are names of one region."""
    if not cloud or cloud == config.cloud:
        return config
    anywhere = {"zones": None, "enable_cross_zone_scaling": False}
    resources = config.configs and tuple(one.model_copy(update=anywhere) for one in config.configs)
    return config.replace(cloud=cloud, configs=resources, **anywhere)


def _block(config: ComputeConfig, overlay: Overlay) -> dict[str, Any]:
    """What the overlay makes of our own block."""
    block = config.mobula
    values: dict[str, Any] = {"max_nodes": _smaller(block.max_nodes, overlay.max_nodes)}
    if overlay.max_usd_per_hour is not None:
        cap = float(overlay.max_usd_per_hour)
        values["max_usd_per_hour"] = _smaller(block.max_usd_per_hour, cap)
    if overlay.market is MarketType.ON_DEMAND:
        groups = {name: _never_spot(own) for name, own in block.groups.items()}
        values["groups"] = {name: own for name, own in groups.items() if own is not None}
    return values


def _never_spot(own: GroupSettings) -> GroupSettings | None:
    """The group's settings without those of spot; None where nothing else was said."""
    if not any(getattr(own, name) for name in _OF_SPOT):
        return own
    left = own.model_copy(update=_OF_SPOT)
    return None if left == GroupSettings() else left


def _resource(one: ResourceConfig, overlay: Overlay) -> dict[str, Any]:
    """What the overlay makes of one cloud resource: its limits, its head and its groups."""
    values: dict[str, Any] = {}
    caps = {"CPU": overlay.max_cpus, "GPU": overlay.max_gpus}
    if set_caps := {name: cap for name, cap in caps.items() if cap is not None}:
        limits = one.max_resources
        lower = {name: _smaller(limits.get(name), float(cap)) for name, cap in set_caps.items()}
        values["max_resources"] = {**limits, **lower}
    if overlay.labels:
        head = one.head_node or HeadNode()
        values["head_node"] = head.model_copy(update={"labels": {**head.labels, **overlay.labels}})
    if one.worker_nodes is not None:
        values["worker_nodes"] = tuple(_group(group, overlay) for group in one.worker_nodes)
    return values


def _group(group: WorkerGroup, overlay: Overlay) -> WorkerGroup:
    values: dict[str, Any] = {"labels": {**group.labels, **overlay.labels}}
    # The hosts of a TPU slice come together: a part of a slice is no maximum.
    if overlay.max_nodes is not None and group.hosts == 1:
        values["max_nodes"] = max(min(group.max_nodes, overlay.max_nodes), group.min_nodes, 1)
    if overlay.market is not None:
        values["market_type"] = overlay.market
    if overlay.market is MarketType.ON_DEMAND and _SPOT_FLAG in group.flags:
        values["flags"] = {k: v for k, v in group.flags.items() if k != _SPOT_FLAG}
    return group.model_copy(update=values)


def _smaller[N: (int, float)](own: N | None, cap: N | None) -> N | None:
    if own is None or cap is None:
        return cap if own is None else own
    return min(own, cap)


def _problems(config: ComputeConfig, found: ComputeConfig, overlay: Overlay) -> Iterator[Problem]:
    """Where a version asks for what its environment does not give."""
    if overlay.cloud:
        yield from _elsewhere(config, overlay.cloud)
    for at, one in _resources_of(found):
        if overlay.max_nodes is not None:
            yield from _too_many(at, one, overlay.max_nodes)
        for name, cap in (("CPU", overlay.max_cpus), ("GPU", overlay.max_gpus)):
            least = one.min_resources.get(name, 0)
            if cap is not None and least > cap:
                message = f"The version keeps at least {least:g} {name}s; the cap is {cap:,}."
                hint = f"Lower min_resources.{name} in a new version, or raise the cap."
                yield error(path_of((*at, "min_resources", name)), "above-cap", message, hint=hint)


def _resources_of(config: ComputeConfig) -> Iterator[tuple[tuple[str | int, ...], ResourceConfig]]:
    if config.configs is None:
        yield (), config
    for index, one in enumerate(config.configs or ()):
        yield ("configs", index), one


def _elsewhere(config: ComputeConfig, cloud: str) -> Iterator[Problem]:
    for index, one in enumerate(config.configs or ()):
        if one.cloud_resource not in {None, cloud}:
            message = f"The version names the cloud resource {one.cloud_resource}; "
            message += f"the environment's clusters run on {cloud} alone."
            hint = "Leave `configs` out of the version for this environment."
            at = f"configs[{index}].cloud_resource"
            yield error(at, "outside-region", message, hint=hint)


def _too_many(at: tuple[str | int, ...], one: ResourceConfig, cap: int) -> Iterator[Problem]:
    least = sum(group.min_nodes for group in one.groups)
    if least > cap:
        message = f"The groups' `min_nodes` add up to {least:,}; the cap is {cap:,} nodes."
        hint = "Lower `min_nodes` in a new version, or raise the cap."
        yield error(path_of((*at, "worker_nodes")), "above-cap", message, hint=hint)
