"""Room on nodes that are there already: it costs nothing, so it is filled before any is rented."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from domain.planner.cheapest.fills import fill
from domain.planner.cheapest.problem import Bools, Floats, Ints, times, times_in_one


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class NodeBlock:
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


def reuse(there: There, counts: Ints, worth: Floats, shares: Ints) -> tuple[list[NodeBlock], Ints]:
    """Return what the nodes take of `counts`, and what is left of those.

    What a node was launched for goes there first: so a plan that was carried out serves the same
    demand again. Then each node takes its share (N × S) of what is dealt out over all nodes, and
    what is worth the most on the room that it has left.
    """
    places = [_empty(there, run) for run in range(len(there.nodes))]
    left = counts
    wanted = [there.planned[place.run] for place in places]
    places, left = _filled(there, places, wanted, left)
    mine = [np.maximum(shares[place.run] - place.held, 0) for place in places]
    places, left = _filled(there, places, mine, left)
    places, left = _filled(there, places, _most_worth(there, places, left, worth), left)
    # Where others took what was meant for a node, it takes what is still there.
    return _filled(there, places, [left for _ in places], left, worth=worth)


def _empty(there: There, run: int) -> NodeBlock:
    nothing = np.zeros(len(there.needs), dtype=np.int64)
    return NodeBlock(
        run=run, start=0, stop=int(there.nodes[run]), held=nothing, rest=there.rooms[run]
    )


def _most_worth(there: There, places: list[NodeBlock], left: Ints, worth: Floats) -> list[Ints]:
    """Return for each place the content of the most worth, as if all of `left` were for it."""
    rests = np.array([place.rest for place in places])
    runs = np.array([place.run for place in places])
    fits = there.allowed[:, runs].T & (times(there.needs, rests).T > 0)
    shares = there.needs[None, :, :] / np.maximum(rests, 1)[:, None, :]
    weights = [shares.sum(axis=2), shares.max(axis=2)]
    weights += [shares[:, :, r] + 0.1 * weights[0] for r in range(shares.shape[2])]
    scores = [worth / np.maximum(weight, 1e-12) for weight in weights]
    scores.append(np.broadcast_to(worth, fits.shape))
    contents = [_content(there, rests, left, np.where(fits, score, -1.0), fits) for score in scores]
    gained = np.stack([(content * worth).sum(axis=1) for content in contents])
    return [contents[way][place] for place, way in enumerate(gained.argmax(axis=0))]


def _content(there: There, rests: Ints, left: Ints, scores: Floats, fits: Bools) -> Ints:
    """Return what each place holds (P × S) when it is filled in the order of the scores."""
    orders = np.argsort(-scores, axis=1, kind="stable")
    takes = np.take_along_axis(fits, orders, axis=1)
    held = fill(rests, orders, takes, there.needs, left)
    content = np.zeros_like(held)
    np.put_along_axis(content, orders, held, axis=1)
    return content


def _filled(
    there: There,
    places: list[NodeBlock],
    wanted: list[Ints],
    left: Ints,
    *,
    worth: Floats | None = None,
) -> tuple[list[NodeBlock], Ints]:
    """Return the places with as much of what is wanted there as they hold and as is left.

    With `worth`, the most worth a share of the node goes first.
    """
    filled: list[NodeBlock] = []
    for place, most in zip(places, wanted, strict=True):
        for part in _repeated(there, place, left, most, worth):
            left = left - (part.stop - part.start) * (part.held - place.held)
            filled.append(part)
    return filled, left


def _repeated(
    there: There, place: NodeBlock, left: Ints, most: Ints, worth: Floats | None
) -> Iterator[NodeBlock]:
    """Yield the nodes with what they take, equal ones together."""
    while place.start < place.stop:
        added = _taken(there, place, np.minimum(left, most), worth)
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


def _taken(there: There, place: NodeBlock, most: Ints, worth: Floats | None) -> Ints:
    """Return what one node takes, all that it can of each shape in turn."""
    added = np.zeros(len(most), dtype=np.int64)
    fits = times_in_one(there.needs, place.rest) * there.allowed[:, place.run]
    shapes = np.flatnonzero((fits > 0) & (most > 0))
    if worth is not None and len(shapes):
        shares = (there.needs[shapes] / np.maximum(place.rest, 1)).max(axis=1)
        order = np.argsort(-worth[shapes] / np.maximum(shares, 1e-12), kind="stable")
        shapes = shapes[order]
    rest = place.rest
    for shape in shapes:
        need = there.needs[shape]
        count = min(int(times_in_one(need[None, :], rest)[0]), int(most[shape]))
        added[shape] = count
        rest = rest - count * need
    return added
