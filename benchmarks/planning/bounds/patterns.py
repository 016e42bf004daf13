"""A stronger bound: nodes hold whole items. Column generation with exact pricing.

The master problem chooses how many nodes hold which content; its duals say what each item is worth;
an exact knapsack looks for a content that is worth more than its node costs. Any duals, scaled so
that no content is worth more than its node (Farley), bound every plan from below: also when there
was no time to finish.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from scipy.optimize import linprog

from benchmarks.planning.bounds.knapsack import Knapsack, TooLarge, Ware
from benchmarks.planning.bounds.relaxation import Relaxation

_CLOSE = 1e-4
_UNSERVED_USD = 1_000.0  # so much that the master serves everything it can


def pattern_bound(relaxed: Relaxation, *, seconds: float) -> float:
    """Return the best bound that was found in time; 0 if the tables would be too large."""
    began = time.perf_counter()
    master, best = _Master(relaxed), 0.0
    while True:
        duals = master.solve()
        try:
            contents = list(_contents(relaxed, duals))
        except TooLarge:
            return best
        best = max(best, _bound(relaxed, duals, contents))
        news = [content for content in contents if content.gain(relaxed, duals) > 1e-7]
        fresh = sum(master.add(content.bin, content.items) for content in news if content.items)
        done = master.usd - best <= _CLOSE * master.usd
        if done or not fresh or time.perf_counter() - began > seconds:
            return best


@dataclass(frozen=True, slots=True, kw_only=True)
class _Duals:
    items: list[float]
    bins: list[float]  # of a bin's own maximum: never above 0
    limits: list[float]  # of a limit over the cluster: never above 0

    def beside(self, relaxed: Relaxation, bin_: int) -> float:
        """Return what limits add to the worth of a node: never above 0."""
        over = zip(self.limits, relaxed.limits, strict=True)
        return self.bins[bin_] + sum(
            dual * relaxed.totals[resource][bin_] for dual, (resource, _) in over
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """The most valuable content of a bin's node, or at least a bound on its worth."""

    bin: int
    worth: float
    items: dict[int, int]

    def gain(self, relaxed: Relaxation, duals: _Duals) -> float:
        return self.worth + duals.beside(relaxed, self.bin) - relaxed.bins[self.bin].usd


class _Silent(highspy.Highs):
    """HiGHS without the banner that its constructor prints before anybody can turn it off."""

    def enableCallbacks(self) -> None:  # noqa: N802 - HiGHS's own name
        self.silent()
        super().enableCallbacks()


class _Master:
    """How many nodes of each known content to rent."""

    def __init__(self, relaxed: Relaxation) -> None:
        self._relaxed = relaxed
        self.usd = math.inf  # of the last solution
        self._known: set[tuple[int, frozenset[tuple[int, int]]]] = set()
        self._limited = [b for b, bin_ in enumerate(relaxed.bins) if bin_.most < math.inf]
        self._highs = _Silent()
        self._highs.setOptionValue("threads", 1)
        for item in relaxed.items:
            self._highs.addRow(float(item.count), math.inf, 0, [], [])
        for bin_ in self._limited:
            self._highs.addRow(-math.inf, float(relaxed.bins[bin_].most), 0, [], [])
        for _, most in relaxed.limits:
            self._highs.addRow(-math.inf, float(most), 0, [], [])
        for index, fits in enumerate(relaxed.fits):
            self._highs.addCol(_UNSERVED_USD, 0, math.inf, 1, [index], [1.0])
            for bin_, times in enumerate(fits):
                if times:
                    self.add(bin_, {index: times})

    def add(self, bin_: int, items: dict[int, int]) -> bool:
        """Add a content; return whether it is new."""
        key = (bin_, frozenset(items.items()))
        if key in self._known:
            return False
        self._known.add(key)
        column = {index: float(times) for index, times in items.items()}
        if bin_ in self._limited:
            column[len(self._relaxed.items) + self._limited.index(bin_)] = 1.0
        first = len(self._relaxed.items) + len(self._limited)
        for row, (resource, _) in enumerate(self._relaxed.limits, start=first):
            column[row] = float(self._relaxed.totals[resource][bin_])
        usd = self._relaxed.bins[bin_].usd
        self._highs.addCol(usd, 0, math.inf, len(column), list(column), list(column.values()))
        return True

    def solve(self) -> _Duals:
        self._highs.run()
        self.usd = float(self._highs.getObjectiveValue())
        duals = list(self._highs.getSolution().row_dual)
        count = len(self._relaxed.items)
        bins = [0.0] * len(self._relaxed.bins)
        for bin_, dual in zip(self._limited, duals[count:], strict=False):
            bins[bin_] = min(0.0, dual)
        limits = [min(0.0, dual) for dual in duals[count + len(self._limited) :]]
        return _Duals(items=[max(0.0, dual) for dual in duals[:count]], bins=bins, limits=limits)


