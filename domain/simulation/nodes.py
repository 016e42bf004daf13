"""The simulated workers, and what runs on them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.demand import Shape
from domain.planner.amounts import Amounts, exact, times_in
from domain.planner.model import NodePhase, Offer
from domain.simulation.work import Kind


@dataclass(eq=False, slots=True, kw_only=True)
class SimulatedNode:
    """A worker from the moment it is asked for."""

    name: str
    number: int
    group: str
    offer: Offer
    asked_at: int
    planned: tuple[Shape, ...] = ()
    phase: NodePhase = NodePhase.PENDING
    ready_at: int | None = None
    idle_since: int | None = None
    ended_at: int | None = None
    total: Amounts = field(default_factory=dict)
    free: dict[str, int] = field(default_factory=dict)
    runs: set["RunningWork"] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.total = exact(self.offer.resources)
        self.free = dict(self.total)

    @property
    def labels(self) -> Mapping[str, str]:
        return self.offer.labels

    @property
    def takes_work(self) -> bool:
        return self.phase is NodePhase.READY

    def holds(self, amounts: Amounts, *, at_most: int) -> int:
        """Return how many times so much is free."""
        return times_in(self.free, amounts, at_most=at_most)

    def take(self, amounts: Amounts, *, times: int) -> None:
        """Hold so much."""
        for name, amount in amounts.items():
            self.free[name] -= amount * times

    def give_back(self, amounts: Amounts, *, times: int) -> None:
        """Free so much."""
        for name, amount in amounts.items():
            self.free[name] += amount * times


@dataclass(eq=False, slots=True, kw_only=True)
class PendingWork:
    """Equal work that arrived together and has no place yet."""

    kind: Kind
    arrived: int
    seconds: int
    count: int
    again: bool = False  # it ran before and was lost with its node


@dataclass(eq=False, slots=True, kw_only=True)
class RunningWork:
    """Equal work that started together: tasks on one node, or one placement group."""

    kind: Kind
    arrived: int
    seconds: int
    count: int
    started: int
    places: tuple[tuple[SimulatedNode, Amounts, int], ...]
    again: bool = False
    is_over: bool = False

    def begin(self) -> None:
        """Hold what it takes."""
        for node, amounts, times in self.places:
            node.take(amounts, times=times)
            node.runs.add(self)
            node.idle_since = None

    def end(self, now: int) -> None:
        """Free what it took; nodes without work idle from now on."""
        self.is_over = True
        for node, amounts, times in self.places:
            node.give_back(amounts, times=times)
            node.runs.discard(self)
            if not node.runs:
                node.idle_since = now
