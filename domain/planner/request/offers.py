"""What a configuration lets a group rent: types, markets and zones, with their prices."""

from collections.abc import Callable, Iterator, Mapping

from domain.catalogue.accelerators import slice_of
from domain.catalogue.matching import types_for, usd_of
from domain.catalogue.node_resources import effective_resources, machine_of
from domain.catalogue.region import RegionCatalogue
from domain.configuration.ray_labels import ACCELERATOR
from domain.configuration.spec import (
    ComputeConfig,
    GroupSettings,
    MarketType,
    WorkerGroup,
)
from domain.offerings import InstanceType, Market
from domain.planner.model import Offer, Ranking, ZonePolicy

type Cold = Callable[[str, str, Market], str]
"""Tells of a type, a zone and a market why it cannot be rented now; "" where it can."""

_MARKETS = {
    MarketType.ON_DEMAND: (Market.ON_DEMAND,),
    MarketType.SPOT: (Market.SPOT,),
    MarketType.PREFER_SPOT: (Market.SPOT, Market.ON_DEMAND),
}
_MARKET_LABELS = {Market.SPOT: "spot", Market.ON_DEMAND: "on-demand"}


def nothing_cold(_type: str, _zone: str, _market: Market) -> str:
    """Return that a machine can be rented."""
    return ""


def offers_of(
    group: WorkerGroup,
    config: ComputeConfig,
    target: RegionCatalogue,
    *,
    cold: Cold = nothing_cold,
    ranks: Mapping[str, int] | None = None,
) -> tuple[Offer, ...]:
    """Return what the group may rent on the target, its own type first, then its fallbacks.

    Who asks for all groups passes `ranks`, the order that `ranking_of` the configuration tells.
    Raises ValueError, with a sentence, when none of its machines is known.
    """
    machines = list(_machines(group, config, target))
    tpu_slice = slice_of(group.required_labels, hosts=group.hosts)
    if ranks is None:
        _, ranks = ranking_of(config)
    last = 1 + max(ranks.values(), default=0)
    if not machines:
        raise ValueError(
            f"Group {group.name}: the size of {group.instance_type or 'its machine'} is "
            "unknown. Set an instance type of this cloud, or required_resources."
        )
    return tuple(
        Offer(
            instance_type=machine.name,
            market=market,
            zone=zone,
            resources=resources,
            labels=_labels(group, machine, market=market, zone=zone, region=target.region),
            hourly_usd=price,
            cooling=cold(machine.name, zone, market),
            rank=_rank(group.name, market, ranks, last),
            hosts=tpu_slice.hosts,
            first_host={tpu_slice.head: 1.0} if tpu_slice.head else {},
        )
        for machine in machines
        for resources in [effective_resources(group, machine, is_head=False, has_workers=True)]
        for market in markets_of(group, config)
        if market is Market.ON_DEMAND or machine.has_spot
        for price in [usd_of(group, machine, target, market=market)]
        for zone in zones_of(machine, config, target)
    )


def markets_of(group: WorkerGroup, config: ComputeConfig) -> tuple[Market, ...]:
    """Return the markets a group may buy on: spot groups may keep an on-demand floor."""
    own = config.mobula.groups.get(group.name, GroupSettings())
    markets = _MARKETS[group.market_type]
    if own.on_demand_nodes or own.on_demand_percent:
        return tuple(dict.fromkeys((*markets, Market.ON_DEMAND)))
    return markets


def zone_policy(config: ComputeConfig) -> ZonePolicy:
    """Return how the nodes lie in the zones: in one, unless the configuration lets them spread."""
    return ZonePolicy.SPREAD if config.enable_cross_zone_scaling else ZonePolicy.ONE


def ranking_of(config: ComputeConfig) -> tuple[Ranking, dict[str, int]]:
    """Return whether groups are taken by price or in an order of their own, and that order.

    Its entries are groups, or groups on one market: "cpu", "cpu/spot".
    """
    value = config.flags.get("instance_ranking_strategy")
    for ranker in value if isinstance(value, list | tuple) else ():
        if isinstance(ranker, dict) and ranker.get("ranker_type") == "custom_group_order":
            order = ranker.get("ranker_config", {}).get("group_order", [])
            return Ranking.ORDER, _ranks(order)
    return Ranking.PRICE, {}


def _ranks(order: object) -> dict[str, int]:
    ranks: dict[str, int] = {}
    for rank, level in enumerate(order if isinstance(order, list | tuple) else ()):
        for entry in level if isinstance(level, list | tuple) else (level,):
            ranks.setdefault(str(entry), rank)
    return ranks


def _rank(group: str, market: Market, ranks: Mapping[str, int], last: int) -> int:
    """What the order does not name comes after all that it does."""
    return min(ranks.get(f"{group}/{_MARKET_LABELS[market]}", last), ranks.get(group, last))


def _machines(
    group: WorkerGroup, config: ComputeConfig, target: RegionCatalogue
) -> Iterator[InstanceType]:
    own = config.mobula.groups.get(group.name, GroupSettings())
    machines = types_for(
        group,
        target,
        market=markets_of(group, config)[0],
        burstable=config.mobula.allow_burstable,
    )
    if not machines and (known := machine_of(group, target)):
        machines = [known]
    yield from machines
    for name in own.fallback_types:
        if (fallback := target.type_named(name)) and fallback not in machines:
            yield fallback


def zones_of(
    machine: InstanceType | None, config: ComputeConfig, target: RegionCatalogue
) -> list[str]:
    """Return the zones for the machine, the preferred ones first; "" where the provider chooses.

    They are those that the configuration names, or else all, as far as the machine is offered
    there and the account has a subnet; what would leave none is passed over.
    """
    offered = target.zones if machine is None or machine.zones is None else machine.zones
    zones = list(config.zones or ()) or sorted(offered or target.connected_zones)
    for allowed in (offered, target.connected_zones):
        zones = [zone for zone in zones if not allowed or zone in allowed] or zones
    return zones or [""]


def zones_of_head(
    machine: InstanceType | None, config: ComputeConfig, target: RegionCatalogue
) -> list[str]:
    """Return the same for a head, which the provider puts anywhere unless something is against it.

    Its machine is launched before there is a plan.
    """
    if not config.zones and not target.connected_zones:
        return [""]
    return zones_of(machine, config, target)


def _labels(
    group: WorkerGroup, machine: InstanceType, *, market: Market, zone: str, region: str
) -> dict[str, str]:
    """Return what a node answers to when work asks for labels; Ray gives some by itself."""
    # What a configuration says replaces what Ray would set by itself
    # [ray/_private/resource_and_label_spec.py]; the group's name is set whatever it says.
    given = {
        ACCELERATOR: machine.gpu_model or machine.accelerator,
        "ray.io/availability-zone": zone,
        "ray.io/region": region,
        "ray.io/market-type": _MARKET_LABELS[market],
    }
    return {
        **group.required_labels,
        **{name: value for name, value in given.items() if value},
        **group.labels,
        "ray.io/node-group": group.name,
    }
