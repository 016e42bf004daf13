"""What every plan costs at least: placement in fractions, node counts too or as whole numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix

from benchmarks.planning.bounds.relaxation import Relaxation

_MOST_CUTS = 20_000


def linear_bound(relaxed: Relaxation) -> float:
    """Return the least cost when nodes and what they hold may be split."""
    problem = _problem(relaxed)
    return float(_solved(problem, cost=problem.usd, whole=False, seconds=600).fun)


def whole_nodes_bound(relaxed: Relaxation, *, seconds: float) -> float:
    """Return a lower bound on the cost when nodes are whole, however little time there was."""
    problem = _problem(relaxed)
    result = _solved(problem, cost=problem.usd, whole=True, seconds=seconds)
    return float(result.mip_dual_bound or 0)


def least_unplaced(relaxed: Relaxation) -> int:
    """Return how many demands no plan can place under the limits."""
    problem = _problem(relaxed)
    cost = np.concatenate([np.zeros(len(relaxed.bins)), -np.ones(len(problem.pairs))])
    result = _solved(problem, cost=cost, whole=False, seconds=600, all_placed=False)
    wanted = sum(item.count for item in relaxed.items)
    return wanted - math.floor(-result.fun + 1e-6)


@dataclass(frozen=True, kw_only=True)
class _Problem:
    """Columns: nodes of each bin, then for each pair that fits how many of an item lie on a bin."""

    pairs: Sequence[tuple[int, int]]
    usd: Any
    most: Any
    wanted: Any
    placed: Any  # rows: items
    room: Any  # rows: what may not exceed `right`
    right: Any


def _problem(relaxed: Relaxation) -> _Problem:
    items, bins = relaxed.items, relaxed.bins
    pairs = [
        (item, bin_)
        for item, bin_ in product(range(len(items)), range(len(bins)))
        if relaxed.fits[item][bin_]
    ]
    rows = _Rows(columns=len(bins) + len(pairs))
    for resource in range(3):
        _add_room(rows, relaxed, pairs, resource)
    if len(pairs) <= _MOST_CUTS:
        _add_cuts(rows, relaxed, pairs)
    for resource, most in relaxed.limits:
        rows.add({b: float(total) for b, total in enumerate(relaxed.totals[resource])}, most=most)
    placed = _Rows(columns=rows.columns)
    for index in range(len(items)):
        placed.add({len(bins) + p: 1.0 for p, (item, _) in enumerate(pairs) if item == index})
    return _Problem(
        pairs=pairs,
        usd=np.array([bin_.usd for bin_ in bins] + [0.0] * len(pairs)),
        most=np.array([bin_.most for bin_ in bins] + [math.inf] * len(pairs)),
        wanted=np.array([float(item.count) for item in items]),
        placed=placed.matrix(),
        room=rows.matrix(),
        right=np.array(rows.right),
    )


class _Rows:
    def __init__(self, *, columns: int) -> None:
        self.columns = columns
        self.right: list[float] = []
        self._entries: list[tuple[int, int, float]] = []

    def add(self, row: dict[int, float], *, most: float = 0.0) -> None:
        self._entries += [(len(self.right), column, value) for column, value in row.items()]
        self.right.append(most)

    def matrix(self) -> Any:
        rows, columns, values = zip(*self._entries, strict=True)
        return csr_matrix((values, (rows, columns)), shape=(len(self.right), self.columns))


def _add_room(
    rows: _Rows, relaxed: Relaxation, pairs: Sequence[tuple[int, int]], resource: int
) -> None:
    """No bin holds more than its nodes have."""
    count = len(relaxed.bins)
    needs: list[dict[int, float]] = [{} for _ in range(count)]
    for position, (item, bin_) in enumerate(pairs):
        if need := relaxed.items[item].need[resource]:
            needs[bin_][count + position] = float(need)
    for bin_, row in enumerate(needs):
        if row:
            rows.add(row | {bin_: -float(relaxed.bins[bin_].room[resource])})


def _add_cuts(rows: _Rows, relaxed: Relaxation, pairs: Sequence[tuple[int, int]]) -> None:
    """No bin holds more of one item than fit whole on its nodes."""
    for position, (item, bin_) in enumerate(pairs):
        fits = float(relaxed.fits[item][bin_])
        rows.add({len(relaxed.bins) + position: 1.0, bin_: -fits})


def _solved(
    problem: _Problem, *, cost: Any, whole: bool, seconds: float, all_placed: bool = True
) -> Any:
    nodes = len(problem.most) - len(problem.pairs)
    integrality = np.zeros(len(problem.most))
    integrality[:nodes] = whole
    least = problem.wanted if all_placed else np.zeros(len(problem.wanted))
    return milp(
        cost,
        constraints=[
            LinearConstraint(problem.placed, least, problem.wanted),
            LinearConstraint(problem.room, -math.inf, problem.right),
        ],
        integrality=integrality,
        bounds=Bounds(0, problem.most),
        options={"time_limit": seconds, "mip_rel_gap": 1e-5},
    )
