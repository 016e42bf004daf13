"""What a planner is asked: node types with prices, what stands already, and what waits."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from domain.demand import Demand, Resources

PLENTY = 100_000  # nodes of one type: no limit that anything here reaches


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeType:
    name: str
    resources: Resources
    hourly_usd: Decimal
    labels: Mapping[str, str] = field(default_factory=dict)
    max_nodes: int = PLENTY


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`count` nodes of a type that are there already, each with so much left."""

    type: str
    free: Resources
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    trace: str
    size: int
    seed: int
    types: tuple[NodeType, ...]
    demand: Demand
    standing: tuple[Standing, ...] = ()
    max_resources: Resources = field(default_factory=dict)  # over the whole cluster
    all_fit: bool = True  # False: some demand must be left over, so cost alone says nothing

    @property
    def name(self) -> str:
        return f"{self.trace}/{self.size}/{len(self.types)}/{self.seed}"

    @property
    def shapes(self) -> int:
        """How many different things wait."""
        bundles = {
            tuple(sorted(bundle.resources.items()))
            for gang in self.demand.gangs
            for bundle in gang.bundles
        }
        return len(self.demand.shapes) + len(bundles)

    @property
    def digest(self) -> str:
        """The same for instances that ask the same, whatever their seed."""
        content = (self.types, self.demand, self.standing, self.max_resources)
        return hashlib.sha256(repr(content).encode()).hexdigest()[:16]

    def type(self, name: str) -> NodeType:
        return next(type_ for type_ in self.types if type_.name == name)


def times_in(room: Resources, need: Resources) -> int:
    """Return how many times `need` fits into `room`."""
    fits = [
        math.floor(room.get(name, 0.0) / amount + 1e-9) for name, amount in need.items() if amount
    ]
    return max(0, min(fits, default=0))
