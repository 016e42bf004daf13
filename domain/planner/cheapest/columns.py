"""Column generation: patterns of nodes, and how many of each, in a linear program that grows.

P. C. Gilmore, R. E. Gomory: A Linear Programming Approach to the Cutting-Stock Problem, Operations
Research 9 (1961), with several kinds of bins, several resources and limits.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from domain.planner.cheapest.assignment import PENALTY
from domain.planner.cheapest.fills import fill, pattern
from domain.planner.cheapest.linear import INFINITE, Program, Solved
from domain.planner.cheapest.pricing import Pricing
from domain.planner.cheapest.problem import Bools, Floats, Ints, Packed, PackingProblem

# Rounds of greedy fills, then of searched ones; both end when nothing is gained any more.
GREEDY_ROUNDS, SEARCH_ROUNDS = 40, 40
# The search is narrow at first, and wide once the narrow one finds nothing; of more shapes than
# these a node has contents without end, and the narrow one alone does.
WIDTHS, WIDE_SHAPES = (32, 400), 32
NARROW = 12
# Greedy fills must gain so much, in prices, and so many of one kind are added in a round.
GREEDY_GAIN, GREEDY_COLUMNS = 1e-4, 12
# An integer program gets so many patterns at most.
MOST_COLUMNS = 60


class Columns:
    """The patterns so far: columns of a master program whose rows are shapes and limits."""

    def __init__(self, problem: PackingProblem) -> None:
        self.problem = problem
        self.kinds: list[int] = []
        self.patterns: list[Ints] = []
        self._known: set[tuple[int, bytes]] = set()
        shapes = len(problem.counts)
        self.waiting = shapes  # the first columns stand for copies that wait
        self._program = Program(
            np.concatenate([problem.counts, np.full(len(problem.room), -INFINITE)]),
            np.concatenate([np.full(shapes, INFINITE), problem.room]),
        )
        penalty = PENALTY * float(problem.prices.max(initial=1.0))
        self._program.add(np.full(shapes, penalty), [([row], [1.0]) for row in range(shapes)])

    def add(self, found: Iterable[tuple[int, Ints]]) -> int:
        """Add the patterns that are new; return how many those are."""
        new = []
        for kind, held in found:
            key = kind, held.tobytes()
            if key not in self._known:
                self._known.add(key)
                new.append((kind, held))
        self.kinds += [kind for kind, _ in new]
        self.patterns += [held for _, held in new]
        prices = self.problem.prices[[kind for kind, _ in new]] if new else np.zeros(0)
        self._program.add(prices, [self._entries(kind, held) for kind, held in new])
        return len(new)

    def _entries(self, kind: int, held: Ints) -> tuple[Ints, Floats]:
        shapes = np.flatnonzero(held)
        limits = np.flatnonzero(self.problem.limits[:, kind])
        rows = np.concatenate([shapes, len(held) + limits])
        return rows, np.concatenate([held[shapes], self.problem.limits[limits, kind]])

    def solve(self) -> Solved:
        """Return the optimum of the columns so far."""
        solved = self._program.solve()
        if solved is None:
            raise ArithmeticError("The master program has an optimum, always: each copy may wait.")
        return solved

    def without(self, solved: Solved, *, gain: float) -> "Columns":
        """Return the patterns that a solution cheaper than `solved` by less than `gain` may use.

        A pattern whose reduced cost is more cannot be in it.
        """
        fewer = Columns(self.problem)
        reduced = solved.reduced[self.waiting :]
        kept = np.flatnonzero(reduced <= gain)
        nearest = np.sort(kept[np.argsort(reduced[kept], kind="stable")[:MOST_COLUMNS]])
        fewer.add((self.kinds[i], self.patterns[i]) for i in nearest)
        return fewer

    def whole(self, *, gap: float, most_nodes: int) -> list[Packed] | None:
        """Return the best whole numbers of nodes, or None when none were found in time."""
        values = self._program.solve_whole(gap=gap, most_nodes=most_nodes)
        if values is None:
            return None
        counts = np.rint(values[self.waiting :]).astype(np.int64)
        return self.packed(counts)

    def packed(self, counts: Ints) -> list[Packed]:
        """Return so many nodes of each pattern, without those of which there are none."""
        return [
            Packed(kind=self.kinds[i], pattern=self.patterns[i], count=int(counts[i]))
            for i in np.flatnonzero(counts)
        ]

    def known(self) -> list[tuple[int, Ints]]:
        """Return every pattern so far, with the kind it is for."""
        return list(zip(self.kinds, self.patterns, strict=True))

    def worth(self, solved: Solved) -> Floats:
        """Return what one more copy of each shape costs."""
        return np.maximum(solved.duals[: self.waiting], 0)

    def rates(self, solved: Solved) -> Floats:
        """Return what one step of each limit is worth (L)."""
        return -np.minimum(solved.duals[self.waiting :], 0)

    def charges(self, solved: Solved) -> Floats:
        """Return what one node of each kind costs, with the limits that it uses up."""
        return self.problem.charges(self.rates(solved))


def sketched(problem: PackingProblem, *, rounds: int = GREEDY_ROUNDS) -> tuple[Columns, Solved]:
    """Return patterns that greedy fills find, and how many of each serve the problem."""
    columns = Columns(problem)
    columns.add(_singles(problem))
    solved = columns.solve()
    for _ in range(rounds):
        if not columns.add(_greedy(problem, columns.worth(solved), columns.charges(solved))):
            break
        solved = columns.solve()
    return columns, solved


def known(problem: PackingProblem, start: Iterable[tuple[int, Ints]]) -> tuple[Columns, Solved]:
    """Return patterns that are known, with those of one shape, and how many of each serve best."""
    columns = Columns(problem)
    columns.add(_singles(problem))
    columns.add(start)
    return columns, columns.solve()


def generate(
    problem: PackingProblem, *, start: Sequence[tuple[int, Ints]] = ()
) -> tuple[Columns, Solved]:
    """Return patterns that serve the problem at the least cost in parts of nodes.

    `start` are patterns that do so for some of its kinds.
    """
    columns, solved = known(problem, start) if start else sketched(problem)
    pricing = Pricing(problem)
    for width in WIDTHS if len(problem.counts) <= WIDE_SHAPES else (NARROW,):
        for _ in range(SEARCH_ROUNDS):
            worth, charges = columns.worth(solved), columns.charges(solved)
            if not columns.add(pricing.gains(worth, charges, width=width)):
                break
            solved = columns.solve()
    return columns, solved


def _singles(problem: PackingProblem) -> Iterable[tuple[int, Ints]]:
    """Yield nodes of each kind that are full of one shape."""
    most = np.minimum(problem.most, problem.counts[:, None])
    for shape, kind in np.argwhere(most > 0):
        yield int(kind), pattern(shape, most[shape, kind], size=len(most))


def _greedy(problem: PackingProblem, worth: Floats, charges: Floats) -> Iterable[tuple[int, Ints]]:
    """Yield patterns of greedy fills that gain, the best of each kind."""
    owners, orders, takes = _orders(problem, worth)
    held = fill(problem.bins[owners], orders, takes, problem.needs, problem.counts)
    won = (held * worth[orders]).sum(axis=1) - charges[owners]
    added: dict[int, int] = {}
    for trial in np.argsort(-won, kind="stable"):
        kind = int(owners[trial])
        if won[trial] <= GREEDY_GAIN * problem.prices[kind]:
            break
        if added.get(kind, 0) < GREEDY_COLUMNS:
            added[kind] = added.get(kind, 0) + 1
            yield kind, pattern(orders[trial], held[trial], size=len(worth))


def _orders(problem: PackingProblem, worth: Floats) -> tuple[Ints, Ints, Bools]:
    """Return kinds, orders to fill them in, and what fits: by worth a share of each resource."""
    owners: list[int] = []
    scores: list[Floats] = []
    for kind in problem.rentable():
        shares = problem.needs / np.maximum(problem.bins[kind], 1)
        together = shares.sum(axis=1)
        weights = [together, shares.max(axis=1)]
        weights += [
            shares[:, used] + 0.1 * together for used in np.flatnonzero(problem.bins[kind] > 0)
        ]
        rated = [worth / np.maximum(weight, 1e-12) for weight in weights]
        scores += [*rated, shares.max(axis=1)]
        owners += [int(kind)] * (len(weights) + 1)
    fits = problem.most[:, owners].T > 0
    rows = np.where(fits, np.array(scores).reshape(fits.shape), -1)
    orders = np.argsort(-rows, axis=1, kind="stable")
    return np.array(owners, dtype=np.int64), orders, np.take_along_axis(fits, orders, axis=1)
