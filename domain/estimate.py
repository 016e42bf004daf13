"""What a configuration costs before anything runs, and how far its groups can really grow."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import inf

from domain.demand import Demand
from domain.planner import plan
from domain.planner.from_spec import request_from_spec
from domain.spec import ComputeConfig, WorkerGroup
from domain.validation.instances import InstanceType, shapes_of
from domain.validation.limits import most_nodes, room_of

HOURS_A_MONTH = 730
# Beyond this the planner would take too long for a page that answers while somebody types.
_MOST_TO_PLAN = 2_000

type Prices = Mapping[str, Decimal]
"""Dollars an hour of one machine, by instance type; a type without a price is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Dollars an hour; None where some machine has no price.

    `least` is the head and each group's minimum, `at_launch` what starts before any work comes,
    `most` what the limits allow at the very most.
    """

    least: Decimal | None
    at_launch: Decimal | None
    most: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """How many nodes a group may have, and how many of them the cluster's maximum lets start."""

    group: str
    wanted: int
    allowed: int
    because: str


def estimate(
    config: ComputeConfig, *, instance_types: Sequence[InstanceType], prices: Prices
) -> Estimate:
    """What the cluster costs an hour, from its smallest to its largest."""
    head = _price(config.head_node.instance_type if config.head_node else None, prices)
    workers = [_price(group.instance_type, prices) for group in config.groups]
    known = [price for price in workers if price is not None]
    if head is None or len(known) < len(workers):
        return Estimate(least=None, at_launch=None, most=None)
    least = _total(head, known, [_fewest(group, config) for group in config.groups])
    return Estimate(
        least=least,
        at_launch=_at_launch(config, instance_types, head=head, workers=known, least=least),
        most=_most(config, instance_types, head=head, workers=known),
    )


def ceilings(config: ComputeConfig, *, instance_types: Sequence[InstanceType]) -> list[Ceiling]:
    """The groups that the cluster's maximum keeps below their own, each with the resource."""
    shapes = shapes_of(config, instance_types)
    return [
        Ceiling(group=group.name, wanted=wanted, allowed=int(room), because=because)
        for group, offered in shapes.groups
        for room, because in [room_of(config, shapes, offered)]
        if room < (wanted := most_nodes(group, config))
    ]


def _price(instance_type: str | None, prices: Prices) -> Decimal | None:
    return prices.get(instance_type or "")


def _fewest(group: WorkerGroup, config: ComputeConfig) -> int:
    return min(group.min_nodes, most_nodes(group, config))


def _total(head: Decimal, workers: Sequence[Decimal], counts: Sequence[int]) -> Decimal:
    return head + sum(
        (price * count for price, count in zip(workers, counts, strict=True)), Decimal(0)
    )


def _at_launch(
    config: ComputeConfig,
    types: Sequence[InstanceType],
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
        request = request_from_spec(config, demand=Demand(), instance_types=types)
    except ValueError:
        return None
    price_of = {group.name: price for group, price in zip(config.groups, workers, strict=True)}
    return head + sum(
        (price_of[launch.group] * launch.count for launch in plan(request).launches), Decimal(0)
    )


def _most(
    config: ComputeConfig,
    types: Sequence[InstanceType],
    *,
    head: Decimal,
    workers: Sequence[Decimal],
) -> Decimal:
    """The lowest of what each of the cluster's maxima allows, the dearest groups first."""
    shapes = shapes_of(config, types)
    counts = [
        int(min(most_nodes(group, config), room_of(config, shapes, offered)[0]))
        for group, offered in shapes.groups
    ]
    totals = [_total(head, workers, counts)]
    for resource, most in config.max_resources.items():
        left = most - (shapes.head or {}).get(resource, 0)
        uses = [(offered or {}).get(resource, 0) for _, offered in shapes.groups]
        totals.append(head + sum(_filled(max(left, 0), uses, workers, counts), Decimal(0)))
    return min(totals)


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
