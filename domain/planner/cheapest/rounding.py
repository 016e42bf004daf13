"""From parts of nodes to whole nodes."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from domain.planner.cheapest.columns import Columns
from domain.planner.cheapest.linear import Solved
from domain.planner.cheapest.problem import Floats, Ints, Packed, Problem, Solution, merged
from domain.planner.cheapest.sequence import in_sequence

# The rest after rounding down is solved to a gap of so much of the whole, in so many search nodes.
GAP, NODES = 5e-4, 20
# So many quick packings of the rest are tried, each with chances of its own.
QUICK = 6
# What HiGHS calls whole may miss it by so much.
WHOLE = 1e-6


def rounded_down(columns: Columns, solved: Solved) -> Solution:
    """Return the whole nodes in a solution in parts."""
    counts = np.floor(solved.values[columns.waiting :] + WHOLE).astype(np.int64)
    return Solution(packed=tuple(columns.packed(counts)), left=columns.problem.counts)


def whole(problem: Problem, columns: Columns, solved: Solved, *, kinds: Ints) -> Solution:
    """Return a solution in whole nodes: those of `solved`, and the best found for the rest.

    `columns` are of some `kinds` of the problem; the rest is served by any.
    """
    done, rest = trimmed(problem, rounded_down(columns, solved).on(kinds).packed)
    if not rest.counts.any():
        return Solution(packed=done, left=rest.counts)
    gap = GAP * solved.objective
    quick = [fitted(rest, in_sequence(rest, seed=seed)) for seed in range(QUICK)]
    best = min(quick, key=lambda way: way.key(rest))
    bound = solved.objective - Solution(packed=done, left=rest.counts).cost(problem)
    if best.cost(rest) - bound > gap or best.left.any():
        known = [(int(kinds[kind]), held) for kind, held in columns.known()]
        best = _searched(rest, known, quick, best=best, gap=gap)
    return Solution(packed=(*done, *best.packed), left=best.left)


def _searched(
    rest: Problem,
    known: Sequence[tuple[int, Ints]],
    quick: Sequence[Solution],
    *,
    best: Solution,
    gap: float,
) -> Solution:
    """Return the best mix of known patterns for the rest, or `best`, whichever is better."""
    clipped = [(kind, np.minimum(pattern, rest.counts)) for kind, pattern in known]
    ones = [Packed(kind=kind, pattern=held, count=1) for kind, held in clipped if held.any()]
    ones += [replace(one, count=1) for way in quick for one in way.packed]
    by_price = np.argsort(rest.prices, kind="stable")
    mix = Columns(rest)
    mix.add((part.kind, part.pattern) for one in ones for part in _moved(rest, one, by_price))
    found = mix.whole(gap=gap / max(best.cost(rest), gap), most_nodes=NODES)
    if found is None:
        return best
    done, waiting = trimmed(rest, found)
    searched = fitted(rest, Solution(packed=done, left=waiting.counts))
    return min(best, searched, key=lambda way: way.key(rest))


def trimmed(problem: Problem, packed: Iterable[Packed]) -> tuple[tuple[Packed, ...], Problem]:
    """Return the nodes without copies beyond what is wanted, and what they leave of the problem."""
    kept: list[Packed] = []
    for one in packed:
        for part in _fitting(one, problem.counts):
            kept.append(part)
            problem = problem.without(part)
    return tuple(kept), problem


def _fitting(one: Packed, left: Ints) -> Iterable[Packed]:
    """Yield the nodes with what is still wanted: full ones together, then the last ones."""
    count, left = one.count, left.copy()
    while count:
        pattern = np.minimum(one.pattern, left)
        used = pattern > 0
        if not used.any():
            return
        alike = max(1, min(count, int((left[used] // pattern[used]).min())))
        yield replace(one, pattern=pattern, count=alike)
        left = left - alike * pattern
        count -= alike


def fitted(problem: Problem, solution: Solution, charges: Floats | None = None) -> Solution:
    """Return the same packing with each node on the cheapest kind that holds its content."""
    prices = problem.prices if charges is None else charges
    by_price = np.argsort(prices, kind="stable")
    moved: list[Packed] = []
    rest = problem
    for one in merged(solution.packed):
        for part in _moved(rest, one, by_price):
            moved.append(part)
            rest = rest.without(part)
    return Solution(packed=tuple(moved), left=solution.left)


def _moved(problem: Problem, one: Packed, by_price: Ints) -> Iterable[Packed]:
    need = one.pattern @ problem.needs
    shapes = one.pattern > 0
    left = one.count
    for kind in by_price:
        if not left:
            return
        if (problem.bins[kind] < need).any() or not problem.allowed[shapes, kind].all():
            continue
        count = min(left, problem.nodes_left(int(kind)))
        if count:
            part = replace(one, kind=int(kind), count=count)
            yield part
            problem = problem.without(part)
            left -= count
