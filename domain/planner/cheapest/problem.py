"""A packing problem in arrays: what must be placed, what can be rented, and how much of it.

Rows of `needs` are shapes, rows of `bins` are kinds of new nodes; both count resources in whole
steps, so that every fit is exact. S shapes, T kinds, R resources, L limits.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]
type Bools = NDArray[np.bool_]

ENDLESS = np.int64(1) << 40
# A limit in floats may miss a whole number by its last bits.
SLACK = 1e-9


@dataclass(frozen=True, eq=False, kw_only=True)
class PackingProblem:
    needs: Ints  # S × R, of one copy
    counts: Ints  # S, copies that must be placed
    bins: Ints  # T × R, room of one new node
    prices: Floats  # T, dollars an hour of one node, positive
    allowed: Bools  # S × T, whether its labels let the shape go there
    limits: Floats  # L × T, what one node takes of each limit, none negative
    room: Floats  # L, what is left of each limit

    @cached_property
    def most(self) -> Ints:
        """How many copies of each shape one empty node of each kind holds (S × T)."""
        return np.where(self.allowed, times(self.needs, self.bins), 0)

    @cached_property
    def sizes(self) -> Floats:
        """The largest share of a node that one copy takes (S × T); above 1: it does not fit."""
        shares = self.needs[:, None, :] / np.maximum(self.bins, 1)[None, :, :]
        largest: Floats = shares.max(axis=2, initial=0.0)
        return largest

    def nodes_left(self, kind: int) -> int:
        """Return how many more nodes of a kind the limits allow."""
        takes = self.limits[:, kind]
        used = takes > 0
        if not used.any():
            return int(ENDLESS)
        return max(0, int(np.floor((self.room[used] / takes[used]).min() + SLACK)))

    def charges(self, rates: Floats) -> Floats:
        """Return what a node of each kind costs (T) with what it uses up of limits (L)."""
        charged: Floats = self.prices + (rates[:, None] * self.limits).sum(axis=0)
        return charged

    def rentable(self) -> Ints:
        """Return the kinds of which at least one more node may be rented."""
        return np.array([t for t in range(len(self.prices)) if self.nodes_left(t)], dtype=np.int64)

    def without(self, packed: "Packed") -> Self:
        """Return what is left of the problem once `packed` is done."""
        rest = replace(
            self,
            counts=self.counts - packed.count * packed.pattern,
            room=np.maximum(self.room - packed.count * self.limits[:, packed.kind], 0),
        )
        rest.__dict__.update(most=self.most, sizes=self.sizes)  # neither depends on what is left
        return rest

    def only(self, kinds: Ints) -> Self:
        """Return the same problem with some of the kinds only."""
        return replace(
            self,
            bins=self.bins[kinds],
            prices=self.prices[kinds],
            allowed=self.allowed[:, kinds],
            limits=self.limits[:, kinds],
        )


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Packed:
    """`count` new nodes of one kind, each with so many copies of each shape (S)."""

    kind: int
    pattern: Ints
    count: int


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Solution:
    packed: tuple[Packed, ...]
    left: Ints  # S, copies that have no place

    def cost(self, problem: PackingProblem) -> float:
        """Return the dollars an hour of all its nodes."""
        return float(sum(pack.count * problem.prices[pack.kind] for pack in self.packed))

    def on(self, kinds: Ints) -> "Solution":
        """Return the solution of a problem of `kinds` only as one of the problem of them all."""
        moved = (replace(pack, kind=int(kinds[pack.kind])) for pack in self.packed)
        return replace(self, packed=tuple(moved))

    def key(self, problem: PackingProblem) -> tuple[int, float, int]:
        """Return what makes one solution better than another: the lower, the better."""
        nodes = sum(pack.count for pack in self.packed)
        return int(self.left.sum()), round(self.cost(problem), 9), nodes


def times(needs: Ints, bins: Ints) -> Ints:
    """Return how many copies of each need (S × R) fit into each bin (T × R), alone: S × T."""
    return (
        np.stack([times_in_one(needs, room) for room in bins], axis=1)
        if len(bins)
        else (np.zeros((len(needs), 0), dtype=np.int64))
    )


def times_in_one(needs: Ints, room: Ints) -> Ints:
    """Return how many copies of each need (S × R) fit into one room (R): S."""
    fit = np.where(needs > 0, room // np.maximum(needs, 1), ENDLESS)
    fewest: Ints = fit.min(axis=1, initial=ENDLESS)
    return fewest


def merged(packed: "tuple[Packed, ...] | list[Packed]") -> Iterator[Packed]:
    """Yield the same nodes with equal ones counted together, in the order of their first."""
    counts: dict[tuple[int, bytes], int] = {}
    first: dict[tuple[int, bytes], Packed] = {}
    for pack in packed:
        key = pack.kind, pack.pattern.tobytes()
        counts[key] = counts.get(key, 0) + pack.count
        first.setdefault(key, pack)
    for key, pack in first.items():
        yield replace(pack, count=counts[key])
