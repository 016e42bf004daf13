"""Why the plan is as it is: the causes of launches, of kept nodes and of what waits."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from math import ceil

from domain.demand import Resources
from domain.objective import Objective
from domain.planner.amounts import STEPS, add, plain
from domain.planner.candidates import Candidate
from domain.planner.explanation.causes import (
    Amounts,
    Choice,
    ChoiceKind,
    LaunchCause,
    Misfit,
    MisfitKind,
    Purpose,
    PurposeKind,
    Served,
    Source,
    SourceKind,
    Stop,
    UnservedCause,
    amounts_of,
)
from domain.planner.limits import Limits, machine_of, raised_floor
from domain.planner.model import PlannedGroup, PlanRequest, Ranking, Unserved
from domain.planner.needs import misfit
from domain.planner.packing import NodeRun, Packing
from domain.planner.units.columns import least_units
from domain.planner.units.need import Content, Need
from domain.planner.units.room import pieces_of
from domain.planner.units.unit import UNIT_RESOURCES

# A launch names so many things that stood in the way.
MOST_STOPS = 2


def launch_cause(
    runs: Sequence[NodeRun],
    request: PlanRequest,
    *,
    candidates: Sequence[Candidate],
    limits: Limits,
) -> LaunchCause:
    """Return why so many equal machines are launched."""
    candidate = _candidate(runs[0])
    machine, hosts = machine_of(candidate), candidate.hosts
    count = sum(run.count for run in runs)
    if purpose := runs[0].purpose:
        return LaunchCause(count=count, machine=machine, hosts=hosts, purpose=purpose)
    choice = _choice(runs, request, candidates=candidates, limits=limits)
    served = _served(runs)
    return LaunchCause(count=count, machine=machine, hosts=hosts, served=served, choice=choice)


def minimum(group: PlannedGroup) -> Purpose:
    """Return why a group is kept at so many nodes."""
    raised = [floor for floor in group.floors if floor.nodes > group.min_nodes]
    highest = max(raised, key=lambda floor: floor.nodes, default=None)
    return Purpose(
        kind=PurposeKind.MINIMUM,
        group=group.name,
        nodes=raised_floor(group),
        raised=highest.reason if highest else "",
    )


def minimum_missed(group: PlannedGroup, *, count: int, stops: Iterable[Stop]) -> Unserved:
    """Return the nodes that `group` lacks to its minimum."""
    resources = group.offers[0].resources if group.offers else {}
    cause = UnservedCause(purpose=minimum(group), stops=_once(stops))
    return Unserved(resources=resources, count=count, cause=cause)


def min_resource(least: Resources) -> Purpose:
    """Return why the cluster is kept at so much of one resource."""
    return Purpose(kind=PurposeKind.MIN_RESOURCES, resources=amounts_of(least))


def min_resource_missed(least: Resources, *, missing: Resources, stops: Iterable[Stop]) -> Unserved:
    """Return what the cluster lacks to its minimum of one resource."""
    cause = UnservedCause(
        purpose=min_resource(least),
        stops=_once(stops),
        misfit=Misfit(kind=MisfitKind.MISSING_RESOURCES, missing=tuple(missing)),
    )
    return Unserved(resources=missing, count=1, cause=cause)


def standing(content: Content) -> Purpose:
    """Return why a node is kept for the standing requests that lie on it."""
    need, _ = content[0]
    resources = amounts_of(plain(need.amounts))
    return Purpose(kind=PurposeKind.STANDING_REQUEST, resources=resources)


def spare(group: PlannedGroup, *, nodes: int) -> Purpose:
    """Return why free nodes are kept."""
    return Purpose(kind=PurposeKind.SPARE, group=group.name, nodes=nodes)


def unserved(packing: Packing) -> list[Unserved]:
    """Return what has no place, with what stopped each machine that it fits."""
    causes: dict[object, UnservedCause] = {}
    for need, _ in packing.left:
        if (key := (need.key, need.apart, need.source)) not in causes:
            causes[key] = _waits(need, packing)
    never = {cause.source for cause in causes.values() if cause.misfit}
    waiting: list[Unserved] = []
    for need, count in packing.left:
        cause = causes[need.key, need.apart, need.source]
        cause = _not_whole(cause) if _has_room(need, count, packing, never) else cause
        waiting.append(Unserved(resources=plain(need.amounts), count=count, cause=cause))
    for need, count in packing.undecided:
        cause = UnservedCause(source=need.source, undecided=True)
        waiting.append(Unserved(resources=plain(need.amounts), count=count, cause=cause))
    return waiting


def _has_room(need: Need, count: int, packing: Packing, never: Collection[Source]) -> bool:
    """Return whether bundles would fit, and wait only for others that never do."""
    if need.source.kind is not SourceKind.PLACEMENT_GROUP or need.source not in never:
        return False
    room = sum(
        packing.limits.room(machine).nodes
        * need.copies_in(machine.brings, at_most=1 if need.apart else count)
        for machine in packing.fitting(need)
    )
    return room >= count


def _not_whole(cause: UnservedCause) -> UnservedCause:
    return UnservedCause(source=cause.source, misfit=Misfit(kind=MisfitKind.NOT_WHOLE))


def merged(items: Iterable[Unserved]) -> tuple[Unserved, ...]:
    """Return the same with one entry for each shape and cause."""
    counts: dict[tuple[Amounts, UnservedCause], int] = {}
    for item in items:
        key = amounts_of(item.resources), item.cause
        counts[key] = counts.get(key, 0) + item.count
    return tuple(
        Unserved(resources=dict(resources), count=count, cause=cause)
        for (resources, cause), count in counts.items()
    )


def _candidate(run: NodeRun) -> Candidate:
    if run.candidate is None:
        raise ValueError("Only new nodes are launched.")
    return run.candidate


def _served(runs: Sequence[NodeRun]) -> tuple[Served, ...]:
    counts: dict[tuple[Amounts, Source], int] = {}
    for run in runs:
        for need, times in run.content:
            shape = amounts_of(plain(need.amounts)), need.source
            counts[shape] = counts.get(shape, 0) + times * run.count
    largest = sorted(counts.items(), key=lambda item: -item[1])
    return tuple(
        Served(count=count, resources=resources, source=source)
        for (resources, source), count in largest
    )


def _choice(
    runs: Sequence[NodeRun],
    request: PlanRequest,
    *,
    candidates: Sequence[Candidate],
    limits: Limits,
) -> Choice:
    """Return what speaks for this machine, and what stood in the way of others."""
    candidate = _candidate(runs[0])
    others = [other for other in candidates if other is not candidate and _could(other, runs)]
    if request.ranking is Ranking.ORDER:
        before = others[: _place(candidate, others, candidates)]
        stops = _stops(before, limits)
        kind = ChoiceKind.NEXT_IN_ORDER if stops else ChoiceKind.FIRST_IN_ORDER
        return Choice(kind=kind, stops=stops)
    stops = _stops([other for other in others if other.cost < candidate.cost], limits)
    open_others = [other for other in others if limits.room(other).nodes]
    dearer = min(open_others, key=lambda other: _price_instead(other, runs), default=None)
    if dearer is None:
        return Choice(kind=ChoiceKind.ONLY_ONE, stops=stops)
    return _compared(dearer, runs, request, stops=stops)


def _place(
    candidate: Candidate, others: Sequence[Candidate], candidates: Sequence[Candidate]
) -> int:
    order = {id(machine): place for place, machine in enumerate(candidates)}
    return sum(order[id(machine)] < order[id(candidate)] for machine in others)


def _stops(machines: Sequence[Candidate], limits: Limits) -> tuple[Stop, ...]:
    stops = (room.stop for machine in machines if not (room := limits.room(machine)).nodes)
    return _once(stops)[:MOST_STOPS]


def _once(stops: Iterable[Stop]) -> tuple[Stop, ...]:
    return tuple(dict.fromkeys(stops))


def _could(other: Candidate, runs: Sequence[NodeRun]) -> bool:
    """Return whether a machine could hold the largest need of each node alone."""
    return all(
        need.accepts(other.labels) and need.copies_in(other.brings, at_most=1)
        for run in runs
        for need, _ in run.content
    )


def _nodes_instead(other: Candidate, runs: Sequence[NodeRun]) -> int:
    """Return the fewest nodes of another machine with as much of everything as is used."""
    used: dict[str, int] = {}
    pieces: dict[str, list[tuple[int, int]]] = {}
    for run in runs:
        for need, times in run.content:
            add(used, need.amounts, times=times * run.count)
            for name in need.amounts.keys() & UNIT_RESOURCES:
                some = pieces_of(need.amounts[name], need.split.get(name), times=times * run.count)
                pieces.setdefault(name, []).extend(some)
    used |= {name: least_units(some) * STEPS for name, some in pieces.items()}
    shares = [amount / other.brings[name] for name, amount in used.items() if amount]
    nodes = max(1, ceil(max(shares, default=1) - 1e-9))
    return -(-nodes // other.hosts) * other.hosts


def _price_instead(other: Candidate, runs: Sequence[NodeRun]) -> float:
    return other.cost * _nodes_instead(other, runs)


def _compared(
    other: Candidate, runs: Sequence[NodeRun], request: PlanRequest, *, stops: tuple[Stop, ...]
) -> Choice:
    candidate, objective = _candidate(runs[0]), request.objective
    count, instead = sum(run.count for run in runs), _nodes_instead(other, runs)
    machine = machine_of(other)
    if candidate.offer.hourly_usd is None or other.offer.hourly_usd is None:
        kind = ChoiceKind.USUAL_PRICE
        return Choice(kind=kind, other=machine, other_nodes=instead, stops=stops)
    ours, its = candidate.offer.hourly_usd * count, other.offer.hourly_usd * instead
    if its > ours:
        kind = ChoiceKind.CHEAPER
    elif its == ours:
        kind = ChoiceKind.SAME_PRICE
    elif objective is Objective.COST:
        kind = ChoiceKind.CHEAPEST_MIX
    elif candidate.cost * count > _price_instead(other, runs):
        kind = ChoiceKind.BEST_MIX
    else:
        kind = ChoiceKind.BETTER
    return Choice(
        kind=kind,
        other=machine,
        other_nodes=instead,
        usd=ours,
        other_usd=its,
        objective=objective,
        stops=stops,
    )


def _waits(need: Need, packing: Packing) -> UnservedCause:
    stops = _once(
        packing.limits.room(machine).stop
        for selectors in need.every_selectors
        for machine in packing.fitting(replace(need, selectors=selectors))
    )
    unfit = None if stops else misfit(need, packing.candidates)
    return UnservedCause(source=need.source, stops=stops, misfit=unfit)