def _bound(relaxed: Relaxation, duals: _Duals, contents: list[_Content]) -> float:
    """Return what the duals prove once no content is worth more than its node.

    What is free cannot be made so by scaling: there the dual of the bin's maximum pays.
    """
    bins, scale = list(duals.bins), 1.0
    for content in contents:
        bin_ = relaxed.bins[content.bin]
        worth = content.worth + duals.beside(relaxed, content.bin)
        if bin_.usd == 0:
            bins[content.bin] -= max(0.0, worth)
        elif worth > bin_.usd:
            scale = min(scale, bin_.usd / worth)
    value = sum(dual * item.count for dual, item in zip(duals.items, relaxed.items, strict=True))
    value += sum(dual * bin_.most for dual, bin_ in zip(bins, relaxed.bins, strict=True) if dual)
    value += sum(dual * most for dual, (_, most) in zip(duals.limits, relaxed.limits, strict=True))
    return scale * value


def _contents(relaxed: Relaxation, duals: _Duals) -> Iterator[_Content]:
    """Yield the best content of each bin, of bins that take the same items together."""
    wasteful = _wasteful(relaxed)
    alike: dict[tuple[bool, ...], list[int]] = {}
    for index, bin_ in enumerate(relaxed.bins):
        if index in wasteful:
            yield _Content(bin=index, worth=_worth_in_fractions(relaxed, duals, index), items={})
            continue
        takes = tuple(bin_.takes(item) for item in relaxed.items)
        alike.setdefault(takes, []).append(index)
    for takes, bins in alike.items():
        yield from _best_contents(relaxed, duals, takes, bins)


def _best_contents(
    relaxed: Relaxation, duals: _Duals, takes: tuple[bool, ...], bins: list[int]
) -> Iterator[_Content]:
    used = _used(relaxed)
    rooms = {index: _only(relaxed.bins[index].room, used) for index in bins}
    most = [max(relaxed.fits[item][index] for index in bins) for item in range(len(takes))]
    wares = [
        Ware(index=index, need=_only(item.need, used), value=duals.items[index], most=most[index])
        for index, item in enumerate(relaxed.items)
        if takes[index] and most[index]
    ]
    table = Knapsack(wares, tuple(max(sides) for sides in zip(*rooms.values(), strict=True)))
    for index, room in rooms.items():
        yield _Content(bin=index, worth=table.value(room), items=table.content(room))


def _used(relaxed: Relaxation) -> list[int]:
    return [r for r in range(3) if any(item.need[r] for item in relaxed.items)]


def _only(amounts: tuple[int, ...], used: list[int]) -> tuple[int, ...]:
    return tuple(amounts[resource] for resource in used)


def _wasteful(relaxed: Relaxation) -> set[int]:
    """Return bins that have a resource nobody asks for: too dear and too large for the table."""
    unused = set(range(3)) - set(_used(relaxed))
    return {
        index
        for index, bin_ in enumerate(relaxed.bins)
        if any(bin_.room[resource] for resource in unused)
    }


def _worth_in_fractions(relaxed: Relaxation, duals: _Duals, bin_: int) -> float:
    """Return a bound on a content's worth: prices of the room under which no item is a bargain."""
    used, room = _used(relaxed), relaxed.bins[bin_].room
    rows = [
        (item.need, dual)
        for item, dual, fits in zip(relaxed.items, duals.items, relaxed.fits, strict=True)
        if fits[bin_]
    ]
    if not rows:
        return 0.0
    needs = -np.array([[need[resource] for resource in used] for need, _ in rows], dtype=float)
    least: Any = -np.array([dual for _, dual in rows])
    prices = [float(room[resource]) for resource in used]
    return float(linprog(prices, A_ub=needs, b_ub=least, method="highs").fun)
