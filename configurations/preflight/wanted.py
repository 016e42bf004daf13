"""From a configuration to what its launch asks of a cloud: groups, types, markets and counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from domain.catalogue.matching import types_for
from domain.catalogue.region import RegionCatalogue
from domain.configuration.instance_blocks import block_of
from domain.configuration.spec import (
    ComputeConfig,
    GroupSettings,
    NodeConfig,
    WorkerGroup,
)
from domain.lifecycle import NodeRole
from domain.offerings import Market
from domain.planner.request.offers import offers_of
from providers.preflight import Wanted, WantedGroup


def wanted_of(
    config: ComputeConfig,
    target: RegionCatalogue,
    *,
    image: str = "",
    ray_version: str = "",
    mobula_url: str = "",
) -> Wanted:
    """Return what a launch of `config` asks of the cloud that `target` describes.

    A group that buys on two markets is wanted once on each. Raises ValueError, with a sentence,
    where no machine of a node is known.
    """
    head = _head(config, target)
    workers = (one for group in config.groups for one in _workers(group, config, target))
    return Wanted(
        groups=[head, *workers], image=image, ray_version=ray_version, mobula_url=mobula_url
    )


def _head(config: ComputeConfig, target: RegionCatalogue) -> WantedGroup:
    node = config.head_node or NodeConfig()
    burstable = config.mobula.allow_burstable
    found = types_for(node, target, market=Market.ON_DEMAND, burstable=burstable)
    if not found:
        raise ValueError(
            f"Head node: the size of {node.instance_type or 'its machine'} is unknown. Set an "
            "instance type of this cloud, or required_resources."
        )
    # Of the types that have its hardware, the head takes the first.
    return _group("head", role=NodeRole.HEAD, node=node, config=config, types=[found[0].name])


def _workers(
    group: WorkerGroup, config: ComputeConfig, target: RegionCatalogue
) -> Iterator[WantedGroup]:
    """Yield the group as it is bought on each of its markets, spot first."""
    types: dict[Market, dict[str, None]] = {}
    for offer in offers_of(group, config, target):
        types.setdefault(offer.market, {})[offer.instance_type] = None
    made = partial(_group, role=NodeRole.WORKER, node=group, config=config)
    on_demand = list(types.get(Market.ON_DEMAND, ()))
    least, most = _sizes(group, config)
    if Market.SPOT not in types:
        if on_demand:
            yield made(group.name, types=on_demand, least=least, most=most)
        return
    own = config.mobula.groups.get(group.name, GroupSettings())
    # Of so many nodes, these are on demand whatever spot has.
    floor, highest = own.on_demand_of(least), own.on_demand_of(most)
    if highest < most or not most:
        spot = made(
            group.name, types=list(types[Market.SPOT]), least=least - floor, most=most - highest
        )
        yield replace(spot, market=Market.SPOT)
    if highest:
        yield made(f"{group.name} (on-demand)", types=on_demand, least=floor, most=highest)
    elif on_demand:
        fallback = made(f"{group.name} (on-demand)", types=on_demand, least=0, most=most)
        yield replace(fallback, instead_of=group.name)


def _sizes(group: WorkerGroup, config: ComputeConfig) -> tuple[int, int]:
    """Return how many nodes the group has at the start and at most."""
    block = config.mobula
    most = group.max_nodes if block.autoscaling else group.min_nodes
    least, most = group.min_nodes * group.hosts, most * group.hosts
    return least, max(least, most if block.max_nodes is None else min(most, block.max_nodes))


def _group(
    name: str,
    *,
    role: NodeRole,
    node: NodeConfig,
    config: ComputeConfig,
    types: Sequence[str],
    least: int = 1,
    most: int = 1,
) -> WantedGroup:
    return WantedGroup(
        name=name,
        role=role,
        types=types,
        zones=tuple(config.zones or ()),
        least=least,
        most=most,
        raw=block_of(config, node),
        flags={**config.flags, **node.flags},
    )
