"""All needs at once: on the room that is there, and then on the cheapest new nodes."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from domain.demand import Gang, Strategy
from domain.planner.arrays import Arrays, Row
from domain.planner.candidates import Candidate
from domain.planner.cheapest import Packed, cheapest
from domain.planner.cheapest.assignment import values
from domain.planner.cheapest.dominance import worth_searching
from domain.planner.cheapest.problem import Floats, Ints, Problem
from domain.planner.cheapest.reuse import There, reuse
from domain.planner.needs import alike, gang_needs
from domain.planner.packing import Content, Need, Packing, new_run


def rows_of(
    needs: Sequence[Need], gangs: Sequence[Gang], machines: Sequence[Candidate]
) -> list[Row]:
    """Return the rows of what waits; equal placement groups share theirs."""
    rows: list[Row] = []
    for number, (gang, count) in enumerate(alike(gangs)):
        spread = f"{number}" if gang.strategy is Strategy.STRICT_SPREAD else ""
        for need in gang_needs(gang, machines):
            times = replace(need, count=need.count * count, apart=False)
            rows.append(Row(need=times, spread=spread, groups=count if spread else 0))
    return [*rows, *(Row(need=need) for need in needs)]


def placed_together(base: Packing, rows: Sequence[Row]) -> Packing:
    """Return the packing with all rows on it, as far as the limits allow; `base` stays as it is."""
    if not rows:
        return base
    packing, arrays = base.fork(), Arrays(rows)
    rentable = [one for one in packing.candidates if packing.limits.room(one).nodes]
    left = _reused(packing, arrays, rentable)
    solution = cheapest(arrays.problem(rentable, packing.limits, left))
    for packed in solution.packed:
        _rent(packing, arrays, rentable[packed.kind], packed)
    packing.left += _content(arrays, left - _served(solution.packed, left))
    return packing


def _served(packed: Sequence[Packed], like: Ints) -> Ints:
    return sum((one.count * one.pattern for one in packed), np.zeros_like(like))


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
    if not runs:
        return arrays.counts
    there = There(
        needs=arrays.needs,
        rooms=arrays.rooms(run.free for run in runs),
        nodes=np.array([run.count for run in runs], dtype=np.int64),
        allowed=arrays.allowed([run.labels for run in runs]),
        planned=np.array([arrays.planned(run) for run in runs]),
    )
    new = arrays.problem(rentable, packing.limits, arrays.counts)
    places, left = reuse(there, arrays.counts, _worth(new))
    packing.runs = [
        runs[place.run].laden(_content(arrays, place.held), start=place.start, stop=place.stop)
        for place in places
    ]
    return left


def _worth(problem: Problem) -> Floats:
    """Return what a copy of each shape would cost on new nodes; much, where none can hold it."""
    kinds = worth_searching(problem, sizes=False)
    if not len(kinds):
        return problem.needs.sum(axis=1).astype(float)
    return values(problem.only(kinds)).worth


def _content(arrays: Arrays, held: Ints) -> Content:
    return tuple((arrays.rows[int(place)].need, int(held[place])) for place in np.flatnonzero(held))
