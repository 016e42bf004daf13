"""What a planner answered, in words that belong to no planner."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from benchmarks.planning.instance import Instance
from domain.demand import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """`count` new nodes of a type, each for `shapes`."""

    type: str
    count: int
    shapes: tuple[Shape, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    loads: tuple[Load, ...]
    unplaced: tuple[Shape, ...] = ()
    usd: Decimal  # an hour for the new nodes, as the planner says

    @property
    def launches(self) -> dict[str, int]:
        """How many new nodes of each type."""
        counts = Counter[str]()
        for load in self.loads:
            counts[load.type] += load.count
        return dict(counts)

    @property
    def left_over(self) -> int:
        return sum(shape.count for shape in self.unplaced)


def cost(instance: Instance, launches: Mapping[str, int]) -> Decimal:
    """Return what new nodes cost in an hour at the instance's prices."""
    prices = {type_.name: type_.hourly_usd for type_ in instance.types}
    return sum((prices[name] * count for name, count in launches.items()), Decimal(0))
