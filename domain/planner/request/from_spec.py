"""A compute configuration as the planner's question, before any of its machines exists."""

from collections.abc import Mapping
from decimal import Decimal

from domain.catalogue.matching import price_of
from domain.catalogue.node_resources import shapes_of
from domain.catalogue.region import RegionCatalogue
from domain.configuration.spec import (
    ComputeConfig,
    GroupSettings,
    MarketType,
    NodeConfig,
    WorkerGroup,
)
from domain.demand import Demand
from domain.offerings import Market
from domain.planner.model import PlannedGroup, PlanRequest
from domain.planner.request.offers import (
    Cold,
    nothing_cold,
    offers_of,
    ranking_of,
    zone_policy,
)
from domain.strategies.model import Floor


def request_from_spec(
    config: ComputeConfig, *, demand: Demand, target: RegionCatalogue
) -> PlanRequest:
    """Return what the planner is asked when the cluster is only its head and `demand` waits.

    Raises ValueError, with a sentence, when a machine of the configuration is not known.
    """
    head = shapes_of(config, target).head or {}
    cap = config.mobula.max_usd_per_hour
    ranking, ranks = ranking_of(config)
    return PlanRequest(
        groups=tuple(group_of(group, config, target, ranks=ranks) for group in config.groups),
        nodes=(),
        demand=demand,
        autoscaling=config.mobula.autoscaling,
        ranking=ranking,
        objective=config.mobula.scaling.objective,
        zones=zone_policy(config),
        head_free=head,
        head_total=head,
        head_labels=_head_labels(config),
        max_resources=config.max_resources,
        min_resources=config.min_resources,
        max_usd_per_hour=None if cap is None else Decimal(str(cap)),
        max_nodes=config.mobula.max_nodes,
        upscaling_speed=config.mobula.upscaling_speed,
        head_usd_per_hour=_head_price(config, target) or Decimal(0),
    )


def group_of(
    group: WorkerGroup,
    config: ComputeConfig,
    target: RegionCatalogue,
    *,
    cold: Cold = nothing_cold,
    floors: tuple[Floor, ...] = (),
    cooling: str = "",
    ranks: Mapping[str, int] | None = None,
) -> PlannedGroup:
    """Return a worker group as the planner sees it, with what it may rent on the target.

    Raises ValueError, with a sentence, when none of its machines is known.
    """
    own = config.mobula.groups.get(group.name, GroupSettings())
    offers = offers_of(group, config, target, cold=cold, ranks=ranks)
    # A configuration counts slices; Ray counts their hosts.
    hosts = group.hosts
    return PlannedGroup(
        name=group.name,
        offers=offers,
        min_nodes=group.min_nodes * hosts,
        max_nodes=group.max_nodes * hosts,
        idle_seconds=config.idle_seconds_of(group.name),
        rank=min((offer.rank for offer in offers if offer.rank is not None), default=0),
        weight=_weight(group.flags),
        floors=floors,
        warm_spare=own.warm_spare * hosts if isinstance(own.warm_spare, int) else 0,
        warm_spare_percent=_percent(own.warm_spare),
        on_demand_nodes=own.on_demand_nodes,
        on_demand_percent=own.on_demand_percent,
        most_on_demand=_most_on_demand(group, own, hosts=hosts),
        cooling=cooling,
    )


def _most_on_demand(group: WorkerGroup, own: GroupSettings, *, hosts: int) -> int | None:
    """While spot cannot be had, a group that wants only spot waits: it has its floor on demand."""
    if group.market_type is not MarketType.SPOT:
        return None
    return own.on_demand_of(group.max_nodes) * hosts


def _weight(flags: Mapping[str, object]) -> float:
    """Anyscale's `pricing_weight`: prices are divided by it."""
    value = flags.get("pricing_weight")
    return float(value) if isinstance(value, int | float) and value > 0 else 1.0


def _percent(spare: int | str) -> int:
    return int(spare.removesuffix("%")) if isinstance(spare, str) else 0


def _head_labels(config: ComputeConfig) -> dict[str, str]:
    head = config.head_node or NodeConfig()
    return {**head.required_labels, **head.labels, "ray.io/node-group": "head"}


def _head_price(config: ComputeConfig, target: RegionCatalogue) -> Decimal | None:
    head = config.head_node or NodeConfig()
    return price_of(head, target, market=Market.ON_DEMAND, burstable=config.mobula.allow_burstable)
