"""The search for the cheapest nodes: which way for which problem."""

from domain.planner.cheapest.columns import generate
from domain.planner.cheapest.dominance import worth_searching
from domain.planner.cheapest.problem import Problem, Solution
from domain.planner.cheapest.rounding import fitted, whole
from domain.planner.cheapest.sequence import in_sequence

# Up to so many shapes, column generation ends in milliseconds.
FEW_SHAPES = 40


def cheapest(problem: Problem) -> Solution:
    """Return new nodes that hold as many copies as the limits allow, at nearly the least cost."""
    kinds = worth_searching(problem, sizes=True)
    if not len(kinds) or not problem.counts.any():
        return Solution(packed=(), left=problem.counts)
    return fitted(problem, _search(problem.only(kinds)).on(kinds))


def _search(problem: Problem) -> Solution:
    large = worth_searching(problem, sizes=False)
    if len(problem.counts) > FEW_SHAPES:
        return in_sequence(problem.only(large)).on(large)
    columns, solved = generate(problem.only(large))
    return whole(problem, columns, solved, kinds=large)
