"""From parts of nodes to whole nodes."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from domain.planner.cheapest.assignment import WHOLE, values
from domain.planner.cheapest.columns import Columns, sketched
from domain.planner.cheapest.linear import Solved
from domain.planner.cheapest.problem import (
    SLACK,
    Floats,
    Ints,
    Packed,
    PackingProblem,
    Solution,
    merged,
)
from domain.planner.cheapest.sequence import in_sequence

# The rest after rounding down is solved to a gap of so much of the whole, in so many search nodes.
# Of many shapes the search takes long, so that less of a gap is put up with for few only.
GAP, WIDE_GAP, NODES = 1e-3, 5e-3, 20
MANY_SHAPES = 24
# Where not all can be served, the whole is searched, in so many search nodes.
SCARCE_NODES = 1
# So many quick packings of the rest are tried, each with chances of its own.
QUICK = 4
# So many rounds of greedy fills give patterns of the small kinds, which only the rest needs.
SKETCH = 3


def rounded_down(columns: Columns, solved: Solved) -> Solution:
    """Return the whole nodes in a solution in parts."""
    counts = np.floor(solved.values[columns.waiting :] + WHOLE).astype(np.int64)
    return Solution(packed=tuple(columns.packed(counts)), left=columns.problem.counts)


def whole(problem: PackingProblem, columns: Columns, solved: Solved) -> Solution:
    """Return a solution in whole nodes: those of `solved`, and the best found for the rest."""
    done, rest = trimmed(problem, rounded_down(columns, solved).packed)
    if not rest.counts.any():
        return Solution(packed=done, left=rest.counts)
    gap = (GAP if len(problem.counts) <= MANY_SHAPES else WIDE_GAP) * solved.objective
    charges = problem.charges(columns.rates(solved))
    waiting = solved.values[: columns.waiting].sum()
    quick = list(_quick(rest, charges, most=QUICK if waiting < WHOLE else 1))
    best = min(quick, key=lambda way: way.key(rest))
    bound = solved.objective - Solution(packed=done, left=rest.counts).cost(problem)
    if waiting < WHOLE and (best.cost(rest) - bound > gap or best.left.any()):
        best = _searched(rest, columns.known(), quick, best=best, gap=gap, charges=charges)
    solution = Solution(packed=(*done, *best.packed), left=best.left)
    if best.left.sum() <= np.ceil(waiting - WHOLE):
        return solution
    return min(solution, _all_whole(problem, columns, charges), key=lambda s: s.key(problem))


def _quick(rest: PackingProblem, charges: Floats, *, most: int) -> Iterable[Solution]:
    """Yield quick packings of the rest, until one is as good as the one before."""
    last: Solution | None = None
    worths = values(rest)
    for seed in range(most):
        packing = in_sequence(rest, seed=seed, worths=worths)
        way = fitted(rest, packing, charges)
        yield way
        if last is not None and way.key(rest) == last.key(rest):
            return
        last = way


def _all_whole(problem: PackingProblem, columns: Columns, charges: Floats) -> Solution:
    """Return the most that the known patterns serve where the limits do not let all be served."""
    fewer = columns.without(columns.solve(), gain=math.inf)
    packed = fewer.whole(gap=1e-5, most_nodes=SCARCE_NODES) or []
    done, rest = trimmed(problem, packed)
    last = fitted(rest, in_sequence(rest), charges)
    return Solution(packed=(*done, *last.packed), left=last.left)


def _searched(
    rest: PackingProblem,
    known: Sequence[tuple[int, Ints]],
    quick: Sequence[Solution],
    *,
    best: Solution,
    gap: float,
    charges: Floats,
) -> Solution:
    """Return the best mix of known patterns for the rest, or `best`, whichever is better."""
    clipped = [(kind, np.minimum(pattern, rest.counts)) for kind, pattern in known]
    packs = [Packed(kind=kind, pattern=held, count=1) for kind, held in clipped if held.any()]
    packs += [replace(pack, count=1) for way in quick for pack in way.packed]
    mix, _ = sketched(rest, rounds=SKETCH)
    mix.add((pack.kind, pack.pattern) for pack in packs)
    mix.add((_best_kind(rest, pack, charges), pack.pattern) for pack in packs)
    solved = mix.solve()
    gain = math.inf if best.left.any() else best.cost(rest) - solved.objective
    mix = mix.without(solved, gain=gain)
    packed = mix.whole(gap=gap / max(best.cost(rest), gap), most_nodes=NODES)
    if packed is None:
        return best
    done, waiting = trimmed(rest, packed)
    searched = fitted(rest, Solution(packed=done, left=waiting.counts), charges)
    return min(best, searched, key=lambda way: way.key(rest))


def trimmed(
    problem: PackingProblem, packed: Iterable[Packed]
) -> tuple[tuple[Packed, ...], PackingProblem]:
    """Return the nodes without copies beyond what is wanted, and what they leave of the problem."""
    kept: list[Packed] = []
    for pack in packed:
        for part in _fitting(pack, problem.counts):
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


def fitted(problem: PackingProblem, solution: Solution, charges: Floats) -> Solution:
    """Return the same packing with each node on the kind that holds its content for the least.

    `charges` (T) are what nodes cost, with what they use up of the limits.
    """
    moved: list[Packed] = []
    room = problem.room - sum(
        (pack.count * problem.limits[:, pack.kind] for pack in solution.packed),
        np.zeros(len(problem.room)),
    )
    for pack in merged(solution.packed):
        for part in _moved(problem, pack, charges, room):
            room = room + part.count * (problem.limits[:, pack.kind] - problem.limits[:, part.kind])
            moved.append(part)
    return Solution(packed=tuple(moved), left=solution.left)


def _moved(problem: PackingProblem, one: Packed, charges: Floats, room: Floats) -> Iterable[Packed]:
    """Yield the nodes on cheaper kinds, as many as the limits allow, and the others as they are."""
    left = one.count
    for kind in _kinds_for(problem, one, charges):
        if not left:
            return
        more = problem.limits[:, kind] - problem.limits[:, one.kind]
        uses = more > 0
        most = int(np.floor((room[uses] / more[uses]).min(initial=float(left)) + SLACK))
        if (count := max(0, min(left, most))) > 0:
            yield replace(one, kind=kind, count=count)
            room = room - count * more
            left -= count
    if left:
        yield replace(one, count=left)


def _kinds_for(problem: PackingProblem, one: Packed, charges: Floats) -> list[int]:
    """Return the kinds that hold the content of a node for less, the cheapest first."""
    need = (one.pattern[:, None] * problem.needs).sum(axis=0)
    holds = (problem.bins >= need).all(axis=1)
    holds &= (charges < charges[one.kind] - SLACK) & (problem.prices < problem.prices[one.kind])
    holds &= problem.allowed[one.pattern > 0].all(axis=0)
    kinds = np.flatnonzero(holds)
    return [int(kind) for kind in kinds[np.argsort(charges[kinds], kind="stable")]]


def _best_kind(problem: PackingProblem, one: Packed, charges: Floats) -> int:
    kinds = (kind for kind in _kinds_for(problem, one, charges) if problem.nodes_left(kind))
    return next(kinds, one.kind)
