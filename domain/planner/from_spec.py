"""A compute configuration as the planner's question, before any of its machines exists."""

from collections.abc import Mapping
from decimal import Decimal

from domain.demand import Demand
from domain.matching import price_of
from domain.node_resources import shapes_of
from domain.offerings import Market
from domain.planner.model import Group, PlanRequest
from domain.spec import ComputeConfig, MarketType, NodeConfig, WorkerGroup
from domain.target import Target


def request_from_spec(config: ComputeConfig, *, demand: Demand, target: Target) -> PlanRequest:
    """Return what the planner is asked when the cluster is only its head and `demand` waits.

    Raises ValueError, with a sentence, when a machine of the configuration is not known.
    """
    shapes = shapes_of(config, target)
    head = shapes.head or {}
    cap = config.mobula.max_usd_per_hour
    return PlanRequest(
        groups=tuple(
            _group(
                group,
                resources,
                idle_seconds=config.idle_seconds_of(group.name),
                hourly_usd=price_of(group, target, market=_market(group)),
            )
            for group, resources in shapes.groups
        ),
        nodes=(),
        demand=demand,
        autoscaling=config.mobula.autoscaling,
        head_free=head,
        head_total=head,
        max_resources=config.max_resources,
        min_resources=config.min_resources,
        max_usd_per_hour=None if cap is None else Decimal(str(cap)),
        head_usd_per_hour=_head_price(config, target) or Decimal(0),
    )


def _head_price(config: ComputeConfig, target: Target) -> Decimal | None:
    return price_of(config.head_node or NodeConfig(), target, market=Market.ON_DEMAND)


def _market(group: WorkerGroup) -> Market:
    on_demand = group.market_type is MarketType.ON_DEMAND
    return Market.ON_DEMAND if on_demand else Market.SPOT


def _group(
    group: WorkerGroup,
    resources: Mapping[str, float] | None,
    *,
    idle_seconds: float,
    hourly_usd: Decimal | None,
) -> Group:
    if resources is None:
        raise ValueError(
            f"Group {group.name}: the size of {group.instance_type or 'its machine'} is not known. "
            "Name an instance type of this cloud, or say required_resources."
        )
    return Group(
        name=group.name,
        instance_type=group.instance_type or group.name,
        market=_market(group),
        resources=resources,
        # Ray itself labels every node with the group that it is started for.
        labels={**group.required_labels, **group.labels, "ray.io/node-group": group.name},
        min_nodes=group.min_nodes,
        max_nodes=group.max_nodes,
        idle_seconds=idle_seconds,
        hourly_usd=hourly_usd,
    )
