"""Demand in the order in which it is placed: the hardest to place first."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from domain.demand import Gang, Resources, Shape, Strategy
from domain.planner.amounts import Amounts, add, exact, plain
from domain.planner.candidates import Candidate
from domain.planner.explanation.causes import (
    WORK,
    Misfit,
    MisfitKind,
    Source,
    amounts_of,
    placement_group,
)
from domain.planner.packing import Need


def ordered_needs(
    shapes: Iterable[Shape], machines: Sequence[Candidate], *, source: Source = WORK
) -> list[Need]:
    """Return equal shapes as one need each, the hardest to place first."""
    counts = Counter[tuple[object, ...]]()
    first: dict[tuple[object, ...], Need] = {}
    for shape in shapes:
        if shape.count <= 0:
            continue
        amounts = exact(shape.resources)
        need = Need(amounts=amounts, count=0, selectors=shape.selectors, source=source)
        counts[need.key] += shape.count
        first[need.key] = need
    needs = [replace(need, count=counts[key]) for key, need in first.items()]
    largest = _largest_node(machines)
    return sorted(needs, key=lambda need: _hardness(need, largest))


def ordered_gangs(gangs: Iterable[Gang], machines: Sequence[Candidate]) -> list[Gang]:
    """Return the placement groups, the hardest to place first; those without bundles left out."""
    largest = _largest_node(machines)

    def hardness(gang: Gang) -> tuple[object, ...]:
        together = Need(amounts=total(exact(bundle) for bundle in gang.bundles), count=1)
        return (*_hardness(together, largest), gang.strategy, _bundles(gang))

    return sorted((gang for gang in gangs if gang.bundles), key=hardness)


def gang_needs(gang: Gang, machines: Sequence[Candidate]) -> list[Need]:
    """Return what must be placed for one placement group, all of it or nothing.

    PACK and SPREAD are wishes that Ray fulfils as far as the nodes allow: they open no nodes.
    """
    source = placement_group(gang.strategy)
    if gang.strategy is Strategy.STRICT_PACK:
        together = total(exact(bundle) for bundle in gang.bundles)
        return [Need(amounts=together, count=1, source=source)]
    bundles = [Shape(resources=bundle, count=1) for bundle in gang.bundles]
    needs = ordered_needs(bundles, machines, source=source)
    if gang.strategy is Strategy.STRICT_SPREAD:
        return [replace(need, apart=True) for need in needs]
    return needs


def alike(gangs: Iterable[Gang]) -> list[tuple[Gang, int]]:
    """Return placement groups of which there are several once, with their number."""
    counts: dict[tuple[object, ...], list[Gang]] = {}
    for gang in gangs:
        counts.setdefault(form(gang), []).append(gang)
    return [(same[0], len(same)) for same in counts.values()]


def form(gang: Gang) -> tuple[object, ...]:
    """Return what makes two placement groups equal."""
    return gang.strategy, _bundles(gang)


def total(parts: Iterable[Amounts]) -> dict[str, int]:
    """Return the sum of several amounts."""
    result: dict[str, int] = {}
    for amounts in parts:
        add(result, amounts)
    return result


def misfit(need: Need, machines: Sequence[Candidate]) -> Misfit:
    """Return why no empty node of these machines could take one of `need`."""
    if not machines:
        return Misfit(kind=MisfitKind.NO_MACHINES)
    most = _largest_node(machines)
    if missing := sorted(need.amounts.keys() - most.keys()):
        return Misfit(kind=MisfitKind.MISSING_RESOURCES, missing=tuple(missing))
    if large := [name for name, amount in need.amounts.items() if amount > most[name]]:
        largest = amounts_of(plain({name: most[name] for name in large}))
        return Misfit(kind=MisfitKind.TOO_LARGE, largest=largest)
    if not any(need.accepts(machine.labels) for machine in machines):
        return Misfit(kind=MisfitKind.LABELS, selectors=need.selectors)
    return Misfit(kind=MisfitKind.NOT_TOGETHER)


def _bundles(gang: Gang) -> tuple[tuple[tuple[str, float], ...], ...]:
    return tuple(sorted(_items(bundle) for bundle in gang.bundles))


def _items(bundle: Resources) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(bundle.items()))


def _largest_node(machines: Sequence[Candidate]) -> dict[str, int]:
    """Return the most of each resource that one node of any group has."""
    largest: dict[str, int] = {}
    for machine in machines:
        for name, amount in machine.brings.items():
            largest[name] = max(amount, largest.get(name, 0))
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
