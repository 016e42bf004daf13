"""The planner's question and its answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from domain.demand import Demand, Resources
from domain.offerings import Market


class NodePhase(StrEnum):
    PENDING = "pending"  # asked for, not yet in Ray: counts with all its resources
    READY = "ready"
    LEAVING = "leaving"  # drains or is being removed: counts for nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One group of workers: what one of its nodes brings, and how many there may be."""

    name: str
    instance_type: str
    market: Market
    resources: Resources  # logical, of one node
    labels: Mapping[str, str] = field(default_factory=dict)
    min_nodes: int
    max_nodes: int
    idle_seconds: float  # give a node back after so long without work
    hourly_usd: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    """A worker as it is now. `free` of a pending node is all that its group promises."""

    name: str
    group: str
    phase: NodePhase
    free: Resources
    total: Resources
    idle_seconds: float | None = None  # None: busy, or not known
    age_seconds: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    groups: tuple[Group, ...]  # in the order of preference
    nodes: tuple[NodeView, ...]
    demand: Demand
    autoscaling: bool = True  # off: every group is kept at its minimum
    head_free: Resources = field(default_factory=dict)  # what the head itself still offers
    head_total: Resources = field(default_factory=dict)
    max_resources: Resources = field(default_factory=dict)  # over the whole cluster
    min_resources: Resources = field(default_factory=dict)
    max_usd_per_hour: Decimal | None = None  # of the whole cluster, its head included
    head_usd_per_hour: Decimal = Decimal(0)
    cooling: Mapping[str, str] = field(default_factory=dict)  # group -> why it cannot grow now


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    group: str
    count: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    node: str
    reason: str
    idle: bool  # True: only if Ray agrees that it is idle; False: it must go


@dataclass(frozen=True, slots=True, kw_only=True)
class Unserved:
    resources: Resources
    count: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    launches: tuple[Launch, ...] = ()
    drains: tuple[Drain, ...] = ()
    unserved: tuple[Unserved, ...] = ()
    hourly_usd: Decimal | None = None  # of all workers once the plan is carried out

    @property
    def is_empty(self) -> bool:
        return not (self.launches or self.drains)
