"""Checks of how machines are bought: spot where it endangers, fallbacks that never come."""

from collections.abc import Iterator

from domain.catalogue.node_resources import shapes_of
from domain.catalogue.region import RegionCatalogue
from domain.configuration.spec import ComputeConfig, MarketType, WorkerGroup
from domain.problems import (
    Fix,
    Problem,
    Step,
    Verb,
    error,
    note,
    path_of,
    removing,
    setting,
    shown,
    warning,
)

ON_DEMAND, SPOT, PREFER_SPOT = MarketType.ON_DEMAND, MarketType.SPOT, MarketType.PREFER_SPOT
THRESHOLD = "replacement_threshold"


def market_problems(config: ComputeConfig, target: RegionCatalogue) -> Iterator[Problem]:
    """What is wrong with the market of each group."""
    for index, group in enumerate(config.groups):
        path = f"worker_nodes[{index}]"
        if group.market_type is SPOT and group.min_nodes > 0:
            message = f"The {group.min_nodes} minimum nodes can be interrupted at any time."
            hint = "Allow on-demand fallback, or lower `min_nodes` to 0."
            fix = setting(f"{path}.market_type", str(PREFER_SPOT))
            yield warning(f"{path}.market_type", "spot-minimum", message, hint=hint, fix=fix)
        yield from _offered(group, path, target)
        if THRESHOLD in group.flags and group.market_type is not PREFER_SPOT:
            at = f"{path}.flags.{THRESHOLD}"
            message = f"Nodes of the market {group.market_type} never return to spot."
            hint = f"Remove it, or set the market to {PREFER_SPOT}."
            yield warning(at, "threshold-without-fallback", message, hint=hint, fix=removing(at))
    yield from _all_spot(config)
    yield from _spot_for_minima(config, target)


def _offered(group: WorkerGroup, path: str, target: RegionCatalogue) -> Iterator[Problem]:
    known = target.type_named(group.instance_type)
    if known is None or known.has_spot or group.market_type is ON_DEMAND:
        return
    at, message = f"{path}.market_type", f"{shown(known.name)} is not available as spot."
    fix = setting(at, str(ON_DEMAND))
    if group.market_type is SPOT:
        hint = "Such a group never launches: use on-demand, or choose another type."
        yield error(at, "no-spot-for-type", message, hint=hint, fix=fix)
    else:
        hint = "All its nodes will be on-demand."
        yield note(at, "spot-never-comes", message, hint=hint, fix=fix)


def _spot_for_minima(config: ComputeConfig, target: RegionCatalogue) -> Iterator[Problem]:
    """A minimum that only spot can serve is not met while spot is taken away."""
    shapes = shapes_of(config, target)
    for name, least in config.min_resources.items():
        bringing = [
            index for index, (_, has) in enumerate(shapes.groups) if has is None or has.get(name, 0)
        ]
        only_spot = bringing and all(config.groups[i].market_type is SPOT for i in bringing)
        if least > (shapes.head or {}).get(name, 0) and only_spot:
            message = (
                f"Only spot groups have {shown(name)}: its minimum is not met without "
                "spot capacity."
            )
            steps = (
                Step(Verb.SET, ("worker_nodes", index, "market_type"), str(PREFER_SPOT))
                for index in bringing
            )
            fix = Fix("Allow on-demand fallback", tuple(steps))
            hint = f"Allow fallback in a group: market_type: {PREFER_SPOT}."
            path = path_of(("min_resources", name))
            yield warning(path, "spot-for-minimum", message, hint=hint, fix=fix)


def _all_spot(config: ComputeConfig) -> Iterator[Problem]:
    """Work with no node that stays is work that may stand still for hours."""
    markets = {group.market_type for group in config.groups}
    if markets == {SPOT} and len(config.groups) > 1:
        message = "All groups are spot only: without spot capacity, no work runs."
        hint = f"Allow fallback in one group: market_type: {PREFER_SPOT}."
        yield note("worker_nodes", "all-groups-spot", message, hint=hint)
