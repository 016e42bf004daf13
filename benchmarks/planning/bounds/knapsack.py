"""The most valuable content of a node, exactly, for every size of node at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_CELLS = 3_000_000
_EPSILON = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Ware:
    """Something to put in at most `most` times."""

    index: int
    need: tuple[int, ...]
    value: float
    most: int


class TooLarge(Exception):
    """The table would have too many cells."""


class Knapsack:
    """A table of the best value for each room up to `largest`."""

    def __init__(self, wares: Sequence[Ware], largest: tuple[int, ...]) -> None:
        shape = tuple(side + 1 for side in largest)
        if np.prod(shape) > _CELLS:
            raise TooLarge
        self._best = np.zeros(shape)
        self._steps: list[tuple[Ware, int, Any]] = []
        for ware in wares:
            if ware.value > 0:
                for times in _times(ware.most):
                    self._offer(ware, times)

    def value(self, room: tuple[int, ...]) -> float:
        """Return the most that can be put into `room`."""
        return float(self._best[room])

    def content(self, room: tuple[int, ...]) -> dict[int, int]:
        """Return what that is: index of the ware → how many."""
        taken: dict[int, int] = {}
        cell = list(room)
        for ware, times, better in reversed(self._steps):
            before = [at - times * need for at, need in zip(cell, ware.need, strict=True)]
            if min(before) >= 0 and better[tuple(before)]:
                taken[ware.index] = taken.get(ware.index, 0) + times
                cell = before
        return taken

    def _offer(self, ware: Ware, times: int) -> None:
        """Put `times` of `ware` wherever that is better than what was found without."""
        shift = [times * need for need in ware.need]
        if any(by >= side for by, side in zip(shift, self._best.shape, strict=True)):
            return
        with_it = self._best[tuple(slice(by, None) for by in shift)]
        left = self._best[
            tuple(slice(0, side - by) for by, side in zip(shift, self._best.shape, strict=True))
        ]
        offered = left + times * ware.value
        better = offered > with_it + _EPSILON
        np.copyto(with_it, offered, where=better)
        self._steps.append((ware, times, better))


def _times(most: int) -> Iterator[int]:
    """Yield parts of which every number up to `most` is a sum: 1, 2, 4, … and the rest."""
    part = 1
    while most > 0:
        yield min(part, most)
        most -= part
        part *= 2
