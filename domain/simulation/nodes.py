"""The simulated workers, and what runs on them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from domain.demand import Shape
from domain.planner.amounts import STEPS, Amounts, exact, plain
from domain.planner.model import NodePhase, Offer
from domain.planner.units.room import Parts, copies_in
from domain.planner.units.unit import UNIT_RESOURCES
from domain.simulation.work import Kind

type Grant = tuple[tuple[str, int, int], ...]
"""What work holds of single units: the resource, the place of the unit, how much of it."""


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
    units: dict[str, list[int]] = field(default_factory=dict)  # what is free of each GPU
    runs: set["RunningWork"] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.total = exact(self.offer.resources)
        self.free = dict(self.total)
        self.units = {
            name: [STEPS] * (self.total[name] // STEPS)
            for name in UNIT_RESOURCES & self.total.keys()
        }

    @property
    def takes_work(self) -> bool:
        return self.phase is NodePhase.READY

    def holds(self, amounts: Amounts, *, at_most: int) -> int:
        """Return how many times so much is free."""
        return copies_in(self.free, amounts, at_most=at_most, parts=self._parts)

    def take(self, amounts: Amounts, *, times: int) -> Grant:
        """Hold so much, of units as Ray gives them: return which."""
        grant: list[tuple[str, int, int]] = []
        for name, amount in amounts.items():
            self.free[name] -= amount * times
            if name in self.units:
                for _ in range(times):
                    grant += self._given(name, amount)
        return tuple(grant)

    def give_back(self, amounts: Amounts, grant: Grant, *, times: int) -> None:
        """Free so much."""
        for name, amount in amounts.items():
            self.free[name] += amount * times
        for name, place, amount in grant:
            self.units[name][place] += amount

    def free_of_units(self) -> dict[str, tuple[float, ...]]:
        """Return what is free of each unit where some are partly used."""
        if not self._parts:
            return {}
        return {
            name: tuple(plain({name: part})[name] for part in units)
            for name, units in self.units.items()
        }

    @property
    def _parts(self) -> Parts:
        return {
            name: parts
            for name, units in self.units.items()
            if (parts := tuple(sorted(part for part in units if 0 < part < STEPS)))
        }

    def _given(self, name: str, amount: int) -> Iterator[tuple[str, int, int]]:
        """Give whole units, or a fraction on the fullest unit that has room for it."""
        units = self.units[name]
        wanted = [STEPS] * (amount // STEPS) if amount >= STEPS else [amount]
        for piece in wanted:
            able = (place for place, part in enumerate(units) if part >= piece)
            place = min(able, key=lambda place: units[place])
            units[place] -= piece
            yield name, place, piece


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
    grants: list[Grant] = field(default_factory=list)

    def begin(self) -> None:
        """Hold what it takes."""
        for node, amounts, times in self.places:
            self.grants.append(node.take(amounts, times=times))
            node.runs.add(self)
            node.idle_since = None

    def end(self, now: int) -> None:
        """Free what it took; nodes without work idle from now on."""
        self.is_over = True
        for (node, amounts, times), grant in zip(self.places, self.grants, strict=True):
            node.give_back(amounts, grant, times=times)
            node.runs.discard(self)
            if not node.runs:
                node.idle_since = now
