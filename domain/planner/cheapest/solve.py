"""The search for the cheapest nodes: which way for which problem."""

from domain.planner.cheapest.assignment import values
from domain.planner.cheapest.columns import generate
from domain.planner.cheapest.dominance import worth_searching
from domain.planner.cheapest.exact import exact
from domain.planner.cheapest.problem import Floats, PackingProblem, Solution
from domain.planner.cheapest.rounding import fitted, whole
from domain.planner.cheapest.sequence import in_sequence

# Up to so many shapes, column generation ends in milliseconds.
FEW_SHAPES = 60


def cheapest(problem: PackingProblem) -> Solution:
    """Return new nodes that hold as many copies as the limits allow, at nearly the least cost."""
    kinds = worth_searching(problem, sizes=True)
    if not len(kinds) or not problem.counts.any():
        return Solution(packed=(), left=problem.counts)
    best = exact(problem.only(kinds))
    if best is not None:
        return best.on(kinds)
    solution, rates = _search(problem.only(kinds))
    return fitted(problem, solution.on(kinds), problem.charges(rates))


def _search(problem: PackingProblem) -> tuple[Solution, Floats]:
    """Return a packing, and what one step of each limit is worth in it."""
    large = worth_searching(problem, sizes=False)
    few = problem.only(large)
    if len(problem.counts) > FEW_SHAPES:
        return in_sequence(few).on(large), values(few).rates
    columns, solved = generate(few)
    return whole(problem, columns, solved, kinds=large), columns.rates(solved)
