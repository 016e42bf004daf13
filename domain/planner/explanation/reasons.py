"""Why the plan is as it is, in sentences for users."""

from collections.abc import Iterable, Sequence
from math import ceil

from domain.demand import Resources, describe
from domain.objective import Objective
from domain.planner.amounts import add, plain, times_in
from domain.planner.candidates import Candidate
from domain.planner.limits import Limits, machine, raised_floor
from domain.planner.model import PlannedGroup, PlanRequest, Ranking, Unserved
from domain.planner.packing import Need, NodeRun, Packing
from domain.wording import price as usd

# A launch names so many shapes that it is for, and so many things that stood in the way.
MOST_SHAPES, MOST_STOPS = 3, 2


def launch(
    runs: Sequence[NodeRun],
    request: PlanRequest,
    *,
    candidates: Sequence[Candidate],
    limits: Limits,
) -> str:
    """Return why so many equal machines are launched."""
    candidate = _candidate(runs[0])
    count = sum(run.count for run in runs)
    kind = f"{count} × {machine(candidate)}"
    if runs[0].why:
        return f"{kind}: {runs[0].why}."
    why = _choice(runs, request, candidates=candidates, limits=limits)
    return f"{kind} for {_served(runs)}: {why}."


def minimum(group: PlannedGroup) -> str:
    """Return why a group is kept at so many nodes."""
    least = raised_floor(group)
    raised = [floor for floor in group.floors if floor.nodes > group.min_nodes]
    if not raised:
        return f"group {group.name} is kept at {least} or more"
    highest = max(raised, key=lambda floor: floor.nodes)
    return f"group {group.name} is kept at {least} or more now: {highest.reason.rstrip('.')}"


def minimum_missed(group: PlannedGroup, *, count: int, stops: Sequence[str]) -> Unserved:
    """Return the nodes that `group` lacks to its minimum."""
    why = "; ".join(dict.fromkeys(stops)) or "it has nothing that it could rent"
    reason = f"{minimum(group)}: {why}"
    resources = group.offers[0].resources if group.offers else {}
    return Unserved(resources=resources, count=count, reason=reason)


def resource(least: Resources) -> str:
    """Return why the cluster is kept at so much of one resource."""
    return f"the cluster is kept at {_bare(least)} or more"


def resource_missed(missing: Resources, *, stops: Sequence[str]) -> Unserved:
    """Return what the cluster lacks to its minimum of one resource."""
    why = "; ".join(dict.fromkeys(stops)) or f"no group has {' or '.join(missing)}"
    return Unserved(resources=missing, count=1, reason=f"min_resources: {why}")


def standing(run: NodeRun) -> str:
    """Return why a node is kept for a standing request, or what it was rented for before."""
    if not run.content:
        return run.why
    need, _ = run.content[0]
    return f"a standing request for {describe(plain(need.amounts))} must fit the cluster"


def spare(group: PlannedGroup, *, spare: int) -> str:
    """Return why free nodes are kept."""
    return f"group {group.name} keeps {spare} free for work to come"


def unserved(packing: Packing) -> list[Unserved]:
    """Return what has no place, with what stopped each machine that it fits."""
    return [
        Unserved(resources=plain(need.amounts), count=count, reason=_waits(need, packing))
        for need, count in packing.left
    ]


def merged(items: Iterable[Unserved]) -> tuple[Unserved, ...]:
    """Return the same with one entry for each shape and reason."""
    counts: dict[tuple[tuple[tuple[str, float], ...], str], int] = {}
    for item in items:
        key = tuple(sorted(item.resources.items())), item.reason
        counts[key] = counts.get(key, 0) + item.count
    return tuple(
        Unserved(resources=dict(resources), count=count, reason=reason)
        for (resources, reason), count in counts.items()
    )


def _candidate(run: NodeRun) -> Candidate:
    if run.candidate is None:
        raise ValueError("Only new nodes are launched.")
    return run.candidate


def _served(runs: Sequence[NodeRun]) -> str:
    counts: dict[str, int] = {}
    for run in runs:
        for need, times in run.content:
            shape = describe(plain(need.amounts)) + (f" {need.whose}" if need.whose else "")
            counts[shape] = counts.get(shape, 0) + times * run.count
    largest = sorted(counts.items(), key=lambda item: -item[1])
    words = [f"{count} × {shape}" for shape, count in largest[:MOST_SHAPES]]
    if more := len(largest) - MOST_SHAPES:
        words += [f"{more} more shapes"] if more > 0 else []
    return ", ".join(words)


