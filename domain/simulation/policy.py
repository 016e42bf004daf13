"""What a policy of scaling is asked, and what it answers."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from domain.demand import Demand, Shape
from domain.planner.model import NodePhase, Offer
from domain.simulation.nodes import PendingWork, SimulatedNode
from domain.simulation.work import Kind

NEVER = -3600


@dataclass(kw_only=True)
class ClusterSnapshot:
    """The cluster as it is now."""

    now: int = 0
    nodes: dict[str, SimulatedNode] = field(default_factory=dict)  # that are not over
    queues: dict[Kind, deque[PendingWork]] = field(default_factory=dict)
    looked_at: int = NEVER  # when the policy last decided
    changed_at: int | None = 0  # since when something is new that asks for a decision

    @property
    def waits(self) -> bool:
        return any(self.queues.values())

    def demand(self) -> Demand:
        """Return what waits, as Ray reports it."""
        counts = {kind: sum(work.count for work in queue) for kind, queue in self.queues.items()}
        return Demand(
            shapes=tuple(
                Shape(
                    resources=kind.resources,
                    count=count,
                    selectors=kind.selectors,
                    fallbacks=kind.fallbacks,
                )
                for kind, count in counts.items()
                if count and kind.gang is None
            ),
            gangs=tuple(
                kind.gang for kind, count in counts.items() for _ in range(count) if kind.gang
            ),
        )

    def idle(self) -> Iterable[tuple[SimulatedNode, int]]:
        """Return the ready nodes without work, each with since when."""
        return [
            (node, node.idle_since)
            for node in self.nodes.values()
            if node.idle_since is not None and node.phase is NodePhase.READY
        ]

    def changed(self) -> None:
        """Note that the policy should look, if that is not noted yet."""
        if self.changed_at is None:
            self.changed_at = self.now


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedNode:
    """One more node, and what it is for."""

    group: str
    offer: Offer
    planned: tuple[Shape, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDecision:
    launches: tuple[WantedNode, ...] = ()
    drains: tuple[str, ...] = ()  # names of idle nodes
    placements: Mapping[str, tuple[Shape, ...]] = field(default_factory=dict)


class Policy(Protocol):
    """A way to scale a cluster."""

    @property
    def name(self) -> str: ...

    @property
    def heeds_notices(self) -> bool:
        """Whether it hears that a spot machine will be taken back."""
        ...

    @property
    def watches_work(self) -> bool:
        """Whether it must look when nodes become busy, though nothing waits."""
        ...

    @property
    def sample_seconds(self) -> int:
        """How often it wants to see the cluster; 0: only when something happens."""
        ...

    def next_look(self, state: ClusterSnapshot) -> int | None:
        """Return when it decides next, if nothing happens until then; None: not at all."""
        ...

    def decide(self, state: ClusterSnapshot) -> PolicyDecision:
        """Return what to launch and what to give back now."""
        ...

    def sample(self, state: ClusterSnapshot) -> None:
        """See how the cluster is."""
        ...

    def refused(self, node: SimulatedNode, now: int) -> None:
        """Hear that the cloud does not have this machine."""
        ...

    def ready(self, node: SimulatedNode, now: int) -> None:
        """Hear that a machine came."""
        ...
