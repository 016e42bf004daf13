"""The cheapest new nodes for what must be placed: a packing problem, solved in milliseconds."""

from domain.planner.cheapest.problem import Packed, PackingProblem, Solution
from domain.planner.cheapest.solve import cheapest

__all__ = ["Packed", "PackingProblem", "Solution", "cheapest"]
