"""Which node has which bundle of which placement group, where bundles must lie apart."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from domain.demand import Gang, Strategy
from domain.planner.candidates import Candidate
from domain.planner.needs import gang_needs
from domain.planner.packing import NodeRun


def undealt(
    gangs: Sequence[Gang], runs: Iterable[NodeRun], machines: Sequence[Candidate]
) -> list[Gang]:
    """Return the placement groups whose bundles find no nodes of their own in what nodes hold.

    Each bundle goes to the node that holds most of its shape, the largest groups first: for groups
    of one shape that finds a way whenever there is one.
    """
    places = _places(runs)
    spread = [gang for gang in gangs if gang.strategy is Strategy.STRICT_SPREAD]
    spread.sort(key=lambda gang: -len(gang.bundles))
    return [gang for gang in spread if not _deal(gang, places, machines)]


def _places(runs: Iterable[NodeRun]) -> dict[tuple[object, ...], np.ndarray]:
    """Return how many of each shape each node holds."""
    contents = [run.content for run in runs if run.content for _ in range(run.count)]
    places: dict[tuple[object, ...], np.ndarray] = {}
    for node, content in enumerate(contents):
        for need, times in content:
            if need.key not in places:
                places[need.key] = np.zeros(len(contents), dtype=np.int64)
            places[need.key][node] += times
    return places


def _deal(
    gang: Gang, places: dict[tuple[object, ...], np.ndarray], machines: Sequence[Candidate]
) -> bool:
    wanted = Counter({need.key: need.count for need in gang_needs(gang, machines)})
    if wanted.keys() - places.keys():
        return False
    used = np.zeros(len(next(iter(places.values()))), dtype=bool)
    taken: list[tuple[tuple[object, ...], int]] = []
    # What few nodes hold chooses first.
    for key in sorted(wanted, key=lambda key: int(np.count_nonzero(places[key]))):
        for _ in range(wanted[key]):
            left = np.where(used, 0, places[key])
            node = int(left.argmax())
            if not left[node]:
                return False
            used[node] = True
            taken.append((key, node))
    for key, node in taken:
        places[key][node] -= 1
    return True
