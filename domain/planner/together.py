"""All needs at once: on the room that is there, and then on the cheapest new nodes."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from domain.planner.arrays import Arrays, Row
from domain.planner.candidates import Candidate
from domain.planner.cheapest import Packed, cheapest
from domain.planner.cheapest.assignment import Shares, shares
from domain.planner.cheapest.dominance import worth_searching
from domain.planner.cheapest.problem import Ints, PackingProblem, times
from domain.planner.cheapest.reuse import There, reuse
from domain.planner.packing import NodeRun, Packing, new_run
from domain.planner.units.need import Content

# Searches again, where the units of nodes did not hold what the sums of the search allowed.
ROUNDS = 4


def placed_together(base: Packing, rows: Sequence[Row]) -> tuple[Packing, bool]:
    """Return the packing with all rows on it, as far as the limits allow.

    And whether all placement groups have all their bundles; `base` stays as it is.
    """
    if not rows:
        return base, True
    packing, arrays = base.fork(), Arrays(rows, base.runs)
    left, refused = arrays.counts, True
    for _ in range(ROUNDS):
        if not (refused and left.any()):
            break
        left, refused = _placed(packing, arrays, left)
    _serve_rest(packing, arrays, left, refused=refused)
    waiting = {need.key for need, _ in packing.left}
    return packing, not any(row.is_gang and row.need.key in waiting for row in rows)


def _serve_rest(packing: Packing, arrays: Arrays, left: Ints, *, refused: bool) -> None:
    """Place by first fit tasks that the search left; note what still waits.

    The search knows no slices, and may leave what units refused at last.
    """
    may_fit = refused or any(candidate.hosts > 1 for candidate in packing.candidates)
    for place in map(int, np.flatnonzero(left)):
        row, count = arrays.rows[place], int(left[place])
        if may_fit and not row.is_gang:
            packing.serve(replace(row.need, count=count))
        else:
            packing.left.append((row.need, count))


def _placed(packing: Packing, arrays: Arrays, counts: Ints) -> tuple[Ints, bool]:
    """Put copies on nodes; return what is left, and whether units refused what sums allowed."""
    rentable = [
        candidate
        for candidate in packing.candidates
        if candidate.hosts == 1 and packing.limits.room(candidate).nodes
    ]
    left, reuse_refused = _reused(packing, arrays, rentable, counts)
    solution = cheapest(arrays.problem(rentable, packing.limits, left))
    refused = reuse_refused
    for packed in solution.packed:
        served = _rent(packing, arrays, rentable[packed.kind], packed)
        refused |= bool((served < packed.count * packed.pattern).any())
        left = left - served
    return left, refused


def _rent(packing: Packing, arrays: Arrays, candidate: Candidate, packed: Packed) -> Ints:
    """Open the nodes as far as the limits allow; return the copies that they serve."""
    # A limit that the search saw in floats may be met by a hair.
    count = min(packed.count, packing.limits.room(candidate).nodes)
    if not count:
        return np.zeros_like(packed.pattern)
    run = new_run(candidate, count=count)
    held = _held(run, arrays, packed.pattern)
    if not held.any():
        return held
    packing.limits.take(candidate, count=count)
    packing.runs.append(run.laden(_content(arrays, held), start=0, stop=count))
    return count * held


def _held(run: NodeRun, arrays: Arrays, pattern: Ints) -> Ints:
    """Return what of a pattern the units of a node really hold: the columns are sums."""
    content = _content(arrays, pattern)
    taken = run.fitting(content)
    if taken is content:
        return pattern
    times = {id(need): count for need, count in taken}
    held = np.zeros_like(pattern)
    for place in np.flatnonzero(pattern):
        held[place] = times.get(id(arrays.rows[int(place)].need), 0)
    return held


def _reused(
    packing: Packing, arrays: Arrays, rentable: Sequence[Candidate], counts: Ints
) -> tuple[Ints, bool]:
    """Put on the nodes that are there what they take; return what is left, and if units refused."""
    runs = packing.runs
    rooms = arrays.rooms(runs)
    if not times(arrays.needs, rooms).any():
        return counts, False
    there = There(
        needs=arrays.needs,
        rooms=rooms,
        nodes=np.array([run.count for run in runs], dtype=np.int64),
        allowed=arrays.allowed([run.labels for run in runs]),
        planned=np.array([arrays.planned(run) for run in runs]),
    )
    new = arrays.problem(rentable, packing.limits, counts)
    dealt = _shares(new, there)
    places, left = reuse(there, counts, dealt.worth, dealt.held)
    packing.runs, refused = [], False
    for place in places:
        held = _held(runs[place.run], arrays, place.held)
        packing.runs.append(
            runs[place.run].laden(_content(arrays, held), start=place.start, stop=place.stop)
        )
        if held is not place.held:
            left = left + (place.stop - place.start) * (place.held - held)
            refused = True
    return left, refused


def _shares(new: PackingProblem, there: There) -> Shares:
    """Return how copies are best dealt out to what is there and to what is new."""
    kinds = worth_searching(new, sizes=False)
    if len(kinds):
        return shares(new.only(kinds), there)
    nothing = np.zeros((len(there.nodes), len(new.counts)), dtype=np.int64)
    return Shares(worth=new.needs.astype(float).sum(axis=1), held=nothing)


def _content(arrays: Arrays, held: Ints) -> Content:
    return tuple((arrays.rows[int(place)].need, int(held[place])) for place in np.flatnonzero(held))
