"""What a configuration costs before anything runs, and how far its groups can really grow."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import inf

from domain.catalogue.matching import price_of
from domain.catalogue.node_resources import shapes_of
from domain.catalogue.region import RegionCatalogue
from domain.catalogue.room import most_nodes, room_of
from domain.configuration.spec import (
    ComputeConfig,
    HeadNode,
    MarketType,
    NodeConfig,
    WorkerGroup,
)
from domain.demand import Demand
from domain.offerings import Market
from domain.planner import plan
from domain.planner.request.from_spec import request_from_spec

HOURS_A_MONTH = 730
# Beyond this the planner would take too long for a page that answers while somebody types.
_MOST_TO_PLAN = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Dollars an hour; None where some machine has no price.

    `least` is the head and each group's minimum, `at_launch` what starts before any work comes,
    `most` what the limits allow at the very most. Spot with a fallback counts as spot in the first
    two and as on demand in the last. `spare` is what nodes that are kept free cost at the most: a
    part of `most`, and None where no group keeps any.
    """

    least: Decimal | None
    at_launch: Decimal | None
    most: Decimal | None
    spare: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """How many nodes a group may have, and how many of them the cluster's maximum lets start."""

    group: str
    wanted: int
    allowed: int
    because: str


@dataclass(frozen=True, slots=True)
class _Span:
    """The price of one node of a group, or of a whole slice: as it is hoped for, and at worst."""

    low: Decimal
    high: Decimal


def estimate(config: ComputeConfig, *, target: RegionCatalogue) -> Estimate:
    """What the cluster costs an hour, from its smallest to its largest."""
    config = config.primary
    head = _price(config.head_node or NodeConfig(), config, target)
    workers = [_span(group, config, target) for group in config.groups]
    known = [span for span in workers if span is not None]
    if head is None or len(known) < len(workers):
        return Estimate(least=None, at_launch=None, most=None)
    low = [span.low for span in known]
    fewest = [_fewest(group, config) for group in config.groups]
    least = _total(head, low, fewest) + _floors(config, target, fewest, markets=_SPOTS)
    most = _most(config, target, head=head, workers=[span.high for span in known])
    cap = config.mobula.max_usd_per_hour
    return Estimate(
        least=least,
        at_launch=_at_launch(config, target, head=head, workers=low, least=least),
        most=most if cap is None else min(most, max(least, Decimal(str(cap)))),
        spare=_spare(config, [span.high for span in known]),
    )


_SPOTS = (MarketType.SPOT, MarketType.PREFER_SPOT)


def _floors(
    config: ComputeConfig,
    target: RegionCatalogue,
    counts: Iterable[int],
    *,
    markets: Sequence[MarketType],
) -> Decimal:
    """What the on-demand nodes of spot groups cost beyond spot, of so many nodes each."""
    total = Decimal(0)
    for group, count in zip(config.groups, counts, strict=True):
        nodes = config.settings_of(group.name).on_demand_of(count)
        if nodes and group.market_type in markets:
            on_demand = _price(group, config, target) or Decimal(0)
            spot = _price(group, config, target, market=Market.SPOT)
            total += nodes * max(on_demand - (on_demand if spot is None else spot), Decimal(0))
    return total


def _spare(config: ComputeConfig, prices: Sequence[Decimal]) -> Decimal | None:
    if not config.mobula.autoscaling:
        return None
    spares = [
        config.settings_of(group.name).spare_of(most_nodes(group, config))
        for group in config.groups
    ]
    found = sum((n * price for n, price in zip(spares, prices, strict=True)), Decimal(0))
    return found or None


def unpriced(config: ComputeConfig, target: RegionCatalogue) -> list[str]:
    """What has no price on the target: a machine's name, or whose required hardware it is."""
    config = config.primary
    head = config.head_node or HeadNode()
    missing = [
        group.instance_type or f"the hardware of {group.name}"
        for group in config.groups
        if _span(group, config, target) is None
    ]
    if _price(head, config, target) is None:
        missing.insert(0, head.instance_type or "the head's machine")
    return list(dict.fromkeys(missing))


