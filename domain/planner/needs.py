"""Demand in the order in which it is placed: the hardest to place first."""

from collections import Counter
from collections.abc import Iterable, Sequence

from domain.demand import Gang, Shape, Strategy
from domain.planner.amounts import Amounts, add, exact
from domain.planner.model import Group
from domain.planner.packing import Need


def ordered_needs(
    shapes: Iterable[Shape], groups: Sequence[Group], *, whose: str = ""
) -> list[Need]:
    """Return equal shapes as one need each, the hardest to place first."""
    counts = Counter[tuple[object, ...]]()
    first: dict[tuple[object, ...], Need] = {}
    for shape in shapes:
        if shape.count <= 0:
            continue
        amounts = exact(shape.resources)
        key = (tuple(sorted(amounts.items())), shape.selectors)
        counts[key] += shape.count
        first[key] = Need(amounts=amounts, count=0, selectors=shape.selectors, whose=whose)
    needs = [_counted(need, count=counts[key]) for key, need in first.items()]
    largest = _largest_node(groups)
    return sorted(needs, key=lambda need: _hardness(need, largest))


def ordered_gangs(gangs: Iterable[Gang], groups: Sequence[Group]) -> list[Gang]:
    """Return the placement groups, the hardest to place first; those without bundles left out."""
    largest = _largest_node(groups)

    def hardness(gang: Gang) -> tuple[object, ...]:
        together = Need(amounts=total(exact(bundle) for bundle in gang.bundles), count=1)
        bundles = sorted(tuple(sorted(bundle.items())) for bundle in gang.bundles)
        return (*_hardness(together, largest), gang.strategy, bundles)

    return sorted((gang for gang in gangs if gang.bundles), key=hardness)


def gang_needs(gang: Gang, groups: Sequence[Group]) -> list[Need]:
    """Return what must be placed for one placement group, all of it or nothing.

    PACK and SPREAD are wishes that Ray fulfils as far as the nodes allow: they open no nodes.
    """
    whose = f"of a {gang.strategy} placement group"
    if gang.strategy is Strategy.STRICT_PACK:
        together = total(exact(bundle) for bundle in gang.bundles)
        return [Need(amounts=together, count=1, whose=whose)]
    bundles = [Shape(resources=bundle, count=1) for bundle in gang.bundles]
    needs = ordered_needs(bundles, groups, whose=whose)
    if gang.strategy is Strategy.STRICT_SPREAD:
        return [_counted(need, count=need.count, apart=True) for need in needs]
    return needs


def total(parts: Iterable[Amounts]) -> dict[str, int]:
    """Return the sum of several amounts."""
    result: dict[str, int] = {}
    for amounts in parts:
        add(result, amounts)
    return result


def _counted(need: Need, *, count: int, apart: bool = False) -> Need:
    return Need(
        amounts=need.amounts,
        count=count,
        selectors=need.selectors,
        apart=apart,
        whose=need.whose,
    )


def _largest_node(groups: Sequence[Group]) -> dict[str, int]:
    """Return the most of each resource that one node of any group has."""
    largest: dict[str, int] = {}
    for group in groups:
        brings = exact(group.resources)
        largest |= {name: max(amount, largest.get(name, 0)) for name, amount in brings.items()}
    return largest


def _hardness(need: Need, largest: Amounts) -> tuple[object, ...]:
    """Order by what few nodes offer: GPUs, then labels, then the share of the largest node."""
    share = max(
        (amount / largest.get(name, 1) for name, amount in need.amounts.items()), default=0.0
    )
    selectors = [(s.key, s.operator, s.values) for s in need.selectors]
    return (
        "GPU" not in need.amounts,
        not selectors,
        -share,
        sorted(need.amounts.items()),
        selectors,
    )