def _choice(
    runs: Sequence[NodeRun],
    request: PlanRequest,
    *,
    candidates: Sequence[Candidate],
    limits: Limits,
) -> str:
    """Return what speaks for this machine, and what stood in the way of others."""
    candidate = _candidate(runs[0])
    others = [one for one in candidates if one is not candidate and _could(one, runs)]
    if request.ranking is Ranking.ORDER:
        before = others[: _place(candidate, others, candidates)]
        stops = _stops(before, limits)
        return f"the next group that fits, since {stops}" if stops else "the first group that fits"
    stops = _stops([one for one in others if one.cost < candidate.cost], limits)
    open_others = [one for one in others if limits.room(one).nodes]
    dearer = min(open_others, key=lambda one: _price_instead(one, runs), default=None)
    why = "the only machine that fits"
    if dearer is not None:
        why = _compared(dearer, runs, objective=request.objective)
    return f"{why}; {stops}" if stops else why


def _place(
    candidate: Candidate, others: Sequence[Candidate], candidates: Sequence[Candidate]
) -> int:
    order = {id(one): place for place, one in enumerate(candidates)}
    return sum(order[id(one)] < order[id(candidate)] for one in others)


def _stops(machines: Sequence[Candidate], limits: Limits) -> str:
    found = [room.stop for one in machines if not (room := limits.room(one)).nodes]
    return " and ".join(list(dict.fromkeys(found))[:MOST_STOPS])


def _could(one: Candidate, runs: Sequence[NodeRun]) -> bool:
    """Return whether a machine could hold the largest need of each node alone."""
    return all(
        need.accepts(one.labels) and times_in(one.brings, need.amounts, at_most=1)
        for run in runs
        for need, _ in run.content
    )


def _nodes_instead(one: Candidate, runs: Sequence[NodeRun]) -> int:
    """Return the fewest nodes of another machine with as much of everything as is used."""
    used: dict[str, int] = {}
    for run in runs:
        for need, times in run.content:
            add(used, need.amounts, times=times * run.count)
    shares = [amount / one.brings[name] for name, amount in used.items() if amount]
    return max(1, ceil(max(shares, default=1) - 1e-9))


def _price_instead(one: Candidate, runs: Sequence[NodeRun]) -> float:
    return one.cost * _nodes_instead(one, runs)


def _compared(other: Candidate, runs: Sequence[NodeRun], *, objective: Objective) -> str:
    candidate = _candidate(runs[0])
    count, theirs = sum(run.count for run in runs), _nodes_instead(other, runs)
    alternative = f"{theirs} × {machine(other)}"
    if candidate.offer.hourly_usd is None or other.offer.hourly_usd is None:
        return f"rather than {alternative}, by what such machines usually cost"
    ours, its = candidate.offer.hourly_usd * count, other.offer.hourly_usd * theirs
    if its > ours:
        return f"cheaper than {alternative} ({usd(ours)} instead of {usd(its)} an hour)"
    if its == ours:
        return f"at the price of {alternative} ({usd(ours)} an hour)"
    if objective is Objective.COST:
        return "the cheapest mix for all that waits"
    if candidate.cost * count > _price_instead(other, runs):
        return f"the best mix for all that waits by the objective {objective}"
    prices = f"{usd(ours)} instead of {usd(its)} an hour"
    return f"better than {alternative} by the objective {objective} ({prices})"


def _waits(need: Need, packing: Packing) -> str:
    stops = [packing.limits.room(one).stop for one in packing.fitting(need)]
    reason = "; ".join(dict.fromkeys(stops)) or _misfit(need, packing.candidates)
    return f"{need.whose.removeprefix('of a ')}: {reason}" if need.whose else reason


def _misfit(need: Need, candidates: Sequence[Candidate]) -> str:
    """Say why no empty node of any group could take one of `need`."""
    if not candidates:
        return "the cluster has no worker groups"
    most: dict[str, int] = {}
    for one in candidates:
        most |= {name: max(amount, most.get(name, 0)) for name, amount in one.brings.items()}
    if missing := sorted(need.amounts.keys() - most.keys()):
        return f"no group has {' or '.join(missing)}"
    if large := sorted(name for name in need.amounts if need.amounts[name] > most[name]):
        return f"the largest node has {describe(plain({name: most[name] for name in large}))}"
    if not any(need.accepts(one.labels) for one in candidates):
        return f"no group has labels with {' and '.join(one.words for one in need.selectors)}"
    return "no group has all of it on one node"


def _bare(resources: Resources) -> str:
    return describe(resources).strip("{}")