def ceilings(config: ComputeConfig, *, target: RegionCatalogue) -> list[Ceiling]:
    """The groups that the cluster's maximum keeps below their own, each with the resource."""
    shapes = shapes_of(config, target)
    return [
        Ceiling(group=group.name, wanted=wanted, allowed=int(room), because=because)
        for group, offered in shapes.groups
        for room, because in [room_of(config, shapes, offered)]
        if room < (wanted := most_nodes(group, config))
    ]


def _span(group: WorkerGroup, config: ComputeConfig, target: RegionCatalogue) -> _Span | None:
    on_demand = _price(group, config, target)
    spot = _price(group, config, target, market=Market.SPOT)
    match group.market_type:
        case MarketType.SPOT:
            prices = spot, spot
        case MarketType.PREFER_SPOT:
            prices = on_demand if spot is None else spot, on_demand
        case MarketType.ON_DEMAND:
            prices = on_demand, on_demand
    low, high = prices
    return None if low is None or high is None else _Span(low, max(low, high))


def _price(
    node: NodeConfig,
    config: ComputeConfig,
    target: RegionCatalogue,
    *,
    market: Market = Market.ON_DEMAND,
) -> Decimal | None:
    price = price_of(node, target, market=market, burstable=config.mobula.allow_burstable)
    hosts = node.hosts if isinstance(node, WorkerGroup) else 1
    return None if price is None else price * hosts


def _fewest(group: WorkerGroup, config: ComputeConfig) -> int:
    return min(group.min_nodes, most_nodes(group, config))


def _total(head: Decimal, workers: Sequence[Decimal], counts: Sequence[int]) -> Decimal:
    return head + sum(
        (price * count for price, count in zip(workers, counts, strict=True)), Decimal(0)
    )


def _at_launch(
    config: ComputeConfig,
    target: RegionCatalogue,
    *,
    head: Decimal,
    workers: Sequence[Decimal],
    least: Decimal,
) -> Decimal | None:
    """The price once the planner has served the cluster's own minima; None if it is too much."""
    if not config.min_resources:
        return least
    size = sum(group.max_nodes for group in config.groups)
    if size > _MOST_TO_PLAN or len({group.name for group in config.groups}) < len(config.groups):
        return None
    try:
        request = request_from_spec(config, demand=Demand(), target=target)
    except ValueError:
        return None
    # The planner counts the hosts of slices.
    prices = {g.name: price / g.hosts for g, price in zip(config.groups, workers, strict=True)}
    return head + sum(
        (prices[launch.group] * launch.count for launch in plan(request).launches), Decimal(0)
    )


def _most(
    config: ComputeConfig, target: RegionCatalogue, *, head: Decimal, workers: Sequence[Decimal]
) -> Decimal:
    """The lowest of what each of the cluster's maxima allows, the dearest groups first."""
    shapes = shapes_of(config, target)
    counts = [
        int(min(most_nodes(group, config), room_of(config, shapes, offered)[0]))
        for group, offered in shapes.groups
    ]
    floors = _floors(config, target, counts, markets=[MarketType.SPOT])
    totals = [_total(head, workers, counts)]
    if (nodes := config.mobula.max_nodes) is not None:
        hosts = [float(group.hosts) for group in config.groups]
        totals.append(head + sum(_filled(nodes, hosts, workers, counts), Decimal(0)))
    for resource, most in config.max_resources.items():
        left = most - (shapes.head or {}).get(resource, 0)
        uses = [(offered or {}).get(resource, 0) for _, offered in shapes.groups]
        totals.append(head + sum(_filled(max(left, 0), uses, workers, counts), Decimal(0)))
    return min(totals) + floors


def _filled(
    left: float, uses: Sequence[float], prices: Sequence[Decimal], counts: Sequence[int]
) -> Iterator[Decimal]:
    """The price of each group when one resource is spent where it costs the most."""
    groups = list(zip(uses, prices, counts, strict=True))
    worth = {i: float(price) / use if use else inf for i, (use, price, _) in enumerate(groups)}
    for index in sorted(worth, key=lambda i: -worth[i]):
        use, price, count = groups[index]
        fitting = min(float(count), left / use) if use else float(count)
        left -= fitting * use
        yield price * Decimal(str(fitting))
