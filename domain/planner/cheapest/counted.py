"""How many nodes of each kind first, and then what they hold: for nodes that hold very much.

Where many small copies lie on few large nodes, contents are easily found, and whole nodes are what
makes the difference: an integer program over their numbers is small.
"""

from dataclasses import dataclass, replace

import numpy as np

from domain.planner.cheapest.assignment import whole_nodes
from domain.planner.cheapest.columns import generate
from domain.planner.cheapest.dive import dived
from domain.planner.cheapest.exact import exact
from domain.planner.cheapest.problem import Ints, PackingProblem, Solution
from domain.planner.cheapest.rounding import trimmed
from domain.planner.cheapest.sequence import in_sequence

# So many nodes of the search tree for the numbers of nodes.
COUNTING_NODES = 200


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Counted:
    bound: float  # dollars an hour that any solution costs at least
    solution: Solution | None


def counted(problem: PackingProblem, *, gap: float) -> Counted:
    """Return a solution on the cheapest nodes whose resources suffice, if contents are found."""
    found = whole_nodes(problem, gap=gap, most_nodes=COUNTING_NODES)
    if found is None:
        return Counted(bound=0.0, solution=None)
    return Counted(bound=found.bound, solution=_on_nodes(problem, found.nodes))


def _on_nodes(problem: PackingProblem, nodes: Ints) -> Solution:
    """Return a solution that rents so many nodes of each kind, and others only for what is left."""
    used = np.flatnonzero(nodes)
    few = problem.only(used)
    few = replace(
        few,
        limits=np.concatenate([few.limits, np.eye(len(used))]),
        room=np.concatenate([few.room, nodes[used].astype(float)]),
    )
    columns, solved = generate(few)
    done, rest = trimmed(problem, dived(few, columns, solved).on(used).packed)
    if not rest.counts.any():
        return Solution(packed=done, left=rest.counts)
    last = exact(rest) or in_sequence(rest)
    return Solution(packed=(*done, *last.packed), left=last.left)
