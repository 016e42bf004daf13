"""What units hold as sums, for a search that only knows sums.

A dual feasible function maps fractions so that those that fit one unit still add up to one unit at
most. So each function gives a column that no content of a node exceeds, and fractions that do not
fit exceed one of them nearly always. The functions are those of S. P. Fekete, J. Schepers: New
Classes of Fast Lower Bounds for Bin Packing Problems, Mathematical Programming 91 (2001).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import ge, le

from domain.planner.amounts import STEPS
from domain.planner.units.unit import Pieces, Units

# Functions that cut units into so many parts and fewer, beside those that suit the fractions.
MOST_CUTS = 6
MOST_COLUMNS = 12
# Of very many different fractions, so many functions of a kind are compared.
MOST_TRIED = 60


type _Values = tuple[tuple[float, ...], tuple[float, ...]]
"""What a column makes of the sizes, and of the parts that are free, in units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitColumn:
    """One column of a resource: a whole unit counts `scale` units of a room."""

    name: str
    scale: int
    of: Callable[[int], int]  # a part of a unit in steps, at the scale

    def need(self, pieces: Pieces) -> int:
        """Return what a need takes of the column."""
        return sum(n * self._amount(amount) for amount, n in pieces)

    def room(self, units: Units) -> int:
        """Return the most that anything can take there."""
        return units.whole * self.scale * STEPS + sum(map(self.of, units.parts))

    def _amount(self, amount: int) -> int:
        return amount * self.scale if amount >= STEPS else self.of(amount)


def columns(name: str, *, amounts: Iterable[int], parts: Iterable[int]) -> list[UnitColumn]:
    """Return the columns that say which of such amounts fit on units together.

    `parts` are what is free of units that are partly used.
    """
    wanted = {*amounts}
    sizes, rests = sorted(a for a in wanted if a < STEPS), sorted({*parts})
    every = [_whole(name)] if rests and any(amount >= STEPS for amount in wanted) else []
    cuts = {*range(1, MOST_CUTS + 1), *(STEPS // size for size in sizes)} if sizes else set[int]()
    every += [_cut(name, k) for k in _some(sorted(cuts))]
    leasts = sorted({min(size, STEPS - size) for size in sizes} - {0})
    every += [_stretched(name, least) for least in _some(leasts)]
    plain = UnitColumn(name=name, scale=1, of=lambda part: part)
    values = [_values(column, sizes, rests) for column in (plain, *every)]
    kept = [
        column
        for place, column in enumerate(every, start=1)
        if not any(
            _covers(other, values[place]) and (other != values[place] or earlier < place)
            for earlier, other in enumerate(values)
            if earlier != place
        )
    ]
    return kept[:MOST_COLUMNS]


def _some(values: Sequence[int]) -> Sequence[int]:
    """Return the values, of very many some from the first on, evenly spread."""
    return values[:: -(-len(values) // MOST_TRIED) or 1]


def _whole(name: str) -> UnitColumn:
    """Return the column in which only a whole unit counts."""
    return UnitColumn(name=name, scale=1, of=lambda _: 0)


def _cut(name: str, k: int) -> UnitColumn:
    """Return the column of u(k): parts of a unit count as so many of its k parts."""

    def of(part: int) -> int:
        cuts, rest = divmod((k + 1) * part, STEPS)
        return cuts * STEPS if rest else k * part

    return UnitColumn(name=name, scale=k, of=of)


def _stretched(name: str, least: int) -> UnitColumn:
    """Return the column in which less than the least counts nothing, and all but that a whole."""

    def of(part: int) -> int:
        if part < least:
            return 0
        return STEPS if part > STEPS - least else part

    return UnitColumn(name=name, scale=1, of=of)


def _values(column: UnitColumn, sizes: Sequence[int], rests: Sequence[int]) -> _Values:
    return (
        tuple(column.of(size) / column.scale for size in sizes),
        tuple(column.of(rest) / column.scale for rest in rests),
    )


def _covers(
    one: _Values,
    other: _Values,
) -> bool:
    """Return whether whatever the other column refuses is refused by this one, too."""
    return all(map(ge, one[0], other[0])) and all(map(le, one[1], other[1]))


def least_units(pieces: Pieces) -> int:
    """Return so few units that fewer are certainly too few for the pieces."""
    plain = UnitColumn(name="", scale=1, of=lambda part: part)
    every = [plain, *(_cut("", k) for k in range(1, MOST_CUTS + 1))]
    bounds = (-(-column.need(pieces) // (column.scale * STEPS)) for column in every)
    return max(bounds, default=0)
