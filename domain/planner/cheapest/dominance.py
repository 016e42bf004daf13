"""Kinds of nodes that can never make a plan cheaper, left out before the search begins."""

import numpy as np

from domain.planner.cheapest.problem import ENDLESS, Bools, Ints, PackingProblem, times_in_one


def worth_searching(problem: PackingProblem, *, sizes: bool) -> Ints:
    """Return the kinds that no other kind replaces at the same price or less.

    A kind is replaced by another that holds the content of k of its nodes for at most the price of
    k, takes what they hold, and is limited by nothing: so a packing on the first can be moved to
    the second. Without `sizes`, the small sizes of a family go too, for k above 1: many nodes are
    packed best on the large ones. The last nodes of a plan need them all.
    """
    rentable = problem.rentable()
    free = ~(problem.limits > 0).any(axis=0)
    kept = rentable
    for most in (1,) if sizes else (1, int(ENDLESS)):
        kept = _kept(problem, kept, free, most=most)
    return kept


def _kept(problem: PackingProblem, kinds: Ints, free: Bools, *, most: int) -> Ints:
    others = [int(kind) for kind in kinds if free[kind]]
    replaced = np.zeros(len(kinds), dtype=bool)
    for other in others:
        replaced |= _replaced_by(problem, other, kinds, most=most)
    return kinds[~replaced]


def _replaced_by(problem: PackingProblem, other: int, kinds: Ints, *, most: int) -> Bools:
    """Return which of the kinds the other one replaces."""
    theirs, brings = problem.bins[other], problem.bins[kinds]
    copies = np.minimum(times_in_one(brings, theirs), most)
    takes = ~(problem.allowed[:, kinds] & ~problem.allowed[:, [other]]).any(axis=0)
    price, same = copies * problem.prices[kinds], problem.prices[other]
    cheaper = same < price * (1 - 1e-12)
    # Of two that are worth the same, the larger stays; of two that are equal, the first.
    larger = (copies > 1) | (theirs > brings).any(axis=1) | (other < kinds)
    worse: Bools = cheaper | ((same <= price * (1 + 1e-12)) & larger)
    replaced: Bools = worse & takes & (copies >= 1) & (kinds != other)
    return replaced
