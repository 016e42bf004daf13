"""The units of one resource on a node, and what goes on them.

Ray gives a fraction of a GPU on one GPU, of those with room the fullest, and one or more GPUs only
as whole ones (`NodeResourceInstanceSet::TryAllocate` in Ray's resource_instance_set.cc).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.planner.amounts import STEPS

# `predefined_unit_instance_resources` and `custom_unit_instance_resources` in Ray's
# ray_config_def.h: what nodes have one by one.
UNIT_RESOURCES = frozenset({"GPU", "HPU", "NPU", "RBLN", "TPU", "neuron_cores"})
# So many fractions are dealt out to units in every way before it is said that they do not fit.
MOST_SEARCHED, SEARCH_STEPS = 24, 2_000

type Pieces = Sequence[tuple[int, int]]
"""Amounts that each lie together, with how many there are of each."""


def is_whole(amount: int) -> bool:
    """Return whether an amount is so many whole units."""
    return amount % STEPS == 0


def is_possible(amount: int) -> bool:
    """Return whether Ray ever gives so much: it refuses 1.5 GPUs."""
    return amount < STEPS or is_whole(amount)


@dataclass(frozen=True, slots=True)
class Units:
    """What is free: so many whole units, and parts of others in ascending order."""

    whole: int
    parts: tuple[int, ...] = ()

    def times(self, pieces: Pieces, *, at_most: int) -> int:
        """Return how many times all of the pieces fit."""
        if len(pieces) == 1 and pieces[0][1] == 1:
            return min(at_most, self._times(pieces[0][0]))
        times = 0
        while times < at_most and self.less([(a, n * (times + 1)) for a, n in pieces]):
            times += 1
        return times

    def less(self, pieces: Pieces) -> "Units | None":
        """Return what is left once the pieces are placed; None where they do not fit."""
        if not all(is_possible(amount) for amount, _ in pieces):
            return None
        whole = self.whole - sum(n * amount // STEPS for amount, n in pieces if amount >= STEPS)
        if whole < 0:
            return None
        rest = Units(whole, self.parts)
        fractions = [(amount, n) for amount, n in pieces if 0 < amount < STEPS]
        largest_first = sorted(fractions, reverse=True)
        return rest._filled(largest_first) or rest._filled(fractions) or rest._searched(fractions)

    def _times(self, amount: int) -> int:
        if not is_possible(amount):
            return 0
        if amount >= STEPS:
            return self.whole // (amount // STEPS)
        return self.whole * (STEPS // amount) + sum(part // amount for part in self.parts)

    def _filled(self, fractions: Pieces) -> "Units | None":
        """Return the rest with each fraction on the fullest unit that has room for it."""
        whole, parts = self.whole, list(self.parts)
        for amount, count in fractions:
            left = count
            for place, part in enumerate(parts):
                taken = min(left, part // amount)
                parts[place] = part - taken * amount
                left -= taken
            each = STEPS // amount
            full, some = divmod(left, each)
            whole -= full + (some > 0)
            if whole < 0:
                return None
            parts += [STEPS - each * amount] * full + [STEPS - some * amount] * (some > 0)
            parts = sorted(part for part in parts if part)
        return Units(whole, tuple(parts))

    def _searched(self, fractions: Pieces) -> "Units | None":
        """Return the rest of the first way in which all fractions fit."""
        single = sorted((a for a, n in fractions for _ in range(n)), reverse=True)
        room = self.whole * STEPS + sum(self.parts)
        if len(single) > MOST_SEARCHED or sum(single) > room:
            return None
        units = sorted([*self.parts, *[STEPS] * min(self.whole, len(single))])
        steps = iter(range(SEARCH_STEPS))
        found = next(_dealt(single, units, steps), None)
        if found is None:
            return None
        unused = self.whole - min(self.whole, len(single))
        whole = unused + sum(part == STEPS for part in found)
        return Units(whole, tuple(sorted(part for part in found if 0 < part < STEPS)))


def _dealt(fractions: list[int], units: list[int], steps: Iterator[int]) -> Iterator[list[int]]:
    """Yield what the units have left once the fractions, the largest first, are dealt out."""
    if not fractions:
        yield units
        return
    first, rest = fractions[0], fractions[1:]
    for part in sorted({part for part in units if part >= first}):
        if next(steps, None) is None:
            return
        place = units.index(part)
        yield from _dealt(rest, [*units[:place], part - first, *units[place + 1 :]], steps)
