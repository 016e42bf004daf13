"""An instance in whole numbers, without the questions that make it hard: what bounds are made of.

Each change lets a planner do more, so that the cheapest answer to this costs no more than the
cheapest answer to the instance: bundles that Ray keeps together or apart become plain items, and
of resources other than CPU, GPU and memory only their presence counts.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from benchmarks.planning.instance import PLENTY, Instance
from domain.demand import LabelSelector, Resources, Strategy

MEASURED = ("CPU", "GPU", "memory")
STEPS = 10_000  # as Ray counts

type Amounts = tuple[int, ...]  # one for each measured resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """`count` times the same need, of which a node may hold `most_per_node`."""

    need: Amounts
    features: frozenset[str] = frozenset()  # resources of which presence is all that counts
    selectors: tuple[LabelSelector, ...] = ()
    most_per_node: int | None = None
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """A node type, or nodes that stand already: then `usd` is 0."""

    room: Amounts
    usd: float
    most: float = math.inf
    features: frozenset[str] = frozenset()
    labels: Mapping[str, str]
    new: bool = True

    def takes(self, item: Item) -> bool:
        """Return whether labels and features let `item` go there, whatever the room."""
        return item.features <= self.features and all(
            selector.accepts(self.labels) for selector in item.selectors
        )


@dataclass(frozen=True, kw_only=True)
class Relaxation:
    items: tuple[Item, ...]
    bins: tuple[Bin, ...]
    limits: tuple[tuple[int, float], ...]  # (index of a resource, the most of it on new nodes)
    totals: Mapping[int, tuple[int, ...]]  # of a limited resource: what one node of each bin has

    @cached_property
    def fits(self) -> list[list[int]]:
        """How many of each item one node of each bin can hold."""
        return [[_fits(item, bin_) for bin_ in self.bins] for item in self.items]


def relaxation(instance: Instance) -> Relaxation:
    """Return what every plan for `instance` obeys."""
    items = tuple(_items(instance))
    unit = _units(items)
    bins = tuple(_bins(instance))
    if not instance.max_resources:
        bins = tuple(_undominated(bins))
    limits, totals = _limits(instance, bins)
    items = tuple(replace(item, need=_divided(item.need, unit)) for item in items)
    bins = tuple(replace(bin_, room=_divided(bin_.room, unit)) for bin_ in bins)
    possible = tuple(item for item in items if any(_fits(item, bin_) for bin_ in bins))
    return Relaxation(items=possible, bins=bins, limits=limits, totals=totals)


def _items(instance: Instance) -> Iterator[Item]:
    counts = Counter[Item]()
    for shape in instance.demand.shapes:
        counts[_item(shape.resources, selectors=shape.selectors)] += shape.count
    apart, holders = Counter[Item](), Counter[Item]()
    for gang in instance.demand.gangs:
        bundles = [_item(bundle.resources, selectors=bundle.selectors) for bundle in gang.bundles]
        if gang.strategy is Strategy.STRICT_PACK:
            counts[_together(bundles)] += 1
        elif gang.strategy is Strategy.STRICT_SPREAD:
            apart.update(bundles)
            holders.update(set(bundles))
        else:
            counts.update(bundles)
    for item, count in counts.items():
        yield replace(item, count=count)
    for item, count in apart.items():
        yield replace(item, count=count, most_per_node=holders[item])


def _item(resources: Resources, *, selectors: tuple[LabelSelector, ...] = ()) -> Item:
    return Item(need=_amounts(resources), features=_features(resources), selectors=selectors)


def _together(items: list[Item]) -> Item:
    need = tuple(sum(amounts) for amounts in zip(*(item.need for item in items), strict=True))
    return Item(need=need, features=frozenset().union(*(item.features for item in items)))


def _bins(instance: Instance) -> Iterator[Bin]:
    there = Counter[str]()
    for standing in instance.standing:
        there[standing.type] += standing.count
        yield Bin(
            room=_amounts(standing.free),
            usd=0,
            most=standing.count,
            features=_features(standing.free),
            labels=instance.type(standing.type).labels,
            new=False,
        )
    for type_ in instance.types:
        endless = type_.max_nodes >= PLENTY
        yield Bin(
            room=_amounts(type_.resources),
            usd=float(type_.hourly_usd),
            most=math.inf if endless else type_.max_nodes - there[type_.name],
            features=_features(type_.resources),
            labels=type_.labels,
        )


def _undominated(bins: tuple[Bin, ...]) -> Iterator[Bin]:
    """Leave out what is no better than an endless bin in any way: nobody needs it."""
    for index, bin_ in enumerate(bins):
        better = (
            other
            for position, other in enumerate(bins)
            if position != index and _at_least_as_good(other, bin_, earlier=position < index)
        )
        if next(better, None) is None:
            yield bin_


def _at_least_as_good(one: Bin, other: Bin, *, earlier: bool) -> bool:
    same = one.room == other.room and one.usd == other.usd
    return (
        one.most == math.inf
        and other.new
        and one.labels == other.labels
        and one.features >= other.features
        and one.usd <= other.usd
        and all(mine >= theirs for mine, theirs in zip(one.room, other.room, strict=True))
        and (earlier or not same)
    )


def _limits(
    instance: Instance, bins: tuple[Bin, ...]
) -> tuple[tuple[tuple[int, float], ...], dict[int, tuple[int, ...]]]:
    limits, totals = [], {}
    for name, most in instance.max_resources.items():
        index = MEASURED.index(name)
        used = sum(
            instance.type(standing.type).resources.get(name, 0) * standing.count
            for standing in instance.standing
        )
        limits.append((index, (most - used) * STEPS))
        totals[index] = tuple(bin_.room[index] if bin_.new else 0 for bin_ in bins)
    return tuple(limits), totals


def _units(items: tuple[Item, ...]) -> Amounts:
    """Return the largest step that every need is a multiple of."""
    return tuple(math.gcd(*amounts) or 1 for amounts in zip(*(i.need for i in items), strict=True))


def _divided(amounts: Amounts, unit: Amounts) -> Amounts:
    return tuple(amount // step for amount, step in zip(amounts, unit, strict=True))


def _amounts(resources: Resources) -> Amounts:
    return tuple(round(resources.get(name, 0) * STEPS) for name in MEASURED)


def _features(resources: Resources) -> frozenset[str]:
    return frozenset(name for name, amount in resources.items() if amount > 0) - set(MEASURED)


def _fits(item: Item, bin_: Bin) -> int:
    if not bin_.takes(item):
        return 0
    fits = [room // need for room, need in zip(bin_.room, item.need, strict=True) if need]
    return min([*fits, item.count, item.most_per_node or item.count])
