"""Down to whole nodes step by step: what is whole stays, and the rest is searched again."""

from collections.abc import Sequence

import numpy as np

from domain.planner.cheapest.assignment import WHOLE
from domain.planner.cheapest.columns import Columns, generate
from domain.planner.cheapest.exact import exact
from domain.planner.cheapest.linear import Solved
from domain.planner.cheapest.problem import Ints, Packed, PackingProblem, Solution
from domain.planner.cheapest.rounding import trimmed

# After so many steps without an end, the other ways are as good.
STEPS = 30


def dived(problem: PackingProblem, columns: Columns, solved: Solved) -> Solution:
    """Return a solution: the whole nodes of the relaxed one, or its fullest, then the next rest."""
    done: list[Packed] = []
    rest = problem
    for _ in range(STEPS):
        packed, rest = trimmed(rest, _surest(columns, solved))
        if not packed:
            break
        done += packed
        if (last := exact(rest)) is not None:
            return Solution(packed=(*done, *last.packed), left=last.left)
        columns, solved = generate(rest, start=_clipped(columns.known(), rest.counts))
    return Solution(packed=tuple(done), left=rest.counts)


def _surest(columns: Columns, solved: Solved) -> list[Packed]:
    """Return the nodes that are whole, or else one of the content nearest to it."""
    values = solved.values[columns.waiting :]
    counts = np.floor(values + WHOLE).astype(np.int64)
    if not counts.any():
        problem = columns.problem
        one_more = [place for place, kind in enumerate(columns.kinds) if problem.nodes_left(kind)]
        if one_more and values[one_more].max() > 0:
            counts[max(one_more, key=lambda place: values[place])] = 1
    return columns.packed(counts)


def _clipped(known: Sequence[tuple[int, Ints]], most: Ints) -> list[tuple[int, Ints]]:
    clipped = ((kind, np.minimum(held, most)) for kind, held in known)
    return [(kind, held) for kind, held in clipped if held.any()]
