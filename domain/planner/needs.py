"""Demand in the order in which it is placed: the hardest to place first."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from domain.demand import Bundle, Gang, Operator, Selectors, Shape, Strategy
from domain.demand.selectors import on_one_node
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
from domain.planner.units.need import Need
from domain.planner.units.room import broken_units, copies_in, split_of
from domain.planner.units.unit import UNIT_RESOURCES


def ordered_needs(
    shapes: Iterable[Shape], machines: Sequence[Candidate], *, source: Source = WORK
) -> list[Need]:
    """Return equal shapes as one need each, the hardest to place first."""
    counts = Counter[tuple[object, ...]]()
    first: dict[tuple[object, ...], Need] = {}
    for shape in shapes:
        if shape.count <= 0:
            continue
        need = Need.of(shape, source=source)
        counts[need.key] += shape.count
        first[need.key] = need
    needs = [replace(need, count=counts[key]) for key, need in first.items()]
    largest = _largest_node(machines)
    return sorted(needs, key=lambda need: _hardness(need, largest))


def ordered_gangs(gangs: Iterable[Gang], machines: Sequence[Candidate]) -> list[Gang]:
    """Return the placement groups, the hardest to place first; those without bundles left out."""
    largest = _largest_node(machines)

    def hardness(gang: Gang) -> tuple[object, ...]:
        together = Need(amounts=total(exact(bundle.resources) for bundle in gang.bundles), count=1)
        return (*_hardness(together, largest), gang.strategy, _contents(gang))

    return sorted((gang for gang in gangs if gang.bundles), key=hardness)


def gang_needs(gang: Gang, machines: Sequence[Candidate]) -> list[Need]:
    """Return what must be placed for one placement group, all of it or nothing.

    PACK and SPREAD are wishes that Ray fulfils as far as the nodes allow: they open no nodes.
    """
    source = placement_group(gang.strategy)
    if gang.strategy is Strategy.STRICT_PACK:
        return [_on_one_node(gang.bundles, source)]
    bundles = (
        Shape(
            resources=bundle.resources,
            count=1,
            selectors=bundle.selectors,
            fallbacks=bundle.fallbacks,
        )
        for bundle in gang.bundles
    )
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
    return gang.strategy, *_contents(gang)


def total(parts: Iterable[Amounts]) -> dict[str, int]:
    """Return the sum of several amounts."""
    result: dict[str, int] = {}
    for amounts in parts:
        add(result, amounts)
    return result


def misfit(need: Need, machines: Sequence[Candidate]) -> Misfit:
    """Return why no empty node of these machines could take one of `need`, in any of its ways."""
    first, *others = need.every_selectors

    def labels_missing(kind: MisfitKind) -> Misfit:
        return Misfit(kind=kind, selectors=first, fallbacks=tuple(others))

    if unknown := [s for s in first if s.operator == Operator.UNKNOWN]:
        return Misfit(kind=MisfitKind.UNKNOWN_CONSTRAINT, selectors=tuple(unknown))
    if not machines:
        return Misfit(kind=MisfitKind.NO_MACHINES)
    most = _largest_node(machines)
    if missing := sorted(need.amounts.keys() - most.keys()):
        return Misfit(kind=MisfitKind.MISSING_RESOURCES, missing=tuple(missing))
    if large := [name for name, amount in need.amounts.items() if amount > most[name]]:
        largest = amounts_of(plain({name: most[name] for name in large}))
        return Misfit(kind=MisfitKind.TOO_LARGE, largest=largest)
    if broken := tuple(broken_units(need.amounts, need.split)):
        return Misfit(kind=MisfitKind.FRACTION, missing=broken)
    able = [machine for machine in machines if need.accepts_any(machine.labels)]
    if not able:
        return labels_missing(MisfitKind.LABELS)
    if any(need.copies_in(machine.brings, at_most=1) for machine in machines):
        return labels_missing(MisfitKind.LABELS_ELSEWHERE)
    if units := tuple(_short_of_units(need, able)):
        return Misfit(kind=MisfitKind.UNITS, missing=units)
    return Misfit(kind=MisfitKind.NOT_TOGETHER)


def _short_of_units(need: Need, machines: Sequence[Candidate]) -> Iterator[str]:
    """Yield what no node has units enough for, though it has as much in all."""
    for name in sorted(need.split.keys() & UNIT_RESOURCES):
        part = {name: need.amounts[name]}
        if not any(
            copies_in(machine.brings, part, at_most=1, split=need.split) for machine in machines
        ):
            yield name


def _on_one_node(bundles: Sequence[Bundle], source: Source) -> Need:
    """Return the bundles as one need, whose node all their selectors accept."""
    alternatives = ((bundle.selectors, *bundle.fallbacks) for bundle in bundles)
    selectors, *fallbacks = on_one_node(alternatives)
    amounts = [exact(bundle.resources) for bundle in bundles]
    return Need(
        amounts=total(amounts),
        split=split_of(amounts),
        count=1,
        selectors=selectors,
        fallbacks=tuple(fallbacks),
        source=source,
    )


def _contents(gang: Gang) -> tuple[object, ...]:
    """Return what makes two placement groups of one strategy alike."""
    return _bundles(gang.bundles), tuple(map(_bundles, gang.fallbacks))


def _bundles(bundles: Iterable[Bundle]) -> tuple[object, ...]:
    return tuple(
        sorted(
            (tuple(sorted(bundle.resources.items())), _words(bundle.selectors, *bundle.fallbacks))
            for bundle in bundles
        )
    )


def _words(*alternatives: Selectors) -> tuple[object, ...]:
    return tuple(
        tuple((s.key, s.operator, s.values) for s in selectors) for selectors in alternatives
    )


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
    selectors = _words(need.selectors, *need.fallbacks)
    return (
        "GPU" not in need.amounts,
        not need.selectors,
        -share,
        sorted(need.amounts.items()),
        selectors,
    )
