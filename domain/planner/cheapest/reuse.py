"""Room on nodes that are there already: it costs nothing, so it is filled before any is rented."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from domain.planner.cheapest.problem import Bools, Floats, Ints, times_in_one


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Place:
    """Some equal nodes of one run, and what each of them holds."""

    run: int
    start: int
    stop: int
    held: Ints  # S
    rest: Ints  # R, the room that is left on each


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class There:
    """What is there: N runs of equal nodes, in the order in which they are filled."""

    needs: Ints  # S × R
    rooms: Ints  # N × R
    nodes: Ints  # N, how many there are of each
    allowed: Bools  # S × N
    planned: Ints  # N × S, what each node was launched for


def reuse(there: There, counts: Ints, worth: Floats) -> tuple[list[Place], Ints]:
    """Return what the nodes take of `counts`, and what is left of those.

    What a node was launched for goes there first: so a plan that was carried out serves the same
    demand again. Then each node takes what is worth the most on the room that it has.
    """
    places = [_empty(there, run) for run in range(len(there.nodes))]
    left = counts.copy()
    for fill in (_as_planned, _most_worth):
        filled: list[Place] = []
        for place in places:
            for part in fill(there, place, left, worth):
                left = left - (part.stop - part.start) * (part.held - place.held)
                filled.append(part)
        places = filled
    return places, left


def _empty(there: There, run: int) -> Place:
    nothing = np.zeros(len(there.needs), dtype=np.int64)
    return Place(run=run, start=0, stop=int(there.nodes[run]), held=nothing, rest=there.rooms[run])


def _as_planned(there: There, place: Place, left: Ints, worth: Floats) -> Iterator[Place]:
    wanted = there.planned[place.run]
    if not wanted.any():
        yield place
        return
    yield from _repeated(there, place, left, worth, np.flatnonzero(wanted), wanted)


def _most_worth(there: There, place: Place, left: Ints, worth: Floats) -> Iterator[Place]:
    fits = times_in_one(there.needs, place.rest) * there.allowed[:, place.run]
    shapes = np.flatnonzero((fits > 0) & (left > 0))
    if not len(shapes):
        yield place
        return
    shares = (there.needs[shapes] / np.maximum(place.rest, 1)).max(axis=1)
    order = shapes[np.argsort(-worth[shapes] / np.maximum(shares, 1e-12), kind="stable")]
    yield from _repeated(there, place, left, worth, order, fits)


def _repeated(
    there: There, place: Place, left: Ints, worth: Floats, order: Ints, most: Ints
) -> Iterator[Place]:
    """Yield the nodes filled in this order, equal ones together."""
    del worth
    left = left.copy()
    while place.start < place.stop:
        added = _filled(there, place, np.minimum(left, most), order)
        used = added > 0
        if not used.any():
            yield place
            return
        alike = min(place.stop - place.start, int((left[used] // added[used]).min()))
        rest = place.rest - (added[:, None] * there.needs).sum(axis=0)
        stop = place.start + alike
        yield replace(place, stop=stop, held=place.held + added, rest=rest)
        left = left - alike * added
        place = replace(place, start=stop)


def _filled(there: There, place: Place, most: Ints, order: Ints) -> Ints:
    """Return what one node takes, all that it can of each shape in this order."""
    added = np.zeros(len(most), dtype=np.int64)
    rest = place.rest
    for shape in order:
        need = there.needs[shape]
        if not most[shape] or (need > rest).any() or not there.allowed[shape, place.run]:
            continue
        taken = min(int(times_in_one(need[None, :], rest)[0]), int(most[shape]))
        added[shape] = taken
        rest = rest - taken * need
    return added
