"""Which node has which bundle of which placement group, where bundles must lie apart."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from domain.planner.cheapest.problem import Ints
from domain.planner.gangs.one_by_one import one_by_one
from domain.planner.gangs.waiting import GangForm
from domain.planner.packing import NodeRun, Packing
from domain.planner.units.need import Need


def dealt(packing: Packing, gangs: Sequence[GangForm]) -> Packing | None:
    """Return a packing in which bundles lie apart, or None where the limits do not allow it.

    `packing` has places for all bundles; those that would meet others of their group there get new
    nodes, on which nothing of the group is.
    """
    parts = _undealt(gangs, packing.runs)
    if not parts:
        return packing
    beside = one_by_one(replace(packing.fork(), runs=[]), parts)
    if len(beside.left) > len(packing.left) or beside.undecided:
        return None
    return replace(beside, runs=[*packing.runs, *beside.runs])


def _undealt(gangs: Sequence[GangForm], runs: Iterable[NodeRun]) -> list[list[Need]]:
    """Return the bundles that find no node of their own in what nodes hold, by their group.

    Each bundle goes to the node that holds most of its shape, the largest groups first: for groups
    of one shape that finds a way whenever there is one.
    """
    places = _places(runs)
    spread = [gang for gang in gangs if gang.is_apart]
    spread.sort(key=lambda gang: -sum(need.count for need in gang.bundles))
    parts = (list(_deal(gang.bundles, places)) for gang in spread)
    return [part for part in parts if part]


def _places(runs: Iterable[NodeRun]) -> dict[tuple[object, ...], Ints]:
    """Return how many of each shape each node holds."""
    contents = [run.content for run in runs if run.content for _ in range(run.count)]
    places: dict[tuple[object, ...], Ints] = {}
    for node, content in enumerate(contents):
        for need, times in content:
            if need.key not in places:
                places[need.key] = np.zeros(len(contents), dtype=np.int64)
            places[need.key][node] += times
    return places


def _deal(bundles: Sequence[Need], places: dict[tuple[object, ...], Ints]) -> Iterable[Need]:
    """Take places for the bundles of one group; yield what finds none."""
    nodes = len(next(iter(places.values())))
    used = np.zeros(nodes, dtype=bool)
    # What few nodes hold chooses first.
    for need in sorted(bundles, key=lambda need: int(np.count_nonzero(places[need.key]))):
        there = places[need.key]
        left = np.where(used, 0, there)
        chosen = np.argsort(-left, kind="stable")[: need.count]
        chosen = chosen[left[chosen] > 0]
        used[chosen] = True
        there[chosen] -= 1
        if missing := need.count - len(chosen):
            yield replace(need, count=missing)
