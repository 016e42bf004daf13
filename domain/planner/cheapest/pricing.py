"""The contents of one node that are worth the most: bounded knapsacks in several resources."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from domain.planner.cheapest.fills import pattern
from domain.planner.cheapest.linear import INFINITE, Program
from domain.planner.cheapest.problem import ENDLESS, Bools, Floats, Ints, PackingProblem

# A pattern must be worth so much more than its node, in prices, to count as a gain.
GAIN = 1e-6
# Patterns of one kind that are told of at once.
PATTERNS = 4
# How many fewer copies than fit are tried; the last stands for none.
_FEWER = np.array([0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64, 1 << 40])
# The same where none may be missed: one by one, but for nodes that hold very many.
_EACH = np.array([*range(200), 1 << 40])
# While all contents are looked for, so many times more may be kept in between.
WIDER = 8


class Pricing:
    """The search for patterns that gain; it remembers what steps of each kind were worth last."""

    def __init__(self, problem: PackingProblem) -> None:
        self._problem = problem
        self._rates: dict[int, Floats] = {}

    def gains(self, worth: Floats, charges: Floats, *, width: int) -> Iterator[tuple[int, Ints]]:
        """Yield kinds with patterns (S) that are worth more than `charges` (T).

        So many partly filled nodes are kept while shapes are tried one after the other: none is
        missed while there are no more than `width`.
        """
        for kind in self._problem.rentable():
            shapes, knapsack = self._knapsack(int(kind), worth, float(charges[kind]))
            if not len(shapes) or self._hopeless(int(kind), knapsack):
                continue
            ceiling, rates = _relaxed(knapsack)
            self._rates[int(kind)] = rates
            for held in _best(knapsack, ceiling, rates, width=width):
                yield int(kind), pattern(shapes, held, size=len(worth))

    def within(
        self, worth: Floats, charges: Floats, *, gap: float, most: int
    ) -> list[tuple[int, Ints]] | None:
        """Return all full contents that are worth their charge but for `gap`; None if too many.

        No other can be in a plan that costs less than the worth of all copies and `gap` together.
        """
        contents: list[tuple[int, Ints]] = []
        for kind in self._problem.rentable():
            shapes, knapsack = self._knapsack(int(kind), worth, float(charges[kind]) - gap)
            if not len(shapes) or self._hopeless(int(kind), knapsack):
                continue
            ceiling, rates = _relaxed(knapsack)
            held = _filled(knapsack, ceiling, rates, _EACH, width=most * WIDER)
            if len(held) == most * WIDER:
                return None
            for each in held[_full(knapsack, held)]:
                content = pattern(shapes, each, size=len(worth))
                contents.append((int(kind), self._topped(int(kind), content)))
            if len(contents) > most:
                return None
        return contents

    def _topped(self, kind: int, content: Ints) -> Ints:
        """Return the content with as much as fits beside it of the shapes that cost nothing."""
        problem = self._problem
        rest = problem.bins[kind] - content @ problem.needs
        for shape in np.flatnonzero((content == 0) & (problem.most[:, kind] > 0)):
            fits = int(times_in_each(problem.needs[shape], rest[None, :])[0])
            content[shape] = min(fits, int(problem.counts[shape]))
            rest = rest - content[shape] * problem.needs[shape]
        return content

    def _knapsack(self, kind: int, worth: Floats, charge: float) -> tuple[Ints, "Knapsack"]:
        problem = self._problem
        most = np.minimum(problem.most[:, kind], problem.counts)
        shapes = np.flatnonzero((most > 0) & (worth > 0))
        return shapes, Knapsack(
            needs=problem.needs[shapes],
            room=problem.bins[kind],
            worth=worth[shapes],
            most=most[shapes],
            enough=charge + GAIN * float(problem.prices[kind]),
        )

    def _hopeless(self, kind: int, knapsack: "Knapsack") -> bool:
        """Return whether the bound at the rates of last time says already that nothing gains.

        Any rates give a bound (Lagrange); those of last time a good one.
        """
        rates = self._rates.get(kind)
        if rates is None:
            return False
        margins = knapsack.worth - (knapsack.needs * rates).sum(axis=1)
        bound = (rates * knapsack.room).sum() + (np.maximum(margins, 0) * knapsack.most).sum()
        return bool(bound <= knapsack.enough)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Knapsack:
    """One node, and what its content could be: more worth than `enough` is looked for."""

    needs: Ints  # K × R
    room: Ints  # R
    worth: Floats  # K, positive
    most: Ints  # K
    enough: float


def _relaxed(knapsack: Knapsack) -> tuple[float, Floats]:
    """Return the worth of the best content in parts of copies, and of one step of each resource."""
    room = np.maximum(knapsack.room, 1)
    program = Program(np.full(len(room), -INFINITE), (knapsack.room > 0).astype(float))
    shares = knapsack.needs / room
    rows = [np.flatnonzero(share) for share in shares]
    entries = [(used, share[used]) for used, share in zip(rows, shares, strict=True)]
    program.add(-knapsack.worth, entries, most=knapsack.most.astype(float))
    solved = program.solve()
    if solved is None:
        raise ArithmeticError("An empty node is always a content.")
    return -solved.objective, -solved.duals / room


def _best(knapsack: Knapsack, ceiling: float, rates: Floats, *, width: int) -> Iterator[Ints]:
    """Yield the contents that are worth the most, each worth enough."""
    held = _filled(knapsack, ceiling, rates, _FEWER, width=width)
    values = (held * knapsack.worth).sum(axis=1)
    for place in np.argsort(-values, kind="stable")[:PATTERNS]:
        if values[place] > knapsack.enough:
            yield held[place]


def _filled(knapsack: Knapsack, ceiling: float, rates: Floats, fewer: Ints, *, width: int) -> Ints:
    """Return whole contents that may be worth enough: branch and bound, the large shapes first.

    What a partly filled node may still come to is bounded by the content in parts of copies: it
    falls by what its choices so far lose against that.
    """
    needs, most = knapsack.needs, knapsack.most
    held = np.zeros((1, len(needs)), dtype=np.int64)
    if ceiling <= knapsack.enough:
        return held[:0]
    margins = knapsack.worth - (needs * rates).sum(axis=1)
    best = np.maximum(margins, 0) * most
    sizes = (needs / np.maximum(knapsack.room, 1)).max(axis=1)
    rests, lost = knapsack.room[None, :].copy(), np.zeros(1)
    for shape in np.lexsort((-margins, -sizes)):
        fits = np.minimum(times_in_each(needs[shape], rests), most[shape])
        sources, counts = _choices(fits, fewer)
        losses = lost[sources] + best[shape] - counts * margins[shape]
        kept = np.flatnonzero(losses < ceiling - knapsack.enough)
        if len(kept) > width:
            kept = kept[np.argsort(losses[kept], kind="stable")[:width]]
        sources, counts, lost = sources[kept], counts[kept], losses[kept]
        rests = rests[sources] - counts[:, None] * needs[shape]
        held = held[sources]
        held[:, shape] = counts
    return held


def _full(knapsack: Knapsack, held: Ints) -> Bools:
    """Return which contents (P × K) are full and worth enough."""
    rests = knapsack.room - held @ knapsack.needs
    full = (held * knapsack.worth).sum(axis=1) > knapsack.enough
    for shape, need in enumerate(knapsack.needs):
        full &= (held[:, shape] >= knapsack.most[shape]) | (rests < need).any(axis=1)
    return full


def times_in_each(need: Ints, rooms: Ints) -> Ints:
    """Return how many copies of one need (R) fit into each room (P × R): P."""
    used = need > 0
    fewest: Ints = (rooms[:, used] // need[used]).min(axis=1, initial=ENDLESS)
    return fewest


def _choices(fits: Ints, fewer: Ints) -> tuple[Ints, Ints]:
    """Return partly filled nodes and how many copies each takes: all, nearly all, … none."""
    counts = np.maximum(fits - fewer[: int(fits.max(initial=0)) + 1, None], 0)
    new = np.ones(counts.shape, dtype=bool)
    new[1:] = counts[1:] != counts[:-1]
    _, sources = np.nonzero(new)
    return sources, counts[new]
