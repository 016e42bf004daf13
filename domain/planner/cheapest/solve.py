"""The search for the cheapest nodes: which way for which problem."""

from dataclasses import replace

import numpy as np

from domain.planner.cheapest.assignment import values
from domain.planner.cheapest.columns import Columns, generate, known
from domain.planner.cheapest.counted import counted
from domain.planner.cheapest.dive import dived
from domain.planner.cheapest.dominance import worth_searching
from domain.planner.cheapest.exact import closed, exact
from domain.planner.cheapest.linear import Solved
from domain.planner.cheapest.problem import Floats, PackingProblem, Solution
from domain.planner.cheapest.rounding import fitted, whole
from domain.planner.cheapest.sequence import in_sequence

# Up to so many shapes, column generation ends in milliseconds.
FEW_SHAPES = 60
# A plan that costs so little more than the bound, in parts of it, is good enough. Of many copies
# the last nodes are a small part, and the search for them takes long.
GOAL, MANY_GOAL, MANY_COPIES = 3e-4, 6e-3, 1_000
# Small sizes are searched where large ones alone cost so much more than the bound.
SIZES = 2.5e-3


def cheapest(problem: PackingProblem) -> Solution:
    """Return new nodes that hold as many copies as the limits allow, at nearly the least cost."""
    kinds = worth_searching(problem, sizes=True)
    # What fits nowhere waits anyway: it is not to stand in the way of a closer search.
    nowhere = np.where(problem.most[:, kinds].any(axis=1), 0, problem.counts)
    problem = replace(problem, counts=problem.counts - nowhere)
    if not problem.counts.any():
        return Solution(packed=(), left=nowhere)
    best = exact(problem.only(kinds))
    if best is not None:
        return replace(best.on(kinds), left=best.left + nowhere)
    solution, rates = _search(problem.only(kinds))
    best = fitted(problem, solution.on(kinds), problem.charges(rates))
    return replace(best, left=best.left + nowhere)


def _search(problem: PackingProblem) -> tuple[Solution, Floats]:
    """Return a packing, and what one step of each limit is worth in it."""
    large = worth_searching(problem, sizes=False)
    few = problem.only(large)
    if len(problem.counts) > FEW_SHAPES:
        return in_sequence(few).on(large), values(few).rates
    # Large nodes first: small ones come in where they make a difference.
    columns, solved = generate(few)
    start = [(int(large[kind]), held) for kind, held in columns.known()]
    if solved.objective > (1 + min(SIZES, _goal(problem))) * values(problem).bound:
        columns, solved = generate(problem, start=start)
    else:
        columns, solved = known(problem, start)
    solution = whole(problem, columns, solved)
    if not solution.left.any() and not _is_close(solution, problem, solved.objective):
        solution = _closer(problem, columns, solved, solution)
    return solution, columns.rates(solved)


def _goal(problem: PackingProblem) -> float:
    return GOAL if problem.counts.sum() <= MANY_COPIES else MANY_GOAL


def _is_close(solution: Solution, problem: PackingProblem, bound: float) -> bool:
    return solution.cost(problem) - bound <= _goal(problem) * bound


def _closer(
    problem: PackingProblem, columns: Columns, solved: Solved, solution: Solution
) -> Solution:
    """Return a cheaper solution, where the bound leaves room for one."""

    def better(way: Solution | None) -> Solution:
        return solution if way is None else min(solution, way, key=lambda way: way.key(problem))

    solution = better(dived(problem, columns, solved))
    if _is_close(solution, problem, solved.objective):
        return solution
    nodes = counted(problem, gap=_goal(problem) / 2)
    solution = better(nodes.solution)
    bound = max(solved.objective, nodes.bound)
    if _is_close(solution, problem, bound):
        return solution
    return closed(problem, columns, solved, solution, gap=_goal(problem) * bound)
