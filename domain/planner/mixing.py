"""Which of the new nodes are on-demand after all, and in which zones they lie."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from domain.configuration.scaling import on_demand_part
from domain.offerings import Market
from domain.planner.candidates import Candidate
from domain.planner.model import NodeView, PlannedGroup, PlanRequest, ZonePolicy
from domain.planner.packing import NodeRun


def mixed(
    request: PlanRequest,
    kept: Sequence[NodeView],
    new: Sequence[NodeRun],
    *,
    machines: Sequence[Candidate],
) -> list[NodeRun]:
    """Return the new nodes with the markets and zones that the policies ask for.

    Nodes of one type bring the same in every market and zone, so what they hold stays as it is;
    where that asks for labels of its own, only machines that have them come into question.
    """
    runs = list(new)
    for group in request.groups:
        if group.hosts == 1 and (group.on_demand_nodes or group.on_demand_percent):
            runs = _with_on_demand(group, kept, runs, machines)
    return _spread(kept, runs, machines) if request.zones is ZonePolicy.SPREAD else runs


def on_demand_wanted(group: PlannedGroup, *, nodes: int) -> int:
    """Return how many of so many nodes of a group must be on-demand."""
    return on_demand_part(nodes, first=group.on_demand_nodes, percent=group.on_demand_percent)


def _with_on_demand(
    group: PlannedGroup,
    kept: Sequence[NodeView],
    runs: Sequence[NodeRun],
    machines: Sequence[Candidate],
) -> list[NodeRun]:
    own = [node for node in kept if node.group == group.name]
    mine = [run for run in runs if run.candidate and run.candidate.group is group]
    nodes = len(own) + sum(run.count for run in mine)
    missing = on_demand_wanted(group, nodes=nodes)
    missing -= sum(node.market is Market.ON_DEMAND for node in own)
    missing -= sum(run.count for run in mine if not _is_spot(run))
    result: list[NodeRun] = []
    for run in runs:
        twin = _twin(run, machines) if run in mine and _is_spot(run) and missing > 0 else None
        if twin is None:
            result.append(run)
            continue
        taken = min(missing, run.count)
        missing -= taken
        result.append(replace(run, candidate=twin, count=taken))
        if taken < run.count:
            result.append(replace(run, count=run.count - taken))
    return result


def _is_spot(run: NodeRun) -> bool:
    return run.candidate is not None and run.candidate.offer.market is Market.SPOT


def _twin(run: NodeRun, machines: Sequence[Candidate]) -> Candidate | None:
    """Return the same machine on demand, the cheapest zone of those that have it."""
    candidate = run.candidate
    if candidate is None:
        return None
    twins = [
        machine
        for machine in machines
        if machine.group is candidate.group
        and machine.offer.instance_type == candidate.offer.instance_type
        and machine.offer.market is Market.ON_DEMAND
        and not machine.offer.cooling
        and run.may_be(machine)
    ]
    same_zone = [machine for machine in twins if machine.offer.zone == candidate.offer.zone]
    return min(same_zone or twins, key=lambda machine: machine.cost, default=None)


def _spread(
    kept: Sequence[NodeView], runs: Sequence[NodeRun], machines: Sequence[Candidate]
) -> list[NodeRun]:
    """Return the new nodes dealt out so that each group has as many in every zone as it can."""
    nodes = Counter((node.group, node.zone) for node in kept)
    return [part for run in runs for part in _dealt(run, nodes, machines)]


def _dealt(
    run: NodeRun, nodes: Counter[tuple[str, str]], machines: Sequence[Candidate]
) -> Iterator[NodeRun]:
    candidate = run.candidate
    if candidate is None or candidate.hosts > 1:  # a slice lies in one zone
        yield run
        return
    alike = [
        machine
        for machine in machines
        if machine.group is candidate.group
        and machine.offer.instance_type == candidate.offer.instance_type
        and machine.offer.market is candidate.offer.market
        and not machine.offer.cooling
        and run.may_be(machine)
    ]
    name = candidate.group.name
    counts = dict.fromkeys(range(len(alike)), 0)
    for _ in range(run.count):
        place = min(counts, key=lambda i: (nodes[name, alike[i].offer.zone], alike[i].cost, i))
        counts[place] += 1
        nodes[name, alike[place].offer.zone] += 1
    for place, count in counts.items():
        if count:
            yield replace(run, candidate=alike[place], count=count)
