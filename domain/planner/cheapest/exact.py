"""Small problems, solved to the end: every content that a node can be filled to, and no gap."""

from collections.abc import Iterator
from itertools import islice

import numpy as np

from domain.planner.cheapest.columns import Columns
from domain.planner.cheapest.linear import Solved
from domain.planner.cheapest.pricing import Pricing
from domain.planner.cheapest.problem import Ints, PackingProblem, Solution, times_in_one
from domain.planner.cheapest.rounding import trimmed

# A problem of more shapes or copies, or whose nodes have more contents than these, is not small.
MOST_SHAPES, MOST_COPIES, MOST_CONTENTS = 8, 40, 300
# Beyond so many nodes of the search tree the other ways are as good.
SEARCH_NODES = 500
# So many contents, and nodes of the search tree, where a bound leaves out most of them.
MOST_CLOSE, CLOSING_NODES, CLOSING_ROUNDS = 300, 30, 3


def exact(problem: PackingProblem) -> Solution | None:
    """Return the best of all solutions, or None where the problem is too large to try them all."""
    if not problem.counts.any():
        return Solution(packed=(), left=problem.counts)
    if problem.counts.sum() > MOST_COPIES or np.count_nonzero(problem.counts) > MOST_SHAPES:
        return None
    contents: list[tuple[int, Ints]] = []
    for kind in problem.rentable():
        most = np.minimum(problem.most[:, kind], problem.counts)
        full = _full(problem.needs, problem.bins[kind], most)
        contents += [(int(kind), held) for held in islice(full, MOST_CONTENTS + 1)]
        if len(contents) > MOST_CONTENTS:
            return None
    columns = Columns(problem)
    columns.add(contents)
    packed = columns.whole(gap=0, most_nodes=SEARCH_NODES)
    if packed is None:
        return None
    done, rest = trimmed(problem, packed)
    return Solution(packed=done, left=rest.counts)


def closed(
    problem: PackingProblem, columns: Columns, solved: Solved, solution: Solution, *, gap: float
) -> Solution:
    """Return the best of all solutions, or one within `gap` of it; `solution` if none is better.

    A content whose reduced cost is above what `solution` costs beyond the bound is in none that
    is cheaper (reduced cost fixing): so few are left, often, that an integer program has them all.
    Where they are too many, those of less reduced cost are tried first.
    """
    worth, charges = columns.worth(solved), columns.charges(solved)
    pricing = Pricing(problem)
    room = solution.cost(problem) - solved.objective
    for _ in range(CLOSING_ROUNDS):
        contents = pricing.within(worth, charges, gap=room, most=MOST_CLOSE)
        if contents is None:
            room /= 8
            continue
        solution = min(solution, _mixed(problem, contents, gap), key=lambda way: way.key(problem))
        left = solution.cost(problem) - solved.objective
        if left <= max(room, gap):
            break
        room = left / 2
    return solution


def _mixed(problem: PackingProblem, contents: list[tuple[int, Ints]], gap: float) -> Solution:
    """Return the best mix of contents, found within a limit on the search."""
    columns = Columns(problem)
    columns.add(contents)
    relative = gap / columns.solve().objective
    packed = columns.whole(gap=relative, most_nodes=CLOSING_NODES) or []
    done, rest = trimmed(problem, packed)
    return Solution(packed=done, left=rest.counts)


def _full(needs: Ints, room: Ints, most: Ints) -> Iterator[Ints]:
    """Yield each content of a node to which nothing can be added."""
    shapes = np.flatnonzero(most)
    held = np.zeros(len(most), dtype=np.int64)
    if len(shapes):
        yield from _filled(needs, room, most, shapes, held)


def _filled(needs: Ints, rest: Ints, most: Ints, shapes: Ints, held: Ints) -> Iterator[Ints]:
    """Yield the full contents that begin with `held`, with more of `shapes` on the rest."""
    passed = held < most
    passed[shapes] = False
    # What later shapes can take at most: where a shape passed over still fits, nothing is full.
    later = rest - (needs[shapes] * most[shapes, None]).sum(axis=0)
    if passed.any() and (needs[passed] <= later).all(axis=1).any():
        return
    if not len(shapes):
        yield held
        return
    shape, others = shapes[0], shapes[1:]
    fits = min(int(times_in_one(needs[[shape]], rest)[0]), int(most[shape]))
    for count in range(fits, -1, -1):
        more = held.copy()
        more[shape] = count
        yield from _filled(needs, rest - count * needs[shape], most, others, more)
