"""What a replay is measured by: money, machines, waits, and what was lost."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from domain.offerings import Market
from domain.planner.amounts import STEPS
from domain.simulation.nodes import RunningWork, SimulatedNode

HOUR = 3600

type Rented = tuple[str, Market, Decimal]
"""Instance type, market, and dollars an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOutcome:
    """One policy's week."""

    policy: str
    node_seconds: Mapping[Rented, int]
    waits: Mapping[int, int]  # seconds from arrival to start -> how many
    held: Mapping[str, float]  # resource-seconds of work
    rented: Mapping[str, float]  # resource-seconds of nodes
    arrived: int
    finished: int
    unfinished: int  # still waiting or running when the replay was cut off
    disruptions: int  # tasks and placement groups that lost their node and ran again
    launches: int  # of machines that came
    refused: int
    interrupted: int  # spot machines that were taken back
    looks: int  # decisions

    @property
    def usd(self) -> Decimal:
        """What the workers cost: each second of each node at its price, exactly."""
        return sum((price * s for (_, _, price), s in self.node_seconds.items()), Decimal(0)) / HOUR

    @property
    def machine_hours(self) -> float:
        return sum(self.node_seconds.values()) / HOUR

    def utilization(self, resource: str) -> float | None:
        """Return which part of what was rented of a resource work held; None: nothing rented."""
        rented = self.rented.get(resource)
        return self.held.get(resource, 0.0) / rented if rented else None

    def wait(self, share: float) -> int:
        """Return within how many seconds so much of the work had started: 0.5 is the median."""
        total, seen = sum(self.waits.values()), 0
        for seconds in sorted(self.waits):
            seen += self.waits[seconds]
            if seen >= share * total:
                return seconds
        return 0

    @property
    def longest_wait(self) -> int:
        return max(self.waits, default=0)


@dataclass(kw_only=True)
class Measure:
    """The outcome while it is counted."""

    policy: str
    node_seconds: Counter[Rented] = field(default_factory=Counter)
    waits: Counter[int] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    rented: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)

    def node_ended(self, node: SimulatedNode, now: int) -> None:
        """Count a node that came: it is paid from the moment it was asked for."""
        seconds, offer = now - node.asked_at, node.offer
        price = offer.hourly_usd
        if price is None:
            raise ValueError(f"{offer.instance_type} has no known price ({offer.market}).")
        self.node_seconds[offer.instance_type, offer.market, price] += seconds
        for name, amount in node.total.items():
            self.rented[name] += amount * seconds

    def run_ended(self, run: RunningWork, now: int) -> None:
        """Count what it held, whether it finished or was lost."""
        for _, amounts, times in run.places:
            for name, amount in amounts.items():
                self.held[name] += amount * times * (now - run.started)

    def outcome(self) -> ReplayOutcome:
        """Return what was counted."""
        return ReplayOutcome(
            policy=self.policy,
            node_seconds=dict(self.node_seconds),
            waits=dict(self.waits),
            held={name: amount / STEPS for name, amount in self.held.items()},
            rented={name: amount / STEPS for name, amount in self.rented.items()},
            arrived=self.counts["arrived"],
            finished=self.counts["finished"],
            unfinished=self.counts["unfinished"],
            disruptions=self.counts["disruptions"],
            launches=self.counts["launches"],
            refused=self.counts["refused"],
            interrupted=self.counts["interrupted"],
            looks=self.counts["looks"],
        )
