"""Nodes filled greedily, many at a time: each in an order of its own."""

import numpy as np

from domain.planner.cheapest.problem import ENDLESS, Bools, Ints


def fill(rooms: Ints, orders: Ints, takes: Bools, needs: Ints, left: Ints) -> Ints:
    """Return what each node holds when it takes shapes in its order, all it can of each: P × K.

    `rooms` is P × R, `orders` P × K with indices of shapes, none of them twice in a row, `takes`
    P × K (False: passed over), `needs` S × R, `left` S. The nodes are alternatives: each may take
    all of `left`.
    """
    rest = rooms.copy()
    held = np.zeros(orders.shape, dtype=np.int64)
    divisors, unused = np.maximum(needs, 1), needs == 0
    for step in range(orders.shape[1]):
        shapes = orders[:, step]
        fits = rest // divisors[shapes]
        fits[unused[shapes]] = ENDLESS
        taken = np.minimum(fits.min(axis=1), left[shapes]) * takes[:, step]
        held[:, step] = taken
        rest -= taken[:, None] * needs[shapes]
    return held


def pattern(shapes: Ints, held: Ints, *, size: int) -> Ints:
    """Return what one node holds of all `size` shapes."""
    whole = np.zeros(size, dtype=np.int64)
    whole[shapes] = held
    return whole
