"""Node after node, each filled for the most worth a dollar: for very many shapes."""

from dataclasses import dataclass

import numpy as np

from domain.planner.cheapest.assignment import Values, values
from domain.planner.cheapest.fills import fill, pattern
from domain.planner.cheapest.problem import Bools, Ints, Packed, PackingProblem, Solution

# A shape may go where it is worth so much less, in prices of the share that it takes.
MISPLACED = 0.02
# How far the orders of fills stray by chance from the largest first.
_SPREADS = np.array([0.05, 0.1, 0.2, 0.4])


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How hard to try, which is how long it takes."""

    trials: int  # fills at a time, in orders that differ by chance
    sample: int  # shapes that each fill tries, by chance, where there are more
    close: float  # fills whose worth a dollar is so close to the best are taken in the same round
    rounds_a_value: int  # then what shapes are worth is found again: the mix of what is left drifts


THOROUGH = Effort(trials=160, sample=128, close=0.006, rounds_a_value=16)
HASTY = Effort(trials=96, sample=48, close=0.03, rounds_a_value=400)
# Beyond so many shapes there is only time for haste.
MANY_SHAPES = 400


def in_sequence(
    problem: PackingProblem, *, seed: int = 0, worths: Values | None = None
) -> Solution:
    """Return a packing that takes the best filled nodes first, as often as they can be repeated.

    `worths` are those of the problem, where they are known already.
    """
    chance = np.random.default_rng(seed)
    effort = THOROUGH if len(problem.counts) <= MANY_SHAPES else HASTY
    packed: list[Packed] = []
    rounds, worths = 0, worths or values(problem)
    while problem.counts.any():
        if rounds == effort.rounds_a_value:
            rounds, worths = 0, values(problem)
        taken = _round(problem, worths, chance, effort)
        if not taken and rounds == 0:
            break
        for pack in taken:
            packed.append(pack)
            problem = problem.without(pack)
        # Where nothing was found, the worth was of an earlier mix: once more with that of now.
        rounds = rounds + 1 if taken else effort.rounds_a_value
    return Solution(packed=tuple(packed), left=problem.counts)


def _round(
    problem: PackingProblem, worths: Values, chance: np.random.Generator, effort: Effort
) -> list[Packed]:
    """Return the best fills of one round, none of which takes what another took."""
    kinds = np.flatnonzero(worths.nodes > 1e-9)
    kinds = kinds[[problem.nodes_left(int(kind)) > 0 for kind in kinds]]
    if not len(kinds):
        return []
    owners = np.repeat(kinds, max(1, effort.trials // len(kinds)))
    orders, takes = _orders(problem, worths, owners, chance, sample=effort.sample)
    held = fill(problem.bins[owners], orders, takes, problem.needs, problem.counts)
    charges = problem.charges(worths.rates)
    density = (held * worths.worth[orders]).sum(axis=1) / charges[owners]
    ranked = np.argsort(-density, kind="stable")
    taken: list[Packed] = []
    for trial in ranked:
        if density[trial] < density[ranked[0]] - effort.close:
            break
        content = pattern(orders[trial], held[trial], size=len(problem.counts))
        pack = _repeated(problem, int(owners[trial]), content)
        if pack is not None:
            taken.append(pack)
            problem = problem.without(pack)
    return taken


def _orders(
    problem: PackingProblem,
    worths: Values,
    owners: Ints,
    chance: np.random.Generator,
    *,
    sample: int,
) -> tuple[Ints, Bools]:
    """Return the shapes that each fill tries (P × K), the large first, more or less; and if so."""
    tried = _sampled(np.flatnonzero(problem.counts > 0), len(owners), chance, sample=sample)
    kinds = owners[:, None]
    sizes = problem.sizes[tried, kinds]
    loss = -MISPLACED * problem.prices[kinds] * sizes - 1e-9
    belongs = (worths.margins[tried, kinds] > loss) & (problem.most[tried, kinds] > 0)
    noise = chance.normal(0, 1, sizes.shape) * chance.choice(_SPREADS, (len(owners), 1))
    order = np.argsort(-np.where(belongs, sizes * np.exp(noise), -1.0), axis=1, kind="stable")
    order = order[:, : int(belongs.sum(axis=1).max(initial=0))]
    return np.take_along_axis(tried, order, axis=1), np.take_along_axis(belongs, order, axis=1)


def _sampled(live: Ints, fills: int, chance: np.random.Generator, *, sample: int) -> Ints:
    """Return for each fill the shapes that it tries: all, or as many as `sample` by chance."""
    if len(live) <= sample:
        return np.broadcast_to(live, (fills, len(live)))
    mixed = chance.permutation(live)
    starts = chance.integers(0, len(live), (fills, 1))
    sampled: Ints = mixed[(starts + np.arange(sample)) % len(live)]
    return sampled


def _repeated(problem: PackingProblem, kind: int, content: Ints) -> Packed | None:
    used = content > 0
    if not used.any():
        return None
    count = min(int((problem.counts[used] // content[used]).min()), problem.nodes_left(kind))
    return Packed(kind=kind, pattern=content, count=count) if count > 0 else None
