"""What each shape is worth: the duals of a linear program that deals shapes out to kinds.

min Σ price·nodes, every copy dealt out, no kind given more of a resource than its nodes have, and
no more copies of one shape than whole copies fit its nodes. Its optimum is a lower bound of any
plan; its duals say what one more copy of a shape costs.
"""

from dataclasses import dataclass

import numpy as np

from domain.planner.cheapest.linear import INFINITE, Program
from domain.planner.cheapest.problem import Floats, Ints, PackingProblem, times
from domain.planner.cheapest.reuse import There

# What it costs to leave one copy out, in prices of the dearest kind: more than to serve it.
PENALTY = 1_000.0
# Beyond so many pairs of a shape and of nodes that are there, the program takes too long.
MOST_PAIRS = 10_000
# What HiGHS calls whole may miss it by so much.
WHOLE = 1e-6


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Values:
    bound: float  # dollars an hour
    worth: Floats  # S, dollars an hour of one copy
    nodes: Floats  # T, how many nodes of each kind the bound has
    margins: Floats  # S × T, what one copy there gains: 0 where it belongs, else negative
    rates: Floats  # L, what one step of each limit is worth, 0 where it does not bind


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class WholeNodes:
    """Whole nodes of each kind whose resources suffice, if contents may be split."""

    bound: float  # dollars an hour
    nodes: Ints  # T


def values(problem: PackingProblem) -> Values:
    """Return what the shapes are worth while the limits allow so much."""
    shapes, kinds = problem.most.shape
    program, dealt, limit = _program(problem)
    solved = program.solve()
    if solved is None:
        raise ArithmeticError("The program of values has an optimum, always: each copy may wait.")
    margins = np.full((shapes, kinds), -np.inf)
    margins[dealt[:, 0], dealt[:, 1]] = -solved.reduced[kinds : kinds + len(dealt)]
    return Values(
        bound=solved.objective,
        worth=np.maximum(solved.duals[:shapes], 0),
        nodes=solved.values[:kinds],
        margins=margins,
        rates=-np.minimum(solved.duals[limit:], 0),
    )


def whole_nodes(problem: PackingProblem, *, gap: float, most_nodes: int) -> WholeNodes | None:
    """Return the cheapest whole nodes that have room enough, found within a limit on the search."""
    kinds = len(problem.prices)
    program, _, _ = _program(problem)
    found = program.solve_whole(gap=gap, most_nodes=most_nodes, columns=kinds)
    if found is None:
        return None
    nodes = np.rint(found[:kinds]).astype(np.int64)
    return WholeNodes(bound=program.whole_bound(), nodes=nodes)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Shares:
    """What the shapes are worth beside nodes that are there, and what those best hold."""

    worth: Floats  # S, dollars an hour of one copy
    held: Ints  # N × S, whole copies on each node of a run


def shares(problem: PackingProblem, there: There) -> Shares:
    """Return how copies are best dealt out to nodes that are there and to new ones.

    Copies of equal worth are of unequal use: each node is to have those whose mix fills it.
    """
    runs, shapes = there.rooms.shape[0], len(problem.counts)
    fits = np.where(there.allowed, times(problem.needs, there.rooms), 0)
    fits = np.minimum(fits, problem.counts[:, None])
    pairs = np.argwhere(fits > 0)
    held = np.zeros((runs, shapes), dtype=np.int64)
    if len(pairs) > MOST_PAIRS:
        return Shares(worth=values(problem).worth, held=held)
    program, _, _ = _program(problem)
    scale = np.maximum(problem.bins.max(axis=0, initial=1), 1).astype(float)
    first, before = program.rows, program.columns
    rooms = (there.rooms * there.nodes[:, None] / scale).ravel()
    program.add_rows(np.full(len(rooms), -INFINITE), rooms)
    resources, scaled = len(scale), problem.needs / scale
    program.add(
        np.zeros(len(pairs)),
        [
            (
                [shape, *(first + run * resources + np.arange(resources))],
                np.concatenate([[1.0], scaled[shape]]),
            )
            for shape, run in pairs
        ],
        most=fits[pairs[:, 0], pairs[:, 1]] * there.nodes[pairs[:, 1]],
    )
    solved = program.solve()
    if solved is None:
        raise ArithmeticError("The program of shares has an optimum, always: each copy may wait.")
    each = solved.values[before:] / there.nodes[pairs[:, 1]]
    held[pairs[:, 1], pairs[:, 0]] = np.floor(each + WHOLE).astype(np.int64)
    return Shares(worth=np.maximum(solved.duals[:shapes], 0), held=held)


def _program(problem: PackingProblem) -> tuple[Program, Ints, int]:
    """Return the program, the pairs of shape and kind in it, and its first row of limits."""
    shapes, kinds = problem.most.shape
    scale = np.maximum(problem.bins.max(axis=0, initial=1), 1).astype(float)
    most = np.minimum(problem.most, problem.counts[:, None])
    dealt = np.argwhere((problem.most > 0) & (problem.counts[:, None] > 0))
    resources, limited = problem.needs.shape[1], len(problem.room)
    capacity = shapes  # the first row of capacities: kind 0, resource 0
    whole = capacity + kinds * resources
    limit = whole + len(dealt)
    program = Program(
        np.concatenate([problem.counts, np.full(limit - capacity + limited, -INFINITE)]),
        np.concatenate([np.full(shapes, INFINITE), np.zeros(limit - capacity), problem.room]),
    )
    cuts: list[list[int]] = [[] for _ in range(kinds)]
    for place, (_, kind) in enumerate(dealt):
        cuts[kind].append(place)
    program.add(
        problem.prices,
        [
            (
                [
                    *(capacity + kind * resources + np.arange(resources)),
                    *(whole + place for place in cuts[kind]),
                    *(limit + np.arange(limited)),
                ],
                np.concatenate(
                    [
                        -problem.bins[kind] / scale,
                        -most[dealt[cuts[kind], 0], kind].astype(float),
                        problem.limits[:, kind],
                    ]
                ),
            )
            for kind in range(kinds)
        ],
    )
    scaled = problem.needs / scale
    program.add(
        np.zeros(len(dealt)),
        [
            (
                [shape, *(capacity + kind * resources + np.arange(resources)), whole + place],
                np.concatenate([[1.0], scaled[shape], [1.0]]),
            )
            for place, (shape, kind) in enumerate(dealt)
        ],
    )
    penalty = PENALTY * float(problem.prices.max(initial=1.0))
    program.add(np.full(shapes, penalty), [([shape], [1.0]) for shape in range(shapes)])
    return program, dealt, limit
