"""All needs at once: on the room that is there, and then on the cheapest new nodes."""

from collections.abc import Sequence

import numpy as np

from domain.planner.arrays import Arrays, Row
from domain.planner.candidates import Candidate
from domain.planner.cheapest import Packed, cheapest
from domain.planner.cheapest.assignment import Shares, shares
from domain.planner.cheapest.dominance import worth_searching
from domain.planner.cheapest.problem import Ints, PackingProblem, times
from domain.planner.cheapest.reuse import There, reuse
from domain.planner.packing import Content, Packing, new_run


def placed_together(base: Packing, rows: Sequence[Row]) -> tuple[Packing, bool]:
    """Return the packing with all rows on it, as far as the limits allow.

    And whether all placement groups have all their bundles; `base` stays as it is.
    """
    if not rows:
        return base, True
    packing, arrays = base.fork(), Arrays(rows)
    rentable = [
        candidate for candidate in packing.candidates if packing.limits.room(candidate).nodes
    ]
    left = _reused(packing, arrays, rentable)
    solution = cheapest(arrays.problem(rentable, packing.limits, left))
    for packed in solution.packed:
        _rent(packing, arrays, rentable[packed.kind], packed)
    packing.left += _content(arrays, left - _served(solution.packed, left))
    waiting = {need.key for need, _ in packing.left}
    return packing, not any(row.is_gang and row.need.key in waiting for row in rows)


def _served(packed: Sequence[Packed], like: Ints) -> Ints:
    return sum((node.count * node.pattern for node in packed), np.zeros_like(like))


def _rent(packing: Packing, arrays: Arrays, candidate: Candidate, packed: Packed) -> None:
    count = min(packed.count, packing.limits.room(candidate).nodes)
    content = _content(arrays, packed.pattern)
    if short := packed.count - count:  # a limit that the search saw in floats is met by a hair
        packing.left += [(need, times * short) for need, times in content]
    if count:
        packing.limits.take(candidate, count=count)
        packing.runs.append(new_run(candidate, count=count).laden(content, start=0, stop=count))


def _reused(packing: Packing, arrays: Arrays, rentable: Sequence[Candidate]) -> Ints:
    """Put on the nodes that are there what they take; return what is left."""
    runs = packing.runs
    rooms = arrays.rooms(run.free for run in runs)
    if not times(arrays.needs, rooms).any():
        return arrays.counts
    there = There(
        needs=arrays.needs,
        rooms=rooms,
        nodes=np.array([run.count for run in runs], dtype=np.int64),
        allowed=arrays.allowed([run.labels for run in runs]),
        planned=np.array([arrays.planned(run) for run in runs]),
    )
    new = arrays.problem(rentable, packing.limits, arrays.counts)
    dealt = _shares(new, there)
    places, left = reuse(there, arrays.counts, dealt.worth, dealt.held)
    packing.runs = [
        runs[place.run].laden(_content(arrays, place.held), start=place.start, stop=place.stop)
        for place in places
    ]
    return left


def _shares(new: PackingProblem, there: There) -> Shares:
    """Return how copies are best dealt out to what is there and to what is new."""
    kinds = worth_searching(new, sizes=False)
    if len(kinds):
        return shares(new.only(kinds), there)
    nothing = np.zeros((len(there.nodes), len(new.counts)), dtype=np.int64)
    return Shares(worth=new.needs.astype(float).sum(axis=1), held=nothing)


def _content(arrays: Arrays, held: Ints) -> Content:
    return tuple((arrays.rows[int(place)].need, int(held[place])) for place in np.flatnonzero(held))
